#include "plan.hpp"

#include <algorithm>

namespace myoshu::network {

namespace {

constexpr std::size_t kCache = std::size_t{1} << 16;  // numbers that the planes computed together may hold
constexpr int kMostRows = 64;

}  // namespace

// Pieces of memory for the values: one is used again by a value of the same shape once nobody reads the earlier one.
void Plan::lay_out() {
    for (std::size_t i = 0; i < steps.size(); ++i) {
        for (const int read : {steps[i].x, steps[i].other}) {
            if (read >= 0) value(read).last = static_cast<int>(i);
        }
        weights += steps[i].weight.size() + steps[i].start.size();
    }
    for (std::size_t i = steps.size(); i-- > 0;) {  // what an alias is read for, its source is
        if (steps[i].op != Op::kAlias) continue;
        Value& source = value(steps[i].x);
        source.last = std::max(source.last, value(steps[i].y).last);
    }
    struct Piece {
        int memory;
        Value shape;
    };
    std::vector<Piece> free;
    std::vector<bool> bordered;  // pieces of planes
    for (std::size_t i = 0; i < steps.size(); ++i) {
        if (steps[i].y >= 0) {
            Value& out = value(steps[i].y);
            if (steps[i].op == Op::kAlias) {
                out.memory = value(steps[i].x).memory;
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
    for (std::size_t piece = 0; piece < memory.size(); ++piece) {
        if (bordered[piece]) each += static_cast<std::size_t>(memory[piece]);
    }
    rows = static_cast<int>(std::max<std::size_t>(1, std::min<std::size_t>(kMostRows, kCache / std::max<std::size_t>(1, each))));
}

}  // namespace myoshu::network
