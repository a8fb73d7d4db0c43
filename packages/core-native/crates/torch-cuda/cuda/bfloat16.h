// bfloat16 by whole numbers: the same on a GPU and in the host's tests.
#ifndef FLC_BFLOAT16_H
#define FLC_BFLOAT16_H

namespace {

struct BFloat16 {
  unsigned short bits;
};

/// The bits of the nearest one, ties to even; a NaN stays one.
__device__ unsigned bfloat16_bits(float value) {
  const unsigned bits = __float_as_uint(value);
  const bool is_nan = (bits & 0x7fffffffu) > 0x7f800000u;
  return is_nan ? 0x7fc0u : (bits + 0x7fffu + ((bits >> 16) & 1u)) >> 16;
}

} // namespace

#endif
