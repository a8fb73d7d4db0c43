// Training-mode batch norm, residual addition and ReLU over channels-last rows, forward and backward. Compiled by NVRTC for the GPU at hand,
// and as C++ for the host by a test (tests/host).
//
// A thread keeps to one group of channels, 16 bytes wide, and goes down the rows of its block: threads side by side read what lies side
// by side. Sums are kept in float over a thread's rows, then merged pairwise, in an order that the shape alone decides.
#include "batch_norm_arguments.h"
#include "bfloat16.h"

namespace {

using flc::BatchNormArguments;
constexpr int kThreads = flc::kBatchNormThreads;
constexpr int kAtOnce = flc::kBatchNormRowsAtOnce;

/// Channels in 16 bytes of a type, read from and written to float.
template <typename Value>
struct Group;

template <>
struct Group<float> {
  static constexpr int width = 4;

  __device__ static void unpack(const uint4 &bits, float *values) {
    values[0] = __uint_as_float(bits.x), values[1] = __uint_as_float(bits.y);
    values[2] = __uint_as_float(bits.z), values[3] = __uint_as_float(bits.w);
  }

  __device__ static uint4 pack(const float *values) {
    return {__float_as_uint(values[0]), __float_as_uint(values[1]), __float_as_uint(values[2]), __float_as_uint(values[3])};
  }
};

template <>
struct Group<BFloat16> {
  static constexpr int width = 8;

  __device__ static void unpack(const uint4 &bits, float *values) {
    const unsigned words[4] = {bits.x, bits.y, bits.z, bits.w};
    for (int i = 0; i < 4; ++i) {
      values[2 * i] = __uint_as_float(words[i] << 16);
      values[2 * i + 1] = __uint_as_float(words[i] & 0xffff0000u);
    }
  }

  __device__ static uint4 pack(const float *values) {
    unsigned words[4];
    for (int i = 0; i < 4; ++i) words[i] = bfloat16_bits(values[2 * i]) | (bfloat16_bits(values[2 * i + 1]) << 16);
    return {words[0], words[1], words[2], words[3]};
  }
};

/// Where a thread works: its group of channels, and every `lanes`-th row from `first` to `end`. Threads behind the last whole lane have none.
struct Place {
  int groups, group, lane, lanes;
  long long first, end;

  __device__ Place(const BatchNormArguments &a, int width) {
    groups = a.channels / width;
    group = static_cast<int>(threadIdx.x) % groups;
    lane = static_cast<int>(threadIdx.x) / groups;
    lanes = kThreads / groups;
    const long long begin = static_cast<long long>(blockIdx.x) * a.rows_per_block;
    const long long behind = begin + a.rows_per_block;
    end = behind < a.rows ? behind : a.rows;
    first = lane < lanes ? begin + lane : end;
  }

