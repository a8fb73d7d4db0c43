// bfloat16 as its bits. Functions are static: a copy compiled for AVX-512 must not reach a linker that would use it everywhere.
#pragma once
#include <cstdint>

namespace flc {
struct Bf16 {
  uint16_t bits;
};

static inline float load(float value) { return value; }
static inline double load(double value) { return value; }
static inline float load(Bf16 value) {
  const uint32_t bits = static_cast<uint32_t>(value.bits) << 16;
  float result;
  __builtin_memcpy(&result, &bits, sizeof result);
  return result;
}

static inline void store(float &target, float value) { target = value; }
static inline void store(double &target, double value) { target = value; }
/// Round to nearest, ties to even; a NaN stays one.
static inline void store(Bf16 &target, float value) {
  uint32_t bits;
  __builtin_memcpy(&bits, &value, sizeof bits);
  const uint32_t rounded = (bits + 0x7fffu + ((bits >> 16) & 1u)) >> 16;
  target.bits = value != value ? 0x7fc0u : static_cast<uint16_t>(rounded);
}
} // namespace flc
