#include "program.hpp"

#include <algorithm>
#include <cstring>
#include <limits>
#include <utility>

#include "../error.hpp"

namespace myoshu::network {

namespace {

constexpr std::size_t kCache = std::size_t{1} << 17;  // numbers that the rows computed together may hold
constexpr int kMostRows = 64;
constexpr std::int64_t kMostNumbers = std::int64_t{1} << 31;

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

[[noreturn]] void refuse(const std::string& what) { throw NetworkError("graph: expected what the exporter writes, got " + what); }

int small(std::int64_t number) {
    if (number < 1 || number > (std::int64_t{1} << 26)) refuse(text("a size of ", number));
    return static_cast<int>(number);
}

}  // namespace

struct Program::Plan {
    std::vector<Value> values;
    std::vector<Step> steps;
    std::vector<Port> inputs;
    std::vector<Port> outputs;
    std::vector<std::ptrdiff_t> memory;  // numbers a row of each piece
    std::vector<bool> bordered;
    int rows = 1;                        // computed together
    std::size_t weights = 0;             // numbers
    std::int64_t multiplications = 0;

    // While it is made.
    const onnx::Graph* graph = nullptr;
    const Weights* external = nullptr;
    std::map<std::string, int> names;
    std::map<std::string, int> uses;
    std::map<int, int> made;                            // value -> step
    std::map<std::string, std::pair<std::string, int>> gathered;  // value -> table, index

    Plan(const onnx::Graph& graph, const Weights& weights);

    const onnx::Tensor& tensor(const std::string& name) const {
        const auto found = graph->tensors.find(name);
        if (found == graph->tensors.end()) refuse("the value " + name + " where a weight belongs");
        return found->second;
    }
    bool constant(const std::string& name) const { return graph->tensors.count(name) != 0; }
    const float* floats(const std::string& name) const {
        const onnx::Tensor& weight = tensor(name);
        if (weight.type != onnx::Type::kFloat) refuse("integers in " + name);
        if (!weight.external) return weight.floats.data();
        const float* given = *external ? (*external)(name, weight.dims) : nullptr;
        if (given == nullptr) throw NetworkError("graph: " + name + ": expected its numbers beside the graph, got none");
        return given;
    }
    std::vector<std::int64_t> integers(const std::string& name) const {
        const onnx::Tensor& weight = tensor(name);
        if (weight.type != onnx::Type::kInt64) refuse("floats in " + name);
        return weight.ints;
    }
    int value(const std::string& name) const {
        const auto found = names.find(name);
        if (found == names.end()) refuse("the value " + name + ", which nothing has computed yet");
        return found->second;
    }
    int fresh(Value made_value) {
        if (made_value.size() > kMostNumbers) refuse("a value that is too large");
        values.push_back(made_value);
        return static_cast<int>(values.size()) - 1;
    }
    int vector(int length) {
        Value made_value;
        made_value.channels = length;
        return fresh(made_value);
    }
    int planes(int channels, int height, int width, int pixel) {
        Value made_value;
        made_value.layout = Layout::kPlanes;
        made_value.channels = channels;
        made_value.height = height;
        made_value.width = width;
        made_value.pixel = pixel;
        return fresh(made_value);
    }
    int scalar() {
        Value made_value;
        made_value.layout = Layout::kScalar;
        made_value.channels = 1;
        return fresh(made_value);
    }
    int alike(int other) {
        Value made_value = values[static_cast<std::size_t>(other)];
        made_value.memory = made_value.last = made_value.port = -1;
        return fresh(made_value);
    }
    Step& add(Op op, int x, int y) {
        Step step;
        step.op = op;
        step.x = x;
        step.y = y;
        made[y] = static_cast<int>(steps.size());
        steps.push_back(std::move(step));
        return steps.back();
    }