  /// Of all groups before that of `row`.
  __device__ long long at(long long row) const { return row * groups + group; }
};

/// Zeros of a tensor that is not there.
__device__ uint4 read(const void *tensor, long long index) {
  return tensor == nullptr ? uint4{0, 0, 0, 0} : static_cast<const uint4 *>(tensor)[index];
}

__device__ void write(void *tensor, long long index, uint4 bits) { static_cast<uint4 *>(tensor)[index] = bits; }

/// use(index, load(index)) for every row of a thread; several loads are under way at once.
template <typename Load, typename Use>
__device__ void each_row(const Place &place, Load load, Use use) {
  for (long long row = place.first; row < place.end; row += kAtOnce * place.lanes) {
    decltype(load(0LL)) held[kAtOnce] = {};
    for (int i = 0; i < kAtOnce; ++i) {
      if (row + i * place.lanes < place.end) held[i] = load(place.at(row + i * place.lanes));
    }
    for (int i = 0; i < kAtOnce; ++i) {
      if (row + i * place.lanes < place.end) use(place.at(row + i * place.lanes), held[i]);
    }
  }
}

/// Two numbers for each channel of a group, over `count` rows.
template <int width>
struct Pair {
  float count, first[width], second[width];
};

/// Mean and sum of squared deviations of both parts: Chan, Golub and LeVeque 1983.
struct Moments {
  template <int width>
  __device__ static void merge(Pair<width> &into, const Pair<width> &other) {
    if (other.count == 0.0f) return;
    const float count = into.count + other.count;
    const float share = other.count / count;
    for (int i = 0; i < width; ++i) {
      const float delta = other.first[i] - into.first[i];
      into.first[i] += delta * share;
      into.second[i] += other.second[i] + delta * delta * into.count * share;
    }
    into.count = count;
  }
};

struct Sums {
  template <int width>
  __device__ static void merge(Pair<width> &into, const Pair<width> &other) {
    for (int i = 0; i < width; ++i) into.first[i] += other.first[i], into.second[i] += other.second[i];
  }
};

/// Merges what the lanes of a block have; lane 0 gets the result. Every thread of the block must call it.
template <typename How, int width>
__device__ void merge_lanes(Pair<width> &own, int groups, int lane, int lanes) {
  // Threads side by side use memory side by side.
  __shared__ float counts[kThreads], first[width][kThreads], second[width][kThreads];
  const int thread = static_cast<int>(threadIdx.x);
  int half = 1;
  while (half < lanes) half *= 2;
  const auto keep = [&] {
    counts[thread] = own.count;
    for (int i = 0; i < width; ++i) first[i][thread] = own.first[i], second[i][thread] = own.second[i];
  };
  keep();
  __syncthreads();
  for (half /= 2; half > 0; half /= 2) {
    if (lane < half && lane + half < lanes) {
      const int from = thread + half * groups;
      Pair<width> other;
      other.count = counts[from];
      for (int i = 0; i < width; ++i) other.first[i] = first[i][from], other.second[i] = second[i][from];
      How::merge(own, other);
      keep();
    }
    __syncthreads();
  }
}

/// Writes the block's part of `partial`.
template <int width>
__device__ void write_part(const BatchNormArguments &a, const Place &place, const Pair<width> &pair) {
  if (place.lane != 0) return;
  float *const first = a.partial + static_cast<long long>(blockIdx.x) * a.channels + place.group * width;
  float *const second = first + static_cast<long long>(a.parts) * a.channels;
  for (int i = 0; i < width; ++i) first[i] = pair.first[i], second[i] = pair.second[i];
}

/// Numbers of one group of channels, to be kept in registers.
template <int width>
struct Channels {
  float mean[width], scale[width], shift[width];

  __device__ Channels(const BatchNormArguments &a, int group) {
    for (int i = 0; i < width; ++i) {
      const int channel = group * width + i;
      mean[i] = a.statistics[channel];
      scale[i] = a.statistics[2 * a.channels + channel];
      shift[i] = a.bias[channel];
    }
  }

