// The arithmetic of a network, once for each set of vector instructions, with the same bits from all of them.
//
// A sum runs over its terms in one order, whatever the width of a vector: lanes hold different outputs, never parts of
// one sum. Products and sums are rounded one after the other (no fused operations). So the number of lanes, of rows in a
// batch and of registers are free, and results are not.
#pragma once

#include <cstddef>
#include <cstdint>

namespace myoshu::network {

// Outputs stand in blocks of so many; the last one is filled up with zeros.
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
};

// Where the sums of one sample begin: a bias for all pixels, or a number for each.
struct Start {
    const float* numbers;
    std::ptrdiff_t row;    // from one row of pixels to the next; 0 for a bias
    std::ptrdiff_t pixel;  // from one pixel to the next; 0 for a bias
};

struct Kernels {
    const char* name;

    // rows samples: x and y at these strides; start[i] holds filled(outputs) numbers for row i; skip is null or like y.
    void (*dense)(
        const Dense& layer, int rows, const float* x, std::ptrdiff_t x_stride, const float* const* start, const float* skip,
        float* y, std::ptrdiff_t y_stride
    );

    // One sample. skip is null or planes like y.
    void (*convolve)(const Convolution& layer, const float* x, const Start& start, const float* skip, float* y);

    // e^x for count numbers, a multiple of kBlock.
    void (*exponentials)(const float* x, float* y, int count);
};

// The best that this processor runs, or the one of this name; null if there is none.
const Kernels* find_kernels(const char* name);

// The names of all that this processor runs, the best first; null ends them.
const char* const* kernel_names();

}  // namespace myoshu::network
