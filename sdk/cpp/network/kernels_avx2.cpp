// Compiled with the instructions of its name (see CMakeLists.txt); only called where the processor has them.
#include "kernels.hpp"

#define MYOSHU_LANES 8
#define MYOSHU_SPOTS 6
#include "kernels.inc"

namespace myoshu::network {

extern const Kernels kKernels_avx2;
const Kernels kKernels_avx2{"avx2", MYOSHU_KERNELS};

}  // namespace myoshu::network
