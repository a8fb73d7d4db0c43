// A caching CPU allocator for tensors. glibc maps every large tensor afresh and gives it back when it is freed; at a training
// step's rate the page faults cost more than some layers. Freed blocks are kept by size class and reused, on huge pages. What goes beyond
// a limit is refused: the system would grant it and kill the process when it is touched.
#include "boundary.h"
#include <c10/core/CPUAllocator.h>
#include <c10/util/Exception.h>
#include <cstdint>
#include <map>
#include <mutex>
#include <sys/mman.h>
#include <unordered_map>
#include <vector>

namespace {
constexpr size_t kHeader = 64;               // keeps the data on a cache line
constexpr size_t kSmall = 64 * 1024;         // below: malloc's own cache is good
constexpr size_t kHugePage = 2 * 1024 * 1024;

struct Header {
  size_t capacity; // bytes behind the header
  bool cached;     // true: returns to the free lists; false: straight to free()
};

/// Rounded up to an eighth of its power of two, so that a block serves nearby sizes at 12.5 % waste at most.
size_t size_class(size_t bytes) {
  size_t step = kSmall;
  while (step * 16 <= bytes) step *= 2;
  return (bytes + step - 1) / step * step;
}

class CachingAllocator final : public at::Allocator {
public:
  at::DataPtr allocate(size_t bytes) override {
    void *data = bytes == 0 ? nullptr : take(bytes);
    return {data, data, &give_back, at::Device(at::kCPU)};
  }
  at::DeleterFnPtr raw_deleter() const override { return &give_back; }
  void copy_data(void *destination, const void *source, size_t count) const override {
    default_copy_data(destination, source, count);
  }

  /// `bytes` more than it has now.
  void limit(size_t bytes) {
    std::lock_guard<std::mutex> lock(mutex_);
    limit_ = bytes > SIZE_MAX - mapped_ ? SIZE_MAX : mapped_ + bytes;
  }
  size_t release() {
    std::lock_guard<std::mutex> lock(mutex_);
    return release_unused();
  }
  size_t held() {
    std::lock_guard<std::mutex> lock(mutex_);
    return held_;
  }

private:
  size_t release_unused() {
    size_t released = 0;
    for (auto &[capacity, blocks] : free_) {
      for (void *block : blocks) std::free(block);
      released += capacity * blocks.size();
    }
    free_.clear();
    held_ = 0;
    mapped_ -= released;
    return released;
  }

  void *take(size_t bytes) {
    const bool cached = bytes >= kSmall;
    const size_t capacity = cached ? size_class(bytes) : bytes;
    std::unique_lock<std::mutex> lock(mutex_, std::defer_lock);
    if (cached) {
      lock.lock();
      const auto found = free_.find(capacity);
      if (found != free_.end() && !found->second.empty()) {
        void *block = found->second.back();
        found->second.pop_back();
        held_ -= capacity;
        return static_cast<char *>(block) + kHeader;
      }
      if (mapped_ + capacity > limit_) release_unused();
      TORCH_CHECK(mapped_ + capacity <= limit_, "CPU out of memory: tried to allocate ", bytes, " bytes, ",
                  mapped_, " of ", limit_, " are in use");
    }
    void *block = map(capacity + kHeader);
    if (block == nullptr && cached && release_unused() > 0) block = map(capacity + kHeader);
    TORCH_CHECK(block != nullptr, "CPU out of memory: tried to allocate ", bytes, " bytes");
    if (cached) mapped_ += capacity;
    *static_cast<Header *>(block) = {capacity, cached};
    return static_cast<char *>(block) + kHeader;
  }

  static void *map(size_t bytes) {
    void *block = nullptr;
    const bool large = bytes >= kHugePage;
    if (posix_memalign(&block, large ? kHugePage : kHeader, bytes) != 0) return nullptr;
    if (large) madvise(block, bytes / kHugePage * kHugePage, MADV_HUGEPAGE);
    return block;
  }

  static void give_back(void *data);

  std::mutex mutex_;
  std::unordered_map<size_t, std::vector<void *>> free_;
  size_t held_ = 0;   // bytes in free_
  size_t mapped_ = 0; // bytes of cached blocks, in use or in free_
  size_t limit_ = SIZE_MAX;
};

// Never destroyed: tensors of other static objects may outlive it.
CachingAllocator &instance() {
  static auto *allocator = new CachingAllocator();
  return *allocator;
}

void CachingAllocator::give_back(void *data) {
  if (data == nullptr) return;
  void *block = static_cast<char *>(data) - kHeader;
  const Header header = *static_cast<Header *>(block);
  if (!header.cached) return std::free(block);
  auto &allocator = instance();
  std::lock_guard<std::mutex> lock(allocator.mutex_);
  allocator.free_[header.capacity].push_back(block);
  allocator.held_ += header.capacity;
}
} // namespace

extern "C" void flc_install_caching_allocator(size_t limit) {
  instance().limit(limit);
  static std::once_flag once;
  std::call_once(once, [] { c10::SetCPUAllocator(&instance(), /*priority=*/0); });
}
extern "C" size_t flc_release_cached_memory() { return instance().release(); }
extern "C" size_t flc_cached_memory() { return instance().held(); }
