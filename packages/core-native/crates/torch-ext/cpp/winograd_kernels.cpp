#include "winograd_kernels.h"
#include "lanes.h"
#include "winograd_tiles.h"

namespace flc {
namespace FLC_ISA {
namespace {
/// Registers of output channels in a group.
FLC_INLINE int64_t group_registers(int64_t out) { return out % (2 * kLanes) == 0 ? 2 : 1; }

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
  Lanes sum[Tiles][Registers];
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
  static_assert(kGroup <= kMostInGroup, "convolve_scratch_bytes counts on it");
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
      each_input_tile(rows, run, c, [&](int64_t tile, const Lanes *v) __attribute__((always_inline)) {
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
        const Lanes bias = epilogue.bias != nullptr ? load(epilogue.bias + c) : zero();
        const int64_t start = ((run.image * grid.height + run.y) * grid.width + run.x) * out + c;
        const bool second_row = run.y + 1 < grid.height;
        auto finish = [&](int64_t at, Lanes value) __attribute__((always_inline)) {
          value = value + bias;
          if (epilogue.residual != nullptr) value = value + load(epilogue.residual + at);
          store(y + at, epilogue.relu ? positive(value) : value);
        };
        for (int64_t tile = 0; tile < run.count; ++tile) {
          Lanes m[16], sums[4];
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

  FLC_INLINE void put(int64_t tile, int64_t channel, const Lanes *v) const {
    Lanes pack[kPack];
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
    Lanes zeros[16];
    for (auto &value : zeros) value = zero();
    if (count % kPack != 0)
      for (int64_t c = 0; c < channels; c += kLanes) put(count, c, zeros);
  }
};

/// Adds to the sums of `Inputs` input channels and 16 * Registers output channels the products over tiles.
template <int Registers, int Inputs>
void add_products(const T *x, int64_t in, const T *dy, int64_t out, int64_t packs, float *sums) {
  Lanes sum[Inputs][Registers];
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
      each_input_tile(rows, run, c, [&](int64_t tile, const Lanes *v) __attribute__((always_inline)) { inputs.put(tile, c, v); });
  });
  inputs.complete(count);
  each_run(grid, first, count, [&](const Run &run) __attribute__((always_inline)) {
    const ImageRows<2> rows(grid, dy, out, run.image, run.y, zeros);
    for (int64_t c = 0; c < out; c += kLanes)
      each_gradient_tile(rows, run, c, [&](int64_t tile, const Lanes *v) __attribute__((always_inline)) { gradients.put(tile, c, v); });
  });
  gradients.complete(count);
  if (group_registers(out) == 2) add_all_products<2>(inputs.values, in, gradients.values, out, packs, sums);
  else add_all_products<1>(inputs.values, in, gradients.values, out, packs, sums);
}
} // namespace

extern const WinogradKernels<T> winograd = {kLanes, &transform_weights, &convolve, &add_weight_gradient};
} // namespace FLC_ISA
} // namespace flc
