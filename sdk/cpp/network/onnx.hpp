// Reads the part of ONNX's protocol buffers that a network needs: nodes, their attributes, weights, inputs and outputs.
//
// It trusts nothing: lengths are checked before they are followed, no size is taken from the file without bytes that
// back it, and what it does not know is skipped.
#pragma once

#include <cstddef>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace myoshu::onnx {

enum class Type : std::int64_t { kFloat = 1, kInt64 = 7 };

// A constant or a weight.
struct Tensor {
    std::vector<std::int64_t> dims;
    Type type = Type::kFloat;
    std::vector<float> floats;        // if it is of floats, and not external
    std::vector<std::int64_t> ints;   // if it is of integers
    bool external = false;            // whether its numbers are handed over apart from the graph

    std::int64_t size() const;  // how many numbers
};

struct Attribute {
    std::int64_t integer = 0;
    std::vector<std::int64_t> integers;
};

struct Node {
    std::string op;
    std::vector<std::string> inputs;
    std::vector<std::string> outputs;
    std::map<std::string, Attribute> attributes;

    std::int64_t integer(const char* name, std::int64_t otherwise) const;
    std::vector<std::int64_t> integers(const char* name, const std::vector<std::int64_t>& otherwise) const;
};

// An input or output: its type, and its dimensions after the batch.
struct Port {
    std::string name;
    Type type = Type::kFloat;
    std::vector<std::int64_t> dims;
};

struct Graph {
    std::vector<Node> nodes;  // in an order in which they can be computed
    std::map<std::string, Tensor> tensors;
    std::vector<Port> inputs;
    std::vector<Port> outputs;
};

// Throws NetworkError if the bytes are not an ONNX model, or not of the types above.
Graph read(const std::uint8_t* data, std::size_t size);

}  // namespace myoshu::onnx
