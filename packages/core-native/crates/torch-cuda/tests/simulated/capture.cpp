// Streams, events and graphs: a capture spreads by events, and what it must not contain spoils it.
#include "state.h"
#include <map>
#include <memory>
#include <mutex>
#include <utility>

using namespace simulated;

namespace {

std::recursive_mutex mutex;
std::map<unsigned long long, std::unique_ptr<Capture>> captures;
Stream default_stream;
int launches = 0;
thread_local Capture *own_capture = nullptr;
thread_local cudaStreamCaptureMode mode = cudaStreamCaptureModeGlobal;
thread_local cudaError_t last_error = cudaSuccess;

Capture *captured(const Event &event) {
  const auto found = captures.find(event.capture_id);
  return found == captures.end() ? nullptr : found->second.get();
}

} // namespace

Stream *simulated::stream_of(cudaStream_t handle) {
  return handle == nullptr ? &default_stream : reinterpret_cast<Stream *>(handle);
}

bool simulated::is_default(const Stream *stream) { return stream == &default_stream; }

cudaError_t simulated::report(cudaError_t error) {
  if (error != cudaSuccess) last_error = error;
  return error;
}

bool simulated::may_block() {
  if (own_capture == nullptr || mode == cudaStreamCaptureModeRelaxed) return true;
  own_capture->valid = false;
  return false;
}

bool simulated::record_launch(cudaStream_t stream) {
  const std::lock_guard lock(mutex);
  const bool is_captured = stream_of(stream)->capture != nullptr;
  launches += is_captured;
  return is_captured;
}

int simulated::recorded_launches() {
  const std::lock_guard lock(mutex);
  return launches;
}

SIMULATED cudaError_t cudaGetLastError() { return std::exchange(last_error, cudaSuccess); }
SIMULATED cudaError_t cudaPeekAtLastError() { return last_error; }

SIMULATED cudaError_t cudaStreamCreateWithPriority(cudaStream_t *stream, unsigned, int) {
  *stream = reinterpret_cast<cudaStream_t>(new Stream);
  return cudaSuccess;
}

SIMULATED cudaError_t cudaStreamQuery(cudaStream_t) { return cudaSuccess; }

SIMULATED cudaError_t cudaStreamSynchronize(cudaStream_t handle) {
  const std::lock_guard lock(mutex);
  auto *capture = stream_of(handle)->capture;
  if (capture != nullptr) capture->valid = false;
  return may_block() && capture == nullptr ? cudaSuccess : report(cudaErrorStreamCaptureUnsupported);
}

SIMULATED cudaError_t cudaStreamIsCapturing(cudaStream_t handle, cudaStreamCaptureStatus *status) {
  const std::lock_guard lock(mutex);
  const auto *capture = stream_of(handle)->capture;
  *status = capture == nullptr ? cudaStreamCaptureStatusNone
            : capture->valid   ? cudaStreamCaptureStatusActive
                               : cudaStreamCaptureStatusInvalidated;
  return cudaSuccess;
}

SIMULATED cudaError_t cudaStreamGetCaptureInfo(cudaStream_t handle, cudaStreamCaptureStatus *status,
                                               unsigned long long *id, cudaGraph_t *graph, const cudaGraphNode_t **,
                                               const cudaGraphEdgeData **, size_t *) {
  const auto *capture = stream_of(handle)->capture;
  if (id != nullptr) *id = capture == nullptr ? 0 : capture->id;
  if (graph != nullptr) *graph = nullptr;
  return cudaStreamIsCapturing(handle, status);
}

SIMULATED cudaError_t cudaThreadExchangeStreamCaptureMode(cudaStreamCaptureMode *other) {
  std::swap(*other, mode);
  return cudaSuccess;
}

SIMULATED cudaError_t cudaStreamBeginCapture(cudaStream_t handle, cudaStreamCaptureMode) {
  const std::lock_guard lock(mutex);
  static unsigned long long last_id = 0;
  auto *stream = stream_of(handle);
  if (stream->capture != nullptr) return report(cudaErrorIllegalState);
  auto &capture = captures[++last_id];
  capture = std::make_unique<Capture>(Capture{last_id, stream, true, {stream}, {}});
  own_capture = stream->capture = capture.get();
  return cudaSuccess;
}

