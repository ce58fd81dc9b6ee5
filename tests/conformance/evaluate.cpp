// Computes a graph by the project's own kernels, for tests that run it on another processor than Python's.
//
//     evaluate GRAPH ROWS BATCH INPUTS OUTPUTS
//
// INPUTS holds the graph's inputs one after another, [ROWS, …] each, as they lie in memory; OUTPUTS is written alike.
// BATCH rows are computed at once. Prints which kernels computed.
#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <exception>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "network/program.hpp"

namespace {

using Bytes = std::vector<char>;

Bytes read(const char* path) {
    std::ifstream file(path, std::ios::binary);
    return Bytes(std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>());
}

std::size_t row_bytes(const myoshu::network::Port& port) { return port.size * (port.type == myoshu::onnx::Type::kInt64 ? 8 : 4); }

int evaluate(char** arguments) {
    const Bytes graph = read(arguments[1]);
    const std::size_t rows = std::strtoul(arguments[2], nullptr, 10), batch = std::strtoul(arguments[3], nullptr, 10);
    const Bytes inputs = read(arguments[4]);
    myoshu::network::Program program(myoshu::onnx::read(reinterpret_cast<const std::uint8_t*>(graph.data()), graph.size()), {});
    const myoshu::network::Kernels* kernels = myoshu::network::find_kernels("");
    const auto all_bytes = [&](const std::vector<myoshu::network::Port>& ports) {
        std::size_t size = 0;
        for (const auto& port : ports) size += rows * row_bytes(port);
        return size;
    };
    if (inputs.size() != all_bytes(program.inputs())) {
        std::fprintf(stderr, "%s: expected %zu bytes, got %zu\n", arguments[4], all_bytes(program.inputs()), inputs.size());
        return 1;
    }
    Bytes outputs(all_bytes(program.outputs()));
    for (std::size_t first = 0; first < rows; first += batch) {
        std::vector<const void*> from;
        std::vector<void*> to;
        std::size_t place = 0;
        for (const auto& port : program.inputs()) {
            from.push_back(inputs.data() + place + first * row_bytes(port));
            place += rows * row_bytes(port);
        }
        place = 0;
        for (const auto& port : program.outputs()) {
            to.push_back(outputs.data() + place + first * row_bytes(port));
            place += rows * row_bytes(port);
        }
        program.run(*kernels, static_cast<int>(std::min(batch, rows - first)), from.data(), to.data());
    }
    std::ofstream(arguments[5], std::ios::binary).write(outputs.data(), static_cast<std::streamsize>(outputs.size()));
    std::puts(kernels->name);
    return 0;
}

}  // namespace

int main(int count, char** arguments) {
    if (count != 6) {
        std::fputs("usage: evaluate GRAPH ROWS BATCH INPUTS OUTPUTS\n", stderr);
        return 2;
    }
    try {
        return evaluate(arguments);
    } catch (const std::exception& error) {
        std::fprintf(stderr, "%s\n", error.what());
        return 1;
    }
}
