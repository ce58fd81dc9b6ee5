"""One game, tried out: the game protocol's clauses first, then games of an untrained agent against itself."""

from __future__ import annotations

import dataclasses
import math
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pyspiel

import myoshu
from myoshu.errors import MyoshuError
from myoshu.game import Game
from myoshu.runtime.limit import Limit
from myoshu.search.config import SearchConfig
from myoshu.spec import GameSpec
from myoshu.testing.games import check_game
from myoshu.testing.networks import mlp, write_bundle
from myoshu_engines import load_game

__all__ = ["Effort", "Finding", "try_game"]

HIDDEN = 16
"""Width of the network's layers."""
SLACK = 1e-4
"""How far a game's returns may lie outside their bounds, relative to them."""


@dataclasses.dataclass(frozen=True)
class Effort:
    """How much is tried."""

    moves: int
    """Moves that agents play."""
    checked_games: int
    """Games in which every clause of the game protocol is checked."""
    checked_moves: int
    """Moves after which each of these games is left."""
    simulations: int
    """Simulations before each move of an agent."""
    seconds: float
    """Time after which no further game is begun and the one that is played is left."""


@dataclasses.dataclass
class Finding:
    """What came of it."""

    name: str
    """The name that OpenSpiel registers."""
    string: str
    """The game that was tried."""
    kind: str = ""
    """What kind of game it is, in words."""
    players: int | None = None
    """How many take part."""
    observation: tuple[int, ...] | None = None
    """Shape of what a player sees."""
    actions: int | None = None
    """How many distinct actions there are."""
    bound: int | None = None
    """An upper bound on the moves of a game."""
    games: int = 0
    """Games that agents played to their end."""
    moves: int = 0
    """Moves that agents made."""
    illegal: int = 0
    """Moves of agents that were not legal."""
    longest: int = 0
    """Moves of the longest of these games."""
    seconds: float = 0.0
    """Processor time that all of it took."""
    stopped: str = ""
    """Why it cannot be played, or what went wrong; empty if nothing did."""


def try_game(name: str, string: str, effort: Effort, report: Callable[[Finding], None]) -> None:
    """Try a game, and report again and again what was found until then: the last report counts."""
    begin = time.monotonic()
    finding = Finding(name, string, kind=_kind(name, string))
    report(finding)
    try:
        game = load_game(f"openspiel:{string}")
        spec = game.spec
        finding.players, finding.observation, finding.actions = spec.players, spec.observation, spec.actions
        finding.bound = spec.max_length
        report(finding)
        check_game(game, games=effort.checked_games, moves=effort.checked_moves)
        report(finding)
        with tempfile.TemporaryDirectory() as folder:
            agent = myoshu.load(_bundle(Path(folder) / "untrained.myoshu", spec, effort), providers="cpu")
        number = 0
        while finding.moves < effort.moves and (number == 0 or time.monotonic() - begin < effort.seconds):
            _play(game, agent, number, finding, effort, begin + effort.seconds)
            number += 1
            report(finding)
    except MyoshuError as error:
        finding.stopped = str(error)
    except Exception as error:  # noqa: BLE001 - whatever goes wrong is a finding
        finding.stopped = f"{type(error).__name__}: {error}"
    finding.seconds = time.process_time()
    report(finding)


def _kind(name: str, string: str) -> str:
    """What OpenSpiel says of the game in words; of what it registers under the name, if it does not load."""
    try:
        kind = pyspiel.load_game(string).get_type()
    except (pyspiel.SpielError, ValueError, RuntimeError):
        kind = next(each for each in pyspiel.registered_games() if each.short_name == name)
    words = {
        pyspiel.GameType.Information.PERFECT_INFORMATION: "perfect",
        pyspiel.GameType.Information.IMPERFECT_INFORMATION: "imperfect",
        pyspiel.GameType.Information.ONE_SHOT: "one-shot",
    }[kind.information]
    if kind.dynamics == pyspiel.GameType.Dynamics.SIMULTANEOUS:
        words += ", simultaneous"
    elif kind.dynamics == pyspiel.GameType.Dynamics.MEAN_FIELD:
        words += ", mean field"
    if kind.chance_mode != pyspiel.GameType.ChanceMode.DETERMINISTIC:
        words += ", chance"
    return words


def _bundle(path: Path, spec: GameSpec, effort: Effort) -> Path:
    """A complete bundle of an untrained network of the game's shape."""
    columns = 1 if spec.players == 1 or (spec.players == 2 and spec.zero_sum) else spec.players
    network = mlp(
        spec.observation,
        spec.actions,
        HIDDEN,
        layers=1,
        players=spec.players,
        value_columns=columns,
        reward_columns=0 if spec.final_rewards_only else columns,
        movers=spec.movers,
    )
    return write_bundle(path, network, game=spec, search=SearchConfig(simulations=effort.simulations))


def _play(game: Game, agent: myoshu.Agent, number: int, finding: Finding, effort: Effort, until: float) -> None:
    """One game in which every seat is the agent's."""
    spec = game.spec
    state: Any = game.new_state(np.random.default_rng([1, number]))
    sessions = [agent.new_session(seed=number * spec.players + seat, temperature=1.0) for seat in range(spec.players)]
    limit = Limit(simulations=effort.simulations)
    returns = np.zeros(spec.players)
    length = 0
    while not state.is_terminal():
        if finding.moves >= effort.moves or (length and time.monotonic() > until):
            return
        mover, legal = state.to_play(), state.legal_actions()
        decision = sessions[mover].play(state.observation(), legal, limit, to_play=mover)
        finding.moves += 1
        length += 1
        finding.longest = max(finding.longest, length)
        if decision.action not in state.spiel.legal_actions():
            finding.illegal += 1
            raise ValueError(f"game {number}, move {length}: action {decision.action} is not legal")
        if not math.isfinite(decision.value):
            raise ValueError(f"game {number}, move {length}: expected a finite value, got {decision.value}")
        returns += state.apply(decision.action)
        for session in sessions:
            session.observe(decision.action)
    finding.games += 1
    low, high = spec.returns
    slack = SLACK * max(1.0, abs(low), abs(high))
    if not ((returns >= low - slack) & (returns <= high + slack)).all():
        raise ValueError(f"game {number}: expected returns within [{low:g}, {high:g}], got {returns.tolist()}")
    if spec.max_length is not None and length > spec.max_length:
        raise ValueError(f"game {number}: expected at most {spec.max_length} moves, got {length}")
