// Part of the declarations that c10d's Gloo header needs; see process_group.cpp.
#pragma once
#include <chrono>

namespace gloo {
class Context {
public:
  void setTimeout(std::chrono::milliseconds timeout);
};
} // namespace gloo
