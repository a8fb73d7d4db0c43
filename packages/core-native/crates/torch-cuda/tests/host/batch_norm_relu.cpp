// batch_norm_relu.cu compiled for the host.
#include "cuda.h"
#include "../../cpp/batch_norm_launches.h"
#include "../../cuda/batch_norm_relu.cu"

/// One launch, as a driver gets it: `kernel` is a flc::BatchNormKernel.
extern "C" void flc_host_batch_norm_kernel(int kernel, int is_bfloat16, unsigned blocks, const void *arguments) {
  using Kernel = void (*)(const flc::BatchNormArguments);
  constexpr Kernel kernels[][2] = {
      {flc_batch_norm_statistics_float32, flc_batch_norm_statistics_bfloat16},
      {flc_batch_norm_finish, flc_batch_norm_finish},
      {flc_batch_norm_normalize_float32, flc_batch_norm_normalize_bfloat16},
      {flc_batch_norm_gradient_sums_float32, flc_batch_norm_gradient_sums_bfloat16},
      {flc_batch_norm_gradient_finish, flc_batch_norm_gradient_finish},
      {flc_batch_norm_gradient_input_float32, flc_batch_norm_gradient_input_bfloat16},
  };
  const auto given = *static_cast<const flc::BatchNormArguments *>(arguments);
  host::launch({blocks, 1, 1}, flc::kBatchNormThreads, [&] { kernels[kernel][is_bfloat16](given); });
}

/// Forward and backward in one call, for the test. What is not there is null; data is float32, or bfloat16 as its bits.
extern "C" void flc_host_batch_norm(int is_bfloat16, long long rows, int channels, const void *x, const void *residual,
                                    const void *dy, const void *dy2, const float *weight, const float *bias,
                                    float *running, void *out, void *masked, void *dx, float *gradients) {
  const auto parts = flc::RowBlocks::of_parts(rows, channels, is_bfloat16).blocks;
  std::vector<float> partial(2 * static_cast<size_t>(parts) * channels, NAN), statistics(3 * channels, NAN);
  std::vector<float> slopes(2 * channels, NAN);
  flc::BatchNormArguments arguments = {};
  arguments.rows = rows, arguments.channels = channels, arguments.momentum = 0.1f, arguments.epsilon = 1e-5f;
  arguments.x = x, arguments.residual = residual, arguments.out = out;
  arguments.partial = partial.data(), arguments.statistics = statistics.data(), arguments.slopes = slopes.data();
  arguments.weight = weight, arguments.bias = bias;
  arguments.running_mean = running, arguments.running_var = running + channels;
  const auto launch = [&](flc::BatchNormKernel kernel, int blocks, const flc::BatchNormArguments &given) {
    flc_host_batch_norm_kernel(static_cast<int>(kernel), is_bfloat16, static_cast<unsigned>(blocks), &given);
  };
  flc::launch_batch_norm(arguments, is_bfloat16, launch);
  arguments.y = residual == nullptr ? nullptr : out;
  arguments.dy = dy, arguments.dy2 = dy2;
  arguments.masked = residual == nullptr && dy2 == nullptr ? nullptr : masked;
  arguments.dx = dx, arguments.dweight = gradients, arguments.dbias = gradients + channels;
  flc::launch_batch_norm_gradient(arguments, is_bfloat16, launch);
}