    void take(const onnx::Node& node);
    void dense(const onnx::Node& node);
    void convolve(const onnx::Node& node);
    void sum(const onnx::Node& node);
    void relu(const onnx::Node& node);
    void reduce(const onnx::Node& node);
    void join(const onnx::Node& node);
    void dot(const onnx::Node& node);
    void start(Step& step, const std::string& name, const Value& out);
    void lay_out();
};

Program::Plan::Plan(const onnx::Graph& given, const Weights& weights_given) : graph(&given), external(&weights_given) {
    for (const onnx::Node& node : given.nodes) {
        for (const std::string& name : node.inputs) ++uses[name];
    }
    for (const onnx::Port& port : given.outputs) ++uses[port.name];
    const auto described = [](const onnx::Port& port) {
        std::size_t size = 1;
        for (const std::int64_t dimension : port.dims) size *= static_cast<std::size_t>(small(dimension));
        if (size > (std::size_t{1} << 27)) refuse("the value " + port.name + ", which is too large");
        return Port{port.name, port.type, port.dims, size};
    };
    for (const onnx::Port& port : given.inputs) {
        if (constant(port.name)) continue;
        inputs.push_back(described(port));
        const int number = static_cast<int>(inputs.size()) - 1;
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
                made_value = vector(small(static_cast<std::int64_t>(inputs.back().size)));
            }
            add(Op::kImport, -1, made_value).port = number;
        }
        values[static_cast<std::size_t>(made_value)].port = number;
        names[port.name] = made_value;
    }
    for (const onnx::Node& node : given.nodes) take(node);
    for (const onnx::Port& port : given.outputs) {
        outputs.push_back(described(port));
        const int from = value(port.name);
        const Value& held = values[static_cast<std::size_t>(from)];
        const bool index = port.type == onnx::Type::kInt64;
        const std::ptrdiff_t count = static_cast<std::ptrdiff_t>(held.channels) * held.height * held.width;
        if (held.layout == Layout::kIndex || static_cast<std::size_t>(count) != outputs.back().size ||
            (index && steps[static_cast<std::size_t>(made[from])].op != Op::kGreatest)) {
            refuse("an output " + port.name + " of another shape than its graph says");
        }
        Step& step = add(Op::kExport, from, -1);
        step.port = static_cast<int>(outputs.size()) - 1;
    }
    lay_out();
    graph = nullptr;
    external = nullptr;
    names.clear();
    uses.clear();
    made.clear();
    gathered.clear();
}

void Program::Plan::take(const onnx::Node& node) {
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
        names[node.outputs[0]] = y;
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
        if (node.integer("axis", 0) != 0 || values[static_cast<std::size_t>(index)].layout != Layout::kIndex) refuse("Gather of another kind");
        gathered[node.outputs[0]] = {node.inputs[0], index};
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
        names[node.outputs[0]] = y;
    } else if (node.op == "Div") {
        inputs_are(2, 2);
        const int x = value(node.inputs[0]);
        const int by = value(node.inputs[1]);
        if (values[static_cast<std::size_t>(by)].layout != Layout::kScalar) refuse("Div by more than one number a row");
        const int y = alike(x);
        add(Op::kDivide, x, y).other = by;
        names[node.outputs[0]] = y;
    } else if (node.op == "ReduceMax" || node.op == "ReduceMean") {
        inputs_are(2, 2);
        reduce(node);
    } else if (node.op == "Flatten") {
        inputs_are(1, 1);
        if (node.integer("axis", 1) != 1) refuse("Flatten of another axis");
        const int x = value(node.inputs[0]);
        const Value from = values[static_cast<std::size_t>(x)];
        if (from.layout == Layout::kVector) {
            names[node.outputs[0]] = x;
            return;
        }
        if (from.layout != Layout::kPlanes) refuse("Flatten of something else than planes");
        const int y = vector(from.channels * from.height * from.width);
        add(Op::kFlatten, x, y);
        names[node.outputs[0]] = y;
    } else if (node.op == "Concat") {
        inputs_are(2, 2);
        join(node);
    } else if (node.op == "Reshape") {
        inputs_are(2, 2);
        const int x = value(node.inputs[0]);
        const std::vector<std::int64_t> shape = integers(node.inputs[1]);
        const Value& from = values[static_cast<std::size_t>(x)];
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
        names[node.outputs[0]] = y;
    } else if (node.op == "Softmax") {
        if (node.integer("axis", -1) != -1) refuse("Softmax over another axis");
        one(Op::kSoftmax);
        const Layout layout = values[static_cast<std::size_t>(names[node.outputs[0]])].layout;
        if (layout != Layout::kVector && layout != Layout::kMatrix) refuse("Softmax of planes");
    } else if (node.op == "ArgMax") {
        inputs_are(1, 1);
        if (node.integer("axis", 0) != -1 || node.integer("keepdims", 1) != 0) refuse("ArgMax over another axis");
        const int x = value(node.inputs[0]);
        if (values[static_cast<std::size_t>(x)].layout != Layout::kVector) refuse("ArgMax of something else than a vector");
        const int y = scalar();
        add(Op::kGreatest, x, y);
        names[node.outputs[0]] = y;
    } else if (node.op == "MatMul") {
        inputs_are(2, 2);
        dot(node);
    } else {
        refuse("the operator " + node.op.substr(0, 80));
    }
}

