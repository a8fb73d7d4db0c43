// Loops of the 3 x 3 convolution of stride 1 and padding 1 over channels-last images, and of its weight gradient, by minimal filtering F(2 x 2, 3 x 3)
// (Winograd 1980; Lavin and Gray 2016, section 4): 16 multiplications for four output pixels instead of 36. Compiled once per instruction set from
// winograd_kernels.cpp; like batch_norm_kernels.h it includes no library header.
#pragma once
#include "bf16.h"

namespace flc {
/// Tiles of 2 x 2 output pixels that the loops take at a time, so that what lies between their three stages stays in the second-level cache.
constexpr int64_t kTilesAtOnce = 32;
/// For the weight gradient, whose sums are loaded and stored once for so many tiles.
constexpr int64_t kGradientTiles = 64;

/// Output pixels of a batch in tiles, counted along rows, then columns, then images. At odd sides the last ones reach over the edge.
struct TileGrid {
  int64_t images, height, width;
  int64_t rows, columns;
};

/// y = [relu](convolution [+ bias] [+ residual]); residual has the layout of y, and may be y.
template <typename T> struct Epilogue {
  const float *bias;
  const T *residual;
  bool relu;
};

/// T: type of the images, and in which products are taken; sums are float.
template <typename T> struct WinogradKernels {
  /// Channels, of input and output, come in multiples of this.
  int64_t channels;
  /// Weights [out, in, 3, 3], or those of the transposed convolution, transformed, in the order in which `convolve` reads them: 16 * in * out values.
  void (*transform_weights)(const float *weight, int64_t in, int64_t out, bool transposed, T *transformed);
  /// Tiles [first, first + count) of y, count <= kTilesAtOnce; in and out are the channels of x and y.
  void (*convolve)(const TileGrid &grid, const T *x, int64_t in, const T *weights, int64_t out,
                   const Epilogue<T> &epilogue, T *y, int64_t first, int64_t count, void *scratch);
  /// Adds to the transformed weight gradient [16, in, out] what tiles [first, first + count) contribute, count <= kGradientTiles.
  void (*add_weight_gradient)(const TileGrid &grid, const T *x, int64_t in, const T *dy, int64_t out, int64_t first,
                              int64_t count, float *sums, void *scratch);
};

/// Output channels that `convolve` takes at a time, at most.
constexpr int64_t kMostInGroup = 32;

/// Bytes that `convolve` needs, whatever T is: products of a group, transformed tiles of x, a pixel of zeros.
static inline int64_t convolve_scratch_bytes(int64_t in) {
  return (16 * kTilesAtOnce * (kMostInGroup + in) + in) * static_cast<int64_t>(sizeof(float));
}

/// Bytes that `add_weight_gradient` needs: a tile that waits, a pixel of zeros, and the transformed tiles of x and dy.
static inline int64_t gradient_scratch_bytes(int64_t in, int64_t out) {
  const int64_t most = in > out ? in : out;
  return (16 * most + most + 16 * kGradientTiles * (in + out)) * static_cast<int64_t>(sizeof(float));
}

namespace avx512 {
extern const WinogradKernels<float> winograd;
}
namespace avx2 {
extern const WinogradKernels<float> winograd;
}
namespace avx512_bf16 {
extern const WinogradKernels<Bf16> winograd;
}
} // namespace flc
