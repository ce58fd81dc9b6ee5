// Compiled with the instructions of its name (see CMakeLists.txt); only called where the processor has them.
#include "kernels.hpp"

#define MYOSHU_LANES 16
#define MYOSHU_SPOTS 8
#include "kernels.inc"

namespace myoshu::network {

extern const Kernels kKernels_avx512;
const Kernels kKernels_avx512{"avx512", MYOSHU_KERNELS};

}  // namespace myoshu::network
