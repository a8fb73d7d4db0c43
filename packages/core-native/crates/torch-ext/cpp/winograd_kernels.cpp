#include "winograd_kernels.h"
#include <immintrin.h>

#ifndef FLC_ISA
#error "FLC_ISA names the instruction set that this copy is compiled for"
#endif

namespace flc {
namespace FLC_ISA {
namespace {
#define FLC_INLINE inline __attribute__((always_inline))

#ifdef __AVX512F__
using Lane = __m512;
constexpr int kLanes = 16;
// Sums in registers: enough of them to hide the latency of the multiplications.
constexpr int kSums = 24;
FLC_INLINE Lane load(const float *values) { return _mm512_loadu_ps(values); }
FLC_INLINE void store(float *target, Lane values) { _mm512_storeu_ps(target, values); }
FLC_INLINE Lane zero() { return _mm512_setzero_ps(); }
FLC_INLINE Lane positive(Lane values) { return _mm512_max_ps(values, zero()); }
#else
using Lane = __m256;
constexpr int kLanes = 8;
constexpr int kSums = 12;
FLC_INLINE Lane load(const float *values) { return _mm256_loadu_ps(values); }
FLC_INLINE void store(float *target, Lane values) { _mm256_storeu_ps(target, values); }
FLC_INLINE Lane zero() { return _mm256_setzero_ps(); }
FLC_INLINE Lane positive(Lane values) { return _mm256_max_ps(values, zero()); }
#endif

#ifdef __AVX512BF16__
using T = Bf16;
// The instruction adds the products of two pairs: of two channels, or of two tiles.
constexpr int kPack = 2;
using Factor = __m512bh;
FLC_INLINE Lane load(const Bf16 *values) {
  const __m256i bits = _mm256_loadu_si256(reinterpret_cast<const __m256i *>(values));
  return _mm512_castsi512_ps(_mm512_slli_epi32(_mm512_cvtepu16_epi32(bits), 16));
}
FLC_INLINE void store(Bf16 *target, Lane values) {
  _mm256_storeu_si256(reinterpret_cast<__m256i *>(target), (__m256i)_mm512_cvtneps_pbh(values));
}
FLC_INLINE Factor factors(const Bf16 *values) { return (Factor)_mm512_loadu_si512(values); }
FLC_INLINE Factor broadcast(const Bf16 *values) {
  int pair;
  __builtin_memcpy(&pair, values, sizeof pair);
  return (Factor)_mm512_set1_epi32(pair);
}
FLC_INLINE Lane multiply_add(Factor a, Factor b, Lane sum) { return _mm512_dpbf16_ps(sum, a, b); }
/// [lanes] of two tiles -> [lanes, 2].
FLC_INLINE void store_packed(Bf16 *target, const Lane *values) {
  alignas(64) static const uint16_t order[32] = {0, 16, 1, 17, 2,  18, 3,  19, 4,  20, 5,  21, 6,  22, 7,  23,
                                                 8, 24, 9, 25, 10, 26, 11, 27, 12, 28, 13, 29, 14, 30, 15, 31};
  const __m512i both = (__m512i)_mm512_cvtne2ps_pbh(values[1], values[0]);
  _mm512_storeu_si512(target, _mm512_permutexvar_epi16(_mm512_load_si512(order), both));
}
#else
using T = float;
constexpr int kPack = 1;
using Factor = Lane;
FLC_INLINE Factor factors(const float *values) { return load(values); }
FLC_INLINE void store_packed(float *target, const Lane *values) { store(target, values[0]); }
#ifdef __AVX512F__
FLC_INLINE Factor broadcast(const float *value) { return _mm512_set1_ps(*value); }
FLC_INLINE Lane multiply_add(Factor a, Factor b, Lane sum) { return _mm512_fmadd_ps(a, b, sum); }
#else
FLC_INLINE Factor broadcast(const float *value) { return _mm256_set1_ps(*value); }
FLC_INLINE Lane multiply_add(Factor a, Factor b, Lane sum) { return _mm256_fmadd_ps(a, b, sum); }
#endif
#endif

/// Registers of output channels in a group.
FLC_INLINE int64_t group_registers(int64_t out) { return out % (2 * kLanes) == 0 ? 2 : 1; }

/// B^T d for a column of four pixels.
FLC_INLINE void transform_column(const Lane d[4], Lane t[4]) {
  t[0] = d[0] - d[2];
  t[1] = d[1] + d[2];
  t[2] = d[2] - d[1];
  t[3] = d[1] - d[3];
}

/// The same for the four columns of a tile, each transformed: B^T d B. `t` holds columns.
FLC_INLINE void transform_input(const Lane t[4][4], Lane v[16]) {
  for (int r = 0; r < 4; ++r) {
    v[4 * r] = t[0][r] - t[2][r];
    v[4 * r + 1] = t[1][r] + t[2][r];
    v[4 * r + 2] = t[2][r] - t[1][r];
    v[4 * r + 3] = t[1][r] - t[3][r];
  }
}

/// A^T m A: a tile's 2 x 2 output pixels.
FLC_INLINE void transform_output(const Lane m[16], Lane y[4]) {
  Lane t[8];
  for (int c = 0; c < 4; ++c) {
    t[c] = m[c] + m[4 + c] + m[8 + c];
    t[4 + c] = m[4 + c] - m[8 + c] - m[12 + c];
  }
  for (int r = 0; r < 2; ++r) {
    y[2 * r] = t[4 * r] + t[4 * r + 1] + t[4 * r + 2];
    y[2 * r + 1] = t[4 * r + 1] - t[4 * r + 2] - t[4 * r + 3];
  }
}

/// A dy A^T: the transpose of it.
FLC_INLINE void transform_gradient(const Lane dy[4], Lane v[16]) {
  Lane t[8];
  for (int c = 0; c < 2; ++c) {
    t[c] = dy[c];
    t[2 + c] = dy[c] + dy[2 + c];
    t[4 + c] = dy[c] - dy[2 + c];
    t[6 + c] = zero() - dy[2 + c];
  }
  for (int r = 0; r < 4; ++r) {
    v[4 * r] = t[2 * r];
    v[4 * r + 1] = t[2 * r] + t[2 * r + 1];
    v[4 * r + 2] = t[2 * r] - t[2 * r + 1];
    v[4 * r + 3] = zero() - t[2 * r + 1];
  }
}

/// Neighbouring tiles of one row: `count` of them from tile `first` of a block on, the first of them at output pixel (y, x) of an image.
struct Run {
  int64_t first, count, image, y, x;
};

/// Calls body(run) for tiles [first, first + count) of the grid.
template <typename Body> FLC_INLINE void each_run(const TileGrid &grid, int64_t first, int64_t count, Body body) {
  for (int64_t t = 0; t < count;) {
    const int64_t row = (first + t) / grid.columns, column = (first + t) % grid.columns;
    const int64_t rest = grid.columns - column, run = rest < count - t ? rest : count - t;
    body(Run{t, run, row / grid.rows, row % grid.rows * 2, column * 2});
    t += run;
  }
}

/// `Count` rows of an image from row y on; those outside are zeros without extent.
template <int Count> struct ImageRows {
  const T *row[Count];
  int64_t stride[Count], width;

  FLC_INLINE ImageRows(const TileGrid &grid, const T *images, int64_t channels, int64_t image, int64_t y, const T *zeros)
      : width(grid.width) {
    for (int r = 0; r < Count; ++r) {
      const bool inside = y + r >= 0 && y + r < grid.height;
      row[r] = inside ? images + (image * grid.height + y + r) * grid.width * channels : zeros;
      stride[r] = inside ? channels : 0;
    }
  }
  FLC_INLINE void column(int64_t x, int64_t channel, Lane *values) const {
    if (x < 0 || x >= width)
      for (int r = 0; r < Count; ++r) values[r] = zero();
    else
      for (int r = 0; r < Count; ++r) values[r] = load(row[r] + x * stride[r] + channel);
  }
};

/// Calls body(tile, transformed) for the input tiles of a run and one register of channels. Neighbours share two of their four columns.
template <typename Body>
FLC_INLINE void each_input_tile(const ImageRows<4> &rows, const Run &run, int64_t channel, Body body) {
  Lane d[4], t[4][4], v[16];
  for (int c = 0; c < 2; ++c) {
    rows.column(run.x - 1 + c, channel, d);
    transform_column(d, t[c]);
  }
  for (int64_t tile = 0; tile < run.count; ++tile) {
    for (int c = 2; c < 4; ++c) {
      rows.column(run.x + 2 * tile - 1 + c, channel, d);
      transform_column(d, t[c]);
    }
    transform_input(t, v);
    body(run.first + tile, v);
    for (int r = 0; r < 4; ++r) t[0][r] = t[2][r], t[1][r] = t[3][r];
  }
}

/// The same for output gradients.
template <typename Body>
FLC_INLINE void each_gradient_tile(const ImageRows<2> &rows, const Run &run, int64_t channel, Body body) {
  for (int64_t tile = 0; tile < run.count; ++tile) {
    Lane left[2], right[2], v[16];
    rows.column(run.x + 2 * tile, channel, left);
    rows.column(run.x + 2 * tile + 1, channel, right);
    const Lane dy[4] = {left[0], right[0], left[1], right[1]};
    transform_gradient(dy, v);
    body(run.first + tile, v);
  }
}

void transform_weights(const float *weight, int64_t in, int64_t out, bool transposed, T *transformed) {
  const int64_t inner = transposed ? out : in, outer = transposed ? in : out;
  const int64_t lanes = group_registers(outer) * kLanes;
  for (int64_t o = 0; o < outer; ++o)
    for (int64_t i = 0; i < inner; ++i) {
      const float *g = weight + (transposed ? i * in + o : o * in + i) * 9;
      float t[12], u[16];
      for (int c = 0; c < 3; ++c) {
        // The transposed convolution's weights are turned by half a turn.
        const float a = transposed ? g[8 - c] : g[c], b = transposed ? g[5 - c] : g[3 + c], d = transposed ? g[2 - c] : g[6 + c];
        t[c] = a, t[3 + c] = (a + b + d) / 2, t[6 + c] = (a - b + d) / 2, t[9 + c] = d;
      }
      for (int r = 0; r < 4; ++r) {
        const float *a = t + 3 * r;
        u[4 * r] = a[0], u[4 * r + 1] = (a[0] + a[1] + a[2]) / 2, u[4 * r + 2] = (a[0] - a[1] + a[2]) / 2, u[4 * r + 3] = a[2];
      }
      T *target = transformed + (o / lanes * 16 * inner + i / kPack * kPack) * lanes + o % lanes * kPack + i % kPack;
      for (int position = 0; position < 16; ++position) flc::store(target[position * inner * lanes], u[position]);
    }
}

/// [tiles, in] x [in, 16 * Registers] at one of the 16 positions, for `Tiles` neighbouring tiles. `x` is [in / lanes, kTilesAtOnce, lanes].
template <int Registers, int Tiles> void multiply(const T *x, int64_t in, const T *w, float *products) {
  Lane sum[Tiles][Registers];
  for (int t = 0; t < Tiles; ++t)
    for (int r = 0; r < Registers; ++r) sum[t][r] = zero();
  for (int64_t block = 0; block < in; block += kLanes, x += kTilesAtOnce * kLanes)
    for (int k = 0; k < kLanes; k += kPack, w += Registers * kLanes * kPack) {
      Factor weights[Registers];
      for (int r = 0; r < Registers; ++r) weights[r] = factors(w + r * kLanes * kPack);
#pragma GCC unroll 24
      for (int t = 0; t < Tiles; ++t) {
        const Factor value = broadcast(x + t * kLanes + k);
#pragma GCC unroll 2
        for (int r = 0; r < Registers; ++r) sum[t][r] = multiply_add(weights[r], value, sum[t][r]);
      }
    }
  for (int t = 0; t < Tiles; ++t)
    for (int r = 0; r < Registers; ++r) store(products + (t * Registers + r) * kLanes, sum[t][r]);
}

using Multiply = void (*)(const T *, int64_t, const T *, float *);

template <int Registers, int Tiles> struct Multiplies {
  static FLC_INLINE void fill(Multiply *by_tiles) {
    by_tiles[Tiles] = multiply<Registers, Tiles>;
    Multiplies<Registers, Tiles - 1>::fill(by_tiles);
  }
};
template <int Registers> struct Multiplies<Registers, 0> {
  static FLC_INLINE void fill(Multiply *) {}
};

template <int Registers>
void convolve_by(const TileGrid &grid, const T *x, int64_t in, const T *weights, int64_t out, const Epilogue<T> &epilogue,
                 T *y, int64_t first, int64_t count, void *scratch) {
  constexpr int64_t kMost = kSums / Registers, kGroup = Registers * kLanes;
  Multiply by_tiles[kMost + 1];
  Multiplies<Registers, kMost>::fill(by_tiles);
  // [16, kTilesAtOnce, group], [16, in / lanes, kTilesAtOnce, lanes], and zeros.
  float *products = static_cast<float *>(scratch);
  T *inputs = reinterpret_cast<T *>(products + 16 * kTilesAtOnce * kGroup);
  const int64_t position_inputs = in * kTilesAtOnce;
  T *zeros = inputs + 16 * position_inputs;
  __builtin_memset(zeros, 0, in * sizeof(T));

  each_run(grid, first, count, [&](const Run &run) __attribute__((always_inline)) {
    const ImageRows<4> rows(grid, x, in, run.image, run.y - 1, zeros);
    for (int64_t c = 0; c < in; c += kLanes)
      each_input_tile(rows, run, c, [&](int64_t tile, const Lane *v) __attribute__((always_inline)) {
        T *target = inputs + c * kTilesAtOnce + tile * kLanes;
        for (int p = 0; p < 16; ++p) store(target + p * position_inputs, v[p]);
      });
  });
  const int64_t parts = (count + kMost - 1) / kMost;
  for (int64_t channel = 0; channel < out; channel += kGroup) {
    for (int p = 0; p < 16; ++p)
      for (int64_t part = 0; part < parts; ++part) {
        const int64_t from = count * part / parts, to = count * (part + 1) / parts;
        by_tiles[to - from](inputs + p * position_inputs + from * kLanes, in, weights + (channel * 16 + p * kGroup) * in,
                            products + (p * kTilesAtOnce + from) * kGroup);
      }
    each_run(grid, first, count, [&](const Run &run) __attribute__((always_inline)) {
      for (int r = 0; r < Registers; ++r) {
        const int64_t c = channel + r * kLanes;
        const Lane bias = epilogue.bias != nullptr ? load(epilogue.bias + c) : zero();
        const int64_t start = ((run.image * grid.height + run.y) * grid.width + run.x) * out + c;
        const bool second_row = run.y + 1 < grid.height;
        auto finish = [&](int64_t at, Lane value) __attribute__((always_inline)) {
          value = value + bias;
          if (epilogue.residual != nullptr) value = value + load(epilogue.residual + at);
          store(y + at, epilogue.relu ? positive(value) : value);
        };
        for (int64_t tile = 0; tile < run.count; ++tile) {
          Lane m[16], sums[4];
          for (int p = 0; p < 16; ++p) m[p] = load(products + (p * kTilesAtOnce + run.first + tile) * kGroup + r * kLanes);
          transform_output(m, sums);
          const int64_t at = start + 2 * tile * out, below = at + grid.width * out;
          const bool second_column = run.x + 2 * tile + 1 < grid.width;
          finish(at, sums[0]);
          if (second_column) finish(at + out, sums[1]);
          if (second_row) finish(below, sums[2]);
          if (second_row && second_column) finish(below + out, sums[3]);
        }
      }
    });
  }
}

void convolve(const TileGrid &grid, const T *x, int64_t in, const T *weights, int64_t out, const Epilogue<T> &epilogue,
              T *y, int64_t first, int64_t count, void *scratch) {
  if (group_registers(out) == 2) convolve_by<2>(grid, x, in, weights, out, epilogue, y, first, count, scratch);
  else convolve_by<1>(grid, x, in, weights, out, epilogue, y, first, count, scratch);
}

/// Transformed tiles as the weight gradient reads them: [16, tiles / kPack, channels, kPack].
struct PackedTiles {
  T *values;
  int64_t channels, packs;
  /// A tile waits here for the others of its pack: [channels / lanes, 16, lanes].
  float *waiting;

