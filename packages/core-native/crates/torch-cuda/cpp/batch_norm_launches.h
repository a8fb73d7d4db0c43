// Which kernels of cuda/batch_norm_relu.cu run, in which order and over how many blocks: for the GPU and for the host's tests.
#pragma once
#include "../cuda/batch_norm_arguments.h"
#include <algorithm>

namespace flc {

enum class BatchNormKernel { statistics, finish, normalize, gradient_sums, gradient_finish, gradient_input, count };

/// How rows are dealt to blocks. It depends on the shape alone, and so does every sum.
struct RowBlocks {
  RowBlocks(long long rows, int channels, bool is_bfloat16, long long most) {
    const long long lanes = kBatchNormThreads / (channels / (is_bfloat16 ? 8 : 4));
    const long long wanted = std::max(lanes * 2 * kBatchNormRowsAtOnce, (rows + most - 1) / most);
    rows_per_block = (wanted + lanes - 1) / lanes * lanes;
    blocks = static_cast<int>((rows + rows_per_block - 1) / rows_per_block);
  }

  /// Those that write a part: enough to keep a GPU's memory busy, few enough to be merged by a small kernel.
  static RowBlocks of_parts(long long rows, int channels, bool is_bfloat16) { return {rows, channels, is_bfloat16, 512}; }
  static RowBlocks of_values(long long rows, int channels, bool is_bfloat16) { return {rows, channels, is_bfloat16, 2048}; }

  long long rows_per_block;
  int blocks;
};

/// Sums, their merging, and the pass over the values; launch(kernel, blocks, arguments) for each.
template <typename Launch>
void launch_three(BatchNormArguments arguments, bool is_bfloat16, BatchNormKernel first, Launch launch) {
  const auto next = [&](int by) { return static_cast<BatchNormKernel>(static_cast<int>(first) + by); };
  const auto parts = RowBlocks::of_parts(arguments.rows, arguments.channels, is_bfloat16);
  const auto values = RowBlocks::of_values(arguments.rows, arguments.channels, is_bfloat16);
  arguments.parts = parts.blocks;
  arguments.rows_per_block = parts.rows_per_block;
  launch(first, parts.blocks, arguments);
  launch(next(1), arguments.channels / kBatchNormFinishChannels, arguments);
  arguments.rows_per_block = values.rows_per_block;
  launch(next(2), values.blocks, arguments);
}

template <typename Launch>
void launch_batch_norm(const BatchNormArguments &arguments, bool is_bfloat16, Launch launch) {
  launch_three(arguments, is_bfloat16, BatchNormKernel::statistics, launch);
}

template <typename Launch>
void launch_batch_norm_gradient(const BatchNormArguments &arguments, bool is_bfloat16, Launch launch) {
  launch_three(arguments, is_bfloat16, BatchNormKernel::gradient_sums, launch);
}

} // namespace flc
