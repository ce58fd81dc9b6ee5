// The arithmetic of a network, once for each set of vector instructions, with the same bits from all of them.
//
// A sum runs over its terms in one order, whatever the width of a vector: lanes hold different outputs, never parts of
// one sum. Products and sums are rounded one after the other (no fused operations). So the number of lanes, of rows in a
// batch and of registers are free, and results are not.
#pragma once

#include <cstddef>
#include <cstdint>

namespace myoshu::network {

// Outputs stand in blocks of this size; the last one is filled up with zeros.
inline constexpr int kBlock = 16;

inline constexpr int filled(int count) { return (count + kBlock - 1) / kBlock * kBlock; }

// y = x W + start, then a skip and a relu where wanted.
struct Dense {
    int inputs;
    int blocks;           // of outputs
    const float* weight;  // [blocks, inputs, kBlock]
    bool relu;
};

// Planes [height + 2, width + 2, channels] with a border of zeros; channels are filled up to kBlock, or as they come.
struct Planes {
    int height;
    int width;
    int channels;  // numbers a pixel takes

    std::ptrdiff_t row() const { return static_cast<std::ptrdiff_t>(width + 2) * channels; }
    std::ptrdiff_t size() const { return (height + 2) * row(); }
    std::ptrdiff_t first() const { return row() + channels; }  // the pixel at row 0, column 0
};

struct Convolution {
    Planes in;
    Planes out;
    int inputs;           // channels that are read
    int side;             // 1 or 3
    int stride;
    const float* weight;  // [blocks, side, side, inputs, kBlock]
    bool relu;
    std::ptrdiff_t start_row;    // where sums begin: from one row of pixels to the next; 0 for a bias
    std::ptrdiff_t start_pixel;  // from one pixel to the next; 0 for a bias
};

struct Kernels {
    const char* name;

    // rows samples: x and y at these strides; start[i] is where the sums of row i begin; skip is null or like y.
    void (*dense)(
        const Dense& layer, int rows, const float* x, std::ptrdiff_t x_stride, const float* const* start, const float* skip,
        float* y, std::ptrdiff_t y_stride
    );

    // The same.
    void (*convolve)(
        const Convolution& layer, int rows, const float* x, std::ptrdiff_t x_stride, const float* const* start, const float* skip,
        float* y, std::ptrdiff_t y_stride
    );

    // e^x for count numbers, a multiple of kBlock.
    void (*exponentials)(const float* x, float* y, int count);

    // The probabilities of count logits, into y (which may be x). Sums run in kBlock lanes, then pairwise. scratch has room
    // for filled(count) numbers.
    void (*softmax)(const float* x, float* y, int count, float* scratch);

    // The sum of count products, in kBlock lanes, then pairwise.
    float (*dot)(const float* x, const float* atoms, int count);

    // Numbers by one.
    void (*divide)(const float* x, float by, float* y, std::ptrdiff_t count);

    // Numbers [channels, height, width] into planes, and back.
    void (*to_planes)(const Planes& planes, int channels, const float* x, float* y);
    void (*from_planes)(const Planes& planes, int channels, const float* x, float* y);

    // The greatest number of the first channels.
    float (*greatest)(const Planes& planes, int channels, const float* x);

    // Of everything that a pixel takes, the greatest number or the mean.
    void (*pool)(const Planes& planes, bool mean, const float* x, float* y);
};

// The best that this processor runs, or the one of this name; null if there is none.
const Kernels* find_kernels(const char* name);

// The names of all that this processor runs, the best first; null ends them.
const char* const* kernel_names();

}  // namespace myoshu::network
