// What needs CUDA symbols: a shared object of its own, opened at run time after libtorch_cuda.so. The addon names none of these
// symbols, so that one binary serves hosts with and without a GPU.
#include "../../torch-ext/cpp/boundary.h"
#include <ATen/cuda/CUDAContext.h>
#include <c10/cuda/CUDACachingAllocator.h>
#include <c10/cuda/CUDAFunctions.h>
#include <c10/cuda/CUDAGuard.h>
#include <cstdio>
#include <torch/csrc/cuda/nccl.h>
#include <torch/csrc/distributed/c10d/ProcessGroupNCCL.hpp>

extern "C" {

struct FlcCudaDevice {
  char name[256];
  int major, minor;
  size_t total_bytes, free_bytes;
};

/// Changes with every change of this interface; the loader refuses another number.
int flc_cuda_interface() { return 2; }

/// 0 where there is no driver or no device; never fails.
int flc_cuda_device_count() { return c10::cuda::device_count(); }

/// major * 10000 + minor * 100 + patch of the NCCL in use.
char *flc_cuda_nccl_version(int *version) {
  return flc::guarded([&] {
    const auto packed = torch::cuda::nccl::version();
    *version = static_cast<int>((packed >> 32) * 10000 + ((packed >> 16) & 0xffff) * 100 + (packed & 0xffff));
  });
}

char *flc_cuda_device(int index, FlcCudaDevice *out) {
  return flc::guarded([&] {
    const c10::cuda::CUDAGuard guard(static_cast<c10::DeviceIndex>(index));
    const auto *properties = at::cuda::getDeviceProperties(index);
    std::snprintf(out->name, sizeof out->name, "%s", properties->name);
    out->major = properties->major, out->minor = properties->minor;
    C10_CUDA_CHECK(cudaMemGetInfo(&out->free_bytes, &out->total_bytes));
  });
}

/// An NCCL group on GPU `device`, used and closed through its base class (torch-ext, process_group.cpp).
char *flc_cuda_nccl_group(c10::intrusive_ptr<c10d::Store> *store, int rank, int size, int device,
                          int64_t timeout_ms, c10::intrusive_ptr<c10d::Backend> **out) {
  return flc::guarded([&] {
    const c10::cuda::CUDAGuard guard(static_cast<c10::DeviceIndex>(device));
    const auto options = c10d::ProcessGroupNCCL::Options::create();
    options->timeout = std::chrono::milliseconds(timeout_ms);
    auto group = c10::make_intrusive<c10d::ProcessGroupNCCL>(*store, rank, size, options);
    group->setBoundDeviceId(at::Device(at::kCUDA, static_cast<c10::DeviceIndex>(device)));
    *out = new c10::intrusive_ptr<c10d::Backend>(std::move(group));
  });
}

/// Gives the allocator's unused blocks back to the device.
char *flc_cuda_release_cached_memory() {
  return flc::guarded([] { c10::cuda::CUDACachingAllocator::emptyCache(); });
}
}
