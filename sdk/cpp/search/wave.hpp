// A forest tied to fixed arrays: one call takes in the evaluations of a wave of leaves and lays out the next.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

#include "forest.hpp"

namespace myoshu {

// The arrays, all contiguous; rows are `batch` but for the pool's, which are slots × nodes.
struct Arrays {
    float* pool;                 // [slots × nodes, latent]
    float* latent_in;            // [batch, latent]
    std::int64_t* action_in;     // [batch]
    const float* latent_out;     // [batch, latent]
    const float* prior;          // [batch, actions]
    const float* value;          // [batch, value_columns]
    const float* reward;         // [batch, reward_columns] or null
    const std::int64_t* mover;   // [batch] or null
    std::size_t latent;
    std::int32_t batch;
    std::int32_t value_columns;   // 1 or players
    std::int32_t reward_columns;  // 0, 1 or players
};

// What trees begin with, one row each: what the initial graph said, and what the caller wants.
struct Openings {
    const std::int32_t* slots;
    std::size_t count;
    const float* latent;         // [count, latent]
    const float* prior;          // [count, actions]
    const float* value;          // [count, value_columns], the mover's first
    std::int32_t value_columns;  // 1 or players
    const std::int32_t* to_play;
    const RootOptions* options;
};

class Wave {
public:
    Wave(Forest& forest, const Arrays& arrays);

    // Begin trees, all or, if it throws, none; the pool has their latents.
    void open(const Openings& openings);

    // Which slots take part from now on, until they are closed, opened again or rerooted, and how many leaves a wave has
    // at most. Leaves awaited already are still taken in.
    void begin(const std::int32_t* slots, std::size_t count, std::int32_t rows);

    // Take in what the last step asked for, then ask for the next leaves; returns how many rows to evaluate. There may be
    // none although it is not done, where lines end without an evaluation: step again.
    // Throws EvaluationError after everything sound has been taken in: a tree with an unsound row goes back to how it was
    // before the wave, and takes no further part.
    std::int32_t step();

    // Whether every tree that takes part has spent its budget, as far as the last step has seen.
    bool done() const { return active_.empty(); }

    // The leaves awaited go back to how they were before they were asked for.
    void cancel();

    std::int32_t pending() const { return static_cast<std::int32_t>(requests_.size()); }

    // The slots that the last step dropped, having had NaN or the like for them.
    const std::vector<std::int32_t>& failed() const { return failed_; }

    // Forest::reroot, and the pool's rows move with their nodes.
    std::vector<std::int32_t> reroot(std::int32_t slot, std::int32_t action, const RootOptions& options);

private:
    bool find_fault(const Request& request, std::size_t row, std::string& fault) const;
    void absorb();
    void absolute(const float* columns, std::int32_t width, std::int32_t first, float* values) const;

    Forest& forest_;
    Arrays arrays_;
    // A tree that takes part.
    struct Participant {
        std::int32_t slot;
        std::uint32_t generation;
    };

    std::vector<Participant> active_;  // trees with budget left, in the order of begin
    std::int32_t rows_ = 0;            // of a wave, at most
    std::vector<Request> requests_;
    std::vector<std::int32_t> failed_;
    std::string fault_;
};

}  // namespace myoshu
