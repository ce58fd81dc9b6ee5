// What a search asks of a network: the recurrent graph, tied to the arrays of a wave.
#pragma once

#include <cstdint>

namespace myoshu {

class Evaluator {
public:
    virtual ~Evaluator() = default;

    // Evaluate rows 0 … rows − 1 of the inputs into the same rows of the outputs.
    virtual void run(std::int32_t rows) = 0;
};

}  // namespace myoshu
