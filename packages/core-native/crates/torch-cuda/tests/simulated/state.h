// A CUDA of one device that is no device: loaded before everything else, it stands in for the runtime and the driver, so that libtorch's
// own code for streams, graphs and memory runs on a machine without a GPU. Its memory is the host's, queues are empty at once, libtorch's
// kernels do nothing. What CUDA forbids during a capture is forbidden here.
#pragma once
#include <cuda.h>
#include <cuda_runtime_api.h>
#include <set>

#define SIMULATED extern "C" __attribute__((visibility("default")))

namespace simulated {

struct Stream;

struct Capture {
  unsigned long long id;
  Stream *origin;
  bool valid = true;
  std::set<Stream *> members, unjoined;
};

struct Stream {
  Capture *capture = nullptr;
};

struct Event {
  Stream *stream = nullptr;
  unsigned long long capture_id = 0;
};

Stream *stream_of(cudaStream_t handle);

/// The default stream has no name but null.
bool is_default(const Stream *stream);

/// For cudaGetLastError; success changes nothing.
cudaError_t report(cudaError_t error);

/// Whether this thread may make a call that waits or allocates. During its own capture it may not, and the capture is spoilt.
bool may_block();

/// Counts a launch on a stream that is being captured; whether it is.
bool record_launch(cudaStream_t stream);
int recorded_launches();

} // namespace simulated
