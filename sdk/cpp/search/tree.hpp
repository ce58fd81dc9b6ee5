// One search tree: its nodes and edges, in memory that the forest owns.
#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <utility>
#include <vector>

#include "edges.hpp"
#include "halving.hpp"

namespace myoshu {

inline constexpr std::int32_t kChance = -1;  // the mover of a chance node

struct Node {
    double discount;       // γ of the edge that leads here
    double rest;           // prior of the unvisited edges, all together; valid if ready
    std::int32_t parent;   // kNone at the root
    std::int32_t edge;     // which of the parent's edges leads here, counted from 0
    std::int32_t begin;    // first of its edges' priors and actions
    std::int32_t count;    // how many edges
    std::int32_t space;    // how many actions its action set has, illegal ones included
    std::int32_t visited;  // how many edges were ever chosen: they stand first, in the order of their first visit
    Slice slice;           // records of the visited edges
    std::int32_t visits;   // N(s)
    std::int32_t pending;
    std::int32_t mover;    // player, or kChance
    bool ready;            // the edge after the visited ones is the best of the unvisited
    bool terminal;
    bool sparse;           // its actions are a set of its own, not 0 … space − 1
};

struct Tree {
    // Memory, fixed. Index of a row of players: node × players.
    Node* nodes = nullptr;
    double* sums = nullptr;       // Σ returns, of each player
    float* values = nullptr;      // the node's own evaluation
    float* rewards = nullptr;     // on the edge that leads to the node
    float* priors = nullptr;      // [edges]
    std::int32_t* actions = nullptr;
    Edges edges;
    double* bases = nullptr;      // [actions] gumbel + logit of the root's edges
    std::int32_t* schedule = nullptr;

    std::int32_t node_count = 0;
    std::int32_t edge_count = 0;
    std::int32_t budget = 0;      // simulations allowed since the search began
    std::int32_t done = 0;        // simulations backed up
    std::int32_t inflight = 0;    // leaves awaiting their evaluation
    std::uint32_t generation = 0;  // told apart: requests of a tree that is no more
    double least = 0.0;           // of any Q met
    double greatest = 0.0;
    Halving halving;
    bool open = false;

    std::int32_t remaining() const { return budget - done - inflight; }

    // The records of a node's visited edges.
    Edge* visited_edges(const Node& node) { return edges.of(node.slice); }
    const Edge* visited_edges(const Node& node) const { return edges.of(node.slice); }

    // The record of a node's first unvisited edge, which from now on counts as visited.
    Edge& visit(Node& node) {
        if (node.visited == node.slice.room && !edges.grow(node.slice, node.count)) compact(&node);
        return visited_edges(node)[node.visited++] = Edge{0.0, kNone, 0, 0, 0};
    }

    // Lay the slices out without gaps, with room for one more record of a node that grows. (All slices of a tree of n
    // nodes take less than twice the n records that it can have.)
    void compact(const Node* growing = nullptr) {
        std::vector<Edge> kept;
        kept.reserve(static_cast<std::size_t>(node_count));
        for (std::int32_t i = 0; i < node_count; ++i) {
            const Edge* visited = visited_edges(nodes[i]);
            kept.insert(kept.end(), visited, visited + nodes[i].visited);
        }
        edges.clear();
        const Edge* next = kept.data();
        for (std::int32_t i = 0; i < node_count; ++i) {
            Node& node = nodes[i];
            node.slice = edges.append(node.visited + (&node == growing ? 1 : 0), node.count);
            std::copy(next, next + node.visited, visited_edges(node));
            next += node.visited;
        }
    }

    // Let the edge at `from` change places with the first unvisited one.
    void bring_forward(const Node& node, std::int32_t from) {
        const std::int32_t front = node.begin + node.visited;
        std::swap(priors[front], priors[from]);
        std::swap(actions[front], actions[from]);
        if (node.parent == kNone) std::swap(bases[node.visited], bases[from - node.begin]);
    }

    // Make the first unvisited edge the one with the greatest prior (lowest action among equals).
    void prepare_by_prior(Node& node) {
        if (node.ready) return;
        const std::int32_t first = node.begin + node.visited;
        const std::int32_t size = node.count - node.visited;
        const float* prior = priors + first;
        // Priors are not negative, so their bit patterns are in their order, and integers vectorise.
        std::int32_t greatest_bits = 0;
        for (std::int32_t i = 0; i < size; ++i) {
            std::int32_t bits;
            std::memcpy(&bits, prior + i, sizeof bits);
            greatest_bits = bits > greatest_bits ? bits : greatest_bits;
        }
        float wanted;
        std::memcpy(&wanted, &greatest_bits, sizeof wanted);
        std::int32_t best = kNone;
        for (std::int32_t i = 0; i < size; ++i) {
            if (prior[i] == wanted && (best == kNone || actions[first + i] < actions[first + best])) best = i;
        }
        bring_forward(node, first + best);
        double lanes[4] = {0.0, 0.0, 0.0, 0.0};
        std::int32_t i = 0;
        for (; i + 4 <= size; i += 4) {
            for (std::int32_t lane = 0; lane < 4; ++lane) lanes[lane] += static_cast<double>(prior[i + lane]);
        }
        for (; i < size; ++i) lanes[0] += static_cast<double>(prior[i]);
        node.rest = (lanes[0] + lanes[1]) + (lanes[2] + lanes[3]);
        node.ready = true;
    }

    // Make the first unvisited edge of the root the one with the greatest base (lowest action among equals).
    void prepare_by_base(Node& root) {
        if (root.ready) return;
        std::int32_t best = root.visited;
        for (std::int32_t i = root.visited + 1; i < root.count; ++i) {
            if (bases[i] > bases[best] || (bases[i] == bases[best] && actions[root.begin + i] < actions[root.begin + best])) {
                best = i;
            }
        }
        bring_forward(root, root.begin + best);
        root.ready = true;
    }

    // Make the first unvisited edge the one with the lowest action.
    void prepare_by_action(Node& node) {
        std::int32_t best = node.begin + node.visited;
        for (std::int32_t i = best + 1; i < node.begin + node.count; ++i) {
            if (actions[i] < actions[best]) best = i;
        }
        bring_forward(node, best);
        node.ready = false;
    }
};

}  // namespace myoshu