// A bias, or the rows of a table that an index chooses from.
void Program::Plan::start(Step& step, const std::string& name, const Value& out) {
    const auto chosen = gathered.find(name);
    const std::string& source = chosen == gathered.end() ? name : chosen->second.first;
    const onnx::Tensor& numbers = tensor(source);
    const float* from = floats(source);
    const int wide = filled(out.channels);
    if (chosen == gathered.end()) {
        if (numbers.size() != out.channels) refuse("a bias of another size");
        step.start.assign(static_cast<std::size_t>(wide), 0.0f);
        std::copy(from, from + out.channels, step.start.begin());
        return;
    }
    if (numbers.dims.empty() || numbers.dims[0] < 1) refuse("an empty table");
    step.table = chosen->second.second;
    const std::int64_t entries = numbers.dims[0];
    const std::int64_t each = numbers.size() / entries;
    const int squares = out.height * out.width;
    step.table_planes = each != out.channels;
    if (step.table_planes && each != static_cast<std::int64_t>(out.channels) * squares) refuse("a table of another size");
    const int spots = step.table_planes ? squares : 1;
    step.table_row = static_cast<std::ptrdiff_t>(spots) * wide;
    step.entries = entries;
    if (step.table_row * entries > kMostNumbers) refuse("a table that is too large");
    step.start.assign(static_cast<std::size_t>(step.table_row * entries), 0.0f);
    for (std::int64_t entry = 0; entry < entries; ++entry) {
        for (int channel = 0; channel < out.channels; ++channel) {
            for (int spot = 0; spot < spots; ++spot) {
                step.start[static_cast<std::size_t>(entry * step.table_row + static_cast<std::ptrdiff_t>(spot) * wide + channel)] =
                    from[entry * each + static_cast<std::int64_t>(channel) * spots + spot];
            }
        }
    }
}

void Program::Plan::dense(const onnx::Node& node) {
    const int x = value(node.inputs[0]);
    const Value in = values[static_cast<std::size_t>(x)];
    const onnx::Tensor& weight = tensor(node.inputs[1]);
    if (node.integer("transB", 0) != 1 || node.integer("transA", 0) != 0 || node.attributes.count("alpha") + node.attributes.count("beta") != 0) {
        refuse("Gemm of another kind");
    }
    if (in.layout != Layout::kVector || weight.dims.size() != 2 || weight.dims[1] != in.channels) refuse("Gemm of another shape");
    const int features = small(weight.dims[0]);
    const int y = vector(features);
    Step step;
    step.op = Op::kDense;
    step.outputs = features;
    const float* from = floats(node.inputs[1]);
    const int blocks = filled(features) / kBlock;
    step.weight.assign(static_cast<std::size_t>(blocks) * static_cast<std::size_t>(in.channels) * kBlock, 0.0f);
    for (int feature = 0; feature < features; ++feature) {
        float* panel = step.weight.data() + static_cast<std::ptrdiff_t>(feature / kBlock) * in.channels * kBlock + feature % kBlock;
        for (int k = 0; k < in.channels; ++k) panel[static_cast<std::ptrdiff_t>(k) * kBlock] = from[static_cast<std::ptrdiff_t>(feature) * in.channels + k];
    }
    start(step, node.inputs[2], values[static_cast<std::size_t>(y)]);
    multiplications += static_cast<std::int64_t>(features) * in.channels;
    Step& placed = add(Op::kDense, x, y);
    step.x = x;
    step.y = y;
    placed = std::move(step);
    names[node.outputs[0]] = y;
}

