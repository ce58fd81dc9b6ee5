// The loop of a search: leaves out, evaluations in, until the budgets or the time are spent.
#pragma once

#include <chrono>
#include <exception>

#include "../network/evaluator.hpp"
#include "../search/wave.hpp"

namespace myoshu {

using Clock = std::chrono::steady_clock;

// Searches the wave's trees. The clock is read before each evaluation (and where lines end without one); a search that it ends can be continued by another
// call. Whatever an evaluation throws leaves the trees as they were before it.
//
// Returns whether all budgets are spent.
inline bool search(Wave& wave, Evaluator& evaluator, const Clock::time_point* deadline) {
    try {
        for (;;) {
            const std::int32_t rows = wave.step();
            if (rows == 0 && wave.done()) return true;
            if (deadline != nullptr && Clock::now() >= *deadline) {
                wave.cancel();
                return false;
            }
            if (rows > 0) evaluator.run(rows);
        }
    } catch (...) {
        wave.cancel();
        throw;
    }
}

}  // namespace myoshu
