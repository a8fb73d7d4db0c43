// Training-mode batch norm, residual addition and ReLU as one differentiable operation on channels-last GPU tensors, by the kernels of
// cuda/batch_norm_relu.cu. The mathematics is that of torch-ext/cpp/batch_norm_relu.cpp; nothing here waits for the GPU or asks it for
// memory of its own, so that it can be captured.
#include "../../torch-ext/cpp/boundary.h"
#include "batch_norm_launches.h"
#include "device.h"
#include "driver.h"
#include "tensors.h"
#include <ATen/ops/empty.h>
#include <ATen/ops/empty_like.h>
#include <array>
#include <memory>
#include <string>
#include <torch/csrc/autograd/custom_function.h>

namespace {
using flc::BatchNormArguments;
using flc::BatchNormKernel;
using torch::autograd::AutogradContext;
using torch::autograd::tensor_list;
using torch::autograd::Variable;

/// The loaded module. Graphs that wait for their backward pass share it.
struct BatchNormKernels : torch::CustomClassHolder {
  BatchNormKernels(c10::DeviceIndex on, const void *code) : device(on) {
    const flc::DriverGuard guard(device);
    const auto &driver = flc::Driver::get();
    driver.check(driver.load(&module, code));
    // Found now and not at the first launch, which may be inside a capture.
    const std::array names = {"statistics", "finish", "normalize", "gradient_sums", "gradient_finish", "gradient_input"};
    static_assert(names.size() == kernels);
    for (size_t i = 0; i < kernels; ++i) {
      const std::string name = std::string("flc_batch_norm_") + names[i];
      const bool is_typed = name.find("finish") == std::string::npos;
      driver.check(driver.function(&float32[i], module, (name + (is_typed ? "_float32" : "")).c_str()));
      driver.check(driver.function(&bfloat16[i], module, (name + (is_typed ? "_bfloat16" : "")).c_str()));
    }
  }

  ~BatchNormKernels() override {
    std::free(flc::guarded([&] {
      const flc::DriverGuard guard(device);
      flc::Driver::get().unload(module);
    }));
  }

  /// On the current stream of this thread, which autograd makes that of the forward pass.
  auto launcher(bool is_bfloat16) const {
    const auto stream = c10::cuda::getCurrentCUDAStream(device).stream();
    return [this, is_bfloat16, stream](BatchNormKernel kernel, int blocks, BatchNormArguments arguments) {
      const auto function = (is_bfloat16 ? bfloat16 : float32)[static_cast<size_t>(kernel)];
      const auto &driver = flc::Driver::get();
      void *given[] = {&arguments};
      driver.check(driver.launch(function, static_cast<unsigned>(blocks), 1, 1, flc::kBatchNormThreads, 1, 1, 0, stream,
                                 given, nullptr));
    };
  }