void Program::Plan::convolve(const onnx::Node& node) {
    const int x = value(node.inputs[0]);
    const Value in = values[static_cast<std::size_t>(x)];
    const onnx::Tensor& weight = tensor(node.inputs[1]);
    if (in.layout != Layout::kPlanes || weight.dims.size() != 4 || weight.dims[1] != in.channels || weight.dims[2] != weight.dims[3]) {
        refuse("Conv of another shape");
    }
    const int side = small(weight.dims[2]);
    const std::vector<std::int64_t> strides = node.integers("strides", {1, 1});
    const std::vector<std::int64_t> pads = node.integers("pads", {0, 0, 0, 0});
    const std::vector<std::int64_t> ones = node.integers("dilations", {1, 1});
    const bool same = pads.size() == 4 && std::all_of(pads.begin(), pads.end(), [&](std::int64_t pad) { return pad == side / 2; });
    const bool plain = std::all_of(ones.begin(), ones.end(), [](std::int64_t dilation) { return dilation == 1; });
    if ((side != 1 && side != 3) || !same || !plain || node.integer("group", 1) != 1 || strides.size() != 2 ||
        strides[0] != strides[1] || strides[0] < 1 || strides[0] > 2 || (side == 1 && strides[0] != 1)) {
        refuse("Conv of another kind");
    }
    const int stride = static_cast<int>(strides[0]);
    const int channels = small(weight.dims[0]);
    const int height = (in.height + stride - 1) / stride;
    const int width = (in.width + stride - 1) / stride;
    const int y = planes(channels, height, width, filled(channels));
    Step step;
    step.op = Op::kConvolve;
    step.outputs = channels;
    step.side = side;
    step.stride = stride;
    const float* from = floats(node.inputs[1]);
    const int blocks = filled(channels) / kBlock;
    const int window = side * side;
    step.weight.assign(static_cast<std::size_t>(blocks) * static_cast<std::size_t>(window * in.channels) * kBlock, 0.0f);
    for (int out = 0; out < channels; ++out) {
        for (int channel = 0; channel < in.channels; ++channel) {
            for (int spot = 0; spot < window; ++spot) {
                const std::ptrdiff_t place =
                    ((static_cast<std::ptrdiff_t>(out / kBlock) * window + spot) * in.channels + channel) * kBlock + out % kBlock;
                step.weight[static_cast<std::size_t>(place)] = from[(static_cast<std::ptrdiff_t>(out) * in.channels + channel) * window + spot];
            }
        }
    }
    if (node.inputs.size() == 3) {
        start(step, node.inputs[2], values[static_cast<std::size_t>(y)]);
    } else {
        step.start.assign(static_cast<std::size_t>(filled(channels)), 0.0f);
    }
    multiplications += static_cast<std::int64_t>(channels) * in.channels * window * height * width;
    Step& placed = add(Op::kConvolve, x, y);
    step.x = x;
    step.y = y;
    placed = std::move(step);
    names[node.outputs[0]] = y;
}

// A number added; the row of a table, or a skip, taken into the layer before where nothing else reads that.
void Program::Plan::sum(const onnx::Node& node) {
    for (int turn = 0; turn < 2; ++turn) {
        const std::string& first = node.inputs[static_cast<std::size_t>(turn)];
        const std::string& second = node.inputs[static_cast<std::size_t>(1 - turn)];
        if (constant(second)) {
            if (tensor(second).size() != 1) refuse("Add of a constant of more than one number");
            const int x = value(first);
            const float number = floats(second)[0];
            const int y = alike(x);
            add(Op::kShiftBy, x, y).number = number;
            names[node.outputs[0]] = y;
            return;
        }
    }
    for (int turn = 0; turn < 2; ++turn) {
        const std::string& first = node.inputs[static_cast<std::size_t>(turn)];
        const std::string& second = node.inputs[static_cast<std::size_t>(1 - turn)];
        if (gathered.count(first) != 0) continue;
        const int x = value(first);
        const auto found = made.find(x);
        if (found == made.end() || uses[first] != 1) continue;
        Step& layer = steps[static_cast<std::size_t>(found->second)];
        if ((layer.op != Op::kDense && layer.op != Op::kConvolve) || layer.relu || layer.other != -1) continue;
        const Value& out = values[static_cast<std::size_t>(x)];
        if (gathered.count(second) != 0) {
            const bool empty = std::all_of(layer.start.begin(), layer.start.end(), [](float number) { return number == 0.0f; });
            if (layer.table != -1 || !empty) refuse("a row of a table beside a bias");
            start(layer, second, out);
            names[node.outputs[0]] = x;
            return;
        }
        const int skip = value(second);
        const Value& added = values[static_cast<std::size_t>(skip)];
        const bool alike_shapes = added.layout == out.layout && added.channels == out.channels && added.height == out.height &&
            added.width == out.width && added.pixel == out.pixel;
        const auto before = made.find(skip);
        if (!alike_shapes || before == made.end() || before->second > found->second) continue;
        layer.other = skip;
        names[node.outputs[0]] = x;
        return;
    }
    if (gathered.count(node.inputs[0]) + gathered.count(node.inputs[1]) != 0) refuse("a row of a table added elsewhere than to a layer");
    const int x = value(node.inputs[0]);
    const int other = value(node.inputs[1]);
    const Value& one = values[static_cast<std::size_t>(x)];
    const Value& two = values[static_cast<std::size_t>(other)];
    if (one.layout != two.layout || one.channels != two.channels || one.height != two.height || one.width != two.width || one.pixel != two.pixel) {
        refuse("Add of two shapes");
    }
    const int y = alike(x);
    add(Op::kAdd, x, y).other = other;
    names[node.outputs[0]] = y;
}

