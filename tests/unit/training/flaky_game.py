"""A game of two players and six moves, a share of which breaks in a way that can be chosen. Actors import it."""

from __future__ import annotations

import multiprocessing
import os
import time
from dataclasses import dataclass
from multiprocessing.process import BaseProcess
from pathlib import Path

import msgspec
import numpy as np
from numpy.typing import NDArray

from myoshu.spec import GameSpec

WAYS = ("raise", "legal", "empty", "observation", "shape", "mover", "reward", "nan")


@dataclass(frozen=True)
class Flaky:
    """Who chose 1 more often wins."""

    way: str = "raise"
    """How a game breaks at its third move: one of WAYS, or "begin" to raise before the first."""
    share: float = 0.02
    """Share of the games that break."""
    spec = GameSpec(
        name="python:flaky", players=2, actions=2, observation=(3,), returns=(-1.0, 1.0), final_rewards_only=True
    )

    def new_state(self, rng: np.random.Generator) -> FlakyState:
        way = self.way if rng.random() < self.share else ""
        if way == "begin":
            raise RuntimeError("no dice")
        return FlakyState(way)

    def action_name(self, state: FlakyState, action: int) -> str:
        return str(action)


class FlakyState:
    def __init__(self, way: str, moves: tuple[int, ...] = ()) -> None:
        self.way, self.moves = way, moves

    def broken(self, way: str) -> bool:
        return self.way == way and len(self.moves) == 3

    def to_play(self) -> int:
        return 7 if self.broken("mover") else len(self.moves) % 2

    def legal_actions(self) -> list[int]:
        if self.broken("legal"):
            return [0, 9]
        return [] if self.is_terminal() or self.broken("empty") else [0, 1]

    def observation(self) -> NDArray[np.float32]:
        if self.broken("shape"):
            return np.zeros((2, 2), np.float32)
        last = np.nan if self.broken("observation") else 1.0
        return np.array([len(self.moves) / 6, sum(self.moves) / 6, last], np.float32)

    def apply(self, action: int) -> NDArray[np.float32]:
        self.moves = (*self.moves, action)
        if self.broken("raise"):
            raise ZeroDivisionError("the dice are gone")
        if self.broken("reward"):
            return np.zeros(5, np.float32)
        if self.broken("nan"):
            return np.full(2, np.nan, np.float32)
        if not self.is_terminal():
            return np.zeros(2, np.float32)
        lead = float(np.sign(sum(self.moves[::2]) - sum(self.moves[1::2])))
        return np.array([lead, -lead], np.float32)

    def is_terminal(self) -> bool:
        return len(self.moves) == 6

    def clone(self) -> FlakyState:
        return FlakyState(self.way, self.moves)

    def key(self) -> tuple[int, ...]:
        return self.moves


@dataclass(frozen=True)
class Over(Flaky):
    """A share of the games is over before its first move."""

    def new_state(self, rng: np.random.Generator) -> FlakyState:
        return FlakyState("", (0, 1, 0, 1, 0, 1) if rng.random() < self.share else ())


@dataclass(frozen=True)
class Endless(Flaky):
    """Nobody wins, and no game ends."""

    def new_state(self, rng: np.random.Generator) -> FlakyState:
        return EndlessState("")


class EndlessState(FlakyState):
    def is_terminal(self) -> bool:
        return False


@dataclass(frozen=True)
class Alone(Endless):
    """The same for one player, who is paid 0.5 a move."""

    spec = msgspec.structs.replace(Flaky.spec, players=1, returns=(0.0, 1000.0), final_rewards_only=False)

    def new_state(self, rng: np.random.Generator) -> FlakyState:
        return AloneState("")


class AloneState(EndlessState):
    def to_play(self) -> int:
        return 0

    def apply(self, action: int) -> NDArray[np.float32]:
        super().apply(action)
        return np.full(1, 0.5, np.float32)


@dataclass(frozen=True)
class Unique(Flaky):
    """It cannot be made a second time."""

    def __reduce__(self) -> tuple[object, ...]:
        return _taken, ()


def _taken() -> None:
    raise OSError("the port is taken")


@dataclass(frozen=True)
class Helped(Flaky):
    """A process beside it helps to play; its number is written to a file, named after the process that plays."""

    folder: str = ""

    def new_state(self, rng: np.random.Generator) -> FlakyState:
        if not HELPERS:
            helper = multiprocessing.get_context("spawn").Process(target=time.sleep, args=(3600.0,))
            helper.start()
            HELPERS.append(helper)
            (Path(self.folder) / f"helper-of-{os.getpid()}").write_text(f"{helper.pid} ")
        return FlakyState("")


HELPERS: list[BaseProcess] = []