  static constexpr size_t kernels = static_cast<size_t>(BatchNormKernel::count);
  c10::DeviceIndex device;
  CUmodule module = nullptr;
  std::array<CUfunction, kernels> float32{}, bfloat16{};
};

using Kernels = c10::intrusive_ptr<BatchNormKernels>;

/// Channels-last and aligned to the kernels' 16 bytes; mostly the tensor itself.
at::Tensor as_rows(const at::Tensor &tensor) {
  const auto rows = tensor.contiguous(at::MemoryFormat::ChannelsLast);
  const bool is_aligned = reinterpret_cast<uintptr_t>(rows.const_data_ptr()) % 16 == 0;
  return is_aligned ? rows : rows.clone();
}

at::Tensor new_rows(const at::Tensor &like) {
  return at::empty_like(like, at::TensorOptions(), at::MemoryFormat::ChannelsLast);
}

const void *values_of(const at::Tensor &tensor) { return tensor.defined() ? tensor.const_data_ptr() : nullptr; }
void *room_of(const at::Tensor &tensor) { return tensor.defined() ? tensor.mutable_data_ptr() : nullptr; }
float *floats(const at::Tensor &tensor) { return tensor.mutable_data_ptr<float>(); }

bool is_bfloat16(const at::Tensor &x) { return x.scalar_type() == at::kBFloat16; }

BatchNormArguments arguments_of(const at::Tensor &x) {
  BatchNormArguments arguments = {};
  arguments.channels = static_cast<int>(x.size(1));
  arguments.rows = x.numel() / x.size(1);
  arguments.x = x.const_data_ptr();
  return arguments;
}

at::Tensor new_parts(const BatchNormArguments &arguments, bool is_bfloat16, const at::TensorOptions &options) {
  const auto parts = flc::RowBlocks::of_parts(arguments.rows, arguments.channels, is_bfloat16);
  return at::empty({2, parts.blocks, arguments.channels}, options);
}

/// Two outputs of one memory, for two readers: see torch-ext.
struct BatchNormRelu : torch::autograd::Function<BatchNormRelu> {
  static tensor_list forward(AutogradContext *context, const Variable &input, const std::optional<at::Tensor> &around,
                             const Variable &weight, const Variable &bias, at::Tensor running_mean,
                             at::Tensor running_var, double momentum, double epsilon, const Kernels &kernels) {
    const flc::DriverGuard guard(kernels->device);
    const auto x = as_rows(input), residual = around ? as_rows(*around) : at::Tensor(), y = new_rows(x);
    auto arguments = arguments_of(x);
    const auto statistics = at::empty({3, arguments.channels}, weight.options());
    const auto partial = new_parts(arguments, is_bfloat16(x), weight.options());
    arguments.residual = values_of(residual), arguments.out = room_of(y);
    arguments.partial = floats(partial), arguments.statistics = floats(statistics);
    arguments.weight = weight.const_data_ptr<float>(), arguments.bias = bias.const_data_ptr<float>();
    arguments.running_mean = floats(running_mean), arguments.running_var = floats(running_var);
    arguments.momentum = static_cast<float>(momentum), arguments.epsilon = static_cast<float>(epsilon);
    flc::launch_batch_norm(arguments, is_bfloat16(x), kernels->launcher(is_bfloat16(x)));
    context->saved_data["kernels"] = c10::IValue::make_capsule(kernels);
    context->set_materialize_grads(false);
    context->save_for_backward({x, residual.defined() ? y : at::Tensor(), bias, statistics});
    return {y, y.variable_data()};
  }

