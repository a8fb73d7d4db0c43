// CUDA graphs, recorded as torch.cuda.graph does it (torch/cuda/graphs.py), with an end for recordings that failed.
#include "../../torch-ext/cpp/boundary.h"
#include "device.h"
#include <ATen/cuda/CUDAEvent.h>
#include <ATen/cuda/CUDAGeneratorImpl.h>
#include <ATen/cuda/CUDAGraph.h>
#include <ATen/core/CachingHostAllocator.h>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <utility>

namespace {

using c10::cuda::CUDAStream;

/// CUDAGraph leaves allocators and random numbers in the state of a capture when cudaStreamEndCapture reports an error; this one can be
/// put right.
class Recording : public at::cuda::CUDAGraph {
public:
  /// Ends whatever of a capture is under way and keeps nothing of it. Does nothing after a good `capture_end`.
  void abandon() noexcept {
    if (capture_ended_) return;
    quietly([&] {
      cudaGraph_t recorded = nullptr;
      // An error here names what spoilt the capture, which is over all the same.
      if (flc::is_capturing(capture_stream_)) (void)cudaStreamEndCapture(capture_stream_, &recorded);
      if (recorded != nullptr) (void)cudaGraphDestroy(recorded);
    });
    (void)cudaGetLastError();
    for (auto &[state, increment] : captured_generator_states_) state->capturing_ = false;
    const auto pool = std::exchange(mempool_id_, c10::MempoolId_t{0, 0});
    if (pool == c10::MempoolId_t{0, 0}) return;
    quietly([&] { c10::cuda::CUDACachingAllocator::endAllocateToPool(capture_dev_, pool); });
    quietly([&] { c10::cuda::CUDACachingAllocator::releasePool(capture_dev_, pool); });
    quietly([&] { at::getHostAllocator(at::kCUDA)->end_allocate_to_pool(pool); });
    quietly([&] { at::getHostAllocator(at::kCUDA)->release_pool(pool); });
  }

private:
  template <typename Body>
  static void quietly(Body &&body) noexcept {
    std::free(flc::guarded(body));
  }
};

/// The same stream for all captures of a device: cuBLAS keeps a workspace for each stream. Of high priority, from another pool than side
/// streams: those are handed out again after 32, and work of another thread on this stream would be recorded instead of done.
CUDAStream capture_stream(c10::DeviceIndex device) {
  static std::mutex mutex;
  static std::map<c10::DeviceIndex, CUDAStream> streams;
  const std::lock_guard<std::mutex> lock(mutex);
  const auto found = streams.find(device);
  if (found != streams.end()) return found->second;
  return streams.emplace(device, c10::cuda::getStreamFromPool(/*isHighPriority=*/true, device)).first->second;
}

/// From begin to end; its destructor leaves the thread as it was.
class Capture {
public:
  explicit Capture(c10::DeviceIndex device) : stream_(capture_stream(device)) {
    const auto current = c10::cuda::getCurrentCUDAStream(device);
    TORCH_CHECK(!flc::is_capturing(current), "a capture is under way in this thread already");
    TORCH_CHECK(!flc::is_capturing(stream_), "a capture is under way in another thread");
    guard_.emplace(stream_);
    c10::cuda::device_synchronize();
    recording_ = std::make_unique<Recording>();
    try {
      recording_->capture_begin({0, 0}, cudaStreamCaptureModeThreadLocal);
    } catch (...) {
      recording_->abandon();
      throw;
    }
  }

  ~Capture() {
    if (recording_) recording_->abandon();
  }

  std::unique_ptr<Recording> end() {
    recording_->capture_end();
    guard_.reset();
    at::cuda::CUDAEvent recorded;
    recorded.record(stream_);
    recorded.block(c10::cuda::getCurrentCUDAStream(stream_.device_index()));
    return std::move(recording_);
  }

private:
  CUDAStream stream_;
  // Before the recording, so that it is destroyed after it: the capture ends on its own stream.
  std::optional<c10::cuda::CUDAStreamGuard> guard_;
  std::unique_ptr<Recording> recording_;
};

} // namespace

extern "C" {

/// Waits for the device, makes the capture stream current and records from now on.
char *flc_cuda_graph_begin(int device, Capture **out) {
  return flc::guarded([&] { *out = new Capture(flc::existing_device(device)); });
}

/// Takes the capture over, also on failure.
char *flc_cuda_graph_end(Capture *capture, Recording **out) {
  return flc::guarded([&] { *out = std::unique_ptr<Capture>(capture)->end().release(); });
}

void flc_cuda_graph_abandon(Capture *capture) { std::free(flc::guarded([&] { delete capture; })); }

char *flc_cuda_graph_replay(Recording *graph) {
  return flc::guarded([&] { graph->replay(); });
}

void flc_cuda_graph_free(Recording *graph) { std::free(flc::guarded([&] { delete graph; })); }
}