SIMULATED cudaError_t cudaStreamEndCapture(cudaStream_t handle, cudaGraph_t *graph) {
  const std::lock_guard lock(mutex);
  *graph = nullptr;
  const auto *capture = stream_of(handle)->capture;
  if (capture == nullptr) return report(cudaErrorIllegalState);
  const auto result = !capture->valid             ? cudaErrorStreamCaptureInvalidated
                      : !capture->unjoined.empty() ? cudaErrorStreamCaptureUnjoined
                                                   : cudaSuccess;
  for (auto *member : capture->members) member->capture = nullptr;
  if (own_capture == capture) own_capture = nullptr;
  captures.erase(capture->id);
  if (result == cudaSuccess) *graph = reinterpret_cast<cudaGraph_t>(new int);
  return report(result);
}

SIMULATED cudaError_t cudaGraphGetNodes(cudaGraph_t, cudaGraphNode_t *, size_t *count) {
  *count = 1;
  return cudaSuccess;
}

SIMULATED cudaError_t cudaGraphInstantiateWithFlags(cudaGraphExec_t *graph, cudaGraph_t, unsigned long long) {
  *graph = reinterpret_cast<cudaGraphExec_t>(new int);
  return cudaSuccess;
}

SIMULATED cudaError_t cudaGraphLaunch(cudaGraphExec_t, cudaStream_t handle) {
  // The replay belongs to the stream of the caller, not to the one of the capture.
  return is_default(stream_of(handle)) ? cudaSuccess : report(cudaErrorInvalidValue);
}

SIMULATED cudaError_t cudaGraphDestroy(cudaGraph_t graph) {
  delete reinterpret_cast<int *>(graph);
  return cudaSuccess;
}

SIMULATED cudaError_t cudaGraphExecDestroy(cudaGraphExec_t graph) {
  delete reinterpret_cast<int *>(graph);
  return cudaSuccess;
}

SIMULATED cudaError_t cudaEventCreateWithFlags(cudaEvent_t *event, unsigned) {
  *event = reinterpret_cast<cudaEvent_t>(new Event);
  return cudaSuccess;
}

SIMULATED cudaError_t cudaEventDestroy(cudaEvent_t event) {
  delete reinterpret_cast<Event *>(event);
  return cudaSuccess;
}

SIMULATED cudaError_t cudaEventRecordWithFlags(cudaEvent_t event, cudaStream_t handle, unsigned) {
  const std::lock_guard lock(mutex);
  auto *stream = stream_of(handle);
  *reinterpret_cast<Event *>(event) = {stream, stream->capture == nullptr ? 0 : stream->capture->id};
  return cudaSuccess;
}

SIMULATED cudaError_t cudaEventRecord(cudaEvent_t event, cudaStream_t stream) {
  return cudaEventRecordWithFlags(event, stream, 0);
}

SIMULATED cudaError_t cudaEventQuery(cudaEvent_t handle) {
  const std::lock_guard lock(mutex);
  if (auto *capture = captured(*reinterpret_cast<Event *>(handle))) {
    capture->valid = false;
    return report(cudaErrorCapturedEvent);
  }
  return may_block() ? cudaSuccess : report(cudaErrorStreamCaptureUnsupported);
}

SIMULATED cudaError_t cudaEventSynchronize(cudaEvent_t event) { return cudaEventQuery(event); }

SIMULATED cudaError_t cudaStreamWaitEvent(cudaStream_t handle, cudaEvent_t event_handle, unsigned) {
  const std::lock_guard lock(mutex);
  auto &event = *reinterpret_cast<Event *>(event_handle);
  auto *stream = stream_of(handle), *from = event.stream;
  auto *capture = captured(event);
  if (capture == nullptr) {
    // Work outside that a graph would not repeat; an event that was never recorded is no work.
    if (stream->capture == nullptr || from == nullptr) return cudaSuccess;
    stream->capture->valid = false;
    return report(cudaErrorStreamCaptureIsolation);
  }
  if (is_default(stream)) return report(cudaErrorStreamCaptureImplicit);
  if (stream->capture == nullptr) {
    stream->capture = capture;
    capture->members.insert(stream);
    capture->unjoined.insert(stream);
  }
  if (stream == capture->origin) capture->unjoined.erase(from);
  return stream->capture == capture ? cudaSuccess : report(cudaErrorStreamCaptureMerge);
}
