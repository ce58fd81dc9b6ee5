// A move drawn from what a search found: how a level of strength plays worse than it could.
//
// Computed like the random numbers (random.hpp), so that every machine and every language draws the same move;
// myoshu.search.reference_sampling is the same in Python, and tests/vectors/random holds what both must give.
#pragma once

#include <cfloat>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <vector>

#include "elementary.hpp"
#include "random.hpp"

namespace myoshu {

struct Sampling {
    double temperature;  // above 0: moves are drawn in proportion to share^(1 / temperature)
    double mix;          // the prior's part of a share, from 0 to 1; the policy has the rest
    double slack;        // how much less than the best a move may be worth, in the game's units; infinity for any
};

// Of a root, all arrays [actions].
struct Found {
    const bool* legal;
    const float* policy;
    const float* prior;  // the network's own; read only if it is mixed in
    const float* q;
    std::int32_t action;  // what the search itself would play: legal
};

// A legal action, by a sample that is uniform in [0, 1). Without any share to draw by it is the search's own.
inline std::int32_t draw_move(const Sampling& sampling, const Found& found, std::int32_t actions, double sample) {
    constexpr double kLeastMass = 1e-30;  // of the prior on legal actions, which divides it
    const std::size_t count = static_cast<std::size_t>(actions);
    double best = -std::numeric_limits<double>::infinity();
    double mass = 0.0;
    for (std::size_t i = 0; i < count; ++i) {
        if (!found.legal[i]) continue;
        if (found.q[i] > best) best = found.q[i];
        if (sampling.mix > 0.0) mass += found.prior[i];
    }
    if (mass < kLeastMass) mass = kLeastMass;

    std::vector<double> weights(count, 0.0);
    double greatest = 0.0;
    for (std::size_t i = 0; i < count; ++i) {
        if (!found.legal[i]) continue;
        if (!(found.q[i] >= best - sampling.slack) && static_cast<std::int32_t>(i) != found.action) continue;
        double share = found.policy[i];
        if (sampling.mix > 0.0) share = (1.0 - sampling.mix) * share + sampling.mix * (found.prior[i] / mass);
        weights[i] = share;
        if (share > greatest) greatest = share;
    }
    if (!(greatest > 0.0)) return found.action;
    for (double& weight : weights) {
        const double ratio = weight / greatest;
        weight = ratio < DBL_MIN ? 0.0 : exp(log(ratio) / sampling.temperature);
    }
    return static_cast<std::int32_t>(pick(weights.data(), count, sample));
}

}  // namespace myoshu
