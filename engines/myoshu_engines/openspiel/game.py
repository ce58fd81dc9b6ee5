"""OpenSpiel's games as myoshu games: sequential and simultaneous, of perfect and imperfect information.

Simultaneous moves
    OpenSpiel's own conversion makes such a game turn-based: the players choose in turn, and none sees what
    the others have chosen until all have.

What the player to move sees
    See :mod:`myoshu_engines.openspiel.view`.

Whether players alternate
    Search goes wrong if a game that is called strictly alternating lets a player move twice, and random games
    can refute alternation but not prove it. So only the games in :data:`_ALTERNATING`, whose rules say so, are called
    alternating, only if the random games agree, and every :meth:`OpenSpielState.apply` checks it.

When two states are the same
    For the games in :data:`_DRAWN_IN_FULL`, when OpenSpiel's drawing and the player to move are. For all other games
    only when the whole history is (by a digest of 128 bits), because what a drawing leaves out (repetitions, passes,
    move counters) may matter.

Chance that OpenSpiel draws by itself
    A few games do not list the outcomes of chance but draw them from an internal generator, which all states of a
    ``pyspiel.Game`` share. Each new state then has its own ``pyspiel.Game``, seeded from the generator that
    :meth:`OpenSpielGame.new_state` is given, and a copy of it is replayed from the same seed.
"""

from __future__ import annotations

import contextlib
import operator
from collections.abc import Hashable, Mapping, Sequence
from hashlib import blake2b
from typing import Any, Self

import numpy as np
import pyspiel
from numpy.typing import NDArray

from myoshu.errors import ArgumentError, GameError, GameStringError, IllegalActionError
from myoshu.game import State
from myoshu.spec import GameSpec, Movers
from myoshu_engines.openspiel.drawing import drawn
from myoshu_engines.openspiel.string import SPIEL_ERRORS, first_line, spiel_game
from myoshu_engines.openspiel.symmetries import symmetries
from myoshu_engines.openspiel.view import View

__all__ = ["OpenSpielGame", "OpenSpielState", "load"]

_SEED = "rng_seed"
"""The parameter that seeds chance which OpenSpiel draws by itself."""
_REMEMBERED = 3
"""Most lines of what a player remembers, shown below what it observes."""
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


def load(rest: str) -> OpenSpielGame:
    """The game that OpenSpiel knows by this string, such as ``connect_four(rows=5)``.

    Raises:
        GameStringError: OpenSpiel does not know the game or these parameters.
        GameError: a game of a kind that myoshu does not play.
    """
    spiel = spiel_game(rest)
    try:
        return OpenSpielGame(spiel)
    except GameError:
        raise
    except SPIEL_ERRORS as error:  # parameters that load but cannot be played, as a board of -1 rows
        raise GameStringError(f"game: OpenSpiel cannot play {rest!r}: {first_line(error)}") from error


class OpenSpielGame:
    """An OpenSpiel game; the module's docstring has the details."""

    def __init__(self, spiel: Any) -> None:  # pyspiel.Game: the module has no types
        kind = spiel.get_type()
        self._string = str(spiel).removesuffix("()")
        self._loaded = str(spiel)
        if kind.dynamics == pyspiel.GameType.Dynamics.MEAN_FIELD:
            raise GameError(
                f"openspiel:{self._string}: a mean-field game, in which a single player meets a whole population: "
                "rewards depend on how all its members would play, which no game of players says"
            )
        self.sampled = kind.chance_mode == pyspiel.GameType.ChanceMode.SAMPLED_STOCHASTIC
        if self.sampled and _SEED not in spiel.get_parameters():
            raise GameError(
                f"openspiel:{self._string}: OpenSpiel draws its chance from a generator that has no seed ({_SEED}), "
                "so that no game could be played again"
            )
        self.simultaneous = kind.dynamics == pyspiel.GameType.Dynamics.SIMULTANEOUS
        self.spiel = pyspiel.convert_to_turn_based(spiel) if self.simultaneous else spiel
        players: int = spiel.num_players()
        name = kind.short_name
        self.view = View(name, self.spiel, kind)
        """Turns states into observations."""
        self.alternates = players == 1 or (name in _ALTERNATING and self.view.turns_alternate)
        self.drawn_in_full = name in _DRAWN_IN_FULL
        self.final_rewards_only = kind.reward_model == pyspiel.GameType.RewardModel.TERMINAL
        self.stochastic = kind.chance_mode != pyspiel.GameType.ChanceMode.DETERMINISTIC
        self.no_reward = np.zeros(players, np.float32)
        self.no_reward.flags.writeable = False
        self._spec = GameSpec(
            name=f"openspiel:{self._string}",
            players=players,
            actions=self.spiel.num_distinct_actions(),
            observation=self.view.shape,
            returns=_returns(name, spiel),
            zero_sum=players > 1 and kind.utility == pyspiel.GameType.Utility.ZERO_SUM,
            movers=Movers.ALTERNATE if self.alternates else Movers.PREDICTED,
            final_rewards_only=self.final_rewards_only,
            stochastic=self.stochastic,
            max_length=_longest(name, self.spiel),
            hidden_information=self.simultaneous
            or kind.information != pyspiel.GameType.Information.PERFECT_INFORMATION,
        )
        self.planes = self.view.planes.words
        """What each plane or number of an observation is."""
        self.layout = self.view.planes.layout
        """What an observation's rows and columns are."""
        self.symmetries = symmetries(name, spiel, self._spec.observation)
        """The known symmetries of this game's board."""

    @property
    def spec(self) -> GameSpec:
        """What is fixed about the game."""
        return self._spec

    def new_state(self, rng: np.random.Generator) -> OpenSpielState:
        """A new game, its opening chance drawn."""
        if not self.sampled:
            return OpenSpielState(self, self.spiel.new_initial_state(), rng)
        seed = int(rng.integers(1, 1 << 31))
        return OpenSpielState(self, self.seeded(seed).new_initial_state(), rng, seed)

    def state_of(self, spiel: Any, rng: np.random.Generator) -> OpenSpielState:
        """A state that continues, independently, from a ``pyspiel.State`` of this game.

        Raises:
            GameError: players move at the same time, or OpenSpiel draws chance by itself: such a state cannot be
                copied.
        """
        if self.sampled or spiel.get_game().get_type().dynamics != pyspiel.GameType.Dynamics.SEQUENTIAL:
            why = "OpenSpiel draws its chance by itself" if self.sampled else "its players move at the same time"
            raise GameError(f"{self._spec.name}: expected a state that can be continued, but {why}")
        return OpenSpielState(self, spiel.clone(), rng)

    def seeded(self, seed: int) -> Any:
        """The ``pyspiel.Game``, whose own generator begins with a seed."""
        name = self.spiel.get_type().short_name
        return pyspiel.load_game(name, {**self.spiel.get_parameters(), _SEED: seed})

    def action_name(self, state: State, action: int) -> str:
        """The action as OpenSpiel writes it."""
        if not isinstance(state, OpenSpielState):
            raise ArgumentError(f"state: expected an OpenSpielState, got {type(state).__name__}")
        name: str = state.spiel.action_to_string(state.spiel.current_player(), action)
        return name

    def other_names(self, state: State) -> Mapping[str, int]:
        """More names of the legal moves: in chess, from square to square, as ``e2e4`` and ``e7e8q``."""
        if self.spiel.get_type().short_name != "chess" or not isinstance(state, OpenSpielState):
            return {}
        board = state.spiel.board()
        return {pyspiel.chess.action_to_move(action, board).to_lan(): action for action in state.legal_actions()}

    def __reduce__(self) -> tuple[Any, tuple[str]]:
        return load, (self._loaded,)

    def __repr__(self) -> str:
        return f"<OpenSpielGame {self._spec.name}>"


