// A network as a list of steps over memory that is laid out once: what the exporter's graphs compute, and nothing else.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "compiler.hpp"
#include "kernels.hpp"

namespace myoshu::network {

// Computes one graph. Belongs to one thread at a time; any number may share the weights (see `share`).
//
// A row's outputs do not depend on the rows beside it, nor on the kernels that compute them, bit for bit.
class Program {
public:
    // Throws NetworkError if the graph has an operator, or a shape, that the exporter does not write.
    Program(const onnx::Graph& graph, const Weights& weights);
    ~Program();

    Program(const Program&) = delete;
    Program& operator=(const Program&) = delete;

    // The same network with memory of its own.
    std::unique_ptr<Program> share() const;

    const std::vector<Port>& inputs() const;
    const std::vector<Port>& outputs() const;
    std::size_t nbytes() const;  // of weights and memory
    std::int64_t multiplications() const;  // of one row

    // inputs, outputs: in the order of the ports, [rows, *dims] each.
    void run(const Kernels& kernels, int rows, const void* const* inputs, void* const* outputs);

private:
    struct Memory;
    explicit Program(std::shared_ptr<const Plan> plan);

    std::shared_ptr<const Plan> plan_;
    std::unique_ptr<Memory> memory_;
};

}  // namespace myoshu::network
