"""A random generator's state as data."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

__all__ = ["RandomState"]


class RandomState(NamedTuple):
    """Where a PCG64 generator is in its sequence."""

    random: bytes
    """16 bytes, little-endian: its state."""
    increment: bytes
    """16 bytes, little-endian: which sequence it is."""
    spare: int | None
    """The half of a number, from 0 to 2^32 - 1, that it has left over, if it has."""

    @staticmethod
    def of(generator: np.random.Generator) -> RandomState:
        """Where a generator is."""
        held = generator.bit_generator.state
        return RandomState(
            held["state"]["state"].to_bytes(16, "little"),
            held["state"]["inc"].to_bytes(16, "little"),
            held["uinteger"] if held["has_uint32"] else None,
        )

    def restore(self, generator: np.random.Generator) -> None:
        """Let a generator go on from here."""
        generator.bit_generator.state = {
            "bit_generator": "PCG64",
            "state": {
                "state": int.from_bytes(self.random, "little"),
                "inc": int.from_bytes(self.increment, "little"),
            },
            "has_uint32": int(self.spare is not None),
            "uinteger": self.spare or 0,
        }