class OpenSpielState:
    """One position. ``spiel`` is OpenSpiel's own state, not to be changed."""

    __slots__ = ("_game", "_legal", "_paid", "_rng", "_seed", "spiel")

    def __init__(self, game: OpenSpielGame, spiel: Any, rng: np.random.Generator, seed: int | None = None) -> None:
        self._game = game
        self._rng = rng
        self._seed = seed
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
        return self._game.view.observe(self.spiel)

    def apply(self, action: int) -> NDArray[np.float32]:
        """Play an action and the chance outcomes that follow.

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
        twin._seed = self._seed
        twin.spiel = self.spiel.clone() if self._seed is None else self._played_anew(self._seed)
        return twin

    def key(self) -> Hashable:
        """What the rest of the game depends on; see the module's docstring."""
        if self._game.drawn_in_full:
            return str(self.spiel), self.spiel.current_player()
        history = blake2b(self.spiel.history_str().encode(), digest_size=16).digest()
        return history if self._seed is None else (self._seed, history)

    def drawn_for(self, player: int) -> str:
        """The position as one player sees it: OpenSpiel's texts of what it observes and of what it remembers."""
        if not self._game.spec.hidden_information:
            return str(self)
        kind = self._game.spiel.get_type()
        lines: list[str] = []
        for provided, text in (
            (kind.provides_observation_string, self.spiel.observation_string),
            (kind.provides_information_state_string, self.spiel.information_state_string),
        ):
            if not provided:
                continue
            with contextlib.suppress(*SPIEL_ERRORS):  # some games claim to have it, and do not
                told = drawn(text(player).rstrip()).splitlines()
                lines += [line for line in told if line not in lines][-_REMEMBERED:] if lines else told
        return "\n".join(lines) or "(OpenSpiel does not say what one player sees of this game)"

    def __str__(self) -> str:
        return drawn(str(self.spiel).rstrip())

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

    def _played_anew(self, seed: int) -> Any:
        """The same state, of a separate game with the same past and future chance."""
        spiel = self._game.seeded(seed).new_initial_state()
        for action in self.spiel.history():
            spiel.apply_action(action)
        return spiel

    def _why_illegal(self, action: int) -> str:
        if self.spiel.is_terminal():
            return f"action: expected none, the game is over, got {action}"
        legal = self.legal_actions()
        shown = ", ".join(map(str, legal[:20])) + (", …" if len(legal) > 20 else "")
        return f"action: expected one of {shown}, got {action}"


def _longest(name: str, spiel: Any) -> int:
    """An upper bound on a game's moves: OpenSpiel's, where it holds."""
    bound: int = spiel.max_game_length()
    if name == "dots_and_boxes":  # too low on boards that are not square; every line is drawn once
        bound = spiel.num_distinct_actions()
    elif name == "hex" and spiel.get_parameters().get("swap"):  # does not count the swap
        bound += 1
    return bound


def _returns(name: str, spiel: Any) -> tuple[float, float]:
    """Bounds of what a player can be paid: OpenSpiel's, where they hold."""
    low, high = spiel.min_utility(), spiel.max_utility()
    if name == "2048":  # OpenSpiel counts the merges that make the greatest tile, but not the tiles left beside it
        high *= 2
    return low, high


def _copy_generator(rng: np.random.Generator) -> np.random.Generator:
    bits = type(rng.bit_generator)(0)
    bits.state = rng.bit_generator.state
    return np.random.Generator(bits)
