#include "batch_norm_kernels.h"

#ifndef FLC_ISA
#error "FLC_ISA names the instruction set that this copy is compiled for"
#endif

namespace flc {
namespace FLC_ISA {
namespace {

// Channels in one register's worth of accumulators.
constexpr int64_t kLanes = 16;

inline float load(float value) { return value; }
inline double load(double value) { return value; }
inline float load(Bf16 value) {
  const uint32_t bits = static_cast<uint32_t>(value.bits) << 16;
  float result;
  __builtin_memcpy(&result, &bits, sizeof result);
  return result;
}

inline void store(float &target, float value) { target = value; }
inline void store(double &target, double value) { target = value; }
/// Round to nearest, ties to even; a NaN stays one.
inline void store(Bf16 &target, float value) {
  uint32_t bits;
  __builtin_memcpy(&bits, &value, sizeof bits);
  const uint32_t rounded = (bits + 0x7fffu + ((bits >> 16) & 1u)) >> 16;
  target.bits = value != value ? 0x7fc0u : static_cast<uint16_t>(rounded);
}

/// Calls body(first channel, number of channels); a full group is a compile-time constant, so that it stays in registers.
template <typename Full, typename Rest>
inline void for_channel_groups(int64_t channels, Full full, Rest rest) {
  int64_t c = 0;
  for (; c + kLanes <= channels; c += kLanes) full(c);
  if (c < channels) rest(c, channels - c);
}

template <typename T, typename A>
inline __attribute__((always_inline)) void statistics_group(const T *x, int64_t rows, int64_t channels,
                                                            int64_t first, int64_t lanes, A *mean,
                                                            A *squares) {
  A sum[kLanes] = {}, m[kLanes] = {}, q[kLanes] = {};
  for (int64_t r = 0; r < rows; ++r)
    for (int64_t j = 0; j < lanes; ++j) sum[j] += load(x[r * channels + first + j]);
  for (int64_t j = 0; j < lanes; ++j) m[j] = sum[j] / static_cast<A>(rows);
  // A second pass over rows that lie in the cache: no cancellation, unlike sum(x^2) - sum(x)^2.
  for (int64_t r = 0; r < rows; ++r)
    for (int64_t j = 0; j < lanes; ++j) {
      const A d = load(x[r * channels + first + j]) - m[j];
      q[j] += d * d;
    }
  for (int64_t j = 0; j < lanes; ++j) mean[first + j] = m[j], squares[first + j] = q[j];
}

template <typename T, typename A>
void statistics(const T *x, int64_t rows, int64_t channels, A *mean, A *squares) {
  for_channel_groups(
      channels, [&](int64_t c) { statistics_group(x, rows, channels, c, kLanes, mean, squares); },
      [&](int64_t c, int64_t n) { statistics_group(x, rows, channels, c, n, mean, squares); });
}

template <typename T, typename A>
void normalize(const T *__restrict x, const T *residual, const A *__restrict mean,
               const A *__restrict scale, const A *__restrict shift, T *__restrict y, int64_t rows,
               int64_t channels) {
  for (int64_t r = 0; r < rows; ++r) {
    const T *in = x + r * channels;
    T *out = y + r * channels;
    if (residual == nullptr) {
#pragma GCC ivdep
      for (int64_t c = 0; c < channels; ++c) {
        const A value = (load(in[c]) - mean[c]) * scale[c] + shift[c];
        store(out[c], value > A(0) ? value : A(0));
      }
    } else {
      const T *around = residual + r * channels;
#pragma GCC ivdep
      for (int64_t c = 0; c < channels; ++c) {
        const A value = (load(in[c]) - mean[c]) * scale[c] + shift[c] + load(around[c]);
        store(out[c], value > A(0) ? value : A(0));
      }
    }
  }
}

template <typename T, typename A>
inline __attribute__((always_inline)) void
gradient_sums_group(const T *dy, const T *y, const T *x, const A *mean, int64_t rows, int64_t channels,
                    int64_t first, int64_t lanes, A *sum, A *product) {
  A s[kLanes] = {}, p[kLanes] = {}, m[kLanes] = {};
  for (int64_t j = 0; j < lanes; ++j) m[j] = mean[first + j];
  for (int64_t r = 0; r < rows; ++r)
    for (int64_t j = 0; j < lanes; ++j) {
      const int64_t i = r * channels + first + j;
      const A g = load(y[i]) > A(0) ? load(dy[i]) : A(0);
      s[j] += g;
      p[j] += g * (load(x[i]) - m[j]);
    }
  for (int64_t j = 0; j < lanes; ++j) sum[first + j] = s[j], product[first + j] = p[j];
}

template <typename T, typename A>
void gradient_sums(const T *dy, const T *y, const T *x, const A *mean, int64_t rows, int64_t channels,
                   A *sum, A *product) {
  for_channel_groups(
      channels,
      [&](int64_t c) { gradient_sums_group(dy, y, x, mean, rows, channels, c, kLanes, sum, product); },
      [&](int64_t c, int64_t n) {
        gradient_sums_group(dy, y, x, mean, rows, channels, c, n, sum, product);
      });
}

template <typename T, typename A>
void gradient_input(const T *__restrict dy, const T *__restrict y, const T *__restrict x,
                    const A *__restrict mean, const A *__restrict scale, const A *__restrict offset,
                    const A *__restrict slope, T *__restrict dx, T *__restrict dresidual, int64_t rows,
                    int64_t channels) {
  for (int64_t r = 0; r < rows; ++r) {
    const int64_t row = r * channels;
#pragma GCC ivdep
    for (int64_t c = 0; c < channels; ++c) {
      const A g = load(y[row + c]) > A(0) ? load(dy[row + c]) : A(0);
      store(dx[row + c], scale[c] * (g - offset[c] - (load(x[row + c]) - mean[c]) * slope[c]));
    }
    if (dresidual == nullptr) continue;
#pragma GCC ivdep
    for (int64_t c = 0; c < channels; ++c)
      store(dresidual[row + c], load(y[row + c]) > A(0) ? load(dy[row + c]) : A(0));
  }
}

} // namespace

template <typename T> constexpr BatchNormKernels<T> kernels() {
  using A = typename Accumulator<T>::type;
  return {&statistics<T, A>, &normalize<T, A>, &gradient_sums<T, A>, &gradient_input<T, A>};
}

extern const BatchNormKernels<float> float32 = kernels<float>();
extern const BatchNormKernels<double> float64 = kernels<double>();
extern const BatchNormKernels<Bf16> bfloat16 = kernels<Bf16>();
} // namespace FLC_ISA
} // namespace flc
