// Many search trees in memory fixed at construction. They emit leaves to evaluate and take the evaluations back.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <utility>
#include <vector>

#include "config.hpp"
#include "tree.hpp"

namespace myoshu {

inline constexpr std::int32_t kMaxPlayers = 64;

// The actions of one node: all of 0 … count − 1 (ids null), or a set of its own in ascending order.
struct ActionSet {
    const float* prior;       // [count] probabilities, of any positive scale
    std::int32_t count;
    const std::int32_t* ids;  // [count] or null
    const bool* legal;        // [count] or null
};

// What the caller wants of a search, whether its root is new or was the child of one.
struct RootOptions {
    std::int32_t simulations;
    std::int32_t planned;           // what sequential halving is laid out for
    const bool* legal = nullptr;    // [count] or null: all
    const float* noise = nullptr;   // [count] or null: a sample of the Dirichlet distribution (PUCT)
    const float* gumbel = nullptr;  // [count] or null: samples of the Gumbel distribution (Gumbel MuZero)
};

// What a tree begins with.
struct Root {
    const float* prior;  // [count]
    std::int32_t count;
    const std::int32_t* ids;  // [count] or null
    const float* value;       // [players]
    std::int32_t to_play;     // player or kChance
    RootOptions options;

    ActionSet set() const { return {prior, count, ids, options.legal}; }
};

// A leaf that awaits its evaluation.
struct Request {
    std::int32_t slot;
    std::uint32_t generation;  // of the tree it belongs to
    std::int32_t parent;       // node
    std::int32_t edge;         // which of its edges, counted from 0
    std::int32_t action;
};

// What the network, or another evaluator, reported for a leaf.
struct Evaluation {
    ActionSet set;
    const float* reward;  // [players], on the way to the leaf
    const float* value;   // [players]
    std::int32_t to_play;
    double discount;
    bool terminal;
};

// What a search found, written into the caller's arrays of one element an action (of the root's set).
struct Findings {
    std::int32_t* visits;
    float* q;
    float* policy;
    float* value;  // [players]
    std::int32_t action;
    std::int32_t simulations;
};

class Forest {
public:
    Forest(
        const Config& config, std::int32_t slots, std::int32_t actions, std::int32_t players, std::int32_t nodes, std::int32_t edges
    );

    const Config& config() const { return config_; }
    std::int32_t slots() const { return slots_; }
    std::int32_t actions() const { return actions_; }
    std::int32_t players() const { return players_; }
    std::int32_t nodes() const { return nodes_; }
    std::int32_t edges() const { return edges_; }
    std::size_t nbytes() const { return bytes_; }
    bool is_open(std::int32_t slot) const;

    // How many actions an open root's arrays have, and which if it has a set of its own (the legal ones of it).
    std::pair<std::int32_t, std::vector<std::int32_t>> root_set(std::int32_t slot) const;

    // Throw if a tree cannot begin so.
    void check(std::int32_t slot, const Root& root) const;

    // Begin a tree; one that the slot had is dropped. Checks nothing.
    void open(std::int32_t slot, const Root& root);
    void close(std::int32_t slot);
    std::int32_t remaining(std::int32_t slot) const;

    // Choose leaves, up to config.leaves of each tree, tree by tree. Trees whose budget is spent add none.
    void select(const std::int32_t* slots, std::size_t count, std::vector<Request>& requests);

    // As above for one tree, known to be open and to await nothing. Some simulations in a row that end where nothing is to
    // be evaluated end the wave: if it is empty too, unless the caller is patient, who may have a clock to look at.
    void select_tree(std::int32_t slot, std::vector<Request>& requests, bool patient);

    // Throw if a leaf cannot be added with this evaluation, the row-th of its wave.
    void check(const Request& request, const Evaluation& evaluation, std::size_t row) const;

    // Throw CapacityError unless this many more edges fit into the tree.
    void check_edges(std::int32_t slot, std::int64_t more) const;

    // Throw CapacityError unless the rest of the budget fits, every action set being dense.
    void check_dense(std::int32_t slot) const;