  /// Forward and backward take the sign of the same number. Subtracting first keeps that of small ones right.
  __device__ float normal(int i, float x) const { return fmaf(x - mean[i], scale[i], shift[i]); }
};

/// A NaN passes, as in libtorch.
__device__ float relu(float value) { return value <= 0.0f ? 0.0f : value; }

template <typename Value>
__device__ void statistics(const BatchNormArguments &a) {
  constexpr int width = Group<Value>::width;
  const Place place(a, width);
  // Deviations from the thread's first row are small beside the values, so that their squares do not cancel.
  float base[width] = {}, sum[width] = {}, squares[width] = {};
  float count = 0.0f;
  if (place.first < place.end) {
    Group<Value>::unpack(read(a.x, place.at(place.first)), base);
    count = static_cast<float>((place.end - place.first + place.lanes - 1) / place.lanes);
  }
  const auto load = [&](long long index) { return read(a.x, index); };
  each_row(place, load, [&](long long, const uint4 &bits) {
    float x[width];
    Group<Value>::unpack(bits, x);
    for (int i = 0; i < width; ++i) {
      const float deviation = x[i] - base[i];
      sum[i] += deviation;
      squares[i] = fmaf(deviation, deviation, squares[i]);
    }
  });
  Pair<width> own;
  own.count = count;
  for (int i = 0; i < width; ++i) {
    const float mean = count > 0.0f ? sum[i] / count : 0.0f;
    const float left = squares[i] - sum[i] * mean;
    own.first[i] = base[i] + mean;
    own.second[i] = left < 0.0f ? 0.0f : left;
  }
  merge_lanes<Moments>(own, place.groups, place.lane, place.lanes);
  write_part(a, place, own);
}

/// Merges the parts of one channel; lane 0 of the block gets the result. A block has 8 channels, a thread every 32nd part of one.
template <typename How>
__device__ Pair<1> merge_parts(const BatchNormArguments &a, int channel, int lane) {
  constexpr int lanes = kThreads / flc::kBatchNormFinishChannels;
  Pair<1> own = {};
  for (int part = lane; part < a.parts; part += lanes) {
    const long long begin = part * a.rows_per_block;
    const long long left = a.rows - begin;
    const long long index = static_cast<long long>(part) * a.channels + channel;
    Pair<1> other;
    other.count = static_cast<float>(left < a.rows_per_block ? left : a.rows_per_block);
    other.first[0] = a.partial[index];
    other.second[0] = a.partial[index + static_cast<long long>(a.parts) * a.channels];
    How::merge(own, other);
  }
  merge_lanes<How>(own, flc::kBatchNormFinishChannels, lane, lanes);
  return own;
}

struct FinishPlace {
  int channel, lane;

  __device__ FinishPlace() {
    constexpr int channels = flc::kBatchNormFinishChannels;
    channel = static_cast<int>(blockIdx.x) * channels + static_cast<int>(threadIdx.x) % channels;
    lane = static_cast<int>(threadIdx.x) / channels;
  }
};

template <typename Value>
__device__ void normalize(const BatchNormArguments &a) {
  constexpr int width = Group<Value>::width;
  struct Operands {
    uint4 x, residual;
  };
  const Place place(a, width);
  const Channels<width> channels(a, place.group);
  const auto load = [&](long long index) { return Operands{read(a.x, index), read(a.residual, index)}; };
  each_row(place, load, [&](long long index, const Operands &operands) {
    float x[width], residual[width];
    Group<Value>::unpack(operands.x, x);
    Group<Value>::unpack(operands.residual, residual);
    for (int i = 0; i < width; ++i) x[i] = relu(channels.normal(i, x[i]) + residual[i]);
    write(a.out, index, Group<Value>::pack(x));
  });
}

/// Sums of g and of g * (x - mean), where g is what reaches the batch norm: dy [+ dy2] where the output was not 0. Where y is given it
/// says so, else its recomputation from x does (no residual). g is written where it is wanted.
template <typename Value>
__device__ void gradient_sums(const BatchNormArguments &a) {
  constexpr int width = Group<Value>::width;
  struct Operands {
    uint4 x, dy, dy2, y;
  };
  const Place place(a, width);
  const Channels<width> channels(a, place.group);
  Pair<width> own = {};
  const auto load = [&](long long index) {
    return Operands{read(a.x, index), read(a.dy, index), read(a.dy2, index), read(a.y, index)};
  };
  each_row(place, load, [&](long long index, const Operands &operands) {
    float x[width], g[width], dy2[width], y[width];
    Group<Value>::unpack(operands.x, x);
    Group<Value>::unpack(operands.dy, g);
    Group<Value>::unpack(operands.dy2, dy2);
    Group<Value>::unpack(operands.y, y);
    for (int i = 0; i < width; ++i) {
      const float out = a.y == nullptr ? channels.normal(i, x[i]) : y[i];
      g[i] = out <= 0.0f ? 0.0f : g[i] + dy2[i];
      own.first[i] += g[i];
      own.second[i] = fmaf(g[i], x[i] - channels.mean[i], own.second[i]);
    }
    if (a.masked != nullptr) write(a.masked, index, Group<Value>::pack(g));
  });
  merge_lanes<Sums>(own, place.groups, place.lane, place.lanes);
  write_part(a, place, own);
}

/// From g, or from dy where the output, recomputed from x, was not 0.
template <typename Value>
__device__ void gradient_input(const BatchNormArguments &a) {
  constexpr int width = Group<Value>::width;
  struct Operands {
    uint4 x, g;
  };
  const Place place(a, width);
  const Channels<width> channels(a, place.group);
  const bool is_masked = a.masked != nullptr;
  const void *const gradient = is_masked ? a.masked : a.dy;
  float offset[width], slope[width];
  for (int i = 0; i < width; ++i) {
    offset[i] = a.slopes[place.group * width + i];
    slope[i] = a.slopes[a.channels + place.group * width + i];
  }
  const auto load = [&](long long index) { return Operands{read(a.x, index), read(gradient, index)}; };
  each_row(place, load, [&](long long index, const Operands &operands) {
    float x[width], g[width];
    Group<Value>::unpack(operands.x, x);
    Group<Value>::unpack(operands.g, g);
    for (int i = 0; i < width; ++i) {
      if (!is_masked && channels.normal(i, x[i]) <= 0.0f) g[i] = 0.0f;
      g[i] = channels.scale[i] * (g[i] - offset[i] - (x[i] - channels.mean[i]) * slope[i]);
    }
    write(a.dx, index, Group<Value>::pack(g));
  });
}

} // namespace

