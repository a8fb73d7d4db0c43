// Collective operations of c10d for Rust: Gloo's group is made here, NCCL's by the CUDA object, and both are used here through their
// common interface. The wheel's Gloo header includes gloo's own, which the wheel lacks; the few declarations that it needs are in
// gloo-declarations/.
#include "boundary.h"
#include <ATen/core/Tensor.h>
#include <chrono>
#include <torch/csrc/distributed/c10d/ProcessGroupGloo.hpp>

namespace {
using StorePointer = c10::intrusive_ptr<c10d::Store>;
using GroupPointer = c10::intrusive_ptr<c10d::Backend>;
using c10d::ProcessGroupGloo;
} // namespace

extern "C" {

/// `host`: the address that this process shows to the others; empty for what GLOO_SOCKET_IFNAME or the machine's name give.
char *flc_gloo_group(StorePointer *store, int rank, int size, int64_t timeout_ms, const char *host,
                     GroupPointer **out) {
  return flc::guarded([&] {
    const auto timeout = std::chrono::milliseconds(timeout_ms);
    const auto options = *host == 0 ? ProcessGroupGloo::Options::create_default(timeout)
                                    : ProcessGroupGloo::Options::create(timeout);
    if (*host != 0) options->devices.push_back(ProcessGroupGloo::createDeviceForHostname(host));
    *out = new GroupPointer(c10::make_intrusive<ProcessGroupGloo>(*store, rank, size, options));
  });
}

/// Ends what is under way. After a failure it may fail itself, which tells nobody anything.
void flc_group_close(GroupPointer *group) {
  free(flc::guarded([&] { (*group)->abort(); }));
  delete group;
}

/// The sum over all processes, in place.
char *flc_group_all_reduce(GroupPointer *group, at::Tensor *tensor) {
  return flc::guarded([&] {
    std::vector<at::Tensor> tensors{tensor->detach()};
    (*group)->allreduce(tensors)->wait();
  });
}

/// The values of process `root`, in place.
char *flc_group_broadcast(GroupPointer *group, at::Tensor *tensor, int root) {
  return flc::guarded([&] {
    std::vector<at::Tensor> tensors{tensor->detach()};
    c10d::BroadcastOptions options;
    options.rootRank = root;
    (*group)->broadcast(tensors, options)->wait();
  });
}

char *flc_group_barrier(GroupPointer *group) {
  return flc::guarded([&] { (*group)->barrier()->wait(); });
}
}