void Program::Plan::relu(const onnx::Node& node) {
    const int x = value(node.inputs[0]);
    const auto found = made.find(x);
    if (found != made.end() && uses[node.inputs[0]] == 1) {
        Step& layer = steps[static_cast<std::size_t>(found->second)];
        if ((layer.op == Op::kDense || layer.op == Op::kConvolve) && !layer.relu) {
            layer.relu = true;
            names[node.outputs[0]] = x;
            return;
        }
    }
    const int y = alike(x);
    add(Op::kRelu, x, y);
    names[node.outputs[0]] = y;
}

void Program::Plan::reduce(const onnx::Node& node) {
    const int x = value(node.inputs[0]);
    const Value from = values[static_cast<std::size_t>(x)];
    const std::vector<std::int64_t> axes = integers(node.inputs[1]);
    const bool keep = node.integer("keepdims", 1) != 0;
    const bool greatest = node.op == "ReduceMax";
    const bool whole = from.layout == Layout::kPlanes ? axes == std::vector<std::int64_t>{1, 2, 3} : axes == std::vector<std::int64_t>{1};
    if (whole && keep && greatest && (from.layout == Layout::kPlanes || from.layout == Layout::kVector)) {
        const int y = scalar();
        add(Op::kMaximum, x, y);
        names[node.outputs[0]] = y;
        return;
    }
    if (from.layout != Layout::kPlanes || axes != std::vector<std::int64_t>{2, 3} || keep) refuse(node.op + " of another kind");
    const int y = vector(from.channels);
    add(greatest ? Op::kPixelMaximum : Op::kPixelMean, x, y);
    names[node.outputs[0]] = y;
}

void Program::Plan::join(const onnx::Node& node) {
    const int x = value(node.inputs[0]);
    const int other = value(node.inputs[1]);
    const Value& one = values[static_cast<std::size_t>(x)];
    const Value& two = values[static_cast<std::size_t>(other)];
    if (node.integer("axis", 0) != 1 || one.layout != Layout::kVector || two.layout != Layout::kVector) refuse("Concat of another kind");
    const int y = vector(one.channels + two.channels);
    add(Op::kJoin, x, y).other = other;
    names[node.outputs[0]] = y;
}

void Program::Plan::dot(const onnx::Node& node) {
    const int x = value(node.inputs[0]);
    const Value& from = values[static_cast<std::size_t>(x)];
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
    names[node.outputs[0]] = y;
}

// Pieces of memory for the values: one is used again by a value of the same shape once nobody reads the earlier one.
void Program::Plan::lay_out() {
    for (std::size_t i = 0; i < steps.size(); ++i) {
        for (const int read : {steps[i].x, steps[i].other}) {
            if (read >= 0) values[static_cast<std::size_t>(read)].last = static_cast<int>(i);
        }
        weights += steps[i].weight.size() + steps[i].start.size();
    }
    for (std::size_t i = steps.size(); i-- > 0;) {  // what an alias is read for, its source is
        if (steps[i].op != Op::kAlias) continue;
        Value& source = values[static_cast<std::size_t>(steps[i].x)];
        source.last = std::max(source.last, values[static_cast<std::size_t>(steps[i].y)].last);
    }
    struct Piece {
        int memory;
        Value shape;
    };
    std::vector<Piece> free;
    for (std::size_t i = 0; i < steps.size(); ++i) {
        if (steps[i].y >= 0) {
            Value& out = values[static_cast<std::size_t>(steps[i].y)];
            if (steps[i].op == Op::kAlias) {
                out.memory = values[static_cast<std::size_t>(steps[i].x)].memory;
            } else {
                const auto fits = [&](const Piece& piece) {
                    return piece.shape.layout == out.layout && piece.shape.size() == out.size() && piece.shape.height == out.height &&
                        piece.shape.width == out.width && piece.shape.pixel == out.pixel;
                };
                const auto found = std::find_if(free.begin(), free.end(), fits);
                if (found != free.end()) {
                    out.memory = found->memory;
                    free.erase(found);
                } else {
                    out.memory = static_cast<int>(memory.size());
                    memory.push_back(out.size());
                    bordered.push_back(out.layout == Layout::kPlanes);
                }
            }
        }
        for (std::size_t v = 0; v < values.size(); ++v) {
            const Value& held = values[v];
            if (held.last != static_cast<int>(i) || held.memory < 0) continue;
            const bool aliased = std::any_of(values.begin(), values.end(), [&](const Value& another) {
                return &another != &held && another.memory == held.memory && another.last > static_cast<int>(i);
            });
            const bool noted = std::any_of(free.begin(), free.end(), [&](const Piece& piece) { return piece.memory == held.memory; });
            if (!aliased && !noted) free.push_back({held.memory, held});
        }
    }
    std::size_t each = 0;
    for (const std::ptrdiff_t size : memory) each += static_cast<std::size_t>(size);
    rows = static_cast<int>(std::max<std::size_t>(1, std::min<std::size_t>(kMostRows, kCache / std::max<std::size_t>(1, each))));
}

