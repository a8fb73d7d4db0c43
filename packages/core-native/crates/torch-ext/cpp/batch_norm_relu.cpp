// Training-mode batch norm, residual addition and ReLU as one differentiable operation on channels-last CPU tensors. libtorch runs
// them as three, each a pass over memory, and sums a channel over hundreds of thousands of values in one float.
#include "batch_norm_kernels.h"
#include "boundary.h"
#include "channels_last.h"
#include "cpu_capability.h"
#include <ATen/Parallel.h>
#include <ATen/core/Tensor.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/empty_like.h>
#include <memory>
#include <torch/csrc/autograd/custom_function.h>

namespace {
using flc::channels_last;
using flc::data;
using torch::autograd::AutogradContext;
using torch::autograd::tensor_list;
using torch::autograd::Variable;

// Bytes of one operand in a block: with three operands it stays in a 48 KiB first-level cache.
constexpr int64_t kBlockBytes = 16 * 1024;

template <typename T> const flc::BatchNormKernels<T> &select() {
  static const auto &chosen = []() -> const flc::BatchNormKernels<T> & {
    auto pick = [](const auto &f32, const auto &f64, const auto &bf16) -> const flc::BatchNormKernels<T> & {
      if constexpr (std::is_same_v<T, float>) return f32;
      else if constexpr (std::is_same_v<T, double>) return f64;
      else return bf16;
    };
    namespace k = flc;
    if (flc::has_avx512())
      return pick(k::avx512::float32, k::avx512::float64, k::avx512::bfloat16);
    if (flc::has_avx2())
      return pick(k::avx2::float32, k::avx2::float64, k::avx2::bfloat16);
    return pick(k::baseline::float32, k::baseline::float64, k::baseline::bfloat16);
  }();
  return chosen;
}

/// Rows of a channels-last tensor [n, c, h, w], cut into blocks whose bounds depend on nothing but its shape: so does every sum.
struct Rows {
  int64_t rows, channels, per_block, blocks;

  explicit Rows(const at::Tensor &x)
      : rows(x.numel() / x.size(1)), channels(x.size(1)),
        per_block(std::max<int64_t>(1, kBlockBytes / (channels * x.element_size()))),
        blocks((rows + per_block - 1) / per_block) {}

