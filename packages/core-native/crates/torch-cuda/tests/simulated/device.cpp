// The device, its memory and its driver, whose launches run the kernels compiled for the host (tests/host).
#include "state.h"
#include <cstdlib>
#include <cstring>
#include <mutex>
#include <string>
#include <vector>

using namespace simulated;

SIMULATED cudaError_t cudaGetDeviceCount(int *count) {
  *count = 1;
  return cudaSuccess;
}

SIMULATED cudaError_t cudaGetDevice(int *device) {
  *device = 0;
  return cudaSuccess;
}

SIMULATED cudaError_t cudaSetDevice(int device) {
  return device == 0 ? cudaSuccess : report(cudaErrorInvalidDevice);
}

SIMULATED cudaError_t cudaDriverGetVersion(int *version) {
  *version = 13000;
  return cudaSuccess;
}

SIMULATED cudaError_t cudaGetDeviceProperties(cudaDeviceProp *properties, int) {
  *properties = {};
  std::strcpy(properties->name, "simulated");
  properties->major = 9;
  properties->multiProcessorCount = 1;
  properties->maxThreadsPerMultiProcessor = 2048;
  properties->maxThreadsPerBlock = properties->maxThreadsDim[0] = properties->maxThreadsDim[1] = 1024;
  properties->maxGridSize[0] = properties->maxGridSize[1] = properties->maxGridSize[2] = 65535;
  properties->warpSize = 32;
  properties->textureAlignment = 512;
  return cudaSuccess;
}

SIMULATED cudaError_t cudaDeviceGetStreamPriorityRange(int *least, int *greatest) {
  *least = 0, *greatest = -5;
  return cudaSuccess;
}

SIMULATED cudaError_t cudaDeviceSynchronize() {
  return may_block() ? cudaSuccess : report(cudaErrorStreamCaptureUnsupported);
}

SIMULATED cudaError_t cudaMemGetInfo(size_t *free_bytes, size_t *total_bytes) {
  *free_bytes = 1 << 30, *total_bytes = 2u << 30;
  return cudaSuccess;
}

SIMULATED cudaError_t cudaMalloc(void **memory, size_t bytes) {
  if (!may_block()) return report(cudaErrorStreamCaptureUnsupported);
  *memory = std::aligned_alloc(512, (bytes + 511) / 512 * 512);
  return cudaSuccess;
}

SIMULATED cudaError_t cudaFree(void *memory) {
  if (!may_block()) return report(cudaErrorStreamCaptureUnsupported);
  std::free(memory);
  return cudaSuccess;
}

SIMULATED cudaError_t cudaHostAlloc(void **memory, size_t bytes, unsigned) { return cudaMalloc(memory, bytes); }
SIMULATED cudaError_t cudaFreeHost(void *memory) { return cudaFree(memory); }

SIMULATED cudaError_t cudaMemcpyAsync(void *to, const void *from, size_t bytes, cudaMemcpyKind, cudaStream_t stream) {
  if (stream_of(stream)->capture == nullptr) std::memcpy(to, from, bytes);
  return cudaSuccess;
}

SIMULATED cudaError_t cudaPointerGetAttributes(cudaPointerAttributes *attributes, const void *) {
  *attributes = {};
  return cudaSuccess;
}

SIMULATED cudaError_t cudaFuncGetAttributes(cudaFuncAttributes *attributes, const void *) {
  *attributes = {};
  attributes->maxThreadsPerBlock = 1024;
  return cudaSuccess;
}

SIMULATED cudaError_t cudaOccupancyMaxActiveBlocksPerMultiprocessorWithFlags(int *blocks, const void *, int, size_t,
                                                                             unsigned) {
  *blocks = 1;
  return cudaSuccess;
}

SIMULATED cudaError_t cudaGetDriverEntryPointByVersion(const char *, void **function, unsigned, unsigned long long,
                                                       cudaDriverEntryPointQueryResult *result) {
  *function = nullptr;
  if (result != nullptr) *result = cudaDriverEntryPointSymbolNotFound;
  return cudaSuccess;
}

