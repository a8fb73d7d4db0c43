// What needs CUDA symbols: a shared object of its own, opened at run time after libtorch_cuda.so. The addon names none of these
// symbols, so that one binary serves hosts with and without a GPU. This file: its interface number, and the GPUs.
#include "../../torch-ext/cpp/boundary.h"
#include "device.h"
#include <ATen/cuda/CUDAContext.h>
#include <c10/cuda/CUDACachingAllocator.h>
#include <cstdio>

extern "C" {

struct FlcCudaDevice {
  char name[256];
  int major, minor;
  size_t total_bytes, free_bytes;
};

/// Changes with every change of this interface; the loader refuses another number.
int flc_cuda_interface() { return 4; }

/// 0 where there is no driver or no device; never fails.
int flc_cuda_device_count() { return c10::cuda::device_count(); }

char *flc_cuda_device(int index, FlcCudaDevice *out) {
  return flc::guarded([&] {
    const auto device = flc::existing_device(index);
    const c10::cuda::CUDAGuard guard(device);
    const auto *properties = at::cuda::getDeviceProperties(device);
    std::snprintf(out->name, sizeof out->name, "%s", properties->name);
    out->major = properties->major, out->minor = properties->minor;
    C10_CUDA_CHECK(cudaMemGetInfo(&out->free_bytes, &out->total_bytes));
  });
}

/// Gives the allocator's unused blocks back to the device.
char *flc_cuda_release_cached_memory() {
  return flc::guarded([] { c10::cuda::CUDACachingAllocator::emptyCache(); });
}
}
