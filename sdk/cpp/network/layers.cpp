#include <algorithm>

#include "compiler.hpp"

namespace myoshu::network {

// A bias, or the rows of a table that an index chooses from.
void Compiler::start(Step& step, const std::string& name, const Value& out) {
    const auto chosen = gathered_.find(name);
    const std::string& source = chosen == gathered_.end() ? name : chosen->second.first;
    const onnx::Tensor& numbers = tensor(source);
    const float* from = floats(source);
    const int wide = filled(out.channels);
    if (chosen == gathered_.end()) {
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

void Compiler::dense(const onnx::Node& node) {
    const int x = value(node.inputs[0]);
    const Value in = plan_.value(x);
    const onnx::Tensor& weight = tensor(node.inputs[1]);
    if (node.integer("transB", 0) != 1 || node.integer("transA", 0) != 0 || node.attributes.count("alpha") + node.attributes.count("beta") != 0) {
        refuse("Gemm of another kind");
    }
    if (in.layout != Layout::kVector || weight.dims.size() != 2 || weight.dims[1] != in.channels) refuse("Gemm of another shape");
    const int features = small(weight.dims[0]);
    const int y = vector(features);
    Step& step = add(Op::kDense, x, y);
    step.outputs = features;
    const float* from = floats(node.inputs[1]);
    const int blocks = filled(features) / kBlock;
    step.weight.assign(static_cast<std::size_t>(blocks) * static_cast<std::size_t>(in.channels) * kBlock, 0.0f);
    for (int feature = 0; feature < features; ++feature) {
        float* panel = step.weight.data() + static_cast<std::ptrdiff_t>(feature / kBlock) * in.channels * kBlock + feature % kBlock;
        for (int k = 0; k < in.channels; ++k) panel[static_cast<std::ptrdiff_t>(k) * kBlock] = from[static_cast<std::ptrdiff_t>(feature) * in.channels + k];
    }
    start(step, node.inputs[2], plan_.value(y));
    plan_.multiplications += static_cast<std::int64_t>(features) * in.channels;
    names_[node.outputs[0]] = y;
}

void Compiler::convolve(const onnx::Node& node) {
    const int x = value(node.inputs[0]);
    const Value in = plan_.value(x);
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
    Step& step = add(Op::kConvolve, x, y);
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
        start(step, node.inputs[2], plan_.value(y));
    } else {
        step.start.assign(static_cast<std::size_t>(filled(channels)), 0.0f);
    }
    plan_.multiplications += static_cast<std::int64_t>(channels) * in.channels * window * height * width;
    names_[node.outputs[0]] = y;
}

// A number added; the row of a table, or a skip, taken into the layer before where nothing else reads that.
void Compiler::sum(const onnx::Node& node) {
    for (int turn = 0; turn < 2; ++turn) {
        const std::string& first = node.inputs[static_cast<std::size_t>(turn)];
        const std::string& second = node.inputs[static_cast<std::size_t>(1 - turn)];
        if (constant(second)) {
            if (tensor(second).size() != 1) refuse("Add of a constant of more than one number");
            const int x = value(first);
            const float number = floats(second)[0];
            const int y = alike(x);
            add(Op::kShiftBy, x, y).number = number;
            names_[node.outputs[0]] = y;
            return;
        }
    }
    for (int turn = 0; turn < 2; ++turn) {
        const std::string& first = node.inputs[static_cast<std::size_t>(turn)];
        const std::string& second = node.inputs[static_cast<std::size_t>(1 - turn)];
        if (gathered_.count(first) != 0) continue;
        const int x = value(first);
        const auto found = made_.find(x);
        if (found == made_.end() || uses_[first] != 1) continue;
        Step& layer = plan_.steps[static_cast<std::size_t>(found->second)];
        if ((layer.op != Op::kDense && layer.op != Op::kConvolve) || layer.relu || layer.other != -1) continue;
        const Value& out = plan_.value(x);
        if (gathered_.count(second) != 0) {
            const bool empty = std::all_of(layer.start.begin(), layer.start.end(), [](float number) { return number == 0.0f; });
            if (layer.table != -1 || !empty) refuse("a row of a table beside a bias");
            start(layer, second, out);
            names_[node.outputs[0]] = x;
            return;
        }
        const int skip = value(second);
        const Value& added = plan_.value(skip);
        const bool alike_shapes = added.layout == out.layout && added.channels == out.channels && added.height == out.height &&
            added.width == out.width && added.pixel == out.pixel;
        const auto before = made_.find(skip);
        if (!alike_shapes || before == made_.end() || before->second > found->second) continue;
        layer.other = skip;
        names_[node.outputs[0]] = x;
        return;
    }
    if (gathered_.count(node.inputs[0]) + gathered_.count(node.inputs[1]) != 0) refuse("a row of a table added elsewhere than to a layer");
    const int x = value(node.inputs[0]);
    const int other = value(node.inputs[1]);
    const Value& one = plan_.value(x);
    const Value& two = plan_.value(other);
    if (one.layout != two.layout || one.channels != two.channels || one.height != two.height || one.width != two.width || one.pixel != two.pixel) {
        refuse("Add of two shapes");
    }
    const int y = alike(x);
    add(Op::kAdd, x, y).other = other;
    names_[node.outputs[0]] = y;
}

void Compiler::relu(const onnx::Node& node) {
    const int x = value(node.inputs[0]);
    const auto found = made_.find(x);
    if (found != made_.end() && uses_[node.inputs[0]] == 1) {
        Step& layer = plan_.steps[static_cast<std::size_t>(found->second)];
        if ((layer.op == Op::kDense || layer.op == Op::kConvolve) && !layer.relu) {
            layer.relu = true;
            names_[node.outputs[0]] = x;
            return;
        }
    }
    const int y = alike(x);
    add(Op::kRelu, x, y);
    names_[node.outputs[0]] = y;
}

}  // namespace myoshu::network
