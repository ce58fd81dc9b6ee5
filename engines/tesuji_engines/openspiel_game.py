"""OpenSpiel's perfect-information sequential games as tesuji games.

What the player to move sees
    OpenSpiel's tensor of some games shows the board as the observing player sees it (``othello``), of others always
    in the same way (``tic_tac_toe``), and the library does not say which. A few short random games, always the same
    ones, show whether the players' tensors ever differ. From that, an observation is

    - for the games in :data:`_STONES`, whose planes and rules are the same for both colours: the mover's stones, the
      opponent's stones, and the rest;
    - for the games in :data:`_SYMMETRIC`, if the tensors differ: the mover's tensor as it is;
    - otherwise: the mover's tensor, followed by one plane (or entry) a player, all ones for the player to move. It is
      redundant where a tensor already tells who moves, and never wrong.

    One-dimensional tensors stay one-dimensional, two-dimensional ones become a single plane.

Whether players alternate
    Looking ahead goes wrong if a game that is called strictly alternating lets somebody move twice, and random games
    can refute alternation but not prove it. So only the games in :data:`_ALTERNATING`, whose rules say so, are called
    alternating, only if the random games agree, and every :meth:`OpenSpielState.apply` checks it.

When two states are the same
    For the games in :data:`_DRAWN_IN_FULL`, when OpenSpiel's drawing and the player to move are. For all other games
    only when the whole history is (by a digest of 128 bits), because what a drawing leaves out (repetitions, passes,
    move counters) may matter.
"""

from __future__ import annotations

import operator
import threading
from collections.abc import Hashable, Sequence
from hashlib import blake2b
from typing import Any, Self

import numpy as np
import pyspiel
from numpy.typing import NDArray
from open_spiel.python.observation import make_observation

from tesuji.errors import ArgumentError, GameError, GameStringError, IllegalActionError
from tesuji.game import State
from tesuji.spec import GameSpec, Movers
from tesuji_engines.openspiel_symmetries import symmetries

__all__ = ["OpenSpielGame", "OpenSpielState", "load"]

_STONES = {"connect_four": (0, 1), "gomoku": (0, 1), "mnk": (2, 1), "tic_tac_toe": (2, 1)}
"""Plane of player 0's and of player 1's stones, in games that look the same to both."""
_SYMMETRIC = frozenset({"clobber", "connect_four", "havannah", "othello", "pentago", "y"})
_ALTERNATING = frozenset(
    [
        "antichess",
        "banqi",
        "breakthrough",
        "chess",
        "clobber",
        "connect_four",
        "crazyhouse",
        "einstein_wurfelt_nicht",
        "go",
        "gomoku",
        "havannah",
        "hex",
        "hive",
        "lines_of_action",
        "mnk",
        "nim",
        "othello",
        "oware",
        "pentago",
        "shogi",
        "tic_tac_toe",
        "twixt",
        "xiangqi",
        "y",
    ]
)
_DRAWN_IN_FULL = frozenset(
    [
        "breakthrough",
        "clobber",
        "connect_four",
        "dots_and_boxes",
        "gomoku",
        "hex",
        "mnk",
        "nim",
        "othello",
        "pentago",
        "tic_tac_toe",
        "ultimate_tic_tac_toe",
    ]
)
_FLAT = frozenset({"pig"})
"""Games whose two-dimensional tensor is a table, not a board."""

_SPIEL_ERRORS = (pyspiel.SpielError, ValueError, RuntimeError, MemoryError)
_PROBED_GAMES = 4
_PROBED_MOVES = 60


def load(rest: str) -> OpenSpielGame:
    """The game OpenSpiel knows by this string, such as ``connect_four(rows=5)``.

    Raises:
        GameStringError: OpenSpiel does not know the game, or not these parameters.
        GameError: a game of a kind that tesuji does not play.
    """
    spiel = _load(rest)
    try:
        return OpenSpielGame(spiel)
    except GameError:
        raise
    except _SPIEL_ERRORS as error:  # parameters that load but cannot be played, as a board of -1 rows
        raise GameStringError(f"game: OpenSpiel cannot play {rest!r}: {_first_line(error)}") from error