  static tensor_list backward(AutogradContext *context, tensor_list gradients) {
    const auto saved = context->get_saved_variables();
    const auto &x = saved[0], &y = saved[1], &bias = saved[2], &statistics = saved[3];
    const bool first = gradients[0].defined();
    if (!first && !gradients[1].defined()) return tensor_list(9);
    const auto capsule = context->saved_data["kernels"].toCapsule();
    const auto &kernels = static_cast<const BatchNormKernels &>(*capsule);
    const flc::DriverGuard guard(kernels.device);
    const auto rows_of_gradient = [&](const at::Tensor &gradient) {
      TORCH_CHECK(gradient.scalar_type() == x.scalar_type(), "batch_norm_relu: a gradient is ", gradient.scalar_type(),
                  ", not ", x.scalar_type());
      return as_rows(gradient);
    };
    const auto dy = rows_of_gradient(gradients[first ? 0 : 1]);
    const auto dy2 = first && gradients[1].defined() ? rows_of_gradient(gradients[1]) : at::Tensor();
    const auto dx = new_rows(x);
    // The gradient in front of the ReLU is also that of the residual; it is kept where it is wanted or costs a sum.
    const auto masked = y.defined() || dy2.defined() ? new_rows(x) : at::Tensor();
    auto arguments = arguments_of(x);
    const auto dweight = at::empty_like(bias), dbias = at::empty_like(bias);
    const auto slopes = at::empty({2, arguments.channels}, bias.options());
    const auto partial = new_parts(arguments, is_bfloat16(x), bias.options());
    arguments.y = values_of(y), arguments.dy = values_of(dy), arguments.dy2 = values_of(dy2);
    arguments.masked = room_of(masked), arguments.dx = room_of(dx);
    arguments.partial = floats(partial), arguments.statistics = floats(statistics), arguments.slopes = floats(slopes);
    arguments.bias = bias.const_data_ptr<float>();
    arguments.dweight = floats(dweight), arguments.dbias = floats(dbias);
    flc::launch_batch_norm_gradient(arguments, is_bfloat16(x), kernels.launcher(is_bfloat16(x)));
    return {dx, y.defined() ? masked : at::Tensor(), dweight, dbias, {}, {}, {}, {}, {}};
  }
};

void check_rows(const at::Tensor &x, c10::DeviceIndex device) {
  const at::Device gpu(at::kCUDA, device);
  TORCH_CHECK(x.defined() && x.dim() == 4 && x.device() == gpu, "batch_norm_relu: needs a tensor [n, c, h, w] on ", gpu);
  TORCH_CHECK(x.scalar_type() == at::kFloat || is_bfloat16(x), "batch_norm_relu: unsupported type ", x.scalar_type());
  const auto channels = x.size(1);
  TORCH_CHECK(channels > 0 && channels % flc::kBatchNormFinishChannels == 0 && channels <= flc::kBatchNormMostChannels,
              "batch_norm_relu: ", channels, " channels, not a multiple of ", flc::kBatchNormFinishChannels, " up to ",
              flc::kBatchNormMostChannels);
  TORCH_CHECK(x.numel() / channels > 1, "batch_norm_relu: needs more than one value per channel");
}

void check_channels(const at::Tensor &tensor, const char *name, const at::Tensor &x, c10::DeviceIndex device) {
  flc::contiguous_tensor(&tensor, name, at::kFloat, device);
  TORCH_CHECK(tensor.dim() == 1 && tensor.size(0) == x.size(1), name, " is ", tensor.sizes(), " for ", x.size(1), " channels");
}

} // namespace

extern "C" {

/// `code`: a cubin, which the driver copies.
char *flc_cuda_batch_norm_load(int device, const void *code, Kernels **out) {
  return flc::guarded([&] {
    *out = new Kernels(c10::make_intrusive<BatchNormKernels>(flc::existing_device(device), code));
  });
}

/// On the current stream; shapes as in batch_norm.rs. `residual` may be null; on success both results belong to the caller.
char *flc_cuda_batch_norm_relu(const Kernels *kernels, const at::Tensor *input, const at::Tensor *residual,
                               const at::Tensor *weight, const at::Tensor *bias, const at::Tensor *running_mean,
                               const at::Tensor *running_var, double momentum, double epsilon, at::Tensor **out,
                               at::Tensor **around) {
  return flc::guarded([&] {
    const auto device = (*kernels)->device;
    check_rows(*input, device);
    TORCH_CHECK(residual == nullptr || (residual->sizes() == input->sizes() && residual->device() == input->device() &&
                                        residual->scalar_type() == input->scalar_type()),
                "batch_norm_relu: residual and input differ in shape, type or device");
    check_channels(*weight, "the weight", *input, device);
    check_channels(*bias, "the bias", *input, device);
    check_channels(*running_mean, "the running mean", *input, device);
    check_channels(*running_var, "the running variance", *input, device);
    const std::optional<at::Tensor> added = residual ? std::optional(*residual) : std::nullopt;
    auto outputs = BatchNormRelu::apply(*input, added, *weight, *bias, *running_mean, *running_var, momentum, epsilon,
                                        *kernels);
    auto second = std::make_unique<at::Tensor>(std::move(outputs[1]));
    *out = new at::Tensor(std::move(outputs[0]));
    *around = second.release();
  });
}

void flc_cuda_batch_norm_free(Kernels *kernels) { std::free(flc::guarded([&] { delete kernels; })); }
}
