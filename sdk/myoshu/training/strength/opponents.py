"""The opponents of a run's checks of strength. Knows no torch."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from myoshu.errors import TrainingError
from myoshu.game import Game, State
from myoshu.runtime.bundle import Bundle
from myoshu.runtime.evaluator import Evaluator
from myoshu.runtime.planner import Planner

__all__ = ["BundleOpponent", "Opponent", "RandomOpponent", "search_moves"]


class Opponent(Protocol):
    """Plays all seats but the agent's in many games side by side. It keeps no state between moves."""

    @property
    def name(self) -> str:
        """The opponent's name in results."""
        ...

    def choose(self, game: Game, states: Sequence[State], rng: np.random.Generator) -> Sequence[int]:
        """Choose an action in each position.

        Args:
            game: the rules.
            states: positions of different games, not to be changed.
            rng: generator for random choices.
        """
        ...


class RandomOpponent:
    """Chooses uniformly among the legal actions."""

    name = "random"

    def choose(self, game: Game, states: Sequence[State], rng: np.random.Generator) -> Sequence[int]:
        """Choose a random legal action in each position."""
        chosen = []
        for state in states:
            legal = state.legal_actions()
            chosen.append(int(legal[int(rng.integers(len(legal)))]))
        return chosen


class BundleOpponent:
    """An earlier agent, searching as its bundle says, without noise.

    Args:
        name: its name in results.
        path: the bundle.
        game: the rules that it plays by.
        slots: how many positions it searches at once.

    Raises:
        BundleError: the bundle cannot be read.
        TrainingError: its network does not fit the game.
    """

    def __init__(self, name: str, path: Path, game: Game, *, slots: int = 64) -> None:
        bundle = Bundle.read(path)
        manifest, spec = bundle.manifest, game.spec
        for field in ("players", "actions", "observation"):
            there, needed = getattr(manifest.model, field), getattr(spec, field)
            if there != needed:
                raise TrainingError(f"{path}: expected a network with {field} {needed} as {spec.name}, got {there}")
        self.name = name
        evaluator = Evaluator(manifest.model, bundle.graphs, providers="cpu")
        self._planner = Planner(evaluator, manifest.search, slots=slots)

    def choose(self, game: Game, states: Sequence[State], rng: np.random.Generator) -> Sequence[int]:
        """Choose the searches' best actions."""
        observations = [state.observation() for state in states]
        legal = [state.legal_actions() for state in states]
        return search_moves(self._planner, observations, legal, [state.to_play() for state in states])


def search_moves(
    planner: Planner,
    observations: Sequence[NDArray[np.float32]],
    legal: Sequence[Sequence[int]],
    movers: Sequence[int],
) -> list[int]:
    """The best actions by searches without noise, with the planner's own settings; as many at once as it has slots."""
    actions: list[int] = []
    for start in range(0, len(observations), planner.slots):
        part = slice(start, start + planner.slots)
        slots = np.arange(len(observations[part]))
        mask = np.zeros((len(slots), planner.evaluator.model.actions), np.bool_)
        for row, allowed in zip(mask, legal[part], strict=True):
            row[list(allowed)] = True
        to_play = np.asarray(movers[part], np.int32)
        planner.open(slots, np.stack(observations[part]), legal=mask, to_play=to_play)
        planner.run()
        actions += [int(action) for action in planner.results(slots).action]
    return actions
