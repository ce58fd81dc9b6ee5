// The order in which Gumbel MuZero's sequential halving visits the root's actions.
#pragma once

#include <algorithm>
#include <cstdint>

namespace myoshu {

// For each simulation, how many visits the action to be simulated must have had (Danihelka et al. 2022, Section 3.3).
//
// It begins with `considered` actions and halves them in rounds that share out `planned` simulations evenly. A search
// that continues beyond the plan keeps visiting the last two. Written into memory the tree owns, a round at a time, as
// far as the search has come.
class Halving {
public:
    // memory [capacity]; considered >= 1; planned >= 1
    void begin(std::int32_t* memory, std::int32_t capacity, std::int32_t considered, std::int32_t planned) {
        memory_ = memory;
        capacity_ = capacity;
        considered_ = considered;
        planned_ = planned;
        filled_ = 0;
        level_ = 0;
        phases_ = 0;
        while ((std::int64_t{1} << phases_) < considered) ++phases_;
        rounds_ = rounds();
    }

    // The visit count asked for at a simulation, counted from 0 and below capacity.
    std::int32_t at(std::int32_t simulation) {
        while (filled_ <= simulation) extend();
        return memory_[simulation];
    }

private:
    std::int32_t rounds() const {
        if (phases_ == 0) return 1;
        return static_cast<std::int32_t>(std::max<std::int64_t>(1, planned_ / (std::int64_t{phases_} * considered_)));
    }

    void extend() {
        const std::int32_t end = std::min(filled_ + considered_, capacity_);
        std::fill(memory_ + filled_, memory_ + end, level_);
        filled_ = end;
        ++level_;
        if (phases_ > 0 && --rounds_ == 0) {
            considered_ = std::max(2, considered_ / 2);
            rounds_ = rounds();
        }
    }

    std::int32_t* memory_ = nullptr;
    std::int32_t capacity_ = 0;
    std::int32_t considered_ = 1;
    std::int32_t planned_ = 1;
    std::int32_t filled_ = 0;
    std::int32_t level_ = 0;
    std::int32_t phases_ = 0;
    std::int32_t rounds_ = 1;
};

}  // namespace myoshu
