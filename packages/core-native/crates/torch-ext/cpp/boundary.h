// Nothing thrown in C++ may cross into Rust: every entry point returns null or a message that the caller frees.
#pragma once
#include <cstdlib>
#include <cstring>
#include <exception>
#include <functional>

namespace flc {
template <typename Body>
char *guarded(Body &&body) noexcept {
  try {
    body();
    return nullptr;
  } catch (const std::exception &error) {
    return strdup(error.what());
  } catch (...) {
    return strdup("unknown C++ exception");
  }
}
} // namespace flc
