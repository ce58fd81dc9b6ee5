// Graphs that ONNX Runtime computes on the CPU, called by its C interface. Its shared library is opened when asked for.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "evaluator.hpp"
#include "onnxruntime_api.hpp"

namespace myoshu::onnxruntime {

// The shared library, and its environment. Sessions hold it.
class Library {
public:
    // path: in UTF-8. Throws NetworkError if the library is not there, is another one, or is too old.
    explicit Library(const std::string& path);
    ~Library();
    Library(const Library&) = delete;
    Library& operator=(const Library&) = delete;

    const std::string& version() const { return version_; }
    // The execution providers that were built into it, by ONNX Runtime's names.
    std::vector<std::string> providers() const;
    const Functions& functions() const { return functions_; }
    const Environment* environment() const { return environment_; }
    const MemoryInfo* memory() const { return memory_; }
    const RunOptions* run_options() const { return run_options_; }

    // Throw what a call returned, if it is an error.
    template <typename Error> void check(Status* status) const {
        if (status != nullptr) throw Error(words(status));
    }
    // What an error says; it is released.
    std::string words(Status* status) const;

private:
    void release();

    Functions functions_;
    std::string version_;
    Environment* environment_ = nullptr;
    MemoryInfo* memory_ = nullptr;
    RunOptions* run_options_ = nullptr;
};

enum class Type : int { kFloat32 = onnxruntime::kFloat32, kInt64 = onnxruntime::kInt64 };

// An input or output of a graph. Open dimensions are -1; the type is a number of ONNX Runtime's.
struct Port {
    std::string name;
    int type;
    std::vector<std::int64_t> dims;
};

// Numbers that somebody else holds.
struct Tensor {
    std::string name;
    Type type;
    std::vector<std::int64_t> dims;
    void* data;
};

// A graph in ONNX Runtime. Any number of threads may run it.
class Session {
public:
    // threads: of one operator. weights: what the graph keeps outside itself; they are copied.
    // Throws NetworkError with ONNX Runtime's words if it does not start.
    Session(std::shared_ptr<const Library> library, const void* graph, std::size_t bytes, int threads, const std::vector<Tensor>& weights);
    ~Session();
    Session(const Session&) = delete;
    Session& operator=(const Session&) = delete;

    const Library& library() const { return *library_; }
    SessionHandle* handle() const { return handle_; }
    const std::vector<Port>& inputs() const { return inputs_; }
    const std::vector<Port>& outputs() const { return outputs_; }

private:
    std::vector<Port> ports(bool inputs) const;

    std::shared_ptr<const Library> library_;
    SessionHandle* handle_ = nullptr;
    std::vector<Port> inputs_;
    std::vector<Port> outputs_;
};

// A graph tied to arrays. Belongs to one thread at a time.
class Bound : public Evaluator {
public:
    // inputs, outputs: [rows, …] each, every one of the graph's.
    Bound(std::shared_ptr<const Session> session, std::vector<Tensor> inputs, std::vector<Tensor> outputs, std::int32_t rows);
    ~Bound() override;
    Bound(const Bound&) = delete;
    Bound& operator=(const Bound&) = delete;

    // Throws EvaluationError with ONNX Runtime's words. Memory is taken where a number of rows is met for the first time.
    void run(std::int32_t rows) override;

private:
    Bindings* tie(std::int32_t rows) const;

    std::shared_ptr<const Session> session_;
    std::vector<Tensor> inputs_;
    std::vector<Tensor> outputs_;
    std::vector<Bindings*> by_rows_;  // index: rows; null before they are met
};

}  // namespace myoshu::onnxruntime