class OpenSpielGame:
    """An OpenSpiel game; see the module's text for what is decided about it."""

    def __init__(self, spiel: Any) -> None:  # pyspiel.Game: the module has no types
        kind = spiel.get_type()
        self.spiel = spiel
        self._string = str(spiel).removesuffix("()")
        self._refuse_what_cannot_be_played(kind)
        players: int = spiel.num_players()
        tensors_differ, turns_alternate = _probe(spiel)
        name = kind.short_name
        self.alternates = players == 1 or (name in _ALTERNATING and turns_alternate)
        self.drawn_in_full = name in _DRAWN_IN_FULL
        self.final_rewards_only = kind.reward_model == pyspiel.GameType.RewardModel.TERMINAL
        self.stochastic = kind.chance_mode != pyspiel.GameType.ChanceMode.DETERMINISTIC
        self.no_reward = np.zeros(players, np.float32)
        self.no_reward.flags.writeable = False
        self._shape = _board_shape(name, spiel)
        self._order: tuple[NDArray[np.intp], NDArray[np.intp]] | None = None
        self._marks = 0
        if name in _STONES and not tensors_differ:
            rest = [plane for plane in range(self._shape[0]) if plane not in _STONES[name]]
            self._order = (np.array([*_STONES[name], *rest]), np.array([*_STONES[name][::-1], *rest]))
        elif players > 1 and not (tensors_differ and name in _SYMMETRIC):
            self._marks = players
        first, *others = self._shape
        self._per_thread = threading.local()
        self._spec = GameSpec(
            name=f"openspiel:{self._string}",
            players=players,
            actions=spiel.num_distinct_actions(),
            observation=(first + self._marks, *others),
            returns=_returns(name, spiel),
            zero_sum=players > 1 and kind.utility == pyspiel.GameType.Utility.ZERO_SUM,
            movers=Movers.ALTERNATE if self.alternates else Movers.PREDICTED,
            final_rewards_only=self.final_rewards_only,
            stochastic=self.stochastic,
            max_length=_longest(name, spiel),
        )
        self.symmetries = symmetries(name, spiel, self._spec.observation)
        """The ways to turn the board that are known of this game."""

    def _refuse_what_cannot_be_played(self, kind: Any) -> None:
        if kind.dynamics != pyspiel.GameType.Dynamics.SEQUENTIAL:
            raise GameError(f"openspiel:{self._string}: players move at the same time, which tesuji does not play yet")
        if kind.information != pyspiel.GameType.Information.PERFECT_INFORMATION:
            raise GameError(f"openspiel:{self._string}: players do not see everything, which tesuji does not play yet")
        if not kind.provides_observation_tensor:
            raise GameError(f"openspiel:{self._string}: it has no observation tensor, so a network has nothing to see")

    @property
    def spec(self) -> GameSpec:
        """What is fixed about the game."""
        return self._spec

    def new_state(self, rng: np.random.Generator) -> OpenSpielState:
        """A new game, its opening chance drawn."""
        return OpenSpielState(self, self.spiel.new_initial_state(), rng)

    def state_of(self, spiel: Any, rng: np.random.Generator) -> OpenSpielState:
        """A state that goes on, independently, from a ``pyspiel.State`` of this game."""
        return OpenSpielState(self, spiel.clone(), rng)

    def action_name(self, state: State, action: int) -> str:
        """The action as OpenSpiel writes it."""
        if not isinstance(state, OpenSpielState):
            raise ArgumentError(f"state: expected an OpenSpielState, got {type(state).__name__}")
        name: str = state.spiel.action_to_string(state.spiel.current_player(), action)
        return name

    def observe(self, spiel: Any) -> NDArray[np.float32]:
        """What the player to move sees in a ``pyspiel.State``: float32 of the spec's observation shape."""
        mover = max(spiel.current_player(), 0)  # negative once the game is over
        try:
            observer, board = self._per_thread.observer
        except AttributeError:  # a thread's first observation; OpenSpiel writes into a buffer that must not be shared
            observer = make_observation(self.spiel)
            board = observer.tensor.reshape(self._shape)
            self._per_thread.observer = observer, board
        observer.set_from(spiel, mover)
        if self._order is not None:
            turned: NDArray[np.float32] = board.take(self._order[mover], 0)
            return turned
        if not self._marks:
            same: NDArray[np.float32] = board.copy()
            return same
        marked = np.zeros(self._spec.observation, np.float32)
        marked[: -self._marks] = board
        marked[mover - self._marks] = 1.0
        return marked

    def __reduce__(self) -> tuple[Any, tuple[str]]:
        return load, (str(self.spiel),)

    def __repr__(self) -> str:
        return f"<OpenSpielGame {self._spec.name}>"


