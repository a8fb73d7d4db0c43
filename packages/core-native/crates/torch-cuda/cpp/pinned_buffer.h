// Host memory that a GPU reads and writes by itself, with the event that says when it is done.
#pragma once
#include "device.h"
#include <ATen/cuda/CUDAEvent.h>

namespace flc {

template <typename Value>
class PinnedBuffer {
public:
  PinnedBuffer(c10::DeviceIndex device, size_t count) {
    const c10::cuda::CUDAGuard guard(device);
    done.create(device);
    C10_CUDA_CHECK(cudaHostAlloc(reinterpret_cast<void **>(&values), count * sizeof(Value), cudaHostAllocDefault));
  }

  ~PinnedBuffer() {
    C10_CUDA_CHECK_WARN(cudaEventSynchronize(done.event()));
    C10_CUDA_CHECK_WARN(cudaFreeHost(values));
  }

  PinnedBuffer(const PinnedBuffer &) = delete;
  PinnedBuffer &operator=(const PinnedBuffer &) = delete;

  Value *values = nullptr;
  at::cuda::CUDAEvent done;
};

/// The current stream, which must not be captured: a graph would repeat the copy, but not what the host does around it.
inline c10::cuda::CUDAStream stream_of_copy(c10::DeviceIndex device, const char *what) {
  auto stream = c10::cuda::getCurrentCUDAStream(device);
  TORCH_CHECK(!is_capturing(stream), what, " cannot be part of a capture");
  return stream;
}

} // namespace flc