  FLC_INLINE void put(int64_t tile, int64_t channel, const Lane *v) const {
    Lane pack[kPack];
    float *stash = waiting + channel * 16;
    if (tile % kPack + 1 < kPack) {
      for (int p = 0; p < 16; ++p) store(stash + p * kLanes, v[p]);
      return;
    }
    T *target = values + (tile / kPack * channels + channel) * kPack;
    for (int p = 0; p < 16; ++p) {
      if (kPack > 1) pack[0] = load(stash + p * kLanes);
      pack[kPack - 1] = v[p];
      store_packed(target + p * packs * channels * kPack, pack);
    }
  }
  /// An odd last tile has a partner of zeros.
  FLC_INLINE void complete(int64_t count) const {
    Lane zeros[16];
    for (auto &value : zeros) value = zero();
    if (count % kPack != 0)
      for (int64_t c = 0; c < channels; c += kLanes) put(count, c, zeros);
  }
};

/// Adds to the sums of `Inputs` input channels and 16 * Registers output channels the products over tiles.
template <int Registers, int Inputs>
void add_products(const T *x, int64_t in, const T *dy, int64_t out, int64_t packs, float *sums) {
  Lane sum[Inputs][Registers];
  for (int i = 0; i < Inputs; ++i)
    for (int r = 0; r < Registers; ++r) sum[i][r] = load(sums + i * out + r * kLanes);
  for (int64_t p = 0; p < packs; ++p, x += in * kPack, dy += out * kPack) {
    Factor gradients[Registers];
    for (int r = 0; r < Registers; ++r) gradients[r] = factors(dy + r * kLanes * kPack);
#pragma GCC unroll 16
    for (int i = 0; i < Inputs; ++i) {
      const Factor value = broadcast(x + i * kPack);
#pragma GCC unroll 2
      for (int r = 0; r < Registers; ++r) sum[i][r] = multiply_add(gradients[r], value, sum[i][r]);
    }
  }
  for (int i = 0; i < Inputs; ++i)
    for (int r = 0; r < Registers; ++r) store(sums + i * out + r * kLanes, sum[i][r]);
}

template <int Registers>
void add_all_products(const T *x, int64_t in, const T *dy, int64_t out, int64_t packs, float *sums) {
  // Divides the channels of a block, and leaves registers for factors.
  constexpr int kInputs = (kLanes == 16 ? 16 : 8) / Registers;
  for (int p = 0; p < 16; ++p)
    for (int64_t o = 0; o < out; o += Registers * kLanes)
      for (int64_t i = 0; i < in; i += kInputs)
        add_products<Registers, kInputs>(x + (p * packs * in + i) * kPack, in, dy + (p * packs * out + o) * kPack, out,
                                         packs, sums + (p * in + i) * out + o);
}

void add_weight_gradient(const TileGrid &grid, const T *x, int64_t in, const T *dy, int64_t out, int64_t first,
                         int64_t count, float *sums, void *scratch) {
  const int64_t packs = (count + kPack - 1) / kPack, most = in > out ? in : out;
  float *waiting = static_cast<float *>(scratch);
  T *zeros = reinterpret_cast<T *>(waiting + 16 * most);
  __builtin_memset(zeros, 0, most * sizeof(T));
  const PackedTiles inputs{zeros + most, in, packs, waiting};
  const PackedTiles gradients{inputs.values + 16 * packs * kPack * in, out, packs, waiting};
  each_run(grid, first, count, [&](const Run &run) __attribute__((always_inline)) {
    const ImageRows<4> rows(grid, x, in, run.image, run.y - 1, zeros);
    for (int64_t c = 0; c < in; c += kLanes)
      each_input_tile(rows, run, c, [&](int64_t tile, const Lane *v) __attribute__((always_inline)) { inputs.put(tile, c, v); });
  });
  inputs.complete(count);
  each_run(grid, first, count, [&](const Run &run) __attribute__((always_inline)) {
    const ImageRows<2> rows(grid, dy, out, run.image, run.y, zeros);
    for (int64_t c = 0; c < out; c += kLanes)
      each_gradient_tile(rows, run, c, [&](int64_t tile, const Lane *v) __attribute__((always_inline)) { gradients.put(tile, c, v); });
  });
  gradients.complete(count);
  if (group_registers(out) == 2) add_all_products<2>(inputs.values, in, gradients.values, out, packs, sums);
  else add_all_products<1>(inputs.values, in, gradients.values, out, packs, sums);
}
} // namespace

extern const WinogradKernels<T> winograd = {kLanes, &transform_weights, &convolve, &add_weight_gradient};
} // namespace FLC_ISA
} // namespace flc
