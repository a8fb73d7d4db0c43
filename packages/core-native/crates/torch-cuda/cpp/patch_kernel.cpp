// The kernel of cuda/cut_patches.cu, loaded and launched.
#include "../../torch-ext/cpp/boundary.h"
#include "device.h"
#include "driver.h"
#include "tensors.h"

namespace {

constexpr int threads = 256;

struct PatchKernel {
  PatchKernel(c10::DeviceIndex on, const void *code) : device(on) {
    const flc::DriverGuard guard(device);
    const auto &driver = flc::Driver::get();
    driver.check(driver.load(&module, code));
    // Found now and not at the first launch, which may be inside a capture.
    driver.check(driver.function(&float32, module, "flc_cut_patches_float32"));
    driver.check(driver.function(&bfloat16, module, "flc_cut_patches_bfloat16"));
  }

  ~PatchKernel() {
    std::free(flc::guarded([&] {
      const flc::DriverGuard guard(device);
      flc::Driver::get().unload(module);
    }));
  }

  PatchKernel(const PatchKernel &) = delete;
  PatchKernel &operator=(const PatchKernel &) = delete;

  c10::DeviceIndex device;
  CUmodule module = nullptr;
  CUfunction float32 = nullptr, bfloat16 = nullptr;
};

} // namespace

extern "C" {

/// `code`: a cubin, which the driver copies.
char *flc_cuda_patch_kernel_load(int device, const void *code, PatchKernel **out) {
  return flc::guarded([&] { *out = new PatchKernel(flc::existing_device(device), code); });
}

/// On the current stream; shapes as in patch_kernel.rs.
char *flc_cuda_patch_kernel_cut(PatchKernel *kernel, const void *pixels, const void *plan, int64_t side, int64_t input,
                                const void *out) {
  return flc::guarded([&] {
    const auto &result = *static_cast<const at::Tensor *>(out);
    const bool is_bfloat16 = result.defined() && result.scalar_type() == at::kBFloat16;
    const auto device = kernel->device;
    const auto &images = flc::contiguous_tensor(pixels, "pixels", at::kFloat, device);
    const auto &squares = flc::contiguous_tensor(plan, "the plan", at::kLong, device);
    flc::contiguous_tensor(out, "the result", is_bfloat16 ? at::kBFloat16 : at::kFloat, device);
    // 65535 blocks are the most in y.
    TORCH_CHECK(side >= 1 && side <= 32768 && input >= 1 && input <= 4095, "squares of ", side, " to ", input, " pixels");
    TORCH_CHECK(squares.dim() == 2 && squares.size(1) == 4, "the plan is ", squares.sizes(), ", not [n, 4]");
    TORCH_CHECK(result.dim() == 4 && result.size(1) == squares.size(0) && result.size(2) == input &&
                    result.size(3) == input,
                "the result is ", result.sizes(), ", not [phases, ", squares.size(0), ", ", input, ", ", input, "]");
    if (result.numel() == 0) return;

    auto *from = images.const_data_ptr();
    auto *by = squares.const_data_ptr();
    auto *to = result.mutable_data_ptr();
    int phases = static_cast<int>(result.size(0)), from_side = static_cast<int>(side), to_side = static_cast<int>(input);
    void *arguments[] = {&from, &by, &phases, &from_side, &to_side, &to};
    const auto blocks = static_cast<unsigned>(squares.size(0));
    const auto tiles = static_cast<unsigned>((input * input + threads - 1) / threads);
    const flc::DriverGuard guard(device);
    const auto &driver = flc::Driver::get();
    const auto stream = c10::cuda::getCurrentCUDAStream(device);
    driver.check(driver.launch(is_bfloat16 ? kernel->bfloat16 : kernel->float32, blocks, tiles, 1, threads, 1, 1, 0,
                               stream.stream(), arguments, nullptr));
  });
}

void flc_cuda_patch_kernel_free(PatchKernel *kernel) { std::free(flc::guarded([&] { delete kernel; })); }
}
