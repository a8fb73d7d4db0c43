// The key-value store at which processes find each other (c10d's TCPStore), for Rust.
#include "boundary.h"
#include <chrono>
#include <torch/csrc/distributed/c10d/PrefixStore.hpp>
#include <torch/csrc/distributed/c10d/TCPStore.hpp>

namespace {
using StorePointer = c10::intrusive_ptr<c10d::Store>;
} // namespace

extern "C" {

/// The server listens on `listening_fd`, a bound socket that it takes over, or where that is negative on `port` of all addresses.
/// Every key gets `prefix`.
char *flc_store_open(const char *host, uint16_t port, bool is_server, int listening_fd,
                     int64_t timeout_ms, const char *prefix, StorePointer **out) {
  return flc::guarded([&] {
    c10d::TCPStoreOptions options;
    options.port = port;
    options.isServer = is_server;
    options.waitWorkers = false;
    options.timeout = std::chrono::milliseconds(timeout_ms);
    if (listening_fd >= 0) options.masterListenFd = listening_fd;
    const auto store = c10::make_intrusive<c10d::TCPStore>(host, options);
    *out = new StorePointer(c10::make_intrusive<c10d::PrefixStore>(prefix, store));
  });
}

void flc_store_close(StorePointer *store) { delete store; }

char *flc_store_set(StorePointer *store, const char *key, const char *value) {
  return flc::guarded([&] { (*store)->set(key, std::string(value)); });
}

/// Waits for the key as long as the store's timeout; the caller frees `value`.
char *flc_store_get(StorePointer *store, const char *key, char **value) {
  return flc::guarded([&] { *value = strdup((*store)->get_to_str(key).c_str()); });
}

char *flc_store_check(StorePointer *store, const char *key, bool *present) {
  return flc::guarded([&] { *present = (*store)->check({key}); });
}

/// Adds to a counter, which starts at 0; with `delta` 0 it is only read.
char *flc_store_add(StorePointer *store, const char *key, int64_t delta, int64_t *value) {
  return flc::guarded([&] { *value = (*store)->add(key, delta); });
}

char *flc_store_wait(StorePointer *store, const char *key, int64_t timeout_ms) {
  return flc::guarded([&] { (*store)->wait({key}, std::chrono::milliseconds(timeout_ms)); });
}
}
