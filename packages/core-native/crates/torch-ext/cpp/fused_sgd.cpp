// Momentum SGD over all parameters in one call; tch excludes the _fused_ family.
#include "boundary.h"
#include <ATen/core/Tensor.h>
#include <ATen/ops/_fused_sgd.h>
#include <vector>

extern "C" char *flc_fused_sgd(at::Tensor **parameters, at::Tensor **gradients, at::Tensor **momenta,
                               size_t count, double weight_decay, double momentum,
                               double learning_rate) {
  return flc::guarded([&] {
    std::vector<at::Tensor> params, grads, buffers;
    params.reserve(count), grads.reserve(count), buffers.reserve(count);
    for (size_t i = 0; i < count; ++i) {
      params.push_back(parameters[i]->detach());
      // The kernel walks raw memory: a channels-last gradient must first take the parameter's layout.
      grads.push_back(gradients[i]->to(parameters[i]->scalar_type()).contiguous());
      // Without momentum libtorch takes none.
      if (momentum != 0) buffers.push_back(*momenta[i]);
    }
    at::_fused_sgd_(params, grads, buffers, weight_decay, momentum, learning_rate,
                    /*dampening=*/0.0, /*nesterov=*/false, /*maximize=*/false,
                    /*is_first_step=*/false);
  });
}
