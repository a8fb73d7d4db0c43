// Streams for work side by side, forked from the current one and joined to it. Events alone tie them, so that a capture follows.
#include "../../torch-ext/cpp/boundary.h"
#include "device.h"
#include <ATen/core/Tensor.h>
#include <ATen/cuda/CUDAEvent.h>
#include <ATen/ops/record_stream.h>
#include <vector>

namespace {

using c10::cuda::CUDAStream;

struct SideStreams {
  SideStreams(c10::DeviceIndex on, size_t count) : device(on), done(count) {
    // libtorch has 32 streams to hand out in turn.
    TORCH_CHECK(count >= 1 && count <= 32, "there can be 1 to 32 side streams, not ", count);
    for (size_t i = 0; i < count; ++i) streams.push_back(c10::cuda::getStreamFromPool(false, device));
    forked.create(device);
    for (auto &event : done) event.create(device);
  }

  CUDAStream current() const { return c10::cuda::getCurrentCUDAStream(device); }

  const CUDAStream &at(size_t index) const {
    TORCH_CHECK(index < streams.size(), "there is no side stream ", index, " of ", streams.size());
    return streams[index];
  }

  c10::DeviceIndex device;
  std::vector<CUDAStream> streams;
  at::cuda::CUDAEvent forked;
  std::vector<at::cuda::CUDAEvent> done;
};

} // namespace

extern "C" {

char *flc_cuda_side_streams_new(int device, size_t count, SideStreams **out) {
  return flc::guarded([&] { *out = new SideStreams(flc::existing_device(device), count); });
}

/// All side streams wait for the current one.
char *flc_cuda_side_streams_fork(SideStreams *side) {
  return flc::guarded([&] {
    side->forked.record(side->current());
    for (const auto &stream : side->streams) side->forked.block(stream);
  });
}

/// The current stream waits for all side streams.
char *flc_cuda_side_streams_join(SideStreams *side) {
  return flc::guarded([&] {
    for (size_t i = 0; i < side->streams.size(); ++i) {
      side->done[i].record(side->streams[i]);
      side->done[i].block(side->current());
    }
  });
}

/// `previous`: the stream to come back to, for `leave`.
char *flc_cuda_side_streams_enter(SideStreams *side, size_t index, int64_t *previous) {
  return flc::guarded([&] {
    const auto &stream = side->at(index);
    *previous = side->current().id();
    c10::cuda::setCurrentCUDAStream(stream);
  });
}

void flc_cuda_side_streams_leave(SideStreams *side, int64_t previous) {
  std::free(flc::guarded([&] {
    c10::cuda::setCurrentCUDAStream(CUDAStream::unpack3(previous, side->device, c10::DeviceType::CUDA));
  }));
}

/// The tensor's memory is not given away before what the side stream has queued by its end.
char *flc_cuda_side_streams_keep(SideStreams *side, size_t index, at::Tensor *tensor) {
  return flc::guarded([&] { tensor->record_stream(side->at(index)); });
}

void flc_cuda_side_streams_free(SideStreams *side) { std::free(flc::guarded([&] { delete side; })); }
}
