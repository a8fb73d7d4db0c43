// A parameter-free shortcut (He et al. 2016, option A) as a differentiable operation on channels-last CPU tensors: one pass each way, where slicing and
// padding take five.
#include "boundary.h"
#include "channels_last.h"
#include <ATen/Parallel.h>
#include <ATen/core/Tensor.h>
#include <ATen/ops/empty.h>
#include <torch/csrc/autograd/custom_function.h>

namespace {
using torch::autograd::AutogradContext;
using torch::autograd::tensor_list;
using torch::autograd::Variable;

/// Calls body(row, its memory) for every row of all images, on several threads.
template <typename Body> void each_row(const at::Tensor &images, Body body) {
  const int64_t bytes = images.size(3) * images.size(1) * images.element_size();
  auto *first = static_cast<char *>(images.data_ptr());
  at::parallel_for(0, images.size(0) * images.size(2), 16, [&](int64_t begin, int64_t end) {
    for (int64_t row = begin; row < end; ++row) body(row, first + row * bytes);
  });
}

struct PadShortcut : torch::autograd::Function<PadShortcut> {
  static Variable forward(AutogradContext *context, const Variable &input, int64_t stride, int64_t new_channels) {
    const auto x = flc::channels_last(input);
    const int64_t width = (x.size(3) - 1) / stride + 1;
    const auto y = flc::empty_images(x, x.size(1) + new_channels, (x.size(2) - 1) / stride + 1, width);
    const int64_t kept = x.size(1) * x.element_size(), added = new_channels * x.element_size();
    each_row(y, [&](int64_t row, char *to) {
      const int64_t image = row / y.size(2), line = row % y.size(2) * stride;
      const char *from = static_cast<const char *>(x.data_ptr()) + (image * x.size(2) + line) * x.size(3) * kept;
      for (int64_t column = 0; column < width; ++column, from += stride * kept, to += kept + added) {
        std::memcpy(to, from, kept);
        std::memset(to + kept, 0, added);
      }
    });
    context->saved_data["stride"] = stride;
    context->saved_data["size"] = x.sizes().vec();
    return y;
  }

  static tensor_list backward(AutogradContext *context, tensor_list gradients) {
    const auto dy = flc::channels_last(gradients[0]);
    const int64_t stride = context->saved_data["stride"].toInt();
    const auto size = context->saved_data["size"].toIntVector();
    const auto dx = flc::empty_images(dy, size[1], size[2], size[3]);
    const int64_t kept = size[1] * dy.element_size(), pixel = dy.size(1) * dy.element_size();
    each_row(dx, [&](int64_t row, char *to) {
      const int64_t image = row / size[2], y = row % size[2];
      const char *from = static_cast<const char *>(dy.data_ptr()) + (image * dy.size(2) + y / stride) * dy.size(3) * pixel;
      for (int64_t x = 0; x < size[3]; ++x, to += kept) {
        if (y % stride == 0 && x % stride == 0) std::memcpy(to, from + x / stride * pixel, kept);
        else std::memset(to, 0, kept);
      }
    });
    return {dx, at::Tensor(), at::Tensor()};
  }
};
} // namespace

extern "C" char *flc_pad_shortcut(at::Tensor *input, int64_t stride, int64_t new_channels, at::Tensor **out) {
  return flc::guarded([&] {
    TORCH_CHECK(input->dim() == 4 && input->device().is_cpu() && input->numel() > 0,
                "pad_shortcut: needs a CPU tensor [n, c, h, w] that is not empty");
    TORCH_CHECK(stride >= 1 && new_channels >= 0, "pad_shortcut: stride ", stride, ", ", new_channels, " new channels");
    *out = new at::Tensor(PadShortcut::apply(*input, stride, new_channels));
  });
}
