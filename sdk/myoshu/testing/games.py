"""A conformance kit for games: plays at random and checks every clause of :mod:`myoshu.game`.

::

    from myoshu.testing.games import check_game

    def test_my_game():
        check_game(MyGame())
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Hashable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from myoshu.errors import GameError, IllegalActionError
from myoshu.game import Game, State
from myoshu.planes import planes_of
from myoshu.spec import GameSpec, Movers
from myoshu.symmetry import Symmetry, symmetries_of
from myoshu.traits import StateTraits, Traits

__all__ = ["GameReport", "check_game"]

_TOLERANCE = 1e-4
_FORESIGHT = 3
"""How many further moves two clones are played to check that they stay alike."""
_COPIED = "(a clone copies its generator: copy.deepcopy)"
_ALIKE = f"the same states after the same actions {_COPIED}"
_AGAIN = f"the same game from the same generator {_COPIED}"
_CHANCE = ("spec.stochastic", "True, since the same moves under two seeds do not bring the same game")
"""The clause, and what is expected, if a game draws chance that its spec denies."""
_STRANGERS = 2
"""Games with other seeds that are played beside each game that declares no chance."""


@dataclass(frozen=True)
class GameReport:
    """The results of a conformance run."""

    games: int
    """Number of games played."""
    finished: int
    """Games that were played to their end (all, unless ``moves`` cut them short)."""
    moves: int
    """Moves played in all games together."""
    longest: int
    """Moves of the longest game."""
    branching: float
    """Legal actions per position, on average."""
    returns: NDArray[np.float64]
    """float64 [players]: the mean return of random play, over the finished games."""


def check_game(game: Game, games: int = 20, seed: int = 0, moves: int | None = None) -> GameReport:
    """Play random games and check every clause of the game protocol.

    Args:
        game: the game to check.
        games: how many games to play.
        seed: seed of the players' choices and of the games' chance.
        moves: stop each game after this many moves; play to the end if not given.

    Raises:
        GameError: a clause is broken. The message names the game, the clause, the moves that led there, what was
            expected and what came.
    """
    spec = _check_spec(game)
    Traits.of(game)
    turns = symmetries_of(game)
    planes_of(game)
    finished, lengths, choices = 0, [], 0
    returns = np.zeros(spec.players)
    for number in range(games):
        path: list[int] = []
        try:
            played = _play(game, spec, turns, seed, number, moves, path)
        except Exception as error:  # noqa: BLE001 -- user code may raise anything; it is a finding
            said = str(error) if isinstance(error, _Broken | GameError) else f"raised {type(error).__name__}: {error}"
            where = f"game {number} of seed {seed}, after moves {path}"
            cause = None if isinstance(error, _Broken) else error
            raise GameError(f"{spec.name}: {said} ({where})") from cause
        lengths.append(len(path))
        choices += played.choices
        if played.over:
            finished += 1
            returns += played.returns
    return GameReport(
        games=games,
        finished=finished,
        moves=sum(lengths),
        longest=max(lengths, default=0),
        branching=choices / max(1, sum(lengths)),
        returns=returns / max(1, finished),
    )


class _Broken(Exception):  # noqa: N818 -- becomes a GameError, with the moves that led there
    """A clause does not hold."""


@dataclass
class _Played:
    returns: NDArray[np.float64]
    choices: int = 0
    over: bool = False


def _expect(holds: bool, clause: str, expected: object, got: object) -> None:
    if not holds:
        raise _Broken(f"{clause}: expected {expected}, got {got}")


def _check_spec(game: Game) -> GameSpec:
    name = type(game).__name__
    for method in ("spec", "new_state", "action_name"):
        if not hasattr(game, method):
            raise GameError(f"{name}: expected a game with spec, new_state and action_name, got no {method}")
    spec: Any = game.spec
    if not isinstance(spec, GameSpec):
        raise GameError(f"{name}.spec: expected a myoshu.spec.GameSpec, got {type(spec).__name__}")
    if game.spec != spec:
        raise GameError(f"{name}.spec: expected the same value every time, got two different ones")
    return spec


def _play(
    game: Game, spec: GameSpec, turns: Sequence[Symmetry], seed: int, number: int, moves: int | None, path: list[int]
) -> _Played:
    """Play one game and check every position; ``path`` grows as it is played."""
    choice = np.random.default_rng([seed, number, 1])
    state = game.new_state(np.random.default_rng([seed, number]))
    shadow = game.new_state(np.random.default_rng([seed, number]))  # the same game, to be played the same way
    for method in ("to_play", "legal_actions", "observation", "apply", "is_terminal", "clone", "key"):
        _expect(callable(getattr(state, method, None)), "new_state", f"a state with a method {method}", "none")
    StateTraits.of(state)
    strangers = (
        [] if spec.stochastic else [np.random.default_rng([seed, number, 2, other]) for other in range(_STRANGERS)]
    )
    others = [game.new_state(rng) for rng in strangers]  # games of other seeds, the same if no chance is drawn
    turned = [(turn, game.new_state(np.random.default_rng([seed, number]))) for turn in turns]
    played = _Played(np.zeros(spec.players))
    last: int | None = None
    while True:
        _check_position(game, spec, state)
        _expect(_same(_look(state), _look(shadow)), "new_state", _AGAIN, "another")
        for stranger in others:
            _check_no_chance(state, stranger)
        for index, (turn, other) in enumerate(turned):
            _check_turned(f"symmetries[{index}]", turn, state, other)
        if state.is_terminal():
            played.over = True
            break
        mover = state.to_play()
        if spec.movers is Movers.ALTERNATE and last is not None:
            following = (last + 1) % spec.players
            _expect(mover == following, "to_play", f"player {following} after player {last} (movers: alternate)", mover)
        if moves is not None and len(path) >= moves:
            break
        legal = state.legal_actions()
        _check_clones(spec, state, legal, choice)
        _check_illegal(spec, state, legal)
        played.choices += len(legal)
        action = legal[int(choice.integers(len(legal)))]
        before = state.clone()
        unchanged = _look(before)
        path.append(int(action))
        rewards = state.apply(action)
        _check_rewards(spec, rewards, state.is_terminal())
        _expect(_same(_look(before), unchanged), "apply", "a clone made before to stay as it was", "a changed clone")
        _expect(np.array_equal(shadow.apply(action), rewards), "apply", "the same rewards in the same game", "others")
        for stranger in others:
            paid = stranger.apply(action)
            _expect(np.array_equal(paid, rewards), *_CHANCE, f"rewards {rewards} and {paid}")
        for index, (turn, other) in enumerate(turned):
            paid = other.apply(int(turn.actions[action]))
            _expect(np.array_equal(paid, rewards), f"symmetries[{index}]", f"the same rewards {rewards}", paid)
        played.returns += rewards
        last = mover
        if spec.max_length is not None:
            _expect(len(path) <= spec.max_length, "spec.max_length", f"at most {spec.max_length} moves", len(path))
    if played.over:
        _check_end(spec, state, played.returns)
    return played


def _check_position(game: Game, spec: GameSpec, state: State) -> None:
    over: Any = state.is_terminal()
    _expect(isinstance(over, bool | np.bool_), "is_terminal", "True or False", repr(over))
    legal: Any = state.legal_actions()
    _expect(isinstance(legal, Sequence), "legal_actions", "a sequence such as a list", type(legal).__name__)
    whole = all(isinstance(action, int | np.integer) and not isinstance(action, bool) for action in legal)
    _expect(whole, "legal_actions", "integers", legal)
    in_range = all(0 <= action < spec.actions for action in legal)
    _expect(in_range, "legal_actions", f"actions in [0, {spec.actions})", legal)
    ascending = all(one < other for one, other in itertools.pairwise(legal))
    _expect(ascending, "legal_actions", "ascending, none twice", legal)
    _expect(bool(over) == (len(legal) == 0), "legal_actions", "none exactly when the game is over", legal)
    _expect(list(state.legal_actions()) == list(legal), "legal_actions", "the same when asked again", "others")
    _expect(isinstance(str(state), str), "__str__", "a text", type(state).__name__)
    hash(state.key())
    _check_observation(spec, state)
    if over:
        return
    mover: Any = state.to_play()
    _expect(isinstance(mover, int | np.integer), "to_play", "an integer", repr(mover))
    _expect(0 <= mover < spec.players, "to_play", f"a player in [0, {spec.players})", mover)
    for action in legal[:3]:
        name: Any = game.action_name(state, action)
        _expect(isinstance(name, str) and bool(name), "action_name", "a text that is not empty", repr(name))


def _check_observation(spec: GameSpec, state: State) -> None:
    seen: Any = state.observation()
    _expect(isinstance(seen, np.ndarray), "observation", "a NumPy array", type(seen).__name__)
    _expect(seen.dtype == np.float32, "observation", "float32", seen.dtype)
    _expect(seen.shape == spec.observation, "observation", f"shape {spec.observation}", seen.shape)
    _expect(bool(np.isfinite(seen).all()), "observation", "finite numbers", "NaN or infinity")
    kept = seen.copy()
    if seen.flags.writeable:
        seen[...] = -123.0
    again = state.observation()
    _expect(np.array_equal(again, kept), "observation", "a new array on every call", "a shared one")


def _check_turned(clause: str, turn: Symmetry, state: State, other: State) -> None:
    """Compare a position of the game on a turned board with what it should have become."""
    legal = sorted(int(turn.actions[action]) for action in state.legal_actions())
    _expect(list(other.legal_actions()) == legal, clause, f"legal actions {legal} on the turned board", "others")
    if legal:
        _expect(other.to_play() == state.to_play(), clause, f"player {state.to_play()} to move", other.to_play())
        alike = np.array_equal(other.observation(), turn.turn(state.observation()))
        _expect(alike, clause, "the observation turned, after the turned moves", "another")


def _check_no_chance(state: State, stranger: State) -> None:
    """Compare with the same moves under another seed: without chance, everything that players see is the same."""
    one, other = _look(state), _look(stranger)
    _expect(one.over == other.over, *_CHANCE, f"is_terminal {one.over} and {other.over}")
    _expect(one.mover == other.mover, *_CHANCE, f"to_play {one.mover} and {other.mover}")
    _expect(one.legal == other.legal, *_CHANCE, f"legal_actions {list(one.legal)} and {list(other.legal)}")
    _expect(np.array_equal(one.observation, other.observation), *_CHANCE, "two different observations")


def _check_rewards(spec: GameSpec, rewards: Any, over: bool) -> None:
    _expect(isinstance(rewards, np.ndarray), "apply", "rewards as a NumPy array", type(rewards).__name__)
    _expect(rewards.dtype == np.float32, "apply", "rewards of float32", rewards.dtype)
    _expect(rewards.shape == (spec.players,), "apply", f"rewards of shape {(spec.players,)}", rewards.shape)
    _expect(bool(np.isfinite(rewards).all()), "apply", "finite rewards", rewards)
    if spec.zero_sum:
        balanced = abs(float(rewards.sum())) <= _TOLERANCE * spec.players
        _expect(balanced, "apply", "rewards that add up to 0 (zero_sum)", rewards)
    if spec.final_rewards_only and not over:
        _expect(not rewards.any(), "apply", "no reward before the end (final_rewards_only)", rewards)


def _check_clones(spec: GameSpec, state: State, legal: Sequence[int], choice: np.random.Generator) -> None:
    """Check that clones look the same, continue the same, and leave the original alone."""
    before = _look(state)
    one, other = state.clone(), state.clone()
    _expect(_same(_look(one), before), "clone", "a state that looks and is keyed the same", "another")
    action = legal[int(choice.integers(len(legal)))]
    for _ in range(_FORESIGHT):
        untouched = _look(other)
        rewards = one.apply(action)
        _check_rewards(spec, rewards, one.is_terminal())
        _expect(_same(_look(other), untouched), "clone", "an independent copy", "one that changes with another")
        others = other.apply(action)
        _expect(np.array_equal(rewards, others), "clone", "the same rewards for the same actions", [rewards, others])
        _expect(_same(_look(one), _look(other)), "clone", _ALIKE, "different ones")
        following = one.legal_actions()
        if not following:
            break
        action = following[int(choice.integers(len(following)))]
    _expect(_same(_look(state), before), "clone", "the original to stay as it was", "a changed original")


def _check_illegal(spec: GameSpec, state: State, legal: Sequence[int]) -> None:
    before = _look(state)
    for action in _illegal(spec, legal):
        try:
            state.apply(action)
        except IllegalActionError:
            pass
        else:
            raise _Broken(f"apply: expected IllegalActionError for action {action}, got no error")
        _expect(_same(_look(state), before), "apply", f"the state unchanged by illegal action {action}", "another")


def _illegal(spec: GameSpec, legal: Sequence[int]) -> Iterator[int]:
    yield -1
    yield spec.actions
    allowed = set(legal)
    yield from [action for action in range(min(spec.actions, len(legal) + 2)) if action not in allowed][:2]


def _check_end(spec: GameSpec, state: State, returns: NDArray[np.float64]) -> None:
    low, high = spec.returns
    slack = _TOLERANCE * max(1.0, abs(low), abs(high))
    within = all(math.isfinite(value) and low - slack <= value <= high + slack for value in returns)
    _expect(within, "spec.returns", f"every player's sum of rewards within [{low}, {high}]", returns)
    try:
        state.apply(0)
    except IllegalActionError:
        return
    raise _Broken("apply: expected IllegalActionError once the game is over, got no error")


@dataclass(frozen=True)
class _Look:
    """Everything that can be seen of a state."""

    over: bool
    mover: int
    legal: tuple[int, ...]
    drawing: str
    key: Hashable
    observation: NDArray[np.float32]


def _look(state: State) -> _Look:
    over = bool(state.is_terminal())
    return _Look(
        over=over,
        mover=0 if over else int(state.to_play()),
        legal=tuple(state.legal_actions()),
        drawing=str(state),
        key=state.key(),
        observation=np.array(state.observation()),
    )


def _same(one: _Look, other: _Look) -> bool:
    return (
        (one.over, one.mover, one.legal, one.drawing, one.key)
        == (other.over, other.mover, other.legal, other.drawing, other.key)
        and np.array_equal(one.observation, other.observation)
    )  # fmt: skip
