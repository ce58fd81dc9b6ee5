"""exp and log from IEEE 754's exactly rounded operations: the native core's, step by step, in Python floats.

The C library's functions differ between platforms in their last bit, and one bit can turn a choice of the search. These
give the same bits everywhere. Error: below 2 units in the last place.
"""

from __future__ import annotations

import math

__all__ = ["exp", "log"]

_POWERS = tuple(
    float.fromhex(f"0x1.{digits}p+0")
    for digits in (
        "0000000000000", "059b0d3158574", "0b5586cf9890f", "11301d0125b51", "172b83c7d517b", "1d4873168b9aa",
        "2387a6e756238", "29e9df51fdee1", "306fe0a31b715", "371a7373aa9cb", "3dea64c123422", "44e086061892d",
        "4bfdad5362a27", "5342b569d4f82", "5ab07dd485429", "6247eb03a5585", "6a09e667f3bcd", "71f75e8ec5f74",
        "7a11473eb0187", "82589994cce13", "8ace5422aa0db", "93737b0cdc5e5", "9c49182a3f090", "a5503b23e255d",
        "ae89f995ad3ad", "b7f76f2fb5e47", "c199bdd85529c", "cb720dcef9069", "d5818dcfba487", "dfc97337b9b5f",
        "ea4afa2a490da", "f50765b6e4540",
    )
)  # fmt: skip
"""2^(j/32), rounded."""

_STEP, _STEP_REST = float.fromhex("0x1.62e42fef00000p-6"), float.fromhex("0x1.473de6af278edp-39")
"""ln 2 / 32 in two parts: a multiple of the first by an integer below 2^20 is exact."""

_INVERSE_STEP = float.fromhex("0x1.71547652b82fep+5")
_LN2, _LN2_REST = float.fromhex("0x1.62e42fef00000p-1"), float.fromhex("0x1.473de6af278edp-34")
_ROOT_HALF = float.fromhex("0x1.6a09e667f3bcdp-1")


def exp(x: float) -> float:
    """e^x for x ≤ 709; 0 below −708, so that no result is subnormal.

    With k the integer nearest to 32·x/ln 2 and r the remainder: 2^(k/32) from a table times the series of e^r.
    """
    if x < -708.0:
        return 0.0
    scaled = x * _INVERSE_STEP
    k = int(scaled - 0.5) if scaled < 0.0 else int(scaled + 0.5)
    r = (x - k * _STEP) - k * _STEP_REST
    square = r * r
    low = 0.5 + r * (1.0 / 6.0)
    high = (1.0 / 24.0 + r * (1.0 / 120.0)) + square * (1.0 / 720.0)
    series = r + square * (low + square * high)
    power = _POWERS[k & 31]
    return (power + power * series) * math.ldexp(1.0, k >> 5)


def log(x: float) -> float:
    """The natural logarithm of a normal positive float; −∞ for 0.

    With x = m·2^e and m near 1: e·ln 2 + 2·artanh((m − 1)/(m + 1)).
    """
    if x <= 0.0:
        return -math.inf
    m, exponent = math.frexp(x)
    if m < _ROOT_HALF:
        m = m + m
        exponent -= 1
    f = (m - 1.0) / (m + 1.0)
    s = f * f
    series = 1.0 / 23.0
    for odd in (21.0, 19.0, 17.0, 15.0, 13.0, 11.0, 9.0, 7.0, 5.0, 3.0):
        series = 1.0 / odd + s * series
    twice = f + f
    mantissa = twice + twice * (s * series)
    return exponent * _LN2 + (mantissa + exponent * _LN2_REST)
