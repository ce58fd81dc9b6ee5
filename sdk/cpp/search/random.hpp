// Random numbers that are the same on every machine and in every language: Philox 4×32-10, and what is drawn from it.
//
// Philox (Salmon, Moraes, Dror and Shaw 2011, "Parallel random numbers: as easy as 1, 2, 3", SC '11,
// doi:10.1145/2063384.2063405) makes four words of 32 bits out of a counter of 128 and a key of 64. A generator is
// therefore a place in a sequence that is there all at once: word i of stream s of seed k is lane i mod 4 of
// philox({i / 4, s}, k), low halves first. To keep seed, stream and position is to keep the generator.
//
// How many words a draw takes, and which way round, is part of what it is:
//
//   word, uniform_float       1
//   uniform, open_uniform     2, the low one first
//   below                     1, and 1 more for each that is refused
//   exponential, gumbel       2
//   normal                    4, and 4 more for each pair that is refused
//   gamma                     normal and open_uniform until one is accepted; then, for a shape below 1, open_uniform
//   dirichlet                 a gamma a component
//
// All of it is + − × ÷ and square roots, which IEEE 754 rounds exactly, and exp and log of elementary.hpp; it must be
// compiled without contraction. myoshu.search.reference_random does the same steps in Python; tests/vectors/random holds
// what both must give.
#pragma once

#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>

#include "elementary.hpp"

namespace myoshu {

// Four words from a counter and a key: ten rounds of two products each, their halves crossed over.
inline std::array<std::uint32_t, 4> philox(std::array<std::uint32_t, 4> counter, std::array<std::uint32_t, 2> key) {
    for (int round = 0; round < 10; ++round) {
        const std::uint64_t first = std::uint64_t{0xD2511F53u} * counter[0];
        const std::uint64_t second = std::uint64_t{0xCD9E8D57u} * counter[2];
        counter = {
            static_cast<std::uint32_t>(second >> 32) ^ counter[1] ^ key[0], static_cast<std::uint32_t>(second),
            static_cast<std::uint32_t>(first >> 32) ^ counter[3] ^ key[1], static_cast<std::uint32_t>(first)
        };
        key[0] += 0x9E3779B9u;
        key[1] += 0xBB67AE85u;
    }
    return counter;
}

// Where the running sum of weights first exceeds sample times their sum: index i with probability weights[i] / Σ, for a
// sample that is uniform in [0, 1). The weights are not negative, and their sum is positive and finite.
inline std::size_t pick(const double* weights, std::size_t count, double sample) {
    double total = 0.0;
    for (std::size_t i = 0; i < count; ++i) total += weights[i];
    const double wanted = sample * total;
    double sum = 0.0;
    std::size_t last = 0;
    for (std::size_t i = 0; i < count; ++i) {
        sum += weights[i];
        if (sum > wanted) return i;
        if (weights[i] > 0.0) last = i;
    }
    return last;  // the product was rounded up to the whole sum
}

class Random {
public:
    // The shapes of gamma and Dirichlet distributions that are computed: beyond them logarithms would overflow.
    static constexpr double kLeastShape = 1e-9;
    static constexpr double kGreatestShape = 1e9;

    // Streams of one seed are independent of each other. The position counts words.
    explicit Random(std::uint64_t seed, std::uint64_t stream = 0, std::uint64_t position = 0)
        : seed_(seed), stream_(stream), position_(position) {
        if (position % 4 != 0) fill();
    }

    std::uint64_t seed() const { return seed_; }
    std::uint64_t stream() const { return stream_; }
    std::uint64_t position() const { return position_; }

    // An integer of 32 bits.
    std::uint32_t word() {
        if (position_ % 4 == 0) fill();
        return block_[position_++ % 4];
    }

    // An integer from 0 to bound − 1, none of them likelier than another, for a bound from 1: the high half of a product,
    // and once more where the low half is among those that would be one too many (Lemire 2019, doi:10.1145/3230636).
    std::uint32_t below(std::uint32_t bound) {
        const std::uint32_t surplus = (0u - bound) % bound;  // 2^32 mod bound
        std::uint64_t product;
        do {
            product = std::uint64_t{word()} * bound;
        } while (static_cast<std::uint32_t>(product) < surplus);
        return static_cast<std::uint32_t>(product >> 32);
    }