class OpenSpielState:
    """One position. ``spiel`` is OpenSpiel's own state: to read, not to change."""

    __slots__ = ("_game", "_legal", "_paid", "_rng", "spiel")

    def __init__(self, game: OpenSpielGame, spiel: Any, rng: np.random.Generator) -> None:
        self._game = game
        self._rng = rng
        self._legal: tuple[int, ...] | None = None
        self.spiel = spiel
        self._draw_chance()
        self._paid: list[float] = [] if game.final_rewards_only else spiel.returns()

    def to_play(self) -> int:
        """The player to move."""
        player: int = self.spiel.current_player()
        return player

    def legal_actions(self) -> Sequence[int]:
        """The mover's actions, ascending."""
        legal = self._legal
        if legal is None:
            legal = self._legal = tuple(self.spiel.legal_actions())
        return legal

    def observation(self) -> NDArray[np.float32]:
        """What the player to move sees."""
        return self._game.observe(self.spiel)

    def apply(self, action: int) -> NDArray[np.float32]:
        """Play an action and whatever chance brings.

        Raises:
            IllegalActionError: the action is not legal here; the state is unchanged.
            GameError: a player moved twice in a game that was taken to alternate strictly.
        """
        spiel, game = self.spiel, self._game
        try:
            action = operator.index(action)
        except TypeError:
            raise IllegalActionError(f"action: expected an integer, got {action!r}") from None
        if action not in self.legal_actions():
            raise IllegalActionError(self._why_illegal(action))
        mover = spiel.current_player()
        spiel.apply_action(action)
        self._legal = None
        if game.stochastic:
            self._draw_chance()
        if spiel.is_terminal():
            if game.final_rewards_only:
                return np.array(spiel.returns(), np.float32)
        elif game.alternates and spiel.current_player() != (mover + 1) % len(game.no_reward):
            raise GameError(
                f"{game.spec.name}: player {spiel.current_player()} moves after player {mover}, "
                "but the game was taken to alternate strictly"
            )
        if game.final_rewards_only:
            return game.no_reward
        paid = self._paid
        self._paid = spiel.returns()
        return np.array([after - before for after, before in zip(self._paid, paid, strict=True)], np.float32)

    def is_terminal(self) -> bool:
        """Whether the game is over."""
        over: bool = self.spiel.is_terminal()
        return over

    def clone(self) -> Self:
        """An independent copy; where there is chance, with a copy of the generator."""
        twin = object.__new__(type(self))
        twin._game = self._game
        twin._rng = _copy_generator(self._rng) if self._game.stochastic else self._rng
        twin._legal = self._legal
        twin._paid = self._paid
        twin.spiel = self.spiel.clone()
        return twin

    def key(self) -> Hashable:
        """What the rest of the game depends on; see the module's text."""
        if self._game.drawn_in_full:
            return str(self.spiel), self.spiel.current_player()
        return blake2b(self.spiel.history_str().encode(), digest_size=16).digest()

    def __str__(self) -> str:
        return str(self.spiel).rstrip()

    def _draw_chance(self) -> None:
        spiel = self.spiel
        while spiel.is_chance_node():
            outcomes = spiel.chance_outcomes()
            left = self._rng.random()
            drawn = outcomes[-1][0]
            for outcome, probability in outcomes:
                left -= probability
                if left < 0:
                    drawn = outcome
                    break
            spiel.apply_action(drawn)

    def _why_illegal(self, action: int) -> str:
        if self.spiel.is_terminal():
            return f"action: expected none, the game is over, got {action}"
        legal = self.legal_actions()
        shown = ", ".join(map(str, legal[:20])) + (", …" if len(legal) > 20 else "")
        return f"action: expected one of {shown}, got {action}"


