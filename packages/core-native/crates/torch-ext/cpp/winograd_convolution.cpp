// The 3 x 3 convolution of stride 1 and padding 1 by minimal filtering, as a differentiable operation on channels-last CPU tensors. oneDNN's direct
// convolutions come close to the peak of the multipliers; what can still be saved is multiplications.
#include "boundary.h"
#include "channels_last.h"
#include "cpu_capability.h"
#include "winograd_kernels.h"
#include <ATen/Parallel.h>
#include <ATen/core/Tensor.h>
#include <ATen/ops/conv2d.h>
#include <ATen/ops/convolution_backward.h>
#include <ATen/ops/empty.h>
#include <ATen/ops/zeros.h>
#include <torch/csrc/autograd/custom_function.h>

namespace {
using flc::channels_last;
using flc::data;
using torch::autograd::AutogradContext;
using torch::autograd::tensor_list;
using torch::autograd::Variable;

// The weight gradient is summed in parts of about this much memory in all, whose number depends on the shape alone: so does the result.
constexpr int64_t kSumBytes = 1024 * 1024;
// Pairs of channels from which on filtering images in bfloat16 is quicker than oneDNN's direct convolution.
constexpr int64_t kLeastPairs = 32 * 32;

/// Null where this CPU lacks the instructions.
template <typename T> const flc::WinogradKernels<T> *kernels() {
  if constexpr (std::is_same_v<T, flc::Bf16>) return flc::has_avx512_bf16() ? &flc::avx512_bf16::winograd : nullptr;
  else if (flc::has_avx512()) return &flc::avx512::winograd;
  else return flc::has_avx2() ? &flc::avx2::winograd : nullptr;
}

/// Calls body with a value of the type that holds the tensor's elements.
template <typename Body> auto with_type(const at::Tensor &x, Body body) {
  return x.scalar_type() == at::kFloat ? body(float{}) : body(flc::Bf16{});
}

flc::TileGrid grid_of(const at::Tensor &x) {
  return {x.size(0), x.size(2), x.size(3), (x.size(2) + 1) / 2, (x.size(3) + 1) / 2};
}

int64_t blocks_of(const flc::TileGrid &grid, int64_t at_once) {
  return (grid.images * grid.rows * grid.columns + at_once - 1) / at_once;
}

/// Calls body(first tile, tiles) for blocks [begin, end).
template <typename Body> void each_block(const flc::TileGrid &grid, int64_t at_once, int64_t begin, int64_t end, Body body) {
  const int64_t tiles = grid.images * grid.rows * grid.columns;
  for (int64_t block = begin; block < end; ++block) {
    const int64_t first = block * at_once;
    body(first, std::min(at_once, tiles - first));
  }
}

at::Tensor transform_weights(const at::Tensor &weight, at::ScalarType type, bool transposed) {
  auto transformed = at::empty({16 * weight.size(0) * weight.size(1)}, weight.options().dtype(type));
  with_type(transformed, [&](auto element) {
    using T = decltype(element);
    kernels<T>()->transform_weights(weight.data_ptr<float>(), weight.size(1), weight.size(0), transposed, data<T>(transformed));
  });
  return transformed;
}

/// y = epilogue(convolution of x by transformed weights).
template <typename T>
void convolve(const at::Tensor &x, const at::Tensor &weights, const flc::Epilogue<T> &epilogue, const at::Tensor &y) {
  const auto grid = grid_of(x);
  const int64_t in = x.size(1), out = y.size(1);
  at::parallel_for(0, blocks_of(grid, flc::kTilesAtOnce), 1, [&](int64_t begin, int64_t end) {
    const auto scratch = at::empty({flc::convolve_scratch_bytes(in)}, at::kByte);
    each_block(grid, flc::kTilesAtOnce, begin, end, [&](int64_t first, int64_t tiles) {
      kernels<T>()->convolve(grid, data<T>(x), in, data<T>(weights), out, epilogue, data<T>(y), first, tiles,
                             scratch.data_ptr());
    });
  });
}

/// The convolution of images by `weight`, or its transpose.
at::Tensor filter(const at::Tensor &x, const at::Tensor &weight, bool transposed) {
  auto y = flc::empty_images(x, weight.size(transposed ? 1 : 0), x.size(2), x.size(3));
  const auto weights = transform_weights(weight, x.scalar_type(), transposed);
  with_type(x, [&](auto element) { convolve<decltype(element)>(x, weights, {nullptr, nullptr, false}, y); });
  return y;
}

/// With few channels the transforms of the images cost more than bfloat16's quick products save.
bool saves_time(const at::Tensor &x, const at::Tensor &weight) {
  return x.scalar_type() == at::kFloat || weight.size(0) * weight.size(1) >= kLeastPairs;
}

at::Tensor forward_convolution(const at::Tensor &x, const at::Tensor &weight) {
  if (!saves_time(x, weight)) return at::conv2d(x, weight.to(x.scalar_type()), {}, 1, 1);
  return filter(x, weight, false);
}

at::Tensor input_gradient(const at::Tensor &x, const at::Tensor &dy, const at::Tensor &weight) {
  if (!saves_time(x, weight))
    return std::get<0>(at::convolution_backward(dy, x, weight.to(x.scalar_type()), at::OptionalIntArrayRef(), {1, 1}, {1, 1},
                                                {1, 1}, false, {0, 0}, 1, {true, false, false}));
  return filter(dy, weight, true);
}

/// G^T s G: the gradient of 3 x 3 weights from that of the 4 x 4 transformed ones.
void transform_back(const double s[16], float *gradient) {
  double t[12];
  for (int c = 0; c < 4; ++c) {
    t[c] = s[c] + (s[4 + c] + s[8 + c]) / 2;
    t[4 + c] = (s[4 + c] - s[8 + c]) / 2;
    t[8 + c] = (s[4 + c] + s[8 + c]) / 2 + s[12 + c];
  }
  for (int r = 0; r < 3; ++r) {
    const double *a = t + 4 * r;
    gradient[3 * r] = static_cast<float>(a[0] + (a[1] + a[2]) / 2);
    gradient[3 * r + 1] = static_cast<float>((a[1] - a[2]) / 2);
    gradient[3 * r + 2] = static_cast<float>((a[1] + a[2]) / 2 + a[3]);
  }
}

/// [out, in, 3, 3] in float; sums of tiles in float, of parts in double.
at::Tensor weight_gradient(const at::Tensor &x, const at::Tensor &dy) {
  const auto grid = grid_of(x);
  const int64_t in = x.size(1), out = dy.size(1), pairs = in * out, blocks = blocks_of(grid, flc::kGradientTiles);
  const int64_t parts = std::clamp<int64_t>(kSumBytes / (16 * pairs * 4), 16, 64);
  const auto sums = at::zeros({parts, 16, in, out}, at::kFloat);
  auto *to = sums.data_ptr<float>();
  with_type(x, [&](auto element) {
    using T = decltype(element);
    at::parallel_for(0, parts, 1, [&](int64_t begin, int64_t end) {
      const auto scratch = at::empty({flc::gradient_scratch_bytes(in, out)}, at::kByte);
      for (int64_t part = begin; part < end; ++part)
        each_block(grid, flc::kGradientTiles, blocks * part / parts, blocks * (part + 1) / parts, [&](int64_t first, int64_t tiles) {
          kernels<T>()->add_weight_gradient(grid, data<T>(x), in, data<T>(dy), out, first, tiles, to + part * 16 * pairs,
                                            scratch.data_ptr());
        });
    });
  });
  auto gradient = at::empty({out, in, 3, 3}, at::kFloat);
  at::parallel_for(0, in, 4, [&](int64_t begin, int64_t end) {
    std::vector<double> total(16 * out);
    for (int64_t i = begin; i < end; ++i) {
      std::fill(total.begin(), total.end(), 0.0);
      for (int64_t part = 0; part < parts; ++part)
        for (int64_t p = 0; p < 16; ++p)
          for (int64_t o = 0; o < out; ++o) total[p * out + o] += to[((part * 16 + p) * in + i) * out + o];
      for (int64_t o = 0; o < out; ++o) {
        double s[16];
        for (int64_t p = 0; p < 16; ++p) s[p] = total[p * out + o];
        transform_back(s, gradient.data_ptr<float>() + (o * in + i) * 9);
      }
    }
  });
  return gradient;
}

struct WinogradConvolution : torch::autograd::Function<WinogradConvolution> {
  static Variable forward(AutogradContext *context, const Variable &input, const Variable &weight_in) {
    const auto x = channels_last(input), weight = weight_in.contiguous();
    context->save_for_backward({x, weight});
    return forward_convolution(x, weight);
  }

