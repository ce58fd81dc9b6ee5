// Choosing an action as Gumbel MuZero does (Danihelka et al. 2022), at the root and below it.
#pragma once

#include <algorithm>
#include <cfloat>
#include <cstdint>
#include <limits>

#include "config.hpp"
#include "elementary.hpp"
#include "puct.hpp"
#include "tree.hpp"

namespace myoshu {

inline constexpr double kLowest = -1e9;  // the least gumbel + logit (as in mctx)

// What completes the Q values of a node and scales them for the softmax.
struct Completion {
    double mixed;          // v_mix, which stands in for the Q of an unvisited action (Appendix D, eq. 33)
    double completed;      // the same, scaled
    double sigma;          // (c_visit + max N) · c_scale (eq. 8)
    std::int64_t visits;   // Σ N, pending ones included if asked for
    Scale scale;
};

// own_value: the node's own evaluation for its mover.
inline Completion complete(const Config& config, const Tree& tree, const Node& node, double own_value, bool count_pending) {
    const Edge* edges = tree.visited_edges(node);
    const float* priors = tree.priors + node.begin;
    double mass = 0.0;
    double weighted = 0.0;
    double least = std::numeric_limits<double>::infinity();
    double greatest = -least;
    std::int64_t real = 0;
    std::int64_t visits = 0;
    std::int32_t most = 0;
    std::int32_t known = 0;
    for (std::int32_t i = 0; i < node.visited; ++i) {
        const Edge& edge = edges[i];
        const std::int32_t count = edge.visits + (count_pending ? edge.pending : 0);
        visits += count;
        most = std::max(most, count);
        if (edge.visits == 0) continue;
        const double prior = std::max(static_cast<double>(priors[i]), static_cast<double>(FLT_MIN));
        mass += prior;
        weighted += prior * edge.q;
        least = std::min(least, edge.q);
        greatest = std::max(greatest, edge.q);
        real += edge.visits;
        ++known;
    }
    Completion result;
    result.visits = visits;
    const double count = static_cast<double>(real);
    result.mixed = known > 0 ? (own_value + count * (weighted / mass)) / (1.0 + count) : own_value;
    if (config.normalization == Normalization::kNode) {
        if (known < node.space) {
            least = std::min(least, result.mixed);
            greatest = std::max(greatest, result.mixed);
        }
        result.scale = {least, std::max(greatest - least, kEpsilon)};
    } else {
        result.scale = common_scale(config, tree);
    }
    result.sigma = (config.c_visit + most) * config.c_scale;
    result.completed = result.scale(result.mixed);
    return result;
}

// The scaled, completed Q of an edge that was chosen before; pending visits count as losses if asked for.
inline double completed_q(const Config& config, const Completion& completion, const Edge& edge, bool count_pending) {
    double value = edge.visits > 0 ? completion.scale(edge.q) : completion.completed;
    if (count_pending && edge.pending > 0) value -= config.virtual_loss * edge.pending / (edge.visits + edge.pending);
    return value;
}

// Which edge has the greatest π'(a) − N(a) / (1 + Σ N), where π' = softmax(logits + σ(completed Q)) (eq. 14).
//
// Scores are compared as float32, and equal ones by prior, then by lowest action: so the last bit of a sum, which
// depends on the order of its terms, decides nothing.
//
// scratch: as many doubles as the node has edges.
inline std::int32_t choose_gumbel(const Config& config, Tree& tree, Node& node, double own_value, double* scratch) {
    const std::int32_t visited = node.visited;
    if (visited < node.count) tree.prepare_by_prior(node);
    if (visited == 0) return 0;
    const Edge* edges = tree.visited_edges(node);
    const float* priors = tree.priors + node.begin;
    const std::int32_t* actions = tree.actions + node.begin;
    const Completion completion = complete(config, tree, node, own_value, true);
    double shift = -std::numeric_limits<double>::infinity();
    for (std::int32_t i = 0; i < visited; ++i) {
        scratch[i] = completion.sigma * completed_q(config, completion, edges[i], true);
        if (priors[i] > 0.0f) shift = std::max(shift, scratch[i]);
    }
    const double other = completion.sigma * completion.completed;
    const bool unvisited = visited < node.count && priors[visited] > 0.0f;
    if (unvisited) shift = std::max(shift, other);
    double total = 0.0;
    for (std::int32_t i = 0; i < visited; ++i) {
        scratch[i] = priors[i] > 0.0f ? static_cast<double>(priors[i]) * exp(scratch[i] - shift) : 0.0;
        total += scratch[i];
    }
    const double other_weight = unvisited ? exp(other - shift) : 0.0;
    if (unvisited) total += node.rest * other_weight;
    const double visits = 1.0 + static_cast<double>(completion.visits);
    std::int32_t best = kNone;
    float best_score = 0.0f;
    for (std::int32_t i = 0; i < visited; ++i) {
        const float score = static_cast<float>(scratch[i] / total - (edges[i].visits + edges[i].pending) / visits);
        const bool better = best == kNone || score > best_score ||
            (score == best_score && (priors[i] > priors[best] || (priors[i] == priors[best] && actions[i] < actions[best])));
        if (better) {
            best = i;
            best_score = score;
        }
    }
    if (visited < node.count) {
        const std::int32_t i = visited;
        const float score = static_cast<float>(static_cast<double>(priors[i]) * other_weight / total);
        if (score > best_score ||
            (score == best_score && (priors[i] > priors[best] || (priors[i] == priors[best] && actions[i] < actions[best])))) {
            best = i;
        }
    }
    return best;
}

// Which of the root's edges sequential halving simulates next: of those with the visit count that the schedule asks for, the
// one with the greatest gumbel + logit + σ(completed Q); the lowest action among equals.
inline std::int32_t choose_gumbel_root(const Config& config, Tree& tree, Node& root, double own_value) {
    const Edge* edges = tree.visited_edges(root);
    const std::int32_t* actions = tree.actions + root.begin;
    const auto since = [&](const Edge& edge) { return edge.visits - edge.before + edge.pending; };
    std::int32_t wanted = tree.halving.at(tree.done + tree.inflight);
    bool fresh = wanted == 0 && root.visited < root.count;
    bool seen = false;
    for (std::int32_t i = 0; i < root.visited && !seen; ++i) seen = since(edges[i]) == wanted;
    if (!fresh && !seen) {
        // Only after a wave that was withdrawn while simulations begun later had ended: the least visited catch up.
        fresh = root.visited < root.count;
        wanted = fresh ? 0 : std::numeric_limits<std::int32_t>::max();
        for (std::int32_t i = 0; i < root.visited; ++i) {
            wanted = std::min(wanted, since(edges[i]));
        }
        for (std::int32_t i = 0; i < root.visited && !seen; ++i) seen = since(edges[i]) == wanted;
    }
    if (fresh) tree.prepare_by_base(root);
    if (!seen) return root.visited;
    const Completion completion = complete(config, tree, root, own_value, true);
    std::int32_t best = kNone;
    double best_score = 0.0;
    for (std::int32_t i = 0; i < root.visited; ++i) {
        if (since(edges[i]) != wanted) continue;
        const double score = tree.bases[i] + completion.sigma * completed_q(config, completion, edges[i], true);
        if (best == kNone || score > best_score || (score == best_score && actions[i] < actions[best])) {
            best = i;
            best_score = score;
        }
    }
    if (fresh) {
        const std::int32_t i = root.visited;
        const double score = tree.bases[i] + completion.sigma * completion.completed;
        if (score > best_score || (score == best_score && actions[i] < actions[best])) best = i;
    }
    return best;
}

}  // namespace myoshu
