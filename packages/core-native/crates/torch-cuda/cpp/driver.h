// The few functions of the CUDA driver that load a kernel compiled at run time. libtorch's header for them (ATenNVRTC.h) is not in its
// wheels, and the runtime has its own (cudaLibrary) only since CUDA 12.8; these are the same in every driver.
#pragma once
#include <c10/cuda/CUDAException.h>
#include <c10/cuda/CUDAGuard.h>
#include <cuda.h>
#include <dlfcn.h>

namespace flc {

class Driver {
public:
  /// Throws where there is no driver.
  static const Driver &get() {
    static const Driver driver;
    return driver;
  }

  void check(CUresult result) const {
    if (result == CUDA_SUCCESS) return;
    const char *words = nullptr;
    if (error_string(result, &words) != CUDA_SUCCESS || words == nullptr) words = "unknown error";
    TORCH_CHECK(false, "CUDA driver: ", words);
  }

  decltype(&cuModuleLoadData) load;
  decltype(&cuModuleUnload) unload;
  decltype(&cuModuleGetFunction) function;
  decltype(&cuLaunchKernel) launch;
  decltype(&cuCtxGetCurrent) current_context;
  decltype(&cuGetErrorString) error_string;

private:
  Driver() {
    void *library = dlopen("libcuda.so.1", RTLD_NOW | RTLD_LOCAL);
    TORCH_CHECK(library != nullptr, "no CUDA driver: ", dlerror());
    find(library, "cuModuleLoadData", load);
    find(library, "cuModuleUnload", unload);
    find(library, "cuModuleGetFunction", function);
    find(library, "cuLaunchKernel", launch);
    find(library, "cuCtxGetCurrent", current_context);
    find(library, "cuGetErrorString", error_string);
  }

  template <typename Function>
  static void find(void *library, const char *name, Function &function) {
    function = reinterpret_cast<Function>(dlsym(library, name));
    TORCH_CHECK(function != nullptr, "the CUDA driver has no ", name);
  }
};

/// Makes a device and its context current, as the driver's functions need it; the runtime's would do that by themselves.
class DriverGuard {
public:
  explicit DriverGuard(c10::DeviceIndex device) : guard_(device) {
    CUcontext context = nullptr;
    Driver::get().check(Driver::get().current_context(&context));
    // A new thread has none until its first call of the runtime.
    if (context == nullptr) C10_CUDA_CHECK(cudaFree(nullptr));
  }

private:
  c10::cuda::CUDAGuard guard_;
};

} // namespace flc