  template <typename Body> void each_block(Body body) const {
    at::parallel_for(0, blocks, 1, [&](int64_t begin, int64_t end) {
      for (int64_t block = begin; block < end; ++block) {
        const int64_t first = block * per_block;
        body(block, first * channels, std::min(per_block, rows - first));
      }
    });
  }
};

/// Calls body with a value of the type that holds the tensor's elements.
template <typename Body> void with_type(const at::Tensor &x, Body body) {
  switch (x.scalar_type()) {
  case at::kFloat: return body(float{});
  case at::kDouble: return body(double{});
  case at::kBFloat16: return body(flc::Bf16{});
  default: TORCH_CHECK(false, "batch_norm_relu: unsupported type ", x.scalar_type());
  }
}

/// Mean and biased variance of each channel, in double: blocks are merged in order by Chan, Golub and LeVeque's formula.
template <typename T>
void batch_statistics(const at::Tensor &x, std::vector<double> &mean, std::vector<double> &variance) {
  using A = typename flc::Accumulator<T>::type;
  const Rows rows(x);
  std::vector<A> means(rows.blocks * rows.channels), squares(means.size());
  rows.each_block([&](int64_t block, int64_t offset, int64_t count) {
    select<T>().statistics(data<T>(x) + offset, count, rows.channels, &means[block * rows.channels],
                           &squares[block * rows.channels]);
  });
  mean.assign(rows.channels, 0.0), variance.assign(rows.channels, 0.0);
  double seen = 0;
  for (int64_t block = 0; block < rows.blocks; ++block) {
    const double count = std::min(rows.per_block, rows.rows - block * rows.per_block);
    const double total = seen + count;
    for (int64_t c = 0; c < rows.channels; ++c) {
      const double delta = means[block * rows.channels + c] - mean[c];
      mean[c] += delta * count / total;
      variance[c] += squares[block * rows.channels + c] + delta * delta * seen * count / total;
    }
    seen = total;
  }
  for (auto &value : variance) value /= static_cast<double>(rows.rows);
}

void move_running(const at::Tensor &running, const std::vector<double> &value, double momentum, double factor) {
  with_type(running, [&](auto element) {
    using T = decltype(element);
    if constexpr (!std::is_same_v<T, flc::Bf16>) {
      auto *target = data<T>(running);
      for (size_t c = 0; c < value.size(); ++c)
        target[c] = static_cast<T>((1 - momentum) * target[c] + momentum * factor * value[c]);
    }
  });
}

std::vector<double> to_double(const at::Tensor &tensor) {
  const auto values = tensor.detach().to(at::kDouble).contiguous();
  return {values.data_ptr<double>(), values.data_ptr<double>() + values.numel()};
}

/// Two outputs of one memory, for two readers: a block's convolution and the shortcut around it. Each gets a gradient of its own, and the
/// sum that autograd would write into memory is taken where both are read.
struct BatchNormRelu : torch::autograd::Function<BatchNormRelu> {
  static tensor_list forward(AutogradContext *context, const Variable &input, const std::optional<at::Tensor> &around_in,
                          const Variable &weight, const Variable &bias, at::Tensor running_mean,
                          at::Tensor running_var, double momentum, double epsilon) {
    const auto x = channels_last(input);
    const auto residual = around_in ? channels_last(*around_in) : at::Tensor();
    auto y = at::empty_like(x);
    std::vector<double> mean, variance;
    with_type(x, [&](auto element) {
      using T = decltype(element);
      using A = typename flc::Accumulator<T>::type;
      batch_statistics<T>(x, mean, variance);
      const auto gamma = to_double(weight), beta = to_double(bias);
      const Rows rows(x);
      const std::vector<A> center(mean.begin(), mean.end()), shift(beta.begin(), beta.end());
      std::vector<A> scale(rows.channels);
      for (int64_t c = 0; c < rows.channels; ++c)
        scale[c] = static_cast<A>(gamma[c] / std::sqrt(variance[c] + epsilon));
      const T *around = residual.defined() ? data<T>(residual) : nullptr;
      rows.each_block([&](int64_t, int64_t offset, int64_t count) {
        select<T>().normalize(data<T>(x) + offset, around ? around + offset : nullptr,
                              center.data(), scale.data(), shift.data(), data<T>(y) + offset, count,
                              rows.channels);
      });
    });
    const double count = static_cast<double>(x.numel() / x.size(1));
    move_running(running_mean, mean, momentum, 1.0);
    move_running(running_var, variance, momentum, count / (count - 1)); // unbiased, as libtorch keeps it
    context->saved_data["mean"] = mean;
    context->saved_data["variance"] = variance;
    context->saved_data["epsilon"] = epsilon;
    context->saved_data["residual"] = residual.defined();
    context->set_materialize_grads(false);
    context->save_for_backward({x, residual.defined() ? y : at::Tensor(), weight, bias});
    return {y, y.variable_data()};
  }

