// exp and log out of IEEE 754's exactly rounded operations, so that every machine and compiler gives the same bits.
//
// The C library's exp and log differ between platforms in their last bit, and one bit can turn a choice. These use only
// + − × ÷, conversion and the layout of a double; myoshu.search.elementary does the same steps in Python floats. They
// must be compiled without contraction (-ffp-contract=off, /fp:precise). Error: below 2 units in the last place
// (tests/unit/search/test_elementary.py measures it).
#pragma once

#include <cmath>
#include <cstdint>
#include <cstring>
#include <limits>

namespace myoshu {

namespace elementary {

// 2^(j/32), rounded.
inline constexpr double kPowers[32] = {
    0x1.0000000000000p+0, 0x1.059b0d3158574p+0, 0x1.0b5586cf9890fp+0, 0x1.11301d0125b51p+0,
    0x1.172b83c7d517bp+0, 0x1.1d4873168b9aap+0, 0x1.2387a6e756238p+0, 0x1.29e9df51fdee1p+0,
    0x1.306fe0a31b715p+0, 0x1.371a7373aa9cbp+0, 0x1.3dea64c123422p+0, 0x1.44e086061892dp+0,
    0x1.4bfdad5362a27p+0, 0x1.5342b569d4f82p+0, 0x1.5ab07dd485429p+0, 0x1.6247eb03a5585p+0,
    0x1.6a09e667f3bcdp+0, 0x1.71f75e8ec5f74p+0, 0x1.7a11473eb0187p+0, 0x1.82589994cce13p+0,
    0x1.8ace5422aa0dbp+0, 0x1.93737b0cdc5e5p+0, 0x1.9c49182a3f090p+0, 0x1.a5503b23e255dp+0,
    0x1.ae89f995ad3adp+0, 0x1.b7f76f2fb5e47p+0, 0x1.c199bdd85529cp+0, 0x1.cb720dcef9069p+0,
    0x1.d5818dcfba487p+0, 0x1.dfc97337b9b5fp+0, 0x1.ea4afa2a490dap+0, 0x1.f50765b6e4540p+0,
};

// ln 2 / 32 in two parts: a multiple of the first by an integer below 2^20 is exact.
inline constexpr double kStep = 0x1.62e42fef00000p-6;
inline constexpr double kStepRest = 0x1.473de6af278edp-39;
inline constexpr double kInverseStep = 0x1.71547652b82fep+5;

// ln 2 in two parts.
inline constexpr double kLn2 = 0x1.62e42fef00000p-1;
inline constexpr double kLn2Rest = 0x1.473de6af278edp-34;
inline constexpr double kRootHalf = 0x1.6a09e667f3bcdp-1;

// 2^exponent, for an exponent from -1022 to 1023.
inline double power_of_two(std::int64_t exponent) {
    const std::uint64_t bits = static_cast<std::uint64_t>(exponent + 1023) << 52;
    double result;
    std::memcpy(&result, &bits, sizeof result);
    return result;
}

}  // namespace elementary

// e^x for x <= 709; 0 below -708, so that no result is subnormal.
inline double exp(double x) {
    using namespace elementary;
    if (x < -708.0) return 0.0;
    const double scaled = x * kInverseStep;
    const std::int64_t k = static_cast<std::int64_t>(scaled < 0.0 ? scaled - 0.5 : scaled + 0.5);
    const double count = static_cast<double>(k);
    const double r = (x - count * kStep) - count * kStepRest;
    const double square = r * r;
    const double low = 0.5 + r * (1.0 / 6.0);
    const double high = (1.0 / 24.0 + r * (1.0 / 120.0)) + square * (1.0 / 720.0);
    const double series = r + square * (low + square * high);
    const double power = kPowers[k & 31];
    return (power + power * series) * power_of_two(k >> 5);
}

// The natural logarithm of a normal positive double; -infinity for 0.
inline double log(double x) {
    using namespace elementary;
    if (x <= 0.0) return -std::numeric_limits<double>::infinity();
    std::uint64_t bits;
    std::memcpy(&bits, &x, sizeof bits);
    std::int64_t exponent = static_cast<std::int64_t>(bits >> 52) - 1022;
    bits = (bits & 0x000fffffffffffffULL) | 0x3fe0000000000000ULL;
    double m;  // in [1/2, 1)
    std::memcpy(&m, &bits, sizeof m);
    if (m < kRootHalf) {
        m = m + m;
        exponent -= 1;
    }
    const double f = (m - 1.0) / (m + 1.0);
    const double s = f * f;
    double series = 1.0 / 23.0;
    series = 1.0 / 21.0 + s * series;
    series = 1.0 / 19.0 + s * series;
    series = 1.0 / 17.0 + s * series;
    series = 1.0 / 15.0 + s * series;
    series = 1.0 / 13.0 + s * series;
    series = 1.0 / 11.0 + s * series;
    series = 1.0 / 9.0 + s * series;
    series = 1.0 / 7.0 + s * series;
    series = 1.0 / 5.0 + s * series;
    series = 1.0 / 3.0 + s * series;
    const double twice = f + f;
    const double mantissa = twice + twice * (s * series);
    const double count = static_cast<double>(exponent);
    return count * kLn2 + (mantissa + count * kLn2Rest);
}

}  // namespace myoshu
