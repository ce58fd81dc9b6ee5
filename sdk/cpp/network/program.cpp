#include "program.hpp"

#include <algorithm>
#include <utility>

#include "../error.hpp"
#include "compiler.hpp"

namespace myoshu::network {

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

Program::Program(const onnx::Graph& graph, const Weights& weights) : plan_(std::make_shared<const Plan>(Compiler(graph, weights).compile())) {
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

float rectified(float x) { return x < 0.0f ? 0.0f : x; }

// Runs of numbers that stand side by side: of planes without their borders, which stay zero whatever is computed.
template <typename Visit> void each_run(const Value& value, const Visit& visit) {
    if (value.layout != Layout::kPlanes) return visit(std::ptrdiff_t{0}, value.size());
    const Planes planes = value.planes();
    for (int down = 0; down < planes.height; ++down) {
        visit(planes.first() + down * planes.row(), static_cast<std::ptrdiff_t>(planes.width) * planes.channels);
    }
}

// y[i] = compute(x[i]) for all numbers of one row.
template <typename Compute> void each_number(const Value& value, const float* x, float* y, const Compute& compute) {
    each_run(value, [&](std::ptrdiff_t first, std::ptrdiff_t count) {
        for (std::ptrdiff_t i = first; i < first + count; ++i) y[i] = compute(x[i]);
    });
}

// (1 − e) / (1 + e) with e = exp(−2|x|), and the sign of x.
void tanh(const Kernels& kernels, const float* x, float* y, std::ptrdiff_t count) {
    float block[kBlock] = {};
    for (std::ptrdiff_t i = 0; i < count; i += kBlock) {
        const int lanes = static_cast<int>(std::min<std::ptrdiff_t>(kBlock, count - i));
        for (int lane = 0; lane < lanes; ++lane) {
            const float number = x[i + lane];
            block[lane] = number < 0.0f ? number + number : -(number + number);
        }
        kernels.exponentials(block, block, kBlock);
        for (int lane = 0; lane < lanes; ++lane) {
            const float size = (1.0f - block[lane]) / (1.0f + block[lane]);
            y[i + lane] = x[i + lane] < 0.0f ? -size : size;
        }
    }
}

// One row of a step that is no layer. second is the other operand, if it has one.
void compute(
    const Kernels& kernels, const Step& step, const Value& x, const Value& y, const float* from, const Value* other,
    const float* second, float* to, float* scratch
) {
    switch (step.op) {
        case Op::kAdd:
            each_run(y, [&](std::ptrdiff_t first, std::ptrdiff_t count) {
                for (std::ptrdiff_t i = first; i < first + count; ++i) to[i] = from[i] + second[i];
            });
            break;
        case Op::kRelu:
            each_number(y, from, to, rectified);
            break;
        case Op::kScaleBy:
            each_number(y, from, to, [by = step.number](float number) { return number * by; });
            break;
        case Op::kShiftBy:
            each_number(y, from, to, [by = step.number](float number) { return number + by; });
            break;
        case Op::kTanh:
            each_run(y, [&](std::ptrdiff_t first, std::ptrdiff_t count) { tanh(kernels, from + first, to + first, count); });
            break;
        case Op::kDivide:
            each_run(y, [&](std::ptrdiff_t first, std::ptrdiff_t count) { kernels.divide(from + first, second[0], to + first, count); });
            break;
        case Op::kFlatten:
            kernels.from_planes(x.planes(), x.channels, from, to);
            break;
        case Op::kJoin:
            std::copy(from, from + x.channels, to);
            std::copy(second, second + other->channels, to + x.channels);
            break;
        case Op::kMaximum:
            to[0] = kernels.greatest(x.planes(), x.channels, from);
            break;
        case Op::kPixelMaximum:
        case Op::kPixelMean:
            kernels.pool(x.planes(), step.op == Op::kPixelMean, from, to);
            break;
        case Op::kSoftmax:
            if (x.layout == Layout::kMatrix) {
                for (int line = 0; line < x.channels; ++line) kernels.softmax(from + line * x.width, to + line * x.width, x.width, scratch);
            } else {
                kernels.softmax(from, to, x.channels, scratch);
            }
            break;
        case Op::kDot:
            if (x.layout == Layout::kMatrix) {
                for (int line = 0; line < x.channels; ++line) to[line] = kernels.dot(from + line * x.width, step.atoms.data(), x.width);
            } else {
                to[0] = kernels.dot(from, step.atoms.data(), x.channels);
            }
            break;
        case Op::kGreatest: {
            int best = 0;
            for (int i = 1; i < x.channels; ++i) best = from[i] > from[best] ? i : best;
            to[0] = static_cast<float>(best);
            break;
        }
        case Op::kAlias:
        case Op::kImport:
        case Op::kExport:
        case Op::kDense:
        case Op::kConvolve:
            break;
    }
}

}  // namespace

void Program::run(const Kernels& kernels, int rows, const void* const* inputs, void* const* outputs) {
    for (int first = 0; first < rows; first += plan_->rows) {
        const int count = std::min(plan_->rows, rows - first);
        for (const Step& step : plan_->steps) {
            if (step.op == Op::kImport) {
                take_in(kernels, step, first, count, inputs);
            } else if (step.op == Op::kExport) {
                give_out(kernels, step, first, count, outputs);
            } else if (step.op == Op::kDense || step.op == Op::kConvolve) {
                run_layer(kernels, step, first, count, inputs);
            } else {
                const Value* other = step.other < 0 ? nullptr : &plan_->value(step.other);
                for (int row = 0; row < count; ++row) {
                    compute(
                        kernels, step, plan_->value(step.x), plan_->value(step.y), at(step.x, row), other, at(step.other, row),
                        at(step.y, row), memory_->scratch.data()
                    );
                }
            }
        }
    }
}

float* Program::at(int value, int row) const {
    if (value < 0) return nullptr;
    const Value& held = plan_->value(value);
    return memory_->pieces[static_cast<std::size_t>(held.memory)].get() + row * held.size();
}

void Program::take_in(const Kernels& kernels, const Step& step, int first, int count, const void* const* inputs) {
    const Value& y = plan_->value(step.y);
    const std::size_t size = plan_->inputs[static_cast<std::size_t>(step.port)].size;
    const float* given = static_cast<const float*>(inputs[step.port]) + static_cast<std::size_t>(first) * size;
    for (int row = 0; row < count; ++row, given += size) {
        if (y.layout == Layout::kPlanes) {
            kernels.to_planes(y.planes(), y.channels, given, at(step.y, row));
        } else {
            std::copy(given, given + size, at(step.y, row));
        }
    }
}

void Program::give_out(const Kernels& kernels, const Step& step, int first, int count, void* const* outputs) {
    const Value& x = plan_->value(step.x);
    const Port& port = plan_->outputs[static_cast<std::size_t>(step.port)];
    for (int row = 0; row < count; ++row) {
        const float* from = at(step.x, row);
        const std::size_t place = static_cast<std::size_t>(first + row) * port.size;
        float* to = static_cast<float*>(outputs[step.port]) + place;
        if (port.type == onnx::Type::kInt64) {
            static_cast<std::int64_t*>(outputs[step.port])[place] = static_cast<std::int64_t>(from[0]);
        } else if (x.layout == Layout::kPlanes) {
            kernels.from_planes(x.planes(), x.channels, from, to);
        } else {
            std::copy(from, from + port.size, to);
        }
    }
}

void Program::run_layer(const Kernels& kernels, const Step& step, int first, int count, const void* const* inputs) {
    for (int row = 0; row < count; ++row) {
        memory_->starts[static_cast<std::size_t>(row)] = step.start.data() + entry(step, first + row, inputs);
    }
    const Value &x = plan_->value(step.x), &y = plan_->value(step.y);
    const float* const* start = memory_->starts.data();
    const float* skip = at(step.other, 0);
    if (step.op == Op::kDense) {
        const Dense layer{x.channels, filled(step.outputs) / kBlock, step.weight.data(), step.relu};
        kernels.dense(layer, count, at(step.x, 0), x.size(), start, skip, at(step.y, 0), y.size());
        return;
    }
    const int pixel = step.table_planes ? filled(step.outputs) : 0;
    const Convolution layer{
        x.planes(), y.planes(), x.channels, step.side, step.stride, step.weight.data(), step.relu,
        static_cast<std::ptrdiff_t>(y.width) * pixel, pixel
    };
    kernels.convolve(layer, count, at(step.x, 0), x.size(), start, skip, at(step.y, 0), y.size());
}

std::ptrdiff_t Program::entry(const Step& step, int row, const void* const* inputs) const {
    if (step.table < 0) return 0;
    const int port = plan_->value(step.table).port;
    const std::int64_t index = static_cast<const std::int64_t*>(inputs[port])[row];
    if (index < 0 || index >= step.entries) {
        throw ArgumentError(text(
            plan_->inputs[static_cast<std::size_t>(port)].name, ": expected an integer from 0 to ", step.entries - 1, ", got ", index
        ));
    }
    return static_cast<std::ptrdiff_t>(index) * step.table_row;
}

}  // namespace myoshu::network
