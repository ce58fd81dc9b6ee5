"""The state of a random generator as an array, to be saved with everything else."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["random_state", "restore_random_state"]

_LOW = (1 << 64) - 1


def random_state(rng: np.random.Generator) -> NDArray[np.uint64]:
    """The state of a PCG64 generator: uint64 [6]."""
    state: Any = rng.bit_generator.state
    halves = [half for key in ("state", "inc") for half in (state["state"][key] >> 64, state["state"][key] & _LOW)]
    return np.array([*halves, state["has_uint32"], state["uinteger"]], np.uint64)


def restore_random_state(rng: np.random.Generator, saved: NDArray[np.uint64]) -> None:
    """Set a PCG64 generator to what :func:`random_state` returned."""
    high, low, increment_high, increment_low, has, integer = (int(number) for number in saved)
    rng.bit_generator.state = {
        "bit_generator": "PCG64",
        "state": {"state": high << 64 | low, "inc": increment_high << 64 | increment_low},
        "has_uint32": has,
        "uinteger": integer,
    }
