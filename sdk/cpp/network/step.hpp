// What a program computes: values, and steps that make one from others.
#pragma once

#include <cstddef>
#include <cstdint>
#include <vector>

#include "kernels.hpp"

namespace myoshu::network {

// How the numbers of one row lie in memory.
enum class Layout {
    kVector,  // filled up to kBlock with anything
    kPlanes,  // Planes, with a border of zeros
    kMatrix,  // [rows, columns], close together
    kScalar,
    kIndex,   // an int64 input, read where it is given
};

struct Value {
    Layout layout = Layout::kVector;
    int channels = 0;  // or the vector's length, or the matrix's rows
    int height = 1;
    int width = 1;     // or the matrix's columns
    int pixel = 0;     // planes: numbers a pixel takes
    int memory = -1;   // which piece of memory
    int last = -1;     // the step that reads it last
    int port = -1;     // inputs: which

    Planes planes() const { return {height, width, pixel}; }
    std::ptrdiff_t size() const {
        switch (layout) {
            case Layout::kVector: return filled(channels);
            case Layout::kPlanes: return planes().size();
            case Layout::kMatrix: return filled(channels * width);
            case Layout::kScalar: return kBlock;
            case Layout::kIndex: return 0;
        }
        return 0;
    }
};

enum class Op {
    kImport, kDense, kConvolve, kAdd, kRelu, kTanh, kScaleBy, kShiftBy, kFlatten, kJoin, kGreatest, kMaximum, kPixelMaximum,
    kPixelMean, kDivide, kSoftmax, kDot, kAlias, kExport,
};

struct Step {
    Op op;
    int x = -1;     // value
    int other = -1; // value: skip, second operand
    int y = -1;     // value, or -1
    int port = -1;
    bool relu = false;
    float number = 0.0f;
    int outputs = 0;
    int side = 0;
    int stride = 1;
    std::vector<float> weight;      // packed
    std::vector<float> start;       // a bias, or a table of rows
    int table = -1;                 // value of the index into the table; -1 for a bias
    std::ptrdiff_t table_row = 0;   // numbers of one entry
    std::int64_t entries = 0;       // of the table
    bool table_planes = false;      // whether an entry has a number for each pixel
    std::vector<float> atoms;
};

}  // namespace myoshu::network
