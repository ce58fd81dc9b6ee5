// The records of a tree's visited edges: a slice of memory for each node that has any.
#pragma once

#include <algorithm>
#include <cstdint>

namespace myoshu {

inline constexpr std::int32_t kNone = -1;  // no node, no edge

// What an edge holds beside its prior and action, from its first visit on.
struct Edge {
    double q;             // r + γ v(s') for the mover of the node it leaves
    std::int32_t child;   // node, or kNone while its evaluation is awaited
    std::int32_t visits;
    std::int32_t pending;  // simulations under way through it (leaf-parallel search only)
    std::int32_t before;   // at the root: visits it had when the search began
};

// Where the records of a node stand.
struct Slice {
    std::int32_t first;
    std::int32_t room;  // how many fit: a power of two, or as many as the node has edges
};

// Slices in memory that the forest owns. Few of a node's edges are ever visited, so a slice begins small and moves to one
// of twice the room when it is full; the room it leaves serves another node.
class Edges {
public:
    void place(Edge* memory, std::int32_t capacity) {
        memory_ = memory;
        capacity_ = capacity;
        clear();
    }

    // All memory is free again.
    void clear() {
        end_ = 0;
        std::fill(free_, free_ + kClasses, kNone);
    }

    Edge* of(const Slice& slice) { return memory_ + slice.first; }
    const Edge* of(const Slice& slice) const { return memory_ + slice.first; }

    // Double the room of a slice, up to `most` records. False if no memory is left: then nothing has changed.
    bool grow(Slice& slice, std::int32_t most) {
        const std::int32_t room = std::min(slice.room == 0 ? kFirst : 2 * slice.room, most);
        const std::int32_t first = take(room);
        if (first == kNone) return false;
        std::copy(memory_ + slice.first, memory_ + slice.first + slice.room, memory_ + first);
        if (slice.room > 0) {
            std::int32_t& head = free_[class_of(slice.room)];
            memory_[slice.first].child = head;
            head = slice.first;
        }
        slice = {first, room};
        return true;
    }

    // A slice at the end of what is taken, for this many records of at most `most`; there must be memory for it.
    Slice append(std::int32_t records, std::int32_t most) {
        std::int32_t room = records == 0 ? 0 : kFirst;
        while (room < records) room *= 2;
        room = std::min(room, most);
        const Slice slice{end_, room};
        end_ += room;
        return slice;
    }

private:
    static constexpr std::int32_t kFirst = 2;
    static constexpr std::int32_t kClasses = 31;

    static std::int32_t class_of(std::int32_t room) {
        std::int32_t result = 0;
        while ((std::int32_t{1} << result) < room) ++result;
        return result;
    }

    std::int32_t take(std::int32_t room) {
        std::int32_t& head = free_[class_of(room)];
        if (head != kNone && (room & (room - 1)) == 0) {
            const std::int32_t first = head;
            head = memory_[first].child;
            return first;
        }
        if (room > capacity_ - end_) return kNone;
        const std::int32_t first = end_;
        end_ += room;
        return first;
    }

    Edge* memory_ = nullptr;
    std::int32_t capacity_ = 0;
    std::int32_t end_ = 0;            // beyond it nothing was ever taken
    std::int32_t free_[kClasses] = {};  // slices of 2^i records: the first of a list that Edge::child continues
};

}  // namespace myoshu
