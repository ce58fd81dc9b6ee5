// How a search is done: the core's copy of myoshu.search.SearchConfig, already validated.
#pragma once

namespace myoshu {

enum class Algorithm { kPuct, kGumbel };

enum class Normalization { kTree, kNode, kRange, kNone };

struct Config {
    Algorithm algorithm = Algorithm::kGumbel;
    Normalization normalization = Normalization::kNode;
    double discount = 1.0;
    double low = -1.0;   // of Normalization::kRange
    double high = 1.0;   // of Normalization::kRange
    double c1 = 1.25;
    double c2 = 19652.0;
    double dirichlet_fraction = 0.25;
    bool root_counts = true;
    int considered_actions = 16;
    double c_visit = 50.0;
    double c_scale = 1.0;
    int leaves = 1;
    double virtual_loss = 1.0;
};

}  // namespace myoshu
