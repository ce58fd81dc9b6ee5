// Makes a plan of a graph, node by node. A layer takes into itself what follows it where nothing else reads the sum.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "plan.hpp"

namespace myoshu::network {

// Numbers of weights that a graph keeps outside itself: for its name, as many as its dimensions say.
using Weights = std::function<const float*(const std::string& name, const std::vector<std::int64_t>& dims)>;

inline constexpr std::int64_t kMostNumbers = std::int64_t{1} << 31;  // of one value, or table

inline constexpr std::int64_t kMostTogether = std::int64_t{1} << 26;  // of all values of a row

// Throws NetworkError: the graph has what the exporter does not write.
[[noreturn]] void refuse(const std::string& what);

// A size, if it is one that can be worked with.
int small(std::int64_t number);

class Compiler {
public:
    // Both must outlive it.
    Compiler(const onnx::Graph& graph, const Weights& weights) : graph_(graph), external_(weights) {}

    // Throws NetworkError if the graph has an operator, or a shape, that the exporter does not write.
    Plan compile();

private:
    const onnx::Graph& graph_;
    const Weights& external_;
    Plan plan_;
    std::map<std::string, int> names_;  // of values
    std::map<std::string, int> uses_;   // how often each is read
    std::map<int, int> made_;           // value -> step
    std::map<std::string, std::pair<std::string, int>> gathered_;  // value -> table, index

    // What names stand for (compiler.cpp).
    const onnx::Tensor& tensor(const std::string& name) const;
    bool constant(const std::string& name) const { return graph_.tensors.count(name) != 0; }
    const float* floats(const std::string& name) const;
    std::vector<std::int64_t> integers(const std::string& name) const;
    int value(const std::string& name) const;

    // New values and steps.
    int fresh(Value value);
    int vector(int length);
    int planes(int channels, int height, int width, int pixel);
    int scalar();
    int alike(int other);
    Step& add(Op op, int x, int y);

    void take(const onnx::Node& node);
    void flatten(const onnx::Node& node);
    void reshape(const onnx::Node& node);
    void reduce(const onnx::Node& node);
    void join(const onnx::Node& node);
    void dot(const onnx::Node& node);

    // Layers, and what they take into themselves (layers.cpp).
    void dense(const onnx::Node& node);
    void convolve(const onnx::Node& node);
    void sum(const onnx::Node& node);
    void relu(const onnx::Node& node);
    void start(Step& step, const std::string& name, const Value& out);
};

}  // namespace myoshu::network
