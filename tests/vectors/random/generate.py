"""Random numbers that every language must draw: random.json, made by the slow generator in Python.

    python tests/vectors/random/generate.py          write random.json
    python tests/vectors/random/generate.py --check  only say whether it is up to date

``blocks`` are counters, keys and words of Philox 4×32-10. ``sequences`` are draws in turn, from a seed, stream and
position: each with its arguments, what it gave, and the position after it. ``moves`` are what a level of strength
plays: its settings (slack null for any), what a search found (numbers that float32 holds), and the action that the
first uniform number of each seed draws.

Words, and numbers that may be larger than a double holds, are hexadecimal text; a number with a fraction that was drawn
is the 16 hexadecimal digits of its double, sign and exponent first.
"""

from __future__ import annotations

import json
import math
import struct
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from myoshu.search.reference_random import ReferenceRandom, philox
from myoshu.search.reference_sampling import draw_move

HERE = Path(__file__).parent
FILE = HERE / "random.json"

BLOCKS: list[tuple[tuple[int, int, int, int], tuple[int, int]]] = [
    ((0, 0, 0, 0), (0, 0)),
    ((0xFFFFFFFF,) * 4, (0xFFFFFFFF,) * 2),
    ((0x243F6A88, 0x85A308D3, 0x13198A2E, 0x03707344), (0xA4093822, 0x299F31D0)),
    ((1, 0, 0, 0), (0, 0)),
    ((0, 1, 0, 0), (1, 0)),
    ((0, 0, 1, 0), (0, 1)),
    ((0, 0, 0, 1), (0x80000000, 0)),
]

SEQUENCES = [
    (0, 0, 0),
    (7, 0, 0),
    (7, 1, 0),
    (7, 0, 1001),
    ((1 << 63) - 1, 0, 0),
    (1 << 32, 1 << 32, (1 << 34) - 2),
    ((1 << 64) - 1, (1 << 64) - 1, (1 << 64) - 3),
]

DRAWS: list[tuple[str, dict[str, Any]]] = [
    ("word", {}),
    ("uniform", {}),
    ("uniform_float", {}),
    ("open_uniform", {}),
    ("below", {"bound": 1}),
    ("below", {"bound": 7}),
    ("below", {"bound": 3 << 30}),
    ("below", {"bound": (1 << 32) - 1}),
    ("exponential", {}),
    ("gumbel", {"count": 5}),
    ("normal", {}),
    ("normal", {}),
    ("gamma", {"shape": 0.03}),
    ("gamma", {"shape": 0.5}),
    ("gamma", {"shape": 1.0}),
    ("gamma", {"shape": 7.25}),
    ("gamma", {"shape": 1e9}),
    ("dirichlet", {"concentration": 0.3, "count": 7}),
    ("dirichlet", {"concentration": 1e-9, "count": 3}),
    ("dirichlet", {"concentration": 10.0, "count": 1}),
    ("choice", {"weights": [0.25, 0.0, 1.5, 0.125]}),
    ("choice", {"weights": [0.0, 1e-300, 0.0]}),
    ("choice", {"weights": [float(weight) for weight in range(1, 40)]}),
]

FOUND: dict[str, list[Any]] = {
    "legal": [1, 1, 0, 1, 1, 1],
    "policy": [0.125, 0.5, 0.0, 0.25, 0.0, 0.125],
    "prior": [0.0625, 0.25, 0.25, 0.125, 0.25, 0.0625],
    "q": [-0.25, 0.5, 0.0, 0.375, 0.4375, 0.25],
}
NOTHING = {**FOUND, "policy": [0.0] * 6}

MOVES: list[tuple[float, float, float | None, dict[str, list[Any]], int]] = [
    (1.0, 0.0, None, FOUND, 1),
    (0.3, 0.0, None, FOUND, 1),
    (1e6, 0.0, None, FOUND, 1),
    (1e-6, 0.0, None, FOUND, 1),
    (1e6, 0.5, None, FOUND, 1),
    (1.0, 1.0, None, FOUND, 1),
    (1e6, 0.5, 0.125, FOUND, 1),
    (1e6, 0.5, 0.0, FOUND, 5),
    (1.0, 0.0, None, NOTHING, 3),
]


def bits(number: float) -> str:
    """A double in hexadecimal digits."""
    return struct.pack(">d", number).hex()


def shown(value: Any) -> Any:
    """What a draw gave, as the file has it."""
    if isinstance(value, int):
        return value
    return bits(value) if isinstance(value, float) else [bits(float(each)) for each in value]


def build() -> bytes:
    """What random.json must hold."""
    blocks = [{"counter": _words(c), "key": _words(k), "words": _words(philox(c, k))} for c, k in BLOCKS]
    lines = ['{\n"blocks": [', _listed(blocks), '],\n"sequences": [']
    for number, (seed, stream, position) in enumerate(SEQUENCES):
        generator = ReferenceRandom(seed, stream, position)
        draws = []
        for name, arguments in DRAWS:
            value = shown(getattr(generator, name)(**arguments))
            draws.append({"draw": name, **arguments, "value": value, "position": f"{generator.position:x}"})
        start = json.dumps({"seed": f"{seed:x}", "stream": f"{stream:x}", "position": f"{position:x}"})
        lines += [f'{start[:-1]}, "draws": [', _listed(draws), "]}" + "," * (number + 1 < len(SEQUENCES))]
    lines += ['],\n"moves": [', _listed([_move(*move) for move in MOVES]), "]\n}"]
    return ("\n".join(lines) + "\n").encode()


def stale() -> bool:
    """Whether the file is missing or another."""
    return not FILE.is_file() or FILE.read_bytes() != build()


def _move(
    temperature: float, mix: float, slack: float | None, found: dict[str, list[Any]], action: int
) -> dict[str, Any]:
    settings = {"temperature": temperature, "mix": mix, "slack": slack}
    held = [temperature, mix, math.inf if slack is None else slack, *found.values(), action]
    drawn = [draw_move(*held, ReferenceRandom(seed).uniform()) for seed in range(16)]
    return {**settings, **found, "action": action, "seeds": list(range(16)), "drawn": drawn}


def _words(words: Sequence[int]) -> list[str]:
    return [f"{word:08x}" for word in words]


def _listed(entries: Sequence[dict[str, Any]]) -> str:
    return ",\n".join(json.dumps(entry) for entry in entries)


def main() -> None:
    if "--check" not in sys.argv[1:]:
        FILE.write_bytes(build())
    elif stale():
        raise SystemExit(f"not up to date: {FILE.name}")


if __name__ == "__main__":
    main()
