// Processes that talk to each other by NCCL.
#include "../../torch-ext/cpp/boundary.h"
#include "device.h"
#include <torch/csrc/cuda/nccl.h>
#include <torch/csrc/distributed/c10d/ProcessGroupNCCL.hpp>

extern "C" {

/// major * 10000 + minor * 100 + patch of the NCCL in use.
char *flc_cuda_nccl_version(int *version) {
  return flc::guarded([&] {
    const auto packed = torch::cuda::nccl::version();
    *version = static_cast<int>((packed >> 32) * 10000 + ((packed >> 16) & 0xffff) * 100 + (packed & 0xffff));
  });
}

/// An NCCL group on GPU `device`, used and closed through its base class (torch-ext, process_group.cpp).
char *flc_cuda_nccl_group(c10::intrusive_ptr<c10d::Store> *store, int rank, int size, int device,
                          int64_t timeout_ms, c10::intrusive_ptr<c10d::Backend> **out) {
  return flc::guarded([&] {
    const auto index = flc::existing_device(device);
    const c10::cuda::CUDAGuard guard(index);
    const auto options = c10d::ProcessGroupNCCL::Options::create();
    options->timeout = std::chrono::milliseconds(timeout_ms);
    auto group = c10::make_intrusive<c10d::ProcessGroupNCCL>(*store, rank, size, options);
    group->setBoundDeviceId(at::Device(at::kCUDA, index));
    *out = new c10::intrusive_ptr<c10d::Backend>(std::move(group));
  });
}
}
