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

    // Where a row of a value lies; null where there is no such value.
    float* at(int value, int row) const;

    // Steps on count rows, the first of which stands at `first` of the inputs and outputs.
    void take_in(const Kernels& kernels, const Step& step, int first, int count, const void* const* inputs);
    void give_out(const Kernels& kernels, const Step& step, int first, int count, void* const* outputs);
    void run_layer(const Kernels& kernels, const Step& step, int first, int count, const void* const* inputs);

    // How far into a layer's table the sums of a row begin.
    std::ptrdiff_t entry(const Step& step, int row, const void* const* inputs) const;

    std::shared_ptr<const Plan> plan_;
    std::unique_ptr<Memory> memory_;
};

}  // namespace myoshu::network