// clang-format off
extern "C" __global__ void flc_batch_norm_statistics_float32(const BatchNormArguments a) { statistics<float>(a); }
extern "C" __global__ void flc_batch_norm_statistics_bfloat16(const BatchNormArguments a) { statistics<BFloat16>(a); }
extern "C" __global__ void flc_batch_norm_normalize_float32(const BatchNormArguments a) { normalize<float>(a); }
extern "C" __global__ void flc_batch_norm_normalize_bfloat16(const BatchNormArguments a) { normalize<BFloat16>(a); }
extern "C" __global__ void flc_batch_norm_gradient_sums_float32(const BatchNormArguments a) { gradient_sums<float>(a); }
extern "C" __global__ void flc_batch_norm_gradient_sums_bfloat16(const BatchNormArguments a) { gradient_sums<BFloat16>(a); }
extern "C" __global__ void flc_batch_norm_gradient_input_float32(const BatchNormArguments a) { gradient_input<float>(a); }
extern "C" __global__ void flc_batch_norm_gradient_input_bfloat16(const BatchNormArguments a) { gradient_input<BFloat16>(a); }
// clang-format on

/// Statistics of the batch from those of its parts; the running ones move as in libtorch, by the unbiased variance.
extern "C" __global__ void flc_batch_norm_finish(const BatchNormArguments a) {
  const FinishPlace place;
  const Pair<1> all = merge_parts<Moments>(a, place.channel, place.lane);
  if (place.lane != 0) return;
  const float mean = all.first[0], count = static_cast<float>(a.rows);
  const float deviation = 1.0f / sqrtf(all.second[0] / count + a.epsilon);
  a.statistics[place.channel] = mean;
  a.statistics[a.channels + place.channel] = deviation;
  a.statistics[2 * a.channels + place.channel] = a.weight[place.channel] * deviation;
  float &running_mean = a.running_mean[place.channel], &running_var = a.running_var[place.channel];
  running_mean += a.momentum * (mean - running_mean);
  running_var += a.momentum * (all.second[0] / (count - 1.0f) - running_var);
}

extern "C" __global__ void flc_batch_norm_gradient_finish(const BatchNormArguments a) {
  const FinishPlace place;
  const Pair<1> all = merge_parts<Sums>(a, place.channel, place.lane);
  if (place.lane != 0) return;
  const float deviation = a.statistics[a.channels + place.channel], count = static_cast<float>(a.rows);
  a.dweight[place.channel] = all.second[0] * deviation;
  a.dbias[place.channel] = all.first[0];
  a.slopes[place.channel] = all.first[0] / count;
  a.slopes[a.channels + place.channel] = all.second[0] * deviation * deviation / count;
}
