// What the operations on channels-last images share.
#pragma once
#include <ATen/core/Tensor.h>
#include <ATen/ops/empty.h>

namespace flc {
template <typename T> T *data(const at::Tensor &tensor) { return reinterpret_cast<T *>(tensor.data_ptr()); }

inline at::Tensor channels_last(const at::Tensor &tensor) { return tensor.contiguous(at::MemoryFormat::ChannelsLast); }

/// As many images of the same type, uninitialized.
inline at::Tensor empty_images(const at::Tensor &like, int64_t channels, int64_t height, int64_t width) {
  return at::empty({like.size(0), channels, height, width}, like.options(), at::MemoryFormat::ChannelsLast);
}
} // namespace flc