struct Program::Memory {
    std::vector<std::unique_ptr<float[]>> pieces;
    std::vector<const float*> starts;
    std::vector<float> scratch;
    std::size_t bytes = 0;

    explicit Memory(const Plan& plan) : starts(static_cast<std::size_t>(plan.rows)) {
        for (const std::ptrdiff_t size : plan.memory) {
            const std::size_t count = static_cast<std::size_t>(size) * static_cast<std::size_t>(plan.rows);
            pieces.emplace_back(new float[count]());
            bytes += count * sizeof(float);
        }
        std::size_t longest = kBlock;
        for (const Value& value : plan.values) {
            longest = std::max(longest, static_cast<std::size_t>(filled(value.layout == Layout::kMatrix ? value.width : value.channels)));
        }
        scratch.resize(longest);
        bytes += longest * sizeof(float);
    }
};

Program::Program(const onnx::Graph& graph, const Weights& weights) : plan_(std::make_shared<const Plan>(graph, weights)) {
    memory_ = std::make_unique<Memory>(*plan_);
}

Program::Program(std::shared_ptr<const Plan> plan) : plan_(std::move(plan)), memory_(std::make_unique<Memory>(*plan_)) {}

Program::~Program() = default;

std::unique_ptr<Program> Program::share() const { return std::unique_ptr<Program>(new Program(plan_)); }

const std::vector<Port>& Program::inputs() const { return plan_->inputs; }
const std::vector<Port>& Program::outputs() const { return plan_->outputs; }
std::size_t Program::nbytes() const { return plan_->weights * sizeof(float) + memory_->bytes; }
std::int64_t Program::multiplications() const { return plan_->multiplications; }

namespace {

// The probabilities of count logits, into y (which may be x). Sums run in kBlock lanes, then pairwise.
void softmax(const Kernels& kernels, const float* x, float* y, int count, float* scratch) {
    float greatest = x[0];
    for (int i = 1; i < count; ++i) greatest = x[i] > greatest ? x[i] : greatest;
    const int wide = filled(count);
    for (int i = 0; i < count; ++i) scratch[i] = x[i] - greatest;
    for (int i = count; i < wide; ++i) scratch[i] = 0.0f;
    kernels.exponentials(scratch, scratch, wide);
    float lanes[kBlock] = {};
    for (int i = 0; i < count; ++i) lanes[i % kBlock] += scratch[i];
    for (int half = kBlock / 2; half > 0; half /= 2) {
        for (int lane = 0; lane < half; ++lane) lanes[lane] += lanes[lane + half];
    }
    for (int i = 0; i < count; ++i) y[i] = scratch[i] / lanes[0];
}

float dot(const float* x, const float* atoms, int count) {
    float lanes[kBlock] = {};
    for (int i = 0; i < count; ++i) lanes[i % kBlock] += x[i] * atoms[i];
    for (int half = kBlock / 2; half > 0; half /= 2) {
        for (int lane = 0; lane < half; ++lane) lanes[lane] += lanes[lane + half];
    }
    return lanes[0];
}

float rectified(float x) { return x < 0.0f ? 0.0f : x; }

// Every pixel's numbers, one pixel after another.
template <typename Visit> void each_pixel(const Planes& planes, const Visit& visit) {
    for (int down = 0; down < planes.height; ++down) {
        for (int right = 0; right < planes.width; ++right) {
            visit(planes.first() + down * planes.row() + static_cast<std::ptrdiff_t>(right) * planes.channels, down * planes.width + right);
        }
    }
}

}  // namespace

