// What libtorch's allocator holds on a GPU.
#include "../../torch-ext/cpp/boundary.h"
#include "device.h"
#include <c10/cuda/CUDACachingAllocator.h>

extern "C" {

struct FlcCudaMemory {
  uint64_t allocated, peak_allocated, reserved, peak_reserved;
};

char *flc_cuda_memory(int device, FlcCudaMemory *out) {
  return flc::guarded([&] {
    const auto stats = c10::cuda::CUDACachingAllocator::getDeviceStats(flc::existing_device(device));
    constexpr auto whole = static_cast<size_t>(c10::CachingAllocator::StatType::AGGREGATE);
    const auto &allocated = stats.allocated_bytes[whole];
    const auto &reserved = stats.reserved_bytes[whole];
    const auto bytes = [](int64_t value) { return static_cast<uint64_t>(value); };
    *out = {bytes(allocated.current), bytes(allocated.peak), bytes(reserved.current), bytes(reserved.peak)};
  });
}

char *flc_cuda_memory_reset_peak(int device) {
  return flc::guarded([&] { c10::cuda::CUDACachingAllocator::resetPeakStats(flc::existing_device(device)); });
}
}
