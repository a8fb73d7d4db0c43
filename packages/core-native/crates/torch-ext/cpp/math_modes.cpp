// How exactly a GPU multiplies; tch has no access to it.
#include "boundary.h"
#include <ATen/Context.h>

/// `tf32`: products of float32 may be rounded to TensorFloat-32. libtorch allows it for convolutions unless told otherwise.
extern "C" char *flc_set_gpu_math(bool tf32) {
  return flc::guarded([&] {
    auto &context = at::globalContext();
    context.setAllowTF32CuDNN(tf32);
    context.setAllowTF32CuBLAS(tf32);
    // Shapes repeat step after step: cuDNN may look for its fastest algorithm once.
    context.setBenchmarkCuDNN(true);
  });
}