void Program::run(const Kernels& kernels, int rows, const void* const* inputs, void* const* outputs) {
    const Plan& plan = *plan_;
    Memory& memory = *memory_;
    const auto at = [&](int value, int row) -> float* {
        const Value& held = plan.values[static_cast<std::size_t>(value)];
        return memory.pieces[static_cast<std::size_t>(held.memory)].get() + row * held.size();
    };
    for (int first = 0; first < rows; first += plan.rows) {
        const int count = std::min(plan.rows, rows - first);
        const auto entry = [&](const Step& step, int row) -> std::ptrdiff_t {
            if (step.table < 0) return 0;
            const int port = plan.values[static_cast<std::size_t>(step.table)].port;
            const std::int64_t index = static_cast<const std::int64_t*>(inputs[port])[first + row];
            if (index < 0 || index >= step.entries) {
                throw ArgumentError(text(
                    plan.inputs[static_cast<std::size_t>(port)].name, ": expected an integer from 0 to ", step.entries - 1, ", got ", index
                ));
            }
            return static_cast<std::ptrdiff_t>(index) * step.table_row;
        };
        for (const Step& step : plan.steps) {
            const Value* x = step.x < 0 ? nullptr : &plan.values[static_cast<std::size_t>(step.x)];
            const Value* y = step.y < 0 ? nullptr : &plan.values[static_cast<std::size_t>(step.y)];
            if (step.op == Op::kDense) {
                for (int row = 0; row < count; ++row) {
                    memory.starts[static_cast<std::size_t>(row)] = step.start.data() + entry(step, row);
                }
                const Dense layer{x->channels, filled(step.outputs) / kBlock, step.weight.data(), step.relu};
                kernels.dense(
                    layer, count, at(step.x, 0), x->size(), memory.starts.data(), step.other < 0 ? nullptr : at(step.other, 0),
                    at(step.y, 0), y->size()
                );
                continue;
            }
            for (int row = 0; row < count; ++row) {
                float* to = step.y < 0 ? nullptr : at(step.y, row);
                const float* from = step.x < 0 ? nullptr : at(step.x, row);
                switch (step.op) {
                    case Op::kImport: {
                        const std::size_t size = plan.inputs[static_cast<std::size_t>(step.port)].size;
                        const float* given = static_cast<const float*>(inputs[step.port]) + static_cast<std::size_t>(first + row) * size;
                        if (y->layout != Layout::kPlanes) {
                            std::copy(given, given + size, to);
                            break;
                        }
                        const int squares = y->height * y->width;
                        each_pixel(y->planes(), [&](std::ptrdiff_t place, int square) {
                            for (int channel = 0; channel < y->channels; ++channel) to[place + channel] = given[channel * squares + square];
                        });
                        break;
                    }
                    case Op::kExport: {
                        const Port& port = plan.outputs[static_cast<std::size_t>(step.port)];
                        const std::size_t place = static_cast<std::size_t>(first + row) * port.size;
                        if (port.type == onnx::Type::kInt64) {
                            static_cast<std::int64_t*>(outputs[step.port])[place] = static_cast<std::int64_t>(from[0]);
                            break;
                        }
                        float* given = static_cast<float*>(outputs[step.port]) + place;
                        if (x->layout != Layout::kPlanes) {
                            std::copy(from, from + port.size, given);
                            break;
                        }
                        const int squares = x->height * x->width;
                        each_pixel(x->planes(), [&](std::ptrdiff_t spot, int square) {
                            for (int channel = 0; channel < x->channels; ++channel) given[channel * squares + square] = from[spot + channel];
                        });
                        break;
                    }
                    case Op::kConvolve: {
                        const int wide = filled(step.outputs);
                        Start start{step.start.data(), 0, 0};
                        if (step.table >= 0) {
                            start.numbers += entry(step, row);
                            if (step.table_planes) {
                                start.row = static_cast<std::ptrdiff_t>(y->width) * wide;
                                start.pixel = wide;
                            }
                        }
                        const Convolution layer{x->planes(), y->planes(), x->channels, step.side, step.stride, step.weight.data(), step.relu};
                        kernels.convolve(layer, from, start, step.other < 0 ? nullptr : at(step.other, row), to);
                        break;
                    }
                    case Op::kAdd: {
                        const float* other = at(step.other, row);
                        for (std::ptrdiff_t i = 0; i < y->size(); ++i) to[i] = from[i] + other[i];
                        break;
                    }
                    case Op::kRelu:
                        for (std::ptrdiff_t i = 0; i < y->size(); ++i) to[i] = rectified(from[i]);
                        break;
                    case Op::kScaleBy:
                        for (std::ptrdiff_t i = 0; i < y->size(); ++i) to[i] = from[i] * step.number;
                        break;
                    case Op::kShiftBy:
                        if (y->layout == Layout::kPlanes) {
                            each_pixel(y->planes(), [&](std::ptrdiff_t place, int) {
                                for (int channel = 0; channel < y->pixel; ++channel) to[place + channel] = from[place + channel] + step.number;
                            });
                        } else {
                            for (std::ptrdiff_t i = 0; i < y->size(); ++i) to[i] = from[i] + step.number;
                        }
                        break;
                    case Op::kTanh: {  // (1 − e) / (1 + e) with e = exp(−2|x|), and the sign of x
                        float block[kBlock];
                        for (std::ptrdiff_t i = 0; i < y->size(); i += kBlock) {
                            for (int lane = 0; lane < kBlock; ++lane) {
                                const float number = from[i + lane];
                                block[lane] = number < 0.0f ? number + number : -(number + number);
                            }
                            kernels.exponentials(block, block, kBlock);
                            for (int lane = 0; lane < kBlock; ++lane) {
                                const float size = (1.0f - block[lane]) / (1.0f + block[lane]);
                                to[i + lane] = from[i + lane] < 0.0f ? -size : size;
                            }
                        }
                        break;
                    }
                    case Op::kFlatten: {
                        const int squares = x->height * x->width;
                        each_pixel(x->planes(), [&](std::ptrdiff_t place, int square) {
                            for (int channel = 0; channel < x->channels; ++channel) to[channel * squares + square] = from[place + channel];
                        });
                        break;
                    }
                    case Op::kJoin: {
                        const Value& other = plan.values[static_cast<std::size_t>(step.other)];
                        const float* second = at(step.other, row);
                        std::copy(from, from + x->channels, to);
                        std::copy(second, second + other.channels, to + x->channels);
                        break;
                    }
                    case Op::kMaximum: {
                        float greatest = -std::numeric_limits<float>::infinity();
                        const auto look = [&](const float* numbers, int length) {
                            for (int i = 0; i < length; ++i) greatest = numbers[i] > greatest ? numbers[i] : greatest;
                        };
                        if (x->layout == Layout::kPlanes) {
                            each_pixel(x->planes(), [&](std::ptrdiff_t place, int) { look(from + place, x->channels); });
                        } else {
                            look(from, x->channels);
                        }
                        to[0] = greatest;
                        break;
                    }
                    case Op::kPixelMaximum:
                    case Op::kPixelMean: {
                        const bool mean = step.op == Op::kPixelMean;
                        std::fill(to, to + x->channels, mean ? 0.0f : -std::numeric_limits<float>::infinity());
                        each_pixel(x->planes(), [&](std::ptrdiff_t place, int) {
                            const float* pixel = from + place;
                            if (mean) {
                                for (int channel = 0; channel < x->channels; ++channel) to[channel] += pixel[channel];
                            } else {
                                for (int channel = 0; channel < x->channels; ++channel) to[channel] = pixel[channel] > to[channel] ? pixel[channel] : to[channel];
                            }
                        });
                        if (mean) {
                            const float squares = static_cast<float>(x->height * x->width);
                            for (int channel = 0; channel < x->channels; ++channel) to[channel] /= squares;
                        }
                        break;
                    }
                    case Op::kDivide: {
                        const float by = at(step.other, row)[0];
                        for (std::ptrdiff_t i = 0; i < y->size(); ++i) to[i] = from[i] / by;
                        break;
                    }
                    case Op::kSoftmax:
                        if (x->layout == Layout::kMatrix) {
                            for (int line = 0; line < x->channels; ++line) {
                                softmax(kernels, from + line * x->width, to + line * x->width, x->width, memory.scratch.data());
                            }
                        } else {
                            softmax(kernels, from, to, x->channels, memory.scratch.data());
                        }
                        break;
                    case Op::kDot:
                        if (x->layout == Layout::kMatrix) {
                            for (int line = 0; line < x->channels; ++line) to[line] = dot(from + line * x->width, step.atoms.data(), x->width);
                        } else {
                            to[0] = dot(from, step.atoms.data(), x->channels);
                        }
                        break;
                    case Op::kGreatest: {
                        int best = 0;
                        for (int i = 1; i < x->channels; ++i) best = from[i] > from[best] ? i : best;
                        to[0] = static_cast<float>(best);
                        break;
                    }
                    case Op::kAlias:
                    case Op::kDense:
                        break;
                }
            }
        }
    }
}

}  // namespace myoshu::network
