#include "compiler.hpp"

#include <algorithm>
#include <utility>

#include "../error.hpp"

namespace myoshu::network {

void refuse(const std::string& what) { throw NetworkError("graph: expected what the exporter writes, got " + what); }

int small(std::int64_t number) {
    if (number < 1 || number > (std::int64_t{1} << 26)) refuse(text("a size of ", number));
    return static_cast<int>(number);
}

const onnx::Tensor& Compiler::tensor(const std::string& name) const {
    const auto found = graph_.tensors.find(name);
    if (found == graph_.tensors.end()) refuse("the value " + name + " where a weight belongs");
    return found->second;
}

const float* Compiler::floats(const std::string& name) const {
    const onnx::Tensor& weight = tensor(name);
    if (weight.type != onnx::Type::kFloat) refuse("integers in " + name);
    if (!weight.external) return weight.floats.data();
    const float* given = external_ ? external_(name, weight.dims) : nullptr;
    if (given == nullptr) throw NetworkError("graph: " + name + ": expected its numbers beside the graph, got none");
    return given;
}

std::vector<std::int64_t> Compiler::integers(const std::string& name) const {
    const onnx::Tensor& weight = tensor(name);
    if (weight.type != onnx::Type::kInt64) refuse("floats in " + name);
    return weight.ints;
}

int Compiler::value(const std::string& name) const {
    const auto found = names_.find(name);
    if (found == names_.end()) refuse("the value " + name + ", which nothing has computed yet");
    return found->second;
}

int Compiler::fresh(Value value) {
    if (value.size() > kMostNumbers) refuse("a value that is too large");
    plan_.values.push_back(value);
    return static_cast<int>(plan_.values.size()) - 1;
}

int Compiler::vector(int length) {
    Value value;
    value.channels = length;
    return fresh(value);
}

int Compiler::planes(int channels, int height, int width, int pixel) {
    Value value;
    value.layout = Layout::kPlanes;
    value.channels = channels;
    value.height = height;
    value.width = width;
    value.pixel = pixel;
    return fresh(value);
}

int Compiler::scalar() {
    Value value;
    value.layout = Layout::kScalar;
    value.channels = 1;
    return fresh(value);
}

int Compiler::alike(int other) {
    Value value = plan_.value(other);
    value.memory = value.last = value.port = -1;
    return fresh(value);
}

Step& Compiler::add(Op op, int x, int y) {
    Step step;
    step.op = op;
    step.x = x;
    step.y = y;
    made_[y] = static_cast<int>(plan_.steps.size());
    plan_.steps.push_back(std::move(step));
    return plan_.steps.back();
}

Plan Compiler::compile() {
    for (const onnx::Node& node : graph_.nodes) {
        for (const std::string& name : node.inputs) ++uses_[name];
    }
    for (const onnx::Port& port : graph_.outputs) ++uses_[port.name];
    const auto described = [](const onnx::Port& port) {
        std::size_t size = 1;
        for (const std::int64_t dimension : port.dims) size *= static_cast<std::size_t>(small(dimension));
        if (size > (std::size_t{1} << 27)) refuse("the value " + port.name + ", which is too large");
        return Port{port.name, port.type, port.dims, size};
    };
    for (const onnx::Port& port : graph_.inputs) {
        if (constant(port.name)) continue;
        plan_.inputs.push_back(described(port));
        const int number = static_cast<int>(plan_.inputs.size()) - 1;
        int made_value;
        if (port.type == onnx::Type::kInt64) {
            if (!port.dims.empty()) refuse("integers of several dimensions in " + port.name);
            Value index;
            index.layout = Layout::kIndex;
            made_value = fresh(index);
        } else {
            if (port.dims.size() == 3) {
                const int channels = small(port.dims[0]);
                made_value = planes(channels, small(port.dims[1]), small(port.dims[2]), channels < kBlock ? channels : filled(channels));
            } else {
                made_value = vector(small(static_cast<std::int64_t>(plan_.inputs.back().size)));
            }
            add(Op::kImport, -1, made_value).port = number;
        }
        plan_.value(made_value).port = number;
        names_[port.name] = made_value;
    }
    for (const onnx::Node& node : graph_.nodes) take(node);
    for (const onnx::Port& port : graph_.outputs) {
        plan_.outputs.push_back(described(port));
        const int from = value(port.name);
        const Value& held = plan_.value(from);
        const bool index = port.type == onnx::Type::kInt64;
        const std::ptrdiff_t count = static_cast<std::ptrdiff_t>(held.channels) * held.height * held.width;
        if (held.layout == Layout::kIndex || static_cast<std::size_t>(count) != plan_.outputs.back().size ||
            (index && plan_.steps[static_cast<std::size_t>(made_[from])].op != Op::kGreatest)) {
            refuse("an output " + port.name + " of another shape than its graph says");
        }
        Step& step = add(Op::kExport, from, -1);
        step.port = static_cast<int>(plan_.outputs.size()) - 1;
    }
    plan_.lay_out();
    std::int64_t together = 0;
    for (const std::ptrdiff_t size : plan_.memory) together += size;
    if (together > kMostTogether) refuse("values that take too much memory");
    return std::move(plan_);
}

void Compiler::take(const onnx::Node& node) {
    const auto inputs_are = [&](std::size_t least, std::size_t most) {
        if (node.inputs.size() < least || node.inputs.size() > most || node.outputs.size() != 1) {
            refuse(node.op + " with another number of inputs or outputs");
        }
    };
    const auto one = [&](Op op) {
        inputs_are(1, 1);
        const int x = value(node.inputs[0]);
        const int y = alike(x);
        add(op, x, y);
        names_[node.outputs[0]] = y;
    };
    if (node.op == "Gemm") {
        inputs_are(3, 3);
        dense(node);
    } else if (node.op == "Conv") {
        inputs_are(2, 3);
        convolve(node);
    } else if (node.op == "Gather") {
        inputs_are(2, 2);
        const int index = value(node.inputs[1]);
        if (node.integer("axis", 0) != 0 || plan_.value(index).layout != Layout::kIndex) refuse("Gather of another kind");
        gathered_[node.outputs[0]] = {node.inputs[0], index};
    } else if (node.op == "Add") {
        inputs_are(2, 2);
        sum(node);
    } else if (node.op == "Relu") {
        inputs_are(1, 1);
        relu(node);
    } else if (node.op == "Tanh") {
        one(Op::kTanh);
    } else if (node.op == "Mul") {
        inputs_are(2, 2);
        const onnx::Tensor& factor = tensor(node.inputs[1]);
        if (factor.size() != 1) refuse("Mul by more than one number");
        const float number = floats(node.inputs[1])[0];
        const int x = value(node.inputs[0]);
        const int y = alike(x);
        add(Op::kScaleBy, x, y).number = number;
        names_[node.outputs[0]] = y;
    } else if (node.op == "Div") {
        inputs_are(2, 2);
        const int x = value(node.inputs[0]);
        const int by = value(node.inputs[1]);
        if (plan_.value(by).layout != Layout::kScalar) refuse("Div by more than one number a row");
        const int y = alike(x);
        add(Op::kDivide, x, y).other = by;
        names_[node.outputs[0]] = y;
    } else if (node.op == "ReduceMax" || node.op == "ReduceMean") {
        inputs_are(2, 2);
        reduce(node);
    } else if (node.op == "Flatten") {
        inputs_are(1, 1);
        flatten(node);
    } else if (node.op == "Concat") {
        inputs_are(2, 2);
        join(node);
    } else if (node.op == "Reshape") {
        inputs_are(2, 2);
        reshape(node);
    } else if (node.op == "Softmax") {
        if (node.integer("axis", -1) != -1) refuse("Softmax over another axis");
        one(Op::kSoftmax);
        const Layout layout = plan_.value(names_[node.outputs[0]]).layout;
        if (layout != Layout::kVector && layout != Layout::kMatrix) refuse("Softmax of planes");
    } else if (node.op == "ArgMax") {
        inputs_are(1, 1);
        if (node.integer("axis", 0) != -1 || node.integer("keepdims", 1) != 0) refuse("ArgMax over another axis");
        const int x = value(node.inputs[0]);
        if (plan_.value(x).layout != Layout::kVector) refuse("ArgMax of something else than a vector");
        const int y = scalar();
        add(Op::kGreatest, x, y);
        names_[node.outputs[0]] = y;
    } else if (node.op == "MatMul") {
        inputs_are(2, 2);
        dot(node);
    } else {
        refuse("the operator " + node.op.substr(0, 80));
    }
}

void Compiler::flatten(const onnx::Node& node) {
    if (node.integer("axis", 1) != 1) refuse("Flatten of another axis");
    const int x = value(node.inputs[0]);
    const Value from = plan_.value(x);
    if (from.layout == Layout::kVector) {
        names_[node.outputs[0]] = x;
        return;
    }
    if (from.layout != Layout::kPlanes) refuse("Flatten of something else than planes");
    const int y = vector(from.channels * from.height * from.width);
    add(Op::kFlatten, x, y);
    names_[node.outputs[0]] = y;
}

void Compiler::reshape(const onnx::Node& node) {
    const int x = value(node.inputs[0]);
    const std::vector<std::int64_t> shape = integers(node.inputs[1]);
    const Value& from = plan_.value(x);
    if (from.layout != Layout::kVector || shape.size() != 3 || shape[0] != -1 ||
        static_cast<std::int64_t>(small(shape[1])) * small(shape[2]) != from.channels) {
        refuse("Reshape to another shape");
    }
    Value matrix;
    matrix.layout = Layout::kMatrix;
    matrix.channels = small(shape[1]);
    matrix.width = small(shape[2]);
    const int y = fresh(matrix);
    add(Op::kAlias, x, y);
    names_[node.outputs[0]] = y;
}

void Compiler::reduce(const onnx::Node& node) {
    const int x = value(node.inputs[0]);
    const Value from = plan_.value(x);
    const std::vector<std::int64_t> axes = integers(node.inputs[1]);
    const bool keep = node.integer("keepdims", 1) != 0;
    const bool greatest = node.op == "ReduceMax";
    const bool whole = from.layout == Layout::kPlanes ? axes == std::vector<std::int64_t>{1, 2, 3} : axes == std::vector<std::int64_t>{1};
    if (whole && keep && greatest && (from.layout == Layout::kPlanes || from.layout == Layout::kVector)) {
        const int y = scalar();
        add(Op::kMaximum, x, y);
        names_[node.outputs[0]] = y;
        return;
    }
    if (from.layout != Layout::kPlanes || axes != std::vector<std::int64_t>{2, 3} || keep) refuse(node.op + " of another kind");
    const int y = vector(from.channels);
    add(greatest ? Op::kPixelMaximum : Op::kPixelMean, x, y);
    names_[node.outputs[0]] = y;
}

void Compiler::join(const onnx::Node& node) {
    const int x = value(node.inputs[0]);
    const int other = value(node.inputs[1]);
    const Value& one = plan_.value(x);
    const Value& two = plan_.value(other);
    if (node.integer("axis", 0) != 1 || one.layout != Layout::kVector || two.layout != Layout::kVector) refuse("Concat of another kind");
    const int y = vector(one.channels + two.channels);
    add(Op::kJoin, x, y).other = other;
    names_[node.outputs[0]] = y;
}

void Compiler::dot(const onnx::Node& node) {
    const int x = value(node.inputs[0]);
    const Value& from = plan_.value(x);
    const onnx::Tensor& atoms = tensor(node.inputs[1]);
    const int length = from.layout == Layout::kMatrix ? from.width : from.channels;
    const bool column = atoms.dims.size() == 2 && atoms.dims[1] == 1 && from.layout == Layout::kVector;
    const bool vector_of_atoms = atoms.dims.size() == 1 && from.layout == Layout::kMatrix;
    if ((!column && !vector_of_atoms) || atoms.size() != length) refuse("MatMul of another shape");
    const float* numbers = floats(node.inputs[1]);
    const int y = vector(from.layout == Layout::kMatrix ? from.channels : 1);
    Step& step = add(Op::kDot, x, y);
    step.atoms.assign(static_cast<std::size_t>(filled(length)), 0.0f);
    std::copy(numbers, numbers + length, step.atoms.begin());
    names_[node.outputs[0]] = y;
}

}  // namespace myoshu::network
