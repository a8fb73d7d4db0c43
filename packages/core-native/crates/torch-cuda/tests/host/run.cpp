// The kernel's own source compiled for the host, run thread after thread.
#include <cstring>

#define __global__
#define __device__ inline

struct Dimensions {
  unsigned x, y, z;
};
static Dimensions threadIdx, blockIdx, blockDim, gridDim;

inline unsigned __float_as_uint(float value) {
  unsigned bits;
  std::memcpy(&bits, &value, sizeof bits);
  return bits;
}

#include "../../cuda/cut_patches.cu"

/// As flc_cuda_patch_kernel_cut launches it; `out` holds float32, or bfloat16 as its bits.
extern "C" void flc_host_cut(const float *pixels, const long long *plan, int squares, int phases, int side, int input,
                             int is_bfloat16, void *out) {
  const auto *rows = reinterpret_cast<const Square *>(plan);
  blockDim = {256, 1, 1};
  gridDim = {static_cast<unsigned>(squares), static_cast<unsigned>((input * input + 255) / 256), 1};
  for (blockIdx.x = 0; blockIdx.x < gridDim.x; ++blockIdx.x) {
    for (blockIdx.y = 0; blockIdx.y < gridDim.y; ++blockIdx.y) {
      for (threadIdx.x = 0; threadIdx.x < blockDim.x; ++threadIdx.x) {
        if (is_bfloat16) {
          flc_cut_patches_bfloat16(pixels, rows, phases, side, input, static_cast<BFloat16 *>(out));
        } else {
          flc_cut_patches_float32(pixels, rows, phases, side, input, static_cast<float *>(out));
        }
      }
    }
  }
}