  static tensor_list backward(AutogradContext *context, tensor_list gradients) {
    const auto saved = context->get_saved_variables();
    const auto &x = saved[0], &y = saved[1], &weight = saved[2], &bias = saved[3];
    const auto mean = context->saved_data["mean"].toDoubleVector();
    const auto variance = context->saved_data["variance"].toDoubleVector();
    const double epsilon = context->saved_data["epsilon"].toDouble();
    const bool first = gradients[0].defined();
    if (!first && !gradients[1].defined()) return tensor_list(8);
    const auto dy = channels_last(gradients[first ? 0 : 1]);
    const auto dy2 = first && gradients[1].defined() ? channels_last(gradients[1]) : at::Tensor();
    const bool residual = context->saved_data["residual"].toBool();
    auto dx = at::empty_like(x);
    // The gradient in front of the ReLU is also that of the residual; it is kept where it is wanted or costs a sum.
    const auto g = residual || dy2.defined() ? at::empty_like(x) : at::Tensor();
    auto dweight = at::empty_like(weight), dbias = at::empty_like(weight);
    with_type(x, [&](auto element) {
      using T = decltype(element);
      using A = typename flc::Accumulator<T>::type;
      auto at_offset = [](const at::Tensor &tensor, int64_t offset) {
        return tensor.defined() ? data<T>(tensor) + offset : nullptr;
      };
      const Rows rows(x);
      const auto gamma = to_double(weight), beta = to_double(bias);
      const std::vector<A> center(mean.begin(), mean.end()), shift(beta.begin(), beta.end());
      std::vector<A> scale(rows.channels), offset_(rows.channels), slope(rows.channels);
      for (int64_t c = 0; c < rows.channels; ++c)
        scale[c] = static_cast<A>(gamma[c] / std::sqrt(variance[c] + epsilon));
      std::vector<A> sums(rows.blocks * rows.channels), products(sums.size());
      rows.each_block([&](int64_t block, int64_t offset, int64_t count) {
        select<T>().gradient_sums(data<T>(dy) + offset, at_offset(dy2, offset), at_offset(y, offset),
                                  data<T>(x) + offset, center.data(), scale.data(), shift.data(),
                                  at_offset(g, offset), count, rows.channels,
                                  &sums[block * rows.channels], &products[block * rows.channels]);
      });
      auto dw = at::empty({rows.channels}, at::kDouble), db = at::empty_like(dw);
      for (int64_t c = 0; c < rows.channels; ++c) {
        double sum = 0, product = 0;
        for (int64_t block = 0; block < rows.blocks; ++block) {
          sum += sums[block * rows.channels + c];
          product += products[block * rows.channels + c];
        }
        const double deviation = 1.0 / std::sqrt(variance[c] + epsilon);
        const double count = static_cast<double>(rows.rows);
        dw.data_ptr<double>()[c] = product * deviation;
        db.data_ptr<double>()[c] = sum;
        offset_[c] = static_cast<A>(sum / count);
        slope[c] = static_cast<A>(product * deviation * deviation / count);
      }
      dweight.copy_(dw), dbias.copy_(db);
      rows.each_block([&](int64_t, int64_t offset, int64_t count) {
        select<T>().gradient_input(at_offset(g, offset), data<T>(dy) + offset, data<T>(x) + offset,
                                   center.data(), scale.data(), shift.data(), offset_.data(),
                                   slope.data(), data<T>(dx) + offset, count, rows.channels);
      });
    });
    const auto dresidual = residual ? g : at::Tensor();
    return {dx, dresidual, dweight, dbias, {}, {}, {}, {}};
  }
};
} // namespace

extern "C" char *flc_batch_norm_relu(at::Tensor *input, at::Tensor *residual, at::Tensor *weight,
                                     at::Tensor *bias, at::Tensor *running_mean, at::Tensor *running_var,
                                     double momentum, double epsilon, at::Tensor **out,
                                     at::Tensor **around) {
  return flc::guarded([&] {
    TORCH_CHECK(input->dim() == 4 && input->device().is_cpu(), "batch_norm_relu: needs a CPU tensor [n, c, h, w]");
    TORCH_CHECK(input->numel() / input->size(1) > 1, "batch_norm_relu: needs more than one value per channel");
    TORCH_CHECK(residual == nullptr || (residual->sizes() == input->sizes() &&
                                        residual->scalar_type() == input->scalar_type()),
                "batch_norm_relu: residual and input differ in shape or type");
    const std::optional<at::Tensor> added = residual ? std::optional(*residual) : std::nullopt;
    auto outputs = BatchNormRelu::apply(*input, added, *weight, *bias, *running_mean, *running_var, momentum,
                                        epsilon);
    auto second = std::make_unique<at::Tensor>(std::move(outputs[1]));
    *out = new at::Tensor(std::move(outputs[0]));
    *around = second.release();
  });
}
