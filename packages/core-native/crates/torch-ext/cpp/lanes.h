// Registers of floats and what they are multiplied from, float or bfloat16, in the instruction set that a copy of the kernels is compiled for.
#pragma once
#include "bf16.h"
#include <immintrin.h>

#ifndef FLC_ISA
#error "FLC_ISA names the instruction set that this copy is compiled for"
#endif

namespace flc {
namespace FLC_ISA {
namespace {
#define FLC_INLINE inline __attribute__((always_inline))

#ifdef __AVX512F__
using Lanes = __m512;
constexpr int kLanes = 16;
// Sums in registers: enough of them to hide the latency of the multiplications.
constexpr int kSums = 24;
FLC_INLINE Lanes load(const float *values) { return _mm512_loadu_ps(values); }
FLC_INLINE void store(float *target, Lanes values) { _mm512_storeu_ps(target, values); }
FLC_INLINE Lanes zero() { return _mm512_setzero_ps(); }
/// Of a NaN and a number the instruction gives its second operand: a NaN passes, as in libtorch.
FLC_INLINE Lanes positive(Lanes values) { return _mm512_max_ps(zero(), values); }
#else
using Lanes = __m256;
constexpr int kLanes = 8;
constexpr int kSums = 12;
FLC_INLINE Lanes load(const float *values) { return _mm256_loadu_ps(values); }
FLC_INLINE void store(float *target, Lanes values) { _mm256_storeu_ps(target, values); }
FLC_INLINE Lanes zero() { return _mm256_setzero_ps(); }
FLC_INLINE Lanes positive(Lanes values) { return _mm256_max_ps(zero(), values); }
#endif

#ifdef __AVX512BF16__
using T = Bf16;
// The instruction adds the products of two pairs: of two channels, or of two tiles.
constexpr int kPack = 2;
using Factor = __m512bh;
FLC_INLINE Lanes load(const Bf16 *values) {
  const __m256i bits = _mm256_loadu_si256(reinterpret_cast<const __m256i *>(values));
  return _mm512_castsi512_ps(_mm512_slli_epi32(_mm512_cvtepu16_epi32(bits), 16));
}
FLC_INLINE void store(Bf16 *target, Lanes values) {
  _mm256_storeu_si256(reinterpret_cast<__m256i *>(target), (__m256i)_mm512_cvtneps_pbh(values));
}
FLC_INLINE Factor factors(const Bf16 *values) { return (Factor)_mm512_loadu_si512(values); }
FLC_INLINE Factor broadcast(const Bf16 *values) {
  int pair;
  __builtin_memcpy(&pair, values, sizeof pair);
  return (Factor)_mm512_set1_epi32(pair);
}
FLC_INLINE Lanes multiply_add(Factor a, Factor b, Lanes sum) { return _mm512_dpbf16_ps(sum, a, b); }
/// [lanes] of two tiles -> [lanes, 2].
FLC_INLINE void store_packed(Bf16 *target, const Lanes *values) {
  alignas(64) static const uint16_t order[32] = {0, 16, 1, 17, 2,  18, 3,  19, 4,  20, 5,  21, 6,  22, 7,  23,
                                                 8, 24, 9, 25, 10, 26, 11, 27, 12, 28, 13, 29, 14, 30, 15, 31};
  const __m512i both = (__m512i)_mm512_cvtne2ps_pbh(values[1], values[0]);
  _mm512_storeu_si512(target, _mm512_permutexvar_epi16(_mm512_load_si512(order), both));
}
#else
using T = float;
constexpr int kPack = 1;
using Factor = Lanes;
FLC_INLINE Factor factors(const float *values) { return load(values); }
FLC_INLINE void store_packed(float *target, const Lanes *values) { store(target, values[0]); }
#ifdef __AVX512F__
FLC_INLINE Factor broadcast(const float *value) { return _mm512_set1_ps(*value); }
FLC_INLINE Lanes multiply_add(Factor a, Factor b, Lanes sum) { return _mm512_fmadd_ps(a, b, sum); }
#else
FLC_INLINE Factor broadcast(const float *value) { return _mm256_set1_ps(*value); }
FLC_INLINE Lanes multiply_add(Factor a, Factor b, Lanes sum) { return _mm256_fmadd_ps(a, b, sum); }
#endif
#endif
} // namespace
} // namespace FLC_ISA
} // namespace flc
