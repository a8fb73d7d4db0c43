// float32 from a GPU to the host while the GPU goes on.
#include "../../torch-ext/cpp/boundary.h"
#include "pinned_buffer.h"
#include "tensors.h"

namespace {

struct Readback {
  Readback(c10::DeviceIndex on, size_t values) : device(on), capacity(values), buffer(on, values) {}

  c10::DeviceIndex device;
  size_t capacity, count = 0;
  bool started = false;
  flc::PinnedBuffer<float> buffer;
};

/// A capture of this thread may be under way: asking for another stream's event does not belong to it.
using Relaxed = c10::cuda::CUDAStreamCaptureModeGuard;

} // namespace

extern "C" {

char *flc_cuda_readback_new(int device, size_t values, Readback **out) {
  return flc::guarded([&] {
    TORCH_CHECK(values > 0, "a readback of no values");
    *out = new Readback(flc::existing_device(device), values);
  });
}

/// Queues copy and event on the current stream.
char *flc_cuda_readback_start(Readback *readback, const void *values) {
  return flc::guarded([&] {
    const auto &tensor = flc::contiguous_tensor(values, "what is read back", at::kFloat, readback->device);
    const auto count = static_cast<size_t>(tensor.numel());
    TORCH_CHECK(count <= readback->capacity, "a readback of ", count, " values into a buffer of ", readback->capacity);
    const c10::cuda::CUDAGuard guard(readback->device);
    const auto stream = flc::stream_of_copy(readback->device, "a readback");
    if (count > 0) {
      C10_CUDA_CHECK(cudaMemcpyAsync(readback->buffer.values, tensor.const_data_ptr(), count * sizeof(float),
                                     cudaMemcpyDeviceToHost, stream));
    }
    readback->buffer.done.record(stream);
    readback->count = count, readback->started = true;
  });
}

char *flc_cuda_readback_is_ready(Readback *readback, int *ready) {
  return flc::guarded([&] {
    const Relaxed relaxed(cudaStreamCaptureModeRelaxed);
    *ready = readback->started && readback->buffer.done.query();
  });
}

/// `values` points into the buffer, which the next start changes.
char *flc_cuda_readback_wait(Readback *readback, const float **values, size_t *count) {
  return flc::guarded([&] {
    TORCH_CHECK(readback->started, "nothing was read back yet");
    const Relaxed relaxed(cudaStreamCaptureModeRelaxed);
    readback->buffer.done.synchronize();
    *values = readback->buffer.values, *count = readback->count;
  });
}

void flc_cuda_readback_free(Readback *readback) { std::free(flc::guarded([&] { delete readback; })); }
}
