// CUDA C++ on the host: the threads of a block are fibers that take turns at barriers.
#pragma once
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <ucontext.h>
#include <vector>

#define __global__
#define __device__ inline
// One block runs at a time.
#define __shared__ static

struct Dimensions {
  unsigned x, y, z;
};
static Dimensions threadIdx, blockIdx, blockDim, gridDim;

struct alignas(16) uint4 {
  unsigned x, y, z, w;
};

inline unsigned __float_as_uint(float value) {
  unsigned bits;
  std::memcpy(&bits, &value, sizeof bits);
  return bits;
}

inline float __uint_as_float(unsigned bits) {
  float value;
  std::memcpy(&value, &bits, sizeof value);
  return value;
}

namespace host {

struct Fiber {
  ucontext_t context;
  std::unique_ptr<char[]> stack{new char[stack_bytes]};
  bool is_done = false;

  static constexpr size_t stack_bytes = 64 << 10;
};

static ucontext_t between_fibers;
static Fiber *current;
static void (*work)(const void *);
static const void *work_of;

static void run_fiber() {
  work(work_of);
  current->is_done = true;
}

/// Lets every thread of the block run to its next barrier; whether they are done, which all are or none.
static bool run_to_barrier(std::vector<Fiber> &fibers, bool backwards) {
  size_t done = 0;
  for (size_t i = 0; i < fibers.size(); ++i) {
    const size_t index = backwards ? fibers.size() - 1 - i : i;
    threadIdx.x = static_cast<unsigned>(index);
    current = &fibers[index];
    swapcontext(&between_fibers, &current->context);
    done += current->is_done;
  }
  if (done != 0 && done != fibers.size()) {
    std::fprintf(stderr, "a barrier that some threads of the block do not reach\n");
    std::abort();
  }
  return done != 0;
}

/// kernel() for every thread of the grid.
template <typename Kernel>
void launch(Dimensions grid, unsigned threads, const Kernel &kernel) {
  std::vector<Fiber> fibers(threads);
  work = [](const void *of) { (*static_cast<const Kernel *>(of))(); };
  work_of = &kernel;
  gridDim = grid, blockDim = {threads, 1, 1};
  for (blockIdx.y = 0; blockIdx.y < grid.y; ++blockIdx.y) {
    for (blockIdx.x = 0; blockIdx.x < grid.x; ++blockIdx.x) {
      for (auto &fiber : fibers) {
        getcontext(&fiber.context);
        fiber.context.uc_stack.ss_sp = fiber.stack.get(), fiber.context.uc_stack.ss_size = Fiber::stack_bytes;
        fiber.context.uc_link = &between_fibers;
        makecontext(&fiber.context, run_fiber, 0);
        fiber.is_done = false;
      }
      // To and fro, every other block the other way round: what needs a barrier that is not there fails in one of them.
      for (bool backwards = blockIdx.x % 2 != 0; !run_to_barrier(fibers, backwards);) backwards = !backwards;
    }
  }
}

} // namespace host

static inline void __syncthreads() { swapcontext(&host::current->context, &host::between_fibers); }
