// The kernels that every processor of a platform runs, and the choice among all.
#include "kernels.hpp"

#if defined(__aarch64__)
#define MYOSHU_SPOTS 4
#define MYOSHU_BASELINE "neon"
#elif defined(__wasm_simd128__)
#define MYOSHU_SPOTS 2
#define MYOSHU_BASELINE "simd128"
#elif defined(__SSE2__)
#define MYOSHU_SPOTS 2
#define MYOSHU_BASELINE "sse2"
#else
#define MYOSHU_SPOTS 2
#define MYOSHU_BASELINE "plain"
#endif
#define MYOSHU_LANES 4
#include "kernels.inc"

#include <cstring>

namespace myoshu::network {

#if defined(MYOSHU_X86)
extern const Kernels kKernels_avx2;
extern const Kernels kKernels_avx512;
#endif

namespace {

const Kernels kBaseline{MYOSHU_BASELINE, MYOSHU_KERNELS};

struct Choices {
    const Kernels* kernels[4] = {};
    const char* names[4] = {};
    int count = 0;

    Choices() {
#if defined(MYOSHU_X86)
        if (__builtin_cpu_supports("avx512f")) add(&kKernels_avx512);
        if (__builtin_cpu_supports("avx2")) add(&kKernels_avx2);
#endif
        add(&kBaseline);
    }

    void add(const Kernels* more) {
        kernels[count] = more;
        names[count] = more->name;
        ++count;
    }
};

const Choices& choices() {
    static const Choices all;
    return all;
}

}  // namespace

const Kernels* find_kernels(const char* name) {
    const Choices& all = choices();
    if (name == nullptr || *name == '\0') return all.kernels[0];
    for (int i = 0; i < all.count; ++i) {
        if (std::strcmp(all.names[i], name) == 0) return all.kernels[i];
    }
    return nullptr;
}

const char* const* kernel_names() { return choices().names; }

}  // namespace myoshu::network