    // Add the leaf and back its value up; returns its node, or kNone if the tree is no more.
    std::int32_t expand(const Request& request, const Evaluation& evaluation);

    // As if the requests, the last of one or more selects, had never been chosen.
    void withdraw(const Request* requests, std::size_t count);

    // Whether the request's tree still awaits it.
    bool is_awaited(const Request& request) const {
        const Tree& tree = trees_[request.slot];
        return tree.open && tree.generation == request.generation;
    }

    // Changes whenever the slot is opened, closed or rerooted.
    std::uint32_t generation(std::int32_t slot) const { return trees_[slot].generation; }

    // Whether one more dense action set fits.
    bool has_room(std::int32_t slot) const { return trees_[slot].edge_count + std::int64_t{actions_} <= edges_; }

    // Who moves at the root of an open tree.
    std::int32_t root_mover(std::int32_t slot) const { return trees_[slot].nodes[0].mover; }

    // The mover of the node that a request would expand from.
    std::int32_t mover(const Request& request) const { return trees_[request.slot].nodes[request.parent].mover; }

    // Throw unless the slot is open and its root's action set is of this size and kind.
    void require_root_set(std::int32_t slot, std::int32_t size, bool sparse) const;

    void result(std::int32_t slot, Findings& findings) const;
    // The expected line of play from a root action on, or from the search's own choice (first = kNone).
    void principal_variation(std::int32_t slot, std::int32_t first, std::vector<std::int32_t>& actions) const;

    // Make the subtree under an action of the root the whole tree. The nodes kept, by their old index, or none if the
    // subtree cannot be used: it was never expanded, is the end of the game, or lacks a legal action.
    // The options' arrays have one element an action of the child's set.
    std::vector<std::int32_t> reroot(std::int32_t slot, std::int32_t action, const RootOptions& options);

    // The size of the action set of the node under a root's action, whether it is sparse; {0, false} if not expanded.
    std::pair<std::int32_t, bool> child_set(std::int32_t slot, std::int32_t action) const;

    void require_slot(std::int32_t slot) const;
    void require_open(std::int32_t slot) const;

private:
    std::int32_t choose(Tree& tree, std::int32_t node);
    bool simulate(std::int32_t slot, Tree& tree, std::vector<Request>& requests);
    void backup(Tree& tree, std::int32_t leaf, bool pending);
    static void count_pending(Tree& tree, const Request& request, std::int32_t change);
    std::int32_t lay_edges(Tree& tree, std::int32_t begin, const ActionSet& set) const;
    void begin_search(Tree& tree, const RootOptions& options);
    void keep_nodes(Tree& tree, const std::vector<std::int32_t>& kept, const std::vector<bool>& edge_legal) const;
    void restore_root(Tree& tree) const;
    void check_options(std::int32_t slot, std::int32_t count, const RootOptions& options) const;
    std::int32_t find_root_edge(const Tree& tree, std::int32_t action) const;
    std::int32_t best_action(const Tree& tree) const;
    double own_value(const Tree& tree, std::int32_t node) const;

    Config config_;
    std::int32_t slots_;
    std::int32_t actions_;
    std::int32_t players_;
    std::int32_t nodes_;
    std::int32_t edges_;
    std::size_t bytes_ = 0;
    std::vector<Tree> trees_;
    std::unique_ptr<Node[]> node_memory_;
    std::unique_ptr<double[]> sum_memory_;
    std::unique_ptr<float[]> value_memory_;
    std::unique_ptr<float[]> reward_memory_;
    std::unique_ptr<float[]> prior_memory_;
    std::unique_ptr<std::int32_t[]> action_memory_;
    std::unique_ptr<Edge[]> edge_memory_;
    std::unique_ptr<double[]> base_memory_;
    std::unique_ptr<std::int32_t[]> schedule_memory_;
    std::unique_ptr<double[]> scratch_;
    std::vector<double> exploration_;      // by visit count, as far as the table goes
    std::vector<std::uint32_t> listed_;    // the select in which a slot was last listed
    std::uint32_t listing_ = 0;
};

}  // namespace myoshu
