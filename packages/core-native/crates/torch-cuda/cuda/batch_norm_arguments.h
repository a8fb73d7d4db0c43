// What the kernels of batch_norm_relu.cu are given: one structure for all of them, for the GPU's compiler and the host's.
#ifndef FLC_BATCH_NORM_ARGUMENTS_H
#define FLC_BATCH_NORM_ARGUMENTS_H

namespace flc {

/// Threads of every block.
constexpr int kBatchNormThreads = 256;
/// Channels of one block of the two `finish` kernels. Channel counts are multiples of it.
constexpr int kBatchNormFinishChannels = 8;
/// More channels than this have more 16-byte groups, as float32, than a block has threads.
constexpr int kBatchNormMostChannels = 1024;
/// Rows that a thread reads at once.
constexpr int kBatchNormRowsAtOnce = 2;

/// Tensors are rows [rows, channels], each pixel of a channels-last batch a row; data of the kernel's type, aligned to 16 bytes. What a
/// kernel does not use may be null.
struct BatchNormArguments {
  long long rows;
  /// Of one block; the last one has what is left.
  long long rows_per_block;
  int channels;
  /// Blocks that wrote to `partial`.
  int parts;
  float momentum, epsilon;
  const void *x, *residual, *y, *dy, *dy2;
  /// Results: relu(...), the gradient in front of the ReLU, the gradient of x.
  void *out, *masked, *dx;
  /// [2, parts, channels]: mean and sum of squared deviations of each part, or its sums of g and of g * (x - mean).
  float *partial;
  /// [3, channels]: mean, 1 / standard deviation, weight / standard deviation.
  float *statistics;
  /// [2, channels]: what the gradient of x subtracts, at once and for each unit of x - mean.
  float *slopes;
  const float *weight, *bias;
  float *running_mean, *running_var, *dweight, *dbias;
};

} // namespace flc

#endif