def _load(rest: str) -> Any:
    """The ``pyspiel.Game``; what can be checked before is, since OpenSpiel prints its own errors as well."""
    name, bracket, parameters = rest.partition("(")
    known = pyspiel.registered_names()
    if name not in known:
        close = sorted(known, key=lambda other: _difference(name, other))[:3]
        raise GameStringError(
            f"game: OpenSpiel does not know {name!r}; expected a game such as {', '.join(close)} "
            f"({len(known)} games: python -c 'import pyspiel; print(*pyspiel.registered_names())')"
        )
    if (bracket and not rest.endswith(")")) or rest.count("(") != rest.count(")"):
        raise GameStringError(f"game: expected parameters in brackets, as connect_four(rows=5), got {rest!r}")
    if bracket and parameters != ")":
        _check_parameters(name, rest)
    try:
        return pyspiel.load_game(rest)
    except _SPIEL_ERRORS as error:
        raise GameStringError(f"game: OpenSpiel cannot load {rest!r}: {_first_line(error)}") from error


def _check_parameters(name: str, rest: str) -> None:
    try:
        given = pyspiel.game_parameters_from_string(rest)
    except _SPIEL_ERRORS as error:
        raise GameStringError(f"game: expected parameters as in connect_four(rows=5), got {rest!r}") from error
    kinds = {kind.short_name: kind for kind in pyspiel.registered_games()}
    expected = kinds[name].parameter_specification
    for parameter, value in given.items():
        if parameter == "name":
            continue
        if parameter not in expected:
            there = ", ".join(sorted(expected)) or "none"
            raise GameStringError(f"game: {name} has no parameter {parameter!r}; it has: {there}")
        kind = type(expected[parameter])
        if kind in (int, bool) and type(value) is not kind:
            wanted = "an integer" if kind is int else "True or False"
            raise GameStringError(f"game: {name}({parameter}=…): expected {wanted}, got {value!r}")


def _first_line(error: BaseException) -> str:
    lines = str(error).strip().splitlines()
    return lines[0] if lines else type(error).__name__


def _difference(name: str, other: str) -> tuple[int, str]:
    """How unlike two names are: for a suggestion."""
    pairs = {name[i : i + 2] for i in range(len(name) - 1)}
    others = {other[i : i + 2] for i in range(len(other) - 1)}
    return len(pairs ^ others), other


def _board_shape(name: str, spiel: Any) -> tuple[int, ...]:
    shape = tuple(spiel.observation_tensor_shape())
    if name == "gomoku":  # its tensor has all cells of the board, which may have any number of dimensions, in one row
        size = round(shape[-1] ** (1 / spiel.get_parameters().get("dims", 2)))
        return shape[0], shape[-1] // size, size
    if name in _FLAT:
        return (int(np.prod(shape)),)
    return (1, *shape) if len(shape) == 2 else shape


def _longest(name: str, spiel: Any) -> int:
    """An upper bound on a game's moves: OpenSpiel's, where it holds."""
    bound: int = spiel.max_game_length()
    if name == "dots_and_boxes":  # too low on boards that are not square; every line is drawn once
        bound = spiel.num_distinct_actions()
    elif name == "hex" and spiel.get_parameters().get("swap"):  # the swap is not counted
        bound += 1
    return bound


def _returns(name: str, spiel: Any) -> tuple[float, float]:
    """Bounds of what a player can be paid: OpenSpiel's, where they hold."""
    low, high = spiel.min_utility(), spiel.max_utility()
    if name == "2048":  # OpenSpiel counts the merges that make the greatest tile, and none of the tiles left beside it
        high *= 2
    return low, high


def _probe(spiel: Any) -> tuple[bool, bool]:
    """Whether the players' tensors ever differed, and whether turns always passed on by one seat."""
    rng = np.random.default_rng(0)
    players = spiel.num_players()
    differ, alternate = False, True
    for _ in range(_PROBED_GAMES if players > 1 else 0):
        state, last, moves = spiel.new_initial_state(), None, 0
        while not state.is_terminal() and moves < _PROBED_MOVES:
            if state.is_chance_node():
                outcomes, chances = zip(*state.chance_outcomes(), strict=True)
                weights = np.asarray(chances) / sum(chances)
                state.apply_action(outcomes[rng.choice(len(outcomes), p=weights)])
                continue
            mover = state.current_player()
            alternate &= last is None or mover == (last + 1) % players
            if not differ:
                first, *others = (state.observation_tensor(player) for player in range(players))
                differ = any(other != first for other in others)
            legal = state.legal_actions()
            state.apply_action(legal[rng.integers(len(legal))])
            last, moves = mover, moves + 1
    return differ, alternate


def _copy_generator(rng: np.random.Generator) -> np.random.Generator:
    bits = type(rng.bit_generator)(0)
    bits.state = rng.bit_generator.state
    return np.random.Generator(bits)
