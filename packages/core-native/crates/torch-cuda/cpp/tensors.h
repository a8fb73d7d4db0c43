// Tensors as they come from Rust.
#pragma once
#include <ATen/core/Tensor.h>

namespace flc {

/// The tensor behind an `at::Tensor *`, once it is what the call needs: `name` is for the message.
inline const at::Tensor &contiguous_tensor(const void *pointer, const char *name, at::ScalarType kind,
                                           c10::DeviceIndex device) {
  const auto &tensor = *static_cast<const at::Tensor *>(pointer);
  TORCH_CHECK(tensor.defined(), name, " is an undefined tensor");
  TORCH_CHECK(tensor.device() == at::Device(at::kCUDA, device), name, " lies on ", tensor.device(), ", not on cuda:",
              static_cast<int>(device));
  TORCH_CHECK(tensor.scalar_type() == kind, name, " is ", tensor.scalar_type(), ", not ", kind);
  TORCH_CHECK(tensor.is_contiguous(), name, " is not contiguous");
  return tensor;
}

} // namespace flc
