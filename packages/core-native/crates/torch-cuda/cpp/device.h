// Which GPU a call is about.
#pragma once
#include <ATen/Context.h>
#include <c10/cuda/CUDAFunctions.h>
#include <c10/cuda/CUDAGraphsC10Utils.h>
#include <c10/cuda/CUDAGuard.h>
#include <c10/cuda/CUDAStream.h>

namespace flc {

/// The GPU of that number, with libtorch's CUDA part ready (allocator, generators); throws where there is none.
inline c10::DeviceIndex existing_device(int index) {
  at::globalContext().lazyInitDevice(c10::DeviceType::CUDA);
  const int count = c10::cuda::device_count_ensure_non_zero();
  TORCH_CHECK(index >= 0 && index < count, "there is no GPU ", index, ": this process sees ",
              count == 1 ? "GPU 0 alone" : c10::str("GPUs 0 to ", count - 1));
  return static_cast<c10::DeviceIndex>(index);
}

inline bool is_capturing(const c10::cuda::CUDAStream &stream) {
  cudaStreamCaptureStatus status = cudaStreamCaptureStatusNone;
  C10_CUDA_CHECK(cudaStreamIsCapturing(stream, &status));
  return status != cudaStreamCaptureStatusNone;
}

} // namespace flc
