// Loops of the fused batch norm over channels-last rows [rows, channels]. Compiled once per instruction set from
// batch_norm_kernels.cpp, which includes no library header: an inline function of a library that was compiled for AVX-512 must not
// reach a linker that would use it everywhere.
#pragma once
#include "bf16.h"

namespace flc {
/// Sums are kept in float over a block of rows that fits the first-level cache; the caller merges blocks in double.
template <typename T> struct Accumulator {
  using type = float;
};
template <> struct Accumulator<double> {
  using type = double;
};

template <typename T> struct BatchNormKernels {
  using A = typename Accumulator<T>::type;
  /// Mean and sum of squared deviations of each channel.
  void (*statistics)(const T *x, int64_t rows, int64_t channels, A *mean, A *squares);
  /// y = relu((x - mean) * scale + shift [+ residual]); subtracting first keeps the sign of small values right.
  void (*normalize)(const T *x, const T *residual, const A *mean, const A *scale, const A *shift, T *y,
                    int64_t rows, int64_t channels);
  /// Sums of g and of g * (x - mean), where g is the gradient in front of the ReLU: dy [+ dy2] where the output was positive. With
  /// `y` the output says so, without it its recomputation from x does (no residual). g is written where it is wanted.
  void (*gradient_sums)(const T *dy, const T *dy2, const T *y, const T *x, const A *mean, const A *scale,
                        const A *shift, T *g, int64_t rows, int64_t channels, A *sum, A *product);
  /// dx = scale * (g - offset - (x - mean) * slope), with g given, or recomputed from dy and x.
  void (*gradient_input)(const T *g, const T *dy, const T *x, const A *mean, const A *scale,
                         const A *shift, const A *offset, const A *slope, T *dx, int64_t rows,
                         int64_t channels);
};

#define FLC_DECLARE_KERNELS(isa)                                                                    \
  namespace isa {                                                                                   \
  extern const BatchNormKernels<float> float32;                                                     \
  extern const BatchNormKernels<double> float64;                                                    \
  extern const BatchNormKernels<Bf16> bfloat16;                                                     \
  }
FLC_DECLARE_KERNELS(avx512)
FLC_DECLARE_KERNELS(avx2)
FLC_DECLARE_KERNELS(baseline)
} // namespace flc