  static tensor_list backward(AutogradContext *context, tensor_list gradients) {
    const auto saved = context->get_saved_variables();
    const auto dy = channels_last(gradients[0]);
    return {context->needs_input_grad(0) ? input_gradient(saved[0], dy, saved[1]) : at::Tensor(),
            context->needs_input_grad(1) ? weight_gradient(saved[0], dy) : at::Tensor()};
  }
};

bool is_on_cpu(const at::Tensor &tensor) { return tensor.defined() && tensor.device().is_cpu() && tensor.dim() == 4; }

bool takes(const at::Tensor &input, const at::Tensor &weight) {
  if (!is_on_cpu(input) || !is_on_cpu(weight) || input.numel() == 0 || weight.scalar_type() != at::kFloat) return false;
  const auto type = input.scalar_type();
  if (type != at::kFloat && type != at::kBFloat16) return false;
  const int64_t multiple = with_type(input, [](auto element) {
    const auto *found = kernels<decltype(element)>();
    return found ? found->channels : 0;
  });
  return multiple != 0 && weight.size(0) % multiple == 0 && input.size(1) % multiple == 0 &&
         weight.sizes() == at::IntArrayRef({weight.size(0), input.size(1), 3, 3});
}
} // namespace

extern "C" char *flc_winograd_takes(at::Tensor *input, at::Tensor *weight, bool *out) {
  return flc::guarded([&] { *out = takes(*input, *weight); });
}

