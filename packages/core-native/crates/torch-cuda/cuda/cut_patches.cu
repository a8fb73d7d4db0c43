// Cuts, turns and resizes squares of resident images in one pass. Compiled by NVRTC for the GPU at hand, and as C++ for the host by a test
// (tests/host).
#include "bfloat16.h"

namespace {

/// A row of the plan: where a square lies in the pixels, and which of the eight symmetries of dihedral.rs it gets.
struct Square {
  long long corner, row_stride, phase_stride, symmetry;
};

__device__ void store(float *place, float value) { *place = value; }
__device__ void store(BFloat16 *place, float value) { place->bits = static_cast<unsigned short>(bfloat16_bits(value)); }

/// Two neighbours on one axis and what they weigh: half-pixel centres, no antialiasing (upsample_bilinear2d without aligned corners).
struct Neighbours {
  int first, second;
  float first_weight, second_weight;
};

__device__ Neighbours neighbours(int index, int side, float scale) {
  const float centre = scale * (static_cast<float>(index) + 0.5f) - 0.5f;
  const float place = centre < 0.0f ? 0.0f : centre;
  const int first = static_cast<int>(place) < side - 1 ? static_cast<int>(place) : side - 1;
  const float second_weight = place - static_cast<float>(first);
  return {first, first < side - 1 ? first + 1 : first, 1.0f - second_weight, second_weight};
}

/// Pixels from the square's corner to the one that the turned square shows at (row, column).
__device__ long long turned(const Square &square, int row, int column, int last) {
  if (square.symmetry & 1) column = last - column;
  if (square.symmetry & 2) row = last - row;
  const bool swaps = square.symmetry & 4;
  const int source_row = swaps ? column : row;
  const int source_column = swaps ? row : column;
  return source_row * square.row_stride + source_column;
}

/// One thread for a pixel of the result, in all phases: blockIdx.x is the square, blockIdx.y the tile of its pixels.
template <typename Value>
__device__ void cut(const float *pixels, const Square *plan, int phases, int side, int input, Value *out) {
  const int pixel = static_cast<int>(blockIdx.y * blockDim.x + threadIdx.x);
  const int area = input * input;
  if (pixel >= area) return;
  const Square square = plan[blockIdx.x];
  const float scale = static_cast<float>(side) / static_cast<float>(input);
  const Neighbours rows = neighbours(pixel / input, side, scale);
  const Neighbours columns = neighbours(pixel % input, side, scale);
  const int last = side - 1;
  const long long a = turned(square, rows.first, columns.first, last);
  const long long b = turned(square, rows.first, columns.second, last);
  const long long c = turned(square, rows.second, columns.first, last);
  const long long d = turned(square, rows.second, columns.second, last);
  const float *image = pixels + square.corner;
  Value *place = out + static_cast<long long>(blockIdx.x) * area + pixel;
  for (int phase = 0; phase < phases; ++phase) {
    const float upper = columns.first_weight * image[a] + columns.second_weight * image[b];
    const float lower = columns.first_weight * image[c] + columns.second_weight * image[d];
    store(place, rows.first_weight * upper + rows.second_weight * lower);
    image += square.phase_stride;
    place += static_cast<long long>(gridDim.x) * area;
  }
}

} // namespace

extern "C" __global__ void flc_cut_patches_float32(const float *pixels, const Square *plan, int phases, int side,
                                                   int input, float *out) {
  cut(pixels, plan, phases, side, input, out);
}

extern "C" __global__ void flc_cut_patches_bfloat16(const float *pixels, const Square *plan, int phases, int side,
                                                    int input, BFloat16 *out) {
  cut(pixels, plan, phases, side, input, out);
}
