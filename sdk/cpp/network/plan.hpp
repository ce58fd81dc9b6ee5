// A graph as a list of steps, and the memory they need: what all programs of one network share.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "onnx.hpp"
#include "step.hpp"

namespace myoshu::network {

// An input or output: float32 [rows, *dims], or int64.
struct Port {
    std::string name;
    onnx::Type type;
    std::vector<std::int64_t> dims;
    std::size_t size;  // numbers a row
};

struct Plan {
    std::vector<Value> values;
    std::vector<Step> steps;
    std::vector<Port> inputs;
    std::vector<Port> outputs;
    std::vector<std::ptrdiff_t> memory;  // numbers a row of each piece
    int rows = 1;                        // computed together
    std::size_t weights = 0;             // numbers
    std::int64_t multiplications = 0;    // of one row

    const Value& value(int number) const { return values[static_cast<std::size_t>(number)]; }
    Value& value(int number) { return values[static_cast<std::size_t>(number)]; }

    // Gives every value a piece of memory, once all steps are there.
    void lay_out();
};

}  // namespace myoshu::network
