// cut_patches.cu compiled for the host.
#include "cuda.h"
#include "../../cuda/cut_patches.cu"

/// As flc_cuda_patch_kernel_cut launches it; `out` holds float32, or bfloat16 as its bits.
extern "C" void flc_host_cut(const float *pixels, const long long *plan, int squares, int phases, int side, int input,
                             int is_bfloat16, void *out) {
  const auto *rows = reinterpret_cast<const Square *>(plan);
  const Dimensions grid = {static_cast<unsigned>(squares), static_cast<unsigned>((input * input + 255) / 256), 1};
  host::launch(grid, 256, [&] {
    if (is_bfloat16) {
      flc_cut_patches_bfloat16(pixels, rows, phases, side, input, static_cast<BFloat16 *>(out));
    } else {
      flc_cut_patches_float32(pixels, rows, phases, side, input, static_cast<float *>(out));
    }
  });
}