// `weight` [out, in, 3, 3], transformed for flc_winograd_relu.
extern "C" char *flc_winograd_weights(at::Tensor *weight, at::Tensor **out) {
  return flc::guarded([&] { *out = new at::Tensor(transform_weights(weight->contiguous(), at::kFloat, false)); });
}

// y = relu(convolution + bias [+ residual]), inference only; the residual's memory becomes the result's.
extern "C" char *flc_winograd_relu(at::Tensor *input, at::Tensor *weights, at::Tensor *bias, at::Tensor *residual,
                                   at::Tensor **out) {
  return flc::guarded([&] {
    const int64_t channels = bias->size(0);
    TORCH_CHECK(input->scalar_type() == at::kFloat && weights->numel() == 16 * channels * input->size(1),
                "winograd_relu: weights are not those of ", input->size(1), " and ", channels, " channels");
    const auto x = channels_last(*input);
    const auto y = residual ? channels_last(*residual) : flc::empty_images(x, channels, x.size(2), x.size(3));
    TORCH_CHECK(y.sizes() == at::IntArrayRef({x.size(0), channels, x.size(2), x.size(3)}),
                "winograd_relu: the residual is of another shape");
    convolve<float>(x, *weights, {bias->data_ptr<float>(), residual ? y.data_ptr<float>() : nullptr, true}, y);
    *out = new at::Tensor(y);
  });
}

extern "C" char *flc_winograd_convolution(at::Tensor *input, at::Tensor *weight, at::Tensor **out) {
  return flc::guarded([&] {
    TORCH_CHECK(takes(*input, *weight), "winograd_convolution: does not take ", input->toString(), " ", input->sizes(),
                " with weight ", weight->toString(), " ", weight->sizes(), " on this CPU");
    *out = new at::Tensor(WinogradConvolution::apply(*input, *weight));
  });
}