    // A multiple of 2^-53 in [0, 1).
    double uniform() { return static_cast<double>(words() >> 11) * 0x1.0p-53; }

    // A multiple of 2^-24 in [0, 1).
    float uniform_float() { return static_cast<float>(word() >> 8) * 0x1.0p-24f; }

    // An odd multiple of 2^-53 in (0, 1): it has a logarithm, and so has what it lacks of 1.
    double open_uniform() { return (static_cast<double>(words() >> 12) + 0.5) * 0x1.0p-52; }

    // Of mean 1.
    double exponential() { return -log(open_uniform()); }

    // Of the standard Gumbel distribution: −log(−log(u)).
    double gumbel() { return -log(exponential()); }

    // Of mean 0 and variance 1, by Marsaglia's polar method (Marsaglia and Bray 1964, doi:10.1137/1006063). The second
    // number that it would give is not kept, so that a position is all there is to keep.
    double normal() {
        for (;;) {
            const double x = 2.0 * open_uniform() - 1.0;
            const double y = 2.0 * open_uniform() - 1.0;
            const double square = x * x + y * y;
            if (square < 1.0) return x * std::sqrt(-2.0 * log(square) / square);
        }
    }

    // Of the gamma distribution of that shape and scale 1.
    double gamma(double shape) {
        const Gamma drawn = draw_gamma(shape);
        return drawn.factor * exp(drawn.exponent);
    }

    // Of the symmetric Dirichlet distribution: count numbers from 0 to 1 whose sum is 1. Gamma variates over their sum,
    // computed from logarithms, since those of a small shape are often all below the least double.
    void dirichlet(double concentration, double* out, std::size_t count) {
        double greatest = -std::numeric_limits<double>::infinity();
        for (std::size_t i = 0; i < count; ++i) {
            const Gamma drawn = draw_gamma(concentration);
            out[i] = log(drawn.factor) + drawn.exponent;
            if (out[i] > greatest) greatest = out[i];
        }
        double total = 0.0;
        for (std::size_t i = 0; i < count; ++i) {
            out[i] = exp(out[i] - greatest);
            total += out[i];
        }
        for (std::size_t i = 0; i < count; ++i) out[i] /= total;
    }

private:
    // factor · e^exponent
    struct Gamma {
        double factor;
        double exponent;
    };

    // Marsaglia and Tsang 2000 (doi:10.1145/358407.358414), without its squeeze. A shape below 1 comes of the one that is
    // greater by 1 and a power of a uniform number (their section 6).
    Gamma draw_gamma(double shape) {
        const double d = (shape < 1.0 ? shape + 1.0 : shape) - 1.0 / 3.0;
        const double c = 1.0 / std::sqrt(9.0 * d);
        for (;;) {
            const double x = normal();
            const double u = open_uniform();
            const double root = 1.0 + c * x;
            if (root <= 0.0) continue;
            const double v = root * root * root;
            if (!(log(u) < 0.5 * x * x + (d - d * v + d * log(v)))) continue;
            return {d * v, shape < 1.0 ? log(open_uniform()) / shape : 0.0};
        }
    }

    std::uint64_t words() {
        const std::uint64_t low = word();
        return low | std::uint64_t{word()} << 32;
    }

    void fill() {
        const std::uint64_t block = position_ / 4;
        block_ = philox(
            {static_cast<std::uint32_t>(block), static_cast<std::uint32_t>(block >> 32), static_cast<std::uint32_t>(stream_),
             static_cast<std::uint32_t>(stream_ >> 32)},
            {static_cast<std::uint32_t>(seed_), static_cast<std::uint32_t>(seed_ >> 32)}
        );
    }

    std::uint64_t seed_;
    std::uint64_t stream_;
    std::uint64_t position_;
    std::array<std::uint32_t, 4> block_{};  // the one that the position is in, unless it is its first word
};

}  // namespace myoshu
