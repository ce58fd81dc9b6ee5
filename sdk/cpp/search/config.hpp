// How a search is done: the core's copy of myoshu.search.SearchConfig, already validated.
#pragma once

namespace myoshu {

enum class Algorithm { kPuct, kGumbel };

enum class Normalization { kTree, kNode, kRange, kNone };

struct Interval {
    double low;
    double high;
};

// Each setting's type, name (as in SearchConfig) and default: the struct and the Python binding are made from this list.
#define MYOSHU_SETTINGS(SETTING)                                \
    SETTING(Algorithm, algorithm, Algorithm::kGumbel)           \
    SETTING(Normalization, normalization, Normalization::kNode) \
    SETTING(double, discount, 1.0)                              \
    SETTING(Interval, value_range, (Interval{-1.0, 1.0}))       \
    SETTING(double, c1, 1.25)                                   \
    SETTING(double, c2, 19652.0)                                \
    SETTING(double, dirichlet_fraction, 0.25)                   \
    SETTING(bool, root_counts, true)                            \
    SETTING(int, considered_actions, 16)                        \
    SETTING(double, c_visit, 50.0)                              \
    SETTING(double, c_scale, 1.0)                               \
    SETTING(int, max_depth, 128)                                \
    SETTING(int, leaves, 1)                                     \
    SETTING(double, virtual_loss, 1.0)

struct Config {
#define MYOSHU_MEMBER(type, name, initial) type name = initial;
    MYOSHU_SETTINGS(MYOSHU_MEMBER)
#undef MYOSHU_MEMBER
};

}  // namespace myoshu
