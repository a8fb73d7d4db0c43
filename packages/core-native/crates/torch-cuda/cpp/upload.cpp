// int64 from the host to a GPU, without waiting for it.
#include "../../torch-ext/cpp/boundary.h"
#include "pinned_buffer.h"
#include "tensors.h"
#include <array>
#include <memory>

namespace {

struct Upload {
  Upload(c10::DeviceIndex on, size_t values) : device(on), capacity(values) {
    for (auto &buffer : ring) buffer = std::make_unique<flc::PinnedBuffer<int64_t>>(device, values);
  }

  c10::DeviceIndex device;
  size_t capacity, next = 0;
  std::array<std::unique_ptr<flc::PinnedBuffer<int64_t>>, 4> ring;
};

} // namespace

extern "C" {

char *flc_cuda_upload_new(int device, size_t values, Upload **out) {
  return flc::guarded([&] {
    TORCH_CHECK(values > 0, "an upload of no values");
    *out = new Upload(flc::existing_device(device), values);
  });
}

/// Copies `values` to the next buffer of the ring, once the GPU has read what is there, and queues its copy on the current stream.
char *flc_cuda_upload_send(Upload *upload, const int64_t *values, size_t count, const void *destination) {
  return flc::guarded([&] {
    const auto &tensor = flc::contiguous_tensor(destination, "the destination", at::kLong, upload->device);
    TORCH_CHECK(count <= upload->capacity, "an upload of ", count, " values by buffers of ", upload->capacity);
    TORCH_CHECK(count <= static_cast<size_t>(tensor.numel()), "an upload of ", count, " values to a tensor of ",
                tensor.numel());
    const c10::cuda::CUDAGuard guard(upload->device);
    const auto stream = flc::stream_of_copy(upload->device, "an upload");
    if (count == 0) return;
    auto &buffer = *upload->ring[upload->next];
    buffer.done.synchronize();
    std::memcpy(buffer.values, values, count * sizeof(int64_t));
    C10_CUDA_CHECK(cudaMemcpyAsync(tensor.mutable_data_ptr(), buffer.values, count * sizeof(int64_t),
                                   cudaMemcpyHostToDevice, stream));
    buffer.done.record(stream);
    upload->next = (upload->next + 1) % upload->ring.size();
  });
}

void flc_cuda_upload_free(Upload *upload) { std::free(flc::guarded([&] { delete upload; })); }
}
