// oneDNN convolutions with ReLU and residual addition as post-operations (inference only). tch has no binding for the mkldnn namespace.
#include "boundary.h"
#include <ATen/core/Tensor.h>
#include <ATen/core/dispatch/Dispatcher.h>
#include <ATen/core/ivalue.h>

namespace {
c10::OperatorHandle find(const char *name, const char *overload) {
  return c10::Dispatcher::singleton().findSchemaOrThrow(name, overload);
}

at::Tensor call(const c10::OperatorHandle &op, std::vector<c10::IValue> stack) {
  op.callBoxed(&stack);
  return stack.at(0).toTensor();
}

c10::IValue pair(int64_t value) { return c10::IValue(std::vector<int64_t>{value, value}); }

c10::IValue no_scalars() { return c10::IValue(c10::List<std::optional<at::Scalar>>()); }
} // namespace

// `weight` [out, in, 3, 3] in oneDNN's blocked layout for inputs of `input_size` [batch, in, height, width].
extern "C" char *flc_prepack_convolution(at::Tensor *weight, int64_t stride, int64_t padding,
                                         const int64_t *input_size, at::Tensor **out) {
  return flc::guarded([&] {
    static const auto op = find("mkldnn::_reorder_convolution_weight", "");
    *out = new at::Tensor(call(op, {*weight, pair(padding), pair(stride), pair(1), int64_t{1},
                                    std::vector<int64_t>(input_size, input_size + 4)}));
  });
}

// y = conv(x) + bias, then + residual (in place, where given), then ReLU.
extern "C" char *flc_convolution_relu(at::Tensor *input, at::Tensor *weight, at::Tensor *bias,
                                      at::Tensor *residual, int64_t stride, int64_t padding,
                                      at::Tensor **out) {
  return flc::guarded([&] {
    if (residual == nullptr) {
      static const auto op = find("mkldnn::_convolution_pointwise", "");
      *out = new at::Tensor(call(op, {*input, *weight, *bias, pair(padding), pair(stride), pair(1),
                                      int64_t{1}, "relu", no_scalars(), c10::IValue()}));
    } else {
      static const auto op = find("mkldnn::_convolution_pointwise_", "binary");
      *out = new at::Tensor(call(op, {*residual, *input, *weight, *bias, pair(padding), pair(stride),
                                      pair(1), int64_t{1}, "add", c10::IValue(), "relu",
                                      no_scalars(), c10::IValue()}));
    }
  });
}
