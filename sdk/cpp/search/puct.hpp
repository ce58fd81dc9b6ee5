// Choosing an action by PUCT, and a chance outcome.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>

#include "config.hpp"
#include "elementary.hpp"
#include "tree.hpp"

namespace myoshu {

inline constexpr double kEpsilon = 1e-8;  // the least spread that Q is divided by (as in mctx)

// Q is brought to a common scale as (q − low) / range.
struct Scale {
    double low;
    double range;

    double operator()(double q) const { return (q - low) / range; }
};

// The scales that do not depend on the node.
inline Scale common_scale(const Config& config, const Tree& tree) {
    switch (config.normalization) {
        case Normalization::kRange:
            return {config.value_range.low, config.value_range.high - config.value_range.low};
        case Normalization::kTree:  // MuZero, eq. 5
            if (tree.greatest > tree.least) return {tree.least, tree.greatest - tree.least};
            return {0.0, 1.0};
        default:
            return {0.0, 1.0};
    }
}

// The weight of the prior but for the visit count of its action: √N · (c1 + log((N + c2 + 1) / c2)) (MuZero, eq. 2).
inline double exploration(const Config& config, double visits) {
    return (config.c1 + log((visits + config.c2 + 1.0) / config.c2)) * std::sqrt(visits);
}

// Which edge has the greatest Q + P · exploration / (1 + n) (MuZero, eq. 2); the lowest action among equals.
inline std::int32_t choose_puct(const Config& config, Tree& tree, Node& node, const double* own_sums, double explore) {
    const Edge* edges = tree.visited_edges(node);
    const float* priors = tree.priors + node.begin;
    const std::int32_t* actions = tree.actions + node.begin;
    const std::int32_t visited = node.visited;
    Scale scale;
    if (config.normalization == Normalization::kNode) {
        double least = node.visits > 0 ? own_sums[node.mover] / node.visits : 0.0;
        double greatest = least;
        for (std::int32_t i = 0; i < visited; ++i) {
            if (edges[i].visits == 0) continue;
            least = std::min(least, edges[i].q);
            greatest = std::max(greatest, edges[i].q);
        }
        scale = {least, std::max(greatest - least, kEpsilon)};
    } else {
        scale = common_scale(config, tree);
    }
    std::int32_t best = kNone;
    double best_score = 0.0;
    for (std::int32_t i = 0; i < visited; ++i) {
        const Edge& edge = edges[i];
        const std::int32_t count = edge.visits + edge.pending;
        double value = edge.visits > 0 ? scale(edge.q) : 0.0;
        if (edge.pending > 0) value -= config.virtual_loss * edge.pending / count;
        const double score = value + explore * static_cast<double>(priors[i]) / (1.0 + count);
        if (best == kNone || score > best_score || (score == best_score && actions[i] < actions[best])) {
            best = i;
            best_score = score;
        }
    }
    if (visited < node.count) {
        if (explore > 0.0) {
            tree.prepare_by_prior(node);
        } else {
            tree.prepare_by_action(node);
        }
        const double score = explore * static_cast<double>(priors[visited]);
        if (best == kNone || score > best_score || (score == best_score && actions[visited] < actions[best])) {
            best = visited;
        }
    }
    return best;
}

// Which edge's outcome has the greatest P / (n + 1): visits follow the probabilities (as mctx's stochastic MuZero does).
inline std::int32_t choose_outcome(Tree& tree, Node& node) {
    const Edge* edges = tree.visited_edges(node);
    const float* priors = tree.priors + node.begin;
    const std::int32_t* actions = tree.actions + node.begin;
    std::int32_t best = kNone;
    double best_score = 0.0;
    for (std::int32_t i = 0; i < node.visited; ++i) {
        const double score = static_cast<double>(priors[i]) / (1.0 + (edges[i].visits + edges[i].pending));
        if (best == kNone || score > best_score || (score == best_score && actions[i] < actions[best])) {
            best = i;
            best_score = score;
        }
    }
    if (node.visited < node.count) {
        tree.prepare_by_prior(node);
        const double score = static_cast<double>(priors[node.visited]);
        if (best == kNone || score > best_score || (score == best_score && actions[node.visited] < actions[best])) {
            best = node.visited;
        }
    }
    return best;
}

}  // namespace myoshu
