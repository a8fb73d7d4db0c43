#include "batch_norm_kernels.h"

#ifndef FLC_ISA
#error "FLC_ISA names the instruction set that this copy is compiled for"
#endif

namespace flc {
namespace FLC_ISA {
namespace {

// Channels in one register's worth of accumulators.
constexpr int64_t kLanes = 16;

/// ReLU, through which a NaN passes, as in libtorch.
template <typename A> inline __attribute__((always_inline)) A rectified(A value) {
  return value <= A(0) ? A(0) : value;
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
        store(out[c], rectified(value));
      }
    } else {
      const T *around = residual + r * channels;
#pragma GCC ivdep
      for (int64_t c = 0; c < channels; ++c) {
        const A value = (load(in[c]) - mean[c]) * scale[c] + shift[c] + load(around[c]);
        store(out[c], rectified(value));
      }
    }
  }
}

/// What reaches the batch norm at one place. `Output`: y is known; otherwise its sign comes from x, by the expression of normalize.
template <bool Output, bool Second, typename T, typename A>
inline __attribute__((always_inline)) A gradient_at(const T *dy, const T *dy2, const T *y, const T *x,
                                                    int64_t i, A mean, A scale, A shift) {
  const A out = Output ? load(y[i]) : (load(x[i]) - mean) * scale + shift;
  const A g = Second ? load(dy[i]) + load(dy2[i]) : load(dy[i]);
  return out <= A(0) ? A(0) : g;
}

template <typename T> struct GradientOperands {
  const T *dy, *dy2, *y, *x;
  T *g;
};

template <bool Output, bool Second, typename T, typename A>
inline __attribute__((always_inline)) void
gradient_sums_group(const GradientOperands<T> &in, const A *mean, const A *scale, const A *shift,
                    int64_t rows, int64_t channels, int64_t first, int64_t lanes, A *sum, A *product) {
  A s[kLanes] = {}, p[kLanes] = {}, m[kLanes] = {}, a[kLanes] = {}, b[kLanes] = {};
  for (int64_t j = 0; j < lanes; ++j) m[j] = mean[first + j], a[j] = scale[first + j], b[j] = shift[first + j];
  const bool wanted = in.g != nullptr;
  for (int64_t r = 0; r < rows; ++r) {
    const int64_t row = r * channels + first;
    A g[kLanes];
    for (int64_t j = 0; j < lanes; ++j) {
      g[j] = gradient_at<Output, Second>(in.dy, in.dy2, in.y, in.x, row + j, m[j], a[j], b[j]);
      s[j] += g[j];
      p[j] += g[j] * (load(in.x[row + j]) - m[j]);
    }
    if (!wanted) continue;
#pragma GCC ivdep
    for (int64_t j = 0; j < lanes; ++j) store(in.g[row + j], g[j]);
  }
  for (int64_t j = 0; j < lanes; ++j) sum[first + j] = s[j], product[first + j] = p[j];
}

template <bool Output, bool Second, typename T, typename A>
void gradient_sums_of(const GradientOperands<T> &in, const A *mean, const A *scale, const A *shift,
                      int64_t rows, int64_t channels, A *sum, A *product) {
  auto group = [&](int64_t c, int64_t lanes) __attribute__((always_inline)) {
    gradient_sums_group<Output, Second>(in, mean, scale, shift, rows, channels, c, lanes, sum, product);
  };
  for_channel_groups(channels, [&](int64_t c) { group(c, kLanes); }, group);
}

template <typename T, typename A>
void gradient_sums(const T *dy, const T *dy2, const T *y, const T *x, const A *mean, const A *scale,
                   const A *shift, T *g, int64_t rows, int64_t channels, A *sum, A *product) {
  const GradientOperands<T> in{dy, dy2, y, x, g};
  auto run = [&](auto kernel) { kernel(in, mean, scale, shift, rows, channels, sum, product); };
  if (y != nullptr) run(dy2 != nullptr ? gradient_sums_of<true, true, T, A> : gradient_sums_of<true, false, T, A>);
  else run(dy2 != nullptr ? gradient_sums_of<false, true, T, A> : gradient_sums_of<false, false, T, A>);
}

template <typename T, typename A>
void gradient_input(const T *g, const T *__restrict dy, const T *__restrict x, const A *__restrict mean,
                    const A *__restrict scale, const A *__restrict shift, const A *__restrict offset,
                    const A *__restrict slope, T *__restrict dx, int64_t rows, int64_t channels) {
  for (int64_t r = 0; r < rows; ++r) {
    const int64_t row = r * channels;
    if (g != nullptr) {
#pragma GCC ivdep
      for (int64_t c = 0; c < channels; ++c)
        store(dx[row + c], scale[c] * (load(g[row + c]) - offset[c] - (load(x[row + c]) - mean[c]) * slope[c]));
    } else {
#pragma GCC ivdep
      for (int64_t c = 0; c < channels; ++c) {
        const A own = gradient_at<false, false, T, A>(dy, nullptr, nullptr, x, row + c, mean[c], scale[c], shift[c]);
        store(dx[row + c], scale[c] * (own - offset[c] - (load(x[row + c]) - mean[c]) * slope[c]));
      }
    }
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
