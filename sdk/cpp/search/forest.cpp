#include "forest.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

#include "elementary.hpp"
#include "../error.hpp"
#include "gumbel.hpp"
#include "puct.hpp"

namespace myoshu {

namespace {

constexpr std::int32_t kExplorationTable = 4096;
constexpr std::int64_t kRecords = 4;  // of visited edges, a node: twice what they take, so that they rarely need be compacted
constexpr std::int32_t kEnded = 8;    // simulations in a row that end without an evaluation, which end a tree's wave
constexpr double kInfinity = std::numeric_limits<double>::infinity();

// Whether every number is finite and none is negative (-0 passes).
bool are_probabilities(const float* values, std::int32_t count) {
    std::uint32_t wrong = 0;
    for (std::int32_t i = 0; i < count; ++i) {
        std::uint32_t bits;
        std::memcpy(&bits, values + i, sizeof bits);
        wrong |= bits | (bits + 0x00800000u);  // the sign, or an exponent of all ones
    }
    if ((wrong & 0x80000000u) == 0) return true;
    return std::all_of(values, values + count, [](float value) { return std::isfinite(value) && value >= 0.0f; });
}

bool are_finite(const float* values, std::int32_t count) {
    return std::all_of(values, values + count, [](float value) { return std::isfinite(value); });
}

// Sums over action sets run in eight lanes, the i-th number going to lane i mod 8: fast, and the same everywhere.
template <typename Number> double lane_sum(const Number* values, std::int32_t count) {
    double lanes[8] = {};
    std::int32_t i = 0;
    for (; i + 8 <= count; i += 8) {
        for (std::int32_t lane = 0; lane < 8; ++lane) lanes[lane] += static_cast<double>(values[i + lane]);
    }
    for (std::int32_t lane = 0; i < count; ++i, ++lane) lanes[lane] += static_cast<double>(values[i]);
    double sum = 0.0;
    for (const double lane : lanes) sum += lane;
    return sum;
}

// Divide by the sum; all zero: share evenly.
void normalize(float* priors, std::int32_t count) {
    const double sum = lane_sum(priors, count);
    if (sum > 0.0) {
        const double inverse = 1.0 / sum;
        for (std::int32_t i = 0; i < count; ++i) priors[i] = static_cast<float>(static_cast<double>(priors[i]) * inverse);
    } else {
        std::fill(priors, priors + count, static_cast<float>(1.0 / count));
    }
}

std::int32_t legal_count(const ActionSet& set) {
    if (set.legal == nullptr) return set.count;
    return static_cast<std::int32_t>(std::count(set.legal, set.legal + set.count, true));
}

template <typename T> std::unique_ptr<T[]> memory(std::size_t count, std::size_t& bytes) {
    if (count > std::numeric_limits<std::size_t>::max() / 2 / sizeof(T)) throw CapacityError("forest: too large to address");
    bytes += count * sizeof(T);
    return std::unique_ptr<T[]>(new T[count]);
}

}  // namespace

Forest::Forest(
    const Config& config, std::int32_t slots, std::int32_t actions, std::int32_t players, std::int32_t nodes, std::int32_t edges
)
    : config_(config), slots_(slots), actions_(actions), players_(players), nodes_(nodes), edges_(edges) {
    const std::size_t all = static_cast<std::size_t>(slots) * static_cast<std::size_t>(nodes);
    const std::size_t rows = all * static_cast<std::size_t>(players);
    const std::size_t all_edges = static_cast<std::size_t>(slots) * static_cast<std::size_t>(edges);
    const std::size_t roots = static_cast<std::size_t>(slots) * static_cast<std::size_t>(actions);
    node_memory_ = memory<Node>(all, bytes_);
    sum_memory_ = memory<double>(rows, bytes_);
    value_memory_ = memory<float>(rows, bytes_);
    reward_memory_ = memory<float>(rows, bytes_);
    prior_memory_ = memory<float>(all_edges, bytes_);
    action_memory_ = memory<std::int32_t>(all_edges, bytes_);
    const std::int32_t records = std::min(std::int64_t{edges}, kRecords * nodes);
    edge_memory_ = memory<Edge>(static_cast<std::size_t>(slots) * static_cast<std::size_t>(records), bytes_);
    base_memory_ = memory<double>(roots, bytes_);
    schedule_memory_ = memory<std::int32_t>(all, bytes_);
    scratch_ = memory<double>(static_cast<std::size_t>(actions), bytes_);
    trees_.resize(static_cast<std::size_t>(slots));
    listed_.assign(static_cast<std::size_t>(slots), 0);
    for (std::size_t slot = 0; slot < trees_.size(); ++slot) {
        Tree& tree = trees_[slot];
        tree.nodes = node_memory_.get() + slot * static_cast<std::size_t>(nodes);
        tree.sums = sum_memory_.get() + slot * static_cast<std::size_t>(nodes) * static_cast<std::size_t>(players);
        tree.values = value_memory_.get() + slot * static_cast<std::size_t>(nodes) * static_cast<std::size_t>(players);
        tree.rewards = reward_memory_.get() + slot * static_cast<std::size_t>(nodes) * static_cast<std::size_t>(players);
        tree.priors = prior_memory_.get() + slot * static_cast<std::size_t>(edges);
        tree.actions = action_memory_.get() + slot * static_cast<std::size_t>(edges);
        tree.edges.place(edge_memory_.get() + slot * static_cast<std::size_t>(records), records);
        tree.bases = base_memory_.get() + slot * static_cast<std::size_t>(actions);
        tree.schedule = schedule_memory_.get() + slot * static_cast<std::size_t>(nodes);
    }
    if (config_.algorithm == Algorithm::kPuct) {
        exploration_.resize(static_cast<std::size_t>(std::min(nodes + 1, kExplorationTable)));
        for (std::size_t i = 0; i < exploration_.size(); ++i) exploration_[i] = exploration(config_, static_cast<double>(i));
    }
    bytes_ += exploration_.size() * sizeof(double) + trees_.size() * (sizeof(Tree) + sizeof(std::uint32_t));
}

void Forest::require_slot(std::int32_t slot) const {
    if (slot < 0 || slot >= slots_) {
        throw ArgumentError(text("slot: expected an integer from 0 to ", slots_ - 1, ", got ", slot));
    }
}

void Forest::require_open(std::int32_t slot) const {
    require_slot(slot);
    if (!trees_[slot].open) throw ArgumentError(text("slot: expected an open slot, got ", slot, ", which is closed"));
}

bool Forest::is_open(std::int32_t slot) const {
    require_slot(slot);
    return trees_[slot].open;
}

std::pair<std::int32_t, std::vector<std::int32_t>> Forest::root_set(std::int32_t slot) const {
    require_open(slot);
    const Tree& tree = trees_[slot];
    const Node& root = tree.nodes[0];
    std::vector<std::int32_t> ids;
    if (root.sparse) {
        ids.assign(tree.actions + root.begin, tree.actions + root.begin + root.count);
        std::sort(ids.begin(), ids.end());
    }
    return {root.sparse ? root.count : root.space, ids};
}

// Everything but the legal actions and the room that there is, of an action set of this size.
void Forest::check_options(std::int32_t slot, std::int32_t count, const RootOptions& options) const {
    if (options.noise != nullptr && !are_probabilities(options.noise, count)) {
        throw ArgumentError(text("slot ", slot, ": noise: expected probabilities, got a negative number, NaN or infinity"));
    }
    if (options.gumbel != nullptr && !are_finite(options.gumbel, count)) {
        throw ArgumentError(text("slot ", slot, ": gumbel: expected finite numbers, got NaN or infinity"));
    }
    if (options.simulations < 0) {
        throw ArgumentError(text("slot ", slot, ": simulations: expected a number from 0, got ", options.simulations));
    }
    if (options.planned < 1) {
        throw ArgumentError(text("slot ", slot, ": planned: expected a number from 1, got ", options.planned));
    }
}

void Forest::check(std::int32_t slot, const Root& root) const {
    require_slot(slot);
    const ActionSet set = root.set();
    if (root.to_play < kChance || root.to_play >= players_) {
        throw ArgumentError(text(
            "slot ", slot, ": to_play: expected an integer from ", kChance, " to ", players_ - 1, ", got ", root.to_play
        ));
    }
    for (std::int32_t i = 0; i < set.count; ++i) {
        if (!are_probabilities(set.prior + i, 1)) {
            throw EvaluationError(text("slot ", slot, ": prior[", i, "]: expected a probability, got ", set.prior[i]));
        }
    }
    for (std::int32_t i = 0; i < players_; ++i) {
        if (!std::isfinite(root.value[i])) {
            throw EvaluationError(text("slot ", slot, ": value[", i, "]: expected a finite number, got ", root.value[i]));
        }
    }
    const std::int64_t own = legal_count(set);
    if (own == 0) {
        throw LegalActionsError(text("slot ", slot, ": legal: expected at least one legal action, got none of ", set.count));
    }
    const std::int32_t simulations = root.options.simulations;
    check_options(slot, set.count, root.options);
    if (set.count > actions_) {
        throw CapacityError(text("slot ", slot, ": actions: expected at most ", actions_, " a node, got ", set.count));
    }
    if (simulations >= nodes_) {
        throw CapacityError(text(
            "slot ", slot, ": simulations: expected at most ", nodes_ - 1, " (the forest has ", nodes_,
            " nodes a slot, the root being one), got ", simulations
        ));
    }
    const std::int64_t needed = own + (set.ids == nullptr ? static_cast<std::int64_t>(simulations) * actions_ : 0);
    if (needed > edges_) {
        throw CapacityError(text(
            "slot ", slot, ": edges: expected at least ", needed, " a slot for ", simulations,
            " simulations, got a forest with ", edges_
        ));
    }
}

std::int32_t Forest::lay_edges(Tree& tree, std::int32_t begin, const ActionSet& set) const {
    float* priors = tree.priors + begin;
    std::int32_t* actions = tree.actions + begin;
    std::int32_t count = set.count;
    if (set.legal == nullptr) {
        if (set.ids == nullptr) {
            for (std::int32_t i = 0; i < count; ++i) actions[i] = i;
        } else {
            std::copy(set.ids, set.ids + count, actions);
        }
        const double sum = lane_sum(set.prior, count);
        if (sum > 0.0) {
            const double inverse = 1.0 / sum;
            for (std::int32_t i = 0; i < count; ++i) {
                priors[i] = static_cast<float>(static_cast<double>(set.prior[i]) * inverse);
            }
            return count;
        }
        std::fill(priors, priors + count, 0.0f);
    } else {
        count = 0;
        for (std::int32_t i = 0; i < set.count; ++i) {
            if (!set.legal[i]) continue;
            priors[count] = set.prior[i];
            actions[count] = set.ids == nullptr ? i : set.ids[i];
            ++count;
        }
    }
    normalize(priors, count);
    return count;
}

// noise and gumbel have one element for each of the root's edges, in ascending order of action.
void Forest::begin_search(Tree& tree, const RootOptions& options) {
    const float* noise = options.noise;
    const float* gumbel = options.gumbel;
    Node& root = tree.nodes[0];
    const std::int32_t begin = root.begin;
    std::vector<std::int32_t> order(static_cast<std::size_t>(root.count));
    std::iota(order.begin(), order.end(), begin);
    const auto lower = [&](std::int32_t a, std::int32_t b) { return tree.actions[a] < tree.actions[b]; };
    if (!std::is_sorted(order.begin(), order.end(), lower)) std::sort(order.begin(), order.end(), lower);
    std::vector<float> priors(order.size());
    for (std::size_t i = 0; i < order.size(); ++i) priors[i] = tree.priors[order[i]];
    if (noise != nullptr && config_.algorithm == Algorithm::kPuct) {
        const double fraction = config_.dirichlet_fraction;
        for (std::size_t i = 0; i < order.size(); ++i) {
            priors[i] = static_cast<float>((1.0 - fraction) * static_cast<double>(priors[i]) + fraction * static_cast<double>(noise[i]));
        }
        normalize(priors.data(), root.count);
        for (std::size_t i = 0; i < order.size(); ++i) tree.priors[order[i]] = priors[i];
    }
    std::fill(tree.bases, tree.bases + root.count, 0.0);
    if (config_.algorithm == Algorithm::kGumbel) {
        const double greatest = log(static_cast<double>(*std::max_element(priors.begin(), priors.end())));
        for (std::size_t i = 0; i < order.size(); ++i) {
            const double sample = gumbel == nullptr ? 0.0 : static_cast<double>(gumbel[i]);
            tree.bases[order[i] - begin] = std::max(kLowest, sample + (log(static_cast<double>(priors[i])) - greatest));
        }
        tree.halving.begin(tree.schedule, nodes_, std::min(config_.considered_actions, root.count), options.planned);
    }
    Edge* edges = tree.visited_edges(root);
    for (std::int32_t i = 0; i < root.visited; ++i) edges[i].before = edges[i].visits;
    root.ready = false;
    tree.budget = options.simulations;
    tree.done = 0;
    tree.inflight = 0;
    ++tree.generation;
    tree.open = true;
}

void Forest::open(std::int32_t slot, const Root& root) {
    const ActionSet set = root.set();
    Tree& tree = trees_[slot];
    Node& node = tree.nodes[0];
    node.discount = 1.0;
    node.parent = kNone;
    node.edge = kNone;
    node.begin = 0;
    node.slice = {0, 0};
    node.count = lay_edges(tree, 0, set);
    node.space = set.count;
    node.visited = 0;
    node.visits = config_.root_counts ? 1 : 0;
    node.pending = 0;
    node.mover = root.to_play;
    node.ready = false;
    node.terminal = false;
    node.sparse = set.ids != nullptr;
    for (std::int32_t player = 0; player < players_; ++player) {
        tree.values[player] = root.value[player];
        tree.rewards[player] = 0.0f;
        tree.sums[player] = config_.root_counts ? static_cast<double>(root.value[player]) : 0.0;
    }
    tree.node_count = 1;
    tree.edge_count = node.count;
    tree.edges.clear();
    tree.least = kInfinity;
    tree.greatest = -kInfinity;
    const auto legal_samples = [&](const float* samples) {
        std::vector<float> kept;
        if (samples == nullptr) return kept;
        kept.reserve(static_cast<std::size_t>(set.count));
        for (std::int32_t i = 0; i < set.count; ++i) {
            if (set.legal == nullptr || set.legal[i]) kept.push_back(samples[i]);
        }
        return kept;
    };
    const std::vector<float> noise = legal_samples(root.options.noise);
    const std::vector<float> gumbel = legal_samples(root.options.gumbel);
    RootOptions options = root.options;
    options.noise = noise.empty() ? nullptr : noise.data();
    options.gumbel = gumbel.empty() ? nullptr : gumbel.data();
    begin_search(tree, options);
}

void Forest::close(std::int32_t slot) {
    require_open(slot);
    Tree& tree = trees_[slot];
    tree.open = false;
    ++tree.generation;
}

std::int32_t Forest::remaining(std::int32_t slot) const {
    require_open(slot);
    return trees_[slot].remaining();
}

double Forest::own_value(const Tree& tree, std::int32_t node) const {
    return static_cast<double>(tree.values[static_cast<std::size_t>(node) * players_ + tree.nodes[node].mover]);
}

inline std::int32_t Forest::choose(Tree& tree, std::int32_t index) {
    Node& node = tree.nodes[index];
    if (node.mover == kChance) return choose_outcome(tree, node);
    if (config_.algorithm == Algorithm::kPuct) {
        const std::int32_t visits = node.visits + node.pending;
        const double explore = static_cast<std::size_t>(visits) < exploration_.size()
            ? exploration_[visits]
            : exploration(config_, static_cast<double>(visits));
        return choose_puct(config_, tree, node, tree.sums + static_cast<std::size_t>(index) * players_, explore);
    }
    if (index == 0) return choose_gumbel_root(config_, tree, node, own_value(tree, 0));
    return choose_gumbel(config_, tree, node, own_value(tree, index), scratch_.get());
}

// One simulation down to a leaf, which is requested, or to the end of a game or of the depth that is looked to, which is
// backed up at once. False if it came upon a leaf that is awaited already: then nothing has changed.
bool Forest::simulate(std::int32_t slot, Tree& tree, std::vector<Request>& requests) {
    std::int32_t index = 0;
    for (int depth = 0;; ++depth) {
        Node& node = tree.nodes[index];
        if (node.terminal || depth == config_.max_depth) {
            backup(tree, index, false);
            return true;
        }
        const std::int32_t chosen = choose(tree, index);
        if (chosen < node.visited) {
            index = tree.visited_edges(node)[chosen].child;
            if (index == kNone) return false;
            continue;
        }
        tree.visit(node);
        node.ready = false;
        ++tree.inflight;
        requests.push_back({slot, tree.generation, index, chosen, tree.actions[node.begin + chosen]});
        if (config_.leaves > 1) count_pending(tree, requests.back(), 1);
        return true;
    }
}

// Let a request count as under way, or no more, on the whole way to it.
void Forest::count_pending(Tree& tree, const Request& request, std::int32_t change) {
    std::int32_t edge = request.edge;
    for (std::int32_t index = request.parent; index != kNone; edge = tree.nodes[index].edge, index = tree.nodes[index].parent) {
        Node& node = tree.nodes[index];
        tree.visited_edges(node)[edge].pending += change;
        node.pending += change;
    }
}

void Forest::select_tree(std::int32_t slot, std::vector<Request>& requests, bool patient) {
    Tree& tree = trees_[slot];
    std::int32_t ended = 0;
    while (tree.inflight < config_.leaves && tree.remaining() > 0) {
        const std::int32_t before = tree.inflight;
        if (!simulate(slot, tree, requests)) break;
        ended = tree.inflight > before ? 0 : ended + 1;
        if (ended == kEnded) {
            if (tree.inflight > 0 || !patient) break;
            ended = 0;
        }
    }
}

void Forest::select(const std::int32_t* slots, std::size_t count, std::vector<Request>& requests) {
    ++listing_;
    for (std::size_t i = 0; i < count; ++i) {
        require_open(slots[i]);
        if (trees_[slots[i]].inflight > 0) {
            throw ArgumentError(text("slots: expected slots that await no evaluation, got ", slots[i], ", which does"));
        }
        if (listed_[slots[i]] == listing_) throw ArgumentError(text("slots: expected each slot once, got ", slots[i], " twice"));
        listed_[slots[i]] = listing_;
    }
    for (std::size_t i = 0; i < count; ++i) select_tree(slots[i], requests, true);
}

void Forest::check(const Request& request, const Evaluation& evaluation, std::size_t row) const {
    const ActionSet& set = evaluation.set;
    const std::string where = text("slot ", request.slot, ": ");
    if (!are_finite(evaluation.reward, players_)) {
        throw EvaluationError(text(where, "rewards[", row, "]: expected finite numbers, got NaN or infinity"));
    }
    if (!are_finite(evaluation.value, players_)) {
        throw EvaluationError(text(where, "values[", row, "]: expected finite numbers, got NaN or infinity"));
    }
    if (!(evaluation.discount >= 0.0 && evaluation.discount <= 1.0)) {
        throw ArgumentError(text(where, "discounts[", row, "]: expected a number from 0 to 1, got ", evaluation.discount));
    }
    if (evaluation.to_play < kChance || evaluation.to_play >= players_) {
        throw ArgumentError(text(
            where, "to_play[", row, "]: expected an integer from ", kChance, " to ", players_ - 1, ", got ", evaluation.to_play
        ));
    }
    if (evaluation.terminal) return;
    if (set.count > actions_) {
        throw CapacityError(text(where, "counts[", row, "]: expected at most ", actions_, ", got ", set.count));
    }
    if (!are_probabilities(set.prior, set.count)) {
        throw EvaluationError(text(where, "priors[", row, "]: expected probabilities, got a negative number, NaN or infinity"));
    }
    if (legal_count(set) == 0) {
        throw LegalActionsError(text(where, "legal[", row, "]: expected at least one legal action, got none"));
    }
}

void Forest::check_edges(std::int32_t slot, std::int64_t more) const {
    const Tree& tree = trees_[slot];
    if (tree.edge_count + more > edges_) {
        throw CapacityError(text("edges: expected at most ", edges_ - tree.edge_count, " more in slot ", slot, ", got ", more));
    }
}

void Forest::check_dense(std::int32_t slot) const {
    const Tree& tree = trees_[slot];
    check_edges(slot, static_cast<std::int64_t>(tree.budget - tree.done) * actions_);
}

void Forest::backup(Tree& tree, std::int32_t leaf, bool pending) {
    double returns[kMaxPlayers];
    const std::int32_t players = players_;
    const float* value = tree.values + static_cast<std::size_t>(leaf) * players;
    for (std::int32_t player = 0; player < players; ++player) returns[player] = static_cast<double>(value[player]);
    std::int32_t index = leaf;
    for (;;) {
        Node& node = tree.nodes[index];
        ++node.visits;
        double* sums = tree.sums + static_cast<std::size_t>(index) * players;
        for (std::int32_t player = 0; player < players; ++player) sums[player] += returns[player];
        if (index == 0) break;
        Node& parent = tree.nodes[node.parent];
        Edge& edge = tree.visited_edges(parent)[node.edge];
        ++edge.visits;
        const float* reward = tree.rewards + static_cast<std::size_t>(index) * players;
        for (std::int32_t player = 0; player < players; ++player) {
            returns[player] = static_cast<double>(reward[player]) + node.discount * returns[player];
        }
        if (parent.mover != kChance) {
            edge.q = static_cast<double>(reward[parent.mover]) + node.discount * (sums[parent.mover] / node.visits);
            tree.least = std::min(tree.least, edge.q);
            tree.greatest = std::max(tree.greatest, edge.q);
        }
        if (pending) {
            --edge.pending;
            --parent.pending;
        }
        index = node.parent;
    }
    ++tree.done;
}

std::int32_t Forest::expand(const Request& request, const Evaluation& evaluation) {
    if (!is_awaited(request)) return kNone;
    Tree& tree = trees_[request.slot];
    const std::int32_t index = tree.node_count++;
    Node& node = tree.nodes[index];
    node.discount = evaluation.discount;
    node.parent = request.parent;
    node.edge = request.edge;
    node.begin = tree.edge_count;
    node.slice = {0, 0};
    node.count = evaluation.terminal ? 0 : lay_edges(tree, tree.edge_count, evaluation.set);
    node.space = evaluation.terminal ? 0 : evaluation.set.count;
    node.visited = 0;
    node.visits = 0;
    node.pending = 0;
    node.mover = evaluation.to_play;
    node.ready = false;
    node.terminal = evaluation.terminal;
    node.sparse = evaluation.set.ids != nullptr;
    tree.edge_count += node.count;
    const std::size_t row = static_cast<std::size_t>(index) * players_;
    for (std::int32_t player = 0; player < players_; ++player) {
        tree.values[row + player] = evaluation.value[player];
        tree.rewards[row + player] = evaluation.reward[player];
        tree.sums[row + player] = 0.0;
    }
    tree.visited_edges(tree.nodes[request.parent])[request.edge].child = index;
    --tree.inflight;
    backup(tree, index, config_.leaves > 1);
    return index;
}

void Forest::withdraw(const Request* requests, std::size_t count) {
    for (std::size_t i = count; i-- > 0;) {
        const Request& request = requests[i];
        if (!is_awaited(request)) continue;
        Tree& tree = trees_[request.slot];
        --tree.inflight;
        --tree.nodes[request.parent].visited;
        tree.nodes[request.parent].ready = false;
        if (config_.leaves > 1) count_pending(tree, request, -1);
    }
}

// What the search would play. Among edges with one visit count in Gumbel MuZero: as choose_gumbel_root.
std::int32_t Forest::best_action(const Tree& tree) const {
    const Node& root = tree.nodes[0];
    const bool gumbel = config_.algorithm == Algorithm::kGumbel && root.mover != kChance;
    Completion completion{};
    if (gumbel) completion = complete(config_, tree, root, own_value(tree, 0), false);
    std::int32_t best = kNone;
    std::int32_t best_visits = 0;
    double best_score = 0.0;
    std::int32_t most = 0;
    const Edge* edges = tree.visited_edges(root);
    for (std::int32_t i = 0; i < root.visited; ++i) most = std::max(most, edges[i].visits);
    for (std::int32_t i = 0; i < root.count; ++i) {
        const bool known = i < root.visited;
        std::int32_t visits = known ? edges[i].visits : 0;
        double score;
        if (gumbel) {
            if (known) visits -= edges[i].before;
            score = tree.bases[i] + completion.sigma * (known ? completed_q(config_, completion, edges[i], false) : completion.completed);
        } else {
            score = most > 0 ? 0.0 : static_cast<double>(tree.priors[root.begin + i]);
        }
        const std::int32_t action = tree.actions[root.begin + i];
        const bool better = best == kNone || visits > best_visits ||
            (visits == best_visits && (score > best_score || (score == best_score && action < tree.actions[root.begin + best])));
        if (better) {
            best = i;
            best_visits = visits;
            best_score = score;
        }
    }
    return best;
}

void Forest::require_root_set(std::int32_t slot, std::int32_t size, bool sparse) const {
    require_open(slot);
    const Node& root = trees_[slot].nodes[0];
    if (root.sparse != sparse || (sparse ? root.count : root.space) != size) {
        throw ArgumentError(text("slots: expected roots over all actions, got ", slot, ", which has a set of its own"));
    }
}

void Forest::result(std::int32_t slot, Findings& findings) const {
    require_open(slot);
    const Tree& tree = trees_[slot];
    const Node& root = tree.nodes[0];
    std::vector<std::int32_t> places;  // of a sparse set's edges in the caller's arrays
    if (root.sparse) {
        std::vector<std::int32_t> ids(tree.actions + root.begin, tree.actions + root.begin + root.count);
        std::sort(ids.begin(), ids.end());
        for (std::int32_t i = 0; i < root.count; ++i) {
            const auto found = std::lower_bound(ids.begin(), ids.end(), tree.actions[root.begin + i]);
            places.push_back(static_cast<std::int32_t>(found - ids.begin()));
        }
    }
    const std::int32_t size = root.sparse ? root.count : root.space;
    const auto place = [&](std::int32_t i) { return root.sparse ? places[i] : tree.actions[root.begin + i]; };
    const bool chance = root.mover == kChance;
    Completion completion{};
    if (!chance) completion = complete(config_, tree, root, own_value(tree, 0), false);
    std::fill(findings.visits, findings.visits + size, 0);
    std::fill(findings.q, findings.q + size, static_cast<float>(completion.mixed));
    std::fill(findings.policy, findings.policy + size, 0.0f);
    std::int64_t total = 0;
    const Edge* edges = tree.visited_edges(root);
    for (std::int32_t i = 0; i < root.visited; ++i) {
        const Edge& edge = edges[i];
        findings.visits[place(i)] = edge.visits;
        total += edge.visits;
        if (edge.visits > 0 && !chance) findings.q[place(i)] = static_cast<float>(edge.q);
    }
    if (config_.algorithm == Algorithm::kGumbel && !chance) {
        const auto logit = [&](std::int32_t i) {
            return completion.sigma *
                (i < root.visited ? completed_q(config_, completion, edges[i], false) : completion.completed);
        };
        double shift = -kInfinity;
        for (std::int32_t i = 0; i < root.count; ++i) {
            if (tree.priors[root.begin + i] > 0.0f) shift = std::max(shift, logit(i));
        }
        const auto weight = [&](std::int32_t i) {
            const double prior = static_cast<double>(tree.priors[root.begin + i]);
            return prior > 0.0 ? prior * exp(logit(i) - shift) : 0.0;
        };
        double sum = 0.0;
        for (std::int32_t i = 0; i < root.count; ++i) sum += weight(i);
        for (std::int32_t i = 0; i < root.count; ++i) findings.policy[place(i)] = static_cast<float>(weight(i) / sum);
    } else if (total > 0) {
        for (std::int32_t i = 0; i < size; ++i) {
            findings.policy[i] = static_cast<float>(static_cast<double>(findings.visits[i]) / static_cast<double>(total));
        }
    } else {
        for (std::int32_t i = 0; i < root.count; ++i) findings.policy[place(i)] = tree.priors[root.begin + i];
    }
    for (std::int32_t player = 0; player < players_; ++player) {
        findings.value[player] =
            root.visits > 0 ? static_cast<float>(tree.sums[player] / root.visits) : tree.values[player];
    }
    findings.action = tree.actions[root.begin + best_action(tree)];
    findings.simulations = tree.done;
}

void Forest::principal_variation(std::int32_t slot, std::int32_t first, std::vector<std::int32_t>& actions) const {
    require_open(slot);
    const Tree& tree = trees_[slot];
    const std::int32_t edge = first == kNone ? best_action(tree) : find_root_edge(tree, first);
    const Node& root = tree.nodes[0];
    actions.push_back(first == kNone ? tree.actions[root.begin + edge] : first);
    const bool visited = edge != kNone && edge < root.visited;
    std::int32_t index = visited ? tree.visited_edges(root)[edge].child : kNone;
    while (index != kNone) {
        const Node& node = tree.nodes[index];
        const Edge* edges = tree.visited_edges(node);
        const std::int32_t* ids = tree.actions + node.begin;
        std::int32_t best = kNone;
        for (std::int32_t i = 0; i < node.visited; ++i) {
            if (edges[i].visits == 0) continue;
            const bool better = best == kNone || edges[i].visits > edges[best].visits ||
                (edges[i].visits == edges[best].visits && ids[i] < ids[best]);
            if (better) best = i;
        }
        if (best == kNone) break;
        actions.push_back(ids[best]);
        index = edges[best].child;
    }
}

std::int32_t Forest::find_root_edge(const Tree& tree, std::int32_t action) const {
    const Node& root = tree.nodes[0];
    for (std::int32_t i = 0; i < root.visited; ++i) {
        if (tree.actions[root.begin + i] == action) return i;
    }
    return kNone;
}

std::pair<std::int32_t, bool> Forest::child_set(std::int32_t slot, std::int32_t action) const {
    require_open(slot);
    const Tree& tree = trees_[slot];
    const std::int32_t edge = find_root_edge(tree, action);
    const std::int32_t child = edge == kNone ? kNone : tree.visited_edges(tree.nodes[0])[edge].child;
    if (child == kNone) return {0, false};
    const Node& node = tree.nodes[child];
    return {node.sparse ? node.count : node.space, node.sparse};
}

std::vector<std::int32_t> Forest::reroot(std::int32_t slot, std::int32_t action, const RootOptions& options) {
    require_open(slot);
    Tree& tree = trees_[slot];
    if (tree.inflight > 0) throw ArgumentError(text("slot: expected a slot that awaits no evaluation, got ", slot));
    const std::int32_t way = find_root_edge(tree, action);
    const std::int32_t child = way == kNone ? kNone : tree.visited_edges(tree.nodes[0])[way].child;
    if (child == kNone || tree.nodes[child].terminal) return {};
    const Node top = tree.nodes[child];
    const std::int32_t size = top.sparse ? top.count : top.space;

    // The child's edges in ascending order of action, each with its place in the arrays that came.
    struct Place {
        std::int32_t action;
        std::int32_t edge;
        std::int32_t place;
        bool legal;
    };
    std::vector<Place> places(static_cast<std::size_t>(top.count));
    for (std::int32_t i = 0; i < top.count; ++i) places[i] = {tree.actions[top.begin + i], i, 0, true};
    std::sort(places.begin(), places.end(), [](const Place& a, const Place& b) { return a.action < b.action; });
    std::int32_t kept_edges = 0;
    for (std::int32_t i = 0; i < top.count; ++i) {
        places[i].place = top.sparse ? i : places[i].action;
        places[i].legal = options.legal == nullptr || options.legal[places[i].place];
        kept_edges += places[i].legal ? 1 : 0;
    }
    const std::int32_t asked =
        options.legal == nullptr ? kept_edges : legal_count(ActionSet{nullptr, size, nullptr, options.legal});
    if (asked == 0) throw LegalActionsError(text("legal: expected at least one legal action, got none of ", size));
    if (asked != kept_edges) return {};
    check_options(slot, size, options);

    // Which nodes stay, in the order of their making.
    std::vector<bool> edge_legal(static_cast<std::size_t>(top.count));
    for (const Place& place : places) edge_legal[place.edge] = place.legal;
    std::vector<bool> stays(static_cast<std::size_t>(tree.node_count));
    std::vector<std::int32_t> kept;
    std::int64_t edges = kept_edges;
    for (std::int32_t i = child; i < tree.node_count; ++i) {
        const Node& node = tree.nodes[i];
        if (i != child) {
            if (node.parent < child || !stays[node.parent]) continue;
            if (node.parent == child && !edge_legal[node.edge]) continue;
            edges += node.count;
        }
        stays[i] = true;
        kept.push_back(i);
    }
    const std::int64_t nodes = static_cast<std::int64_t>(kept.size()) + options.simulations;
    if (nodes > nodes_) {
        throw CapacityError(text(
            "simulations: expected at most ", nodes_ - static_cast<std::int64_t>(kept.size()), " (", kept.size(),
            " of the forest's ", nodes_, " nodes a slot are kept), got ", options.simulations
        ));
    }
    const std::int64_t needed = edges + (top.sparse ? 0 : static_cast<std::int64_t>(options.simulations) * actions_);
    if (needed > edges_) {
        throw CapacityError(text(
            "edges: expected at least ", needed, " a slot for ", options.simulations,
            " more simulations, got a forest with ", edges_
        ));
    }

    // Nothing can fail from here on.
    keep_nodes(tree, kept, edge_legal);
    restore_root(tree);
    const Node& root = tree.nodes[0];
    std::vector<float> priors;
    std::vector<std::int32_t> order(static_cast<std::size_t>(root.count));
    std::iota(order.begin(), order.end(), root.begin);
    std::sort(order.begin(), order.end(), [&](std::int32_t a, std::int32_t b) { return tree.actions[a] < tree.actions[b]; });
    for (const std::int32_t edge : order) priors.push_back(tree.priors[edge]);
    if (root.count < top.count) normalize(priors.data(), root.count);
    for (std::size_t i = 0; i < order.size(); ++i) tree.priors[order[i]] = priors[i];
    std::vector<float> noise;
    std::vector<float> gumbel;
    for (const Place& place : places) {
        if (!place.legal) continue;
        if (options.noise != nullptr) noise.push_back(options.noise[place.place]);
        if (options.gumbel != nullptr) gumbel.push_back(options.gumbel[place.place]);
    }
    RootOptions kept_options = options;
    if (options.noise != nullptr) kept_options.noise = noise.data();
    if (options.gumbel != nullptr) kept_options.gumbel = gumbel.data();
    begin_search(tree, kept_options);
    return kept;
}

// Move these nodes, the new root first, and their edges to the front; of the root's edges only the legal ones stay.
void Forest::keep_nodes(Tree& tree, const std::vector<std::int32_t>& kept, const std::vector<bool>& edge_legal) const {
    std::vector<std::int32_t> fresh(static_cast<std::size_t>(tree.node_count), kNone);  // new index by old
    for (std::size_t i = 0; i < kept.size(); ++i) fresh[kept[i]] = static_cast<std::int32_t>(i);
    std::int32_t next = 0;  // every new place is at or before the old one
    for (std::size_t i = 0; i < kept.size(); ++i) {
        Node node = tree.nodes[kept[i]];
        const std::int32_t begin = node.begin;
        node.begin = next;
        if (i == 0) {
            std::int32_t visited = 0;
            Edge* edges = tree.visited_edges(node);
            for (std::int32_t k = 0; k < node.count; ++k) {
                if (!edge_legal[k]) continue;
                tree.priors[next] = tree.priors[begin + k];
                tree.actions[next] = tree.actions[begin + k];
                if (k < node.visited) edges[visited++] = edges[k];
                ++next;
            }
            node.count = next;
            node.visited = visited;
            node.parent = kNone;
            node.edge = kNone;
        } else {
            std::copy(tree.priors + begin, tree.priors + begin + node.count, tree.priors + next);
            std::copy(tree.actions + begin, tree.actions + begin + node.count, tree.actions + next);
            next += node.count;
            node.parent = fresh[node.parent];
        }
        tree.nodes[i] = node;
        const std::size_t from = static_cast<std::size_t>(kept[i]) * players_;
        const std::size_t to = i * players_;
        std::copy(tree.sums + from, tree.sums + from + players_, tree.sums + to);
        std::copy(tree.values + from, tree.values + from + players_, tree.values + to);
        std::copy(tree.rewards + from, tree.rewards + from + players_, tree.rewards + to);
    }
    tree.node_count = static_cast<std::int32_t>(kept.size());
    tree.edge_count = next;
    tree.compact();
    tree.least = kInfinity;
    tree.greatest = -kInfinity;
    for (std::int32_t i = 0; i < tree.node_count; ++i) {
        const Node& node = tree.nodes[i];
        for (std::int32_t k = 0; k < node.visited; ++k) {
            Edge& edge = tree.visited_edges(node)[k];
            edge.child = fresh[edge.child];
            tree.nodes[edge.child].edge = k;
            if (node.mover != kChance) {
                tree.least = std::min(tree.least, edge.q);
                tree.greatest = std::max(tree.greatest, edge.q);
            }
        }
    }
}

// The new root's statistics: its own evaluation, if it counts, and what came through the edges that stayed.
void Forest::restore_root(Tree& tree) const {
    Node& root = tree.nodes[0];
    root.visits = config_.root_counts ? 1 : 0;
    for (std::int32_t player = 0; player < players_; ++player) {
        tree.sums[player] = config_.root_counts ? static_cast<double>(tree.values[player]) : 0.0;
    }
    for (std::int32_t k = 0; k < root.visited; ++k) {
        const Edge& edge = tree.visited_edges(root)[k];
        const Node& below = tree.nodes[edge.child];
        const std::size_t row = static_cast<std::size_t>(edge.child) * players_;
        root.visits += edge.visits;
        for (std::int32_t player = 0; player < players_; ++player) {
            tree.sums[player] += edge.visits * static_cast<double>(tree.rewards[row + player]) + below.discount * tree.sums[row + player];
        }
    }
}

}  // namespace myoshu