SIMULATED CUresult cuDevicePrimaryCtxGetState(CUdevice, unsigned *flags, int *active) {
  *flags = 0, *active = 1;
  return CUDA_SUCCESS;
}

SIMULATED CUresult cuCtxGetCurrent(CUcontext *context) {
  // None at first, as in a new thread.
  static bool has_context = false;
  *context = has_context ? reinterpret_cast<CUcontext>(1) : nullptr;
  has_context = true;
  return CUDA_SUCCESS;
}

SIMULATED CUresult cuGetErrorString(CUresult, const char **words) {
  *words = "simulated error";
  return CUDA_SUCCESS;
}

SIMULATED CUresult cuModuleLoadData(CUmodule *module, const void *code) {
  *module = reinterpret_cast<CUmodule>(1);
  return std::memcmp(code, "\177ELF", 4) == 0 ? CUDA_SUCCESS : CUDA_ERROR_INVALID_IMAGE;
}

SIMULATED CUresult cuModuleUnload(CUmodule) { return CUDA_SUCCESS; }

extern "C" void flc_host_cut(const float *, const long long *, int squares, int phases, int side, int input, int, void *);
extern "C" void flc_host_batch_norm_kernel(int kernel, int is_bfloat16, unsigned blocks, const void *arguments);

namespace {

/// A function's handle is its place here, counted from 1.
const std::vector<std::string> functions = {
    "flc_cut_patches_float32",          "flc_cut_patches_bfloat16",
    "flc_batch_norm_statistics_float32", "flc_batch_norm_statistics_bfloat16",
    "flc_batch_norm_finish",            "flc_batch_norm_finish",
    "flc_batch_norm_normalize_float32", "flc_batch_norm_normalize_bfloat16",
    "flc_batch_norm_gradient_sums_float32", "flc_batch_norm_gradient_sums_bfloat16",
    "flc_batch_norm_gradient_finish",   "flc_batch_norm_gradient_finish",
    "flc_batch_norm_gradient_input_float32", "flc_batch_norm_gradient_input_bfloat16",
};

/// The host's kernels have one thread's state, and autograd launches from threads of its own.
std::mutex one_at_a_time;

} // namespace

SIMULATED CUresult cuModuleGetFunction(CUfunction *function, CUmodule, const char *name) {
  for (size_t i = 0; i < functions.size(); ++i) {
    if (functions[i] != name) continue;
    *function = reinterpret_cast<CUfunction>(i + 1);
    return CUDA_SUCCESS;
  }
  return CUDA_ERROR_NOT_FOUND;
}

SIMULATED CUresult cuLaunchKernel(CUfunction function, unsigned blocks, unsigned tiles, unsigned, unsigned threads,
                                  unsigned, unsigned, unsigned, CUstream stream, void **arguments, void **) {
  const std::lock_guard lock(one_at_a_time);
  // A capture takes it down without running it.
  if (simulated::record_launch(stream)) return CUDA_SUCCESS;
  const auto handle = reinterpret_cast<size_t>(function) - 1;
  const int is_bfloat16 = handle % 2, kernel = static_cast<int>(handle / 2);
  if (kernel > 0) {
    if (threads != 256 || tiles != 1) return CUDA_ERROR_INVALID_VALUE;
    flc_host_batch_norm_kernel(kernel - 1, is_bfloat16, blocks, arguments[0]);
    return CUDA_SUCCESS;
  }
  const auto number = [&](int index) { return *static_cast<int *>(arguments[index]); };
  const auto address = [&](int index) { return *static_cast<void **>(arguments[index]); };
  const int phases = number(2), side = number(3), input = number(4);
  if (tiles * threads < static_cast<unsigned>(input * input)) return CUDA_ERROR_INVALID_VALUE;
  flc_host_cut(static_cast<float *>(address(0)), static_cast<long long *>(address(1)), static_cast<int>(blocks), phases,
               side, input, is_bfloat16, address(5));
  return CUDA_SUCCESS;
}

/// Launches that captures have taken down, for the tests.
SIMULATED int flc_simulated_launches() { return simulated::recorded_launches(); }
