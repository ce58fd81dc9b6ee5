#include "program.hpp"

#include <algorithm>
#include <limits>
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
