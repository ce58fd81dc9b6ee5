// An evaluator whose calls are counted and timed.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>

#include "evaluator.hpp"

namespace myoshu {

// What any number of evaluators add to, from any thread.
class Meter {
public:
    void add(std::chrono::nanoseconds time) {
        nanoseconds_.fetch_add(time.count(), std::memory_order_relaxed);
        runs_.fetch_add(1, std::memory_order_relaxed);
    }
    double seconds() const { return 1e-9 * static_cast<double>(nanoseconds_.load(std::memory_order_relaxed)); }
    std::int64_t runs() const { return runs_.load(std::memory_order_relaxed); }

private:
    std::atomic<std::int64_t> nanoseconds_{0};
    std::atomic<std::int64_t> runs_{0};
};

class Metered : public Evaluator {
public:
    Metered(Evaluator& evaluator, Meter& meter) : evaluator_(evaluator), meter_(meter) {}

    void run(std::int32_t rows) override {
        const auto begin = std::chrono::steady_clock::now();
        evaluator_.run(rows);
        meter_.add(std::chrono::steady_clock::now() - begin);
    }

private:
    Evaluator& evaluator_;
    Meter& meter_;
};

}  // namespace myoshu
