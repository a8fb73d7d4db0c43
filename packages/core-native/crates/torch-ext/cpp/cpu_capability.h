// Which instructions the kernels may use. ATEN_CPU_CAPABILITY (avx2, default) limits them as it limits libtorch's.
#pragma once
#include <ATen/Version.h>
#include <string>

namespace flc {
inline bool allows(const char *capability) {
  static const std::string limit = at::get_cpu_capability();
  return limit == capability;
}

inline bool has_avx512() {
  return allows("AVX512") && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
         __builtin_cpu_supports("avx512vl") && __builtin_cpu_supports("avx512dq");
}

inline bool has_avx512_bf16() { return has_avx512() && __builtin_cpu_supports("avx512bf16"); }

inline bool has_avx2() {
  return (allows("AVX2") || allows("AVX512")) && __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
}
} // namespace flc
