"""OpenSpiel's bots as players of the arena."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pyspiel

from myoshu.arena.player import Choice
from myoshu.errors import MatchError
from myoshu.game import Game, State
from myoshu_engines.openspiel.game import OpenSpielGame, OpenSpielState

__all__ = ["BotPlayer", "cfr_player", "mcts_player", "registered_player"]

_UCT_C = 2.0
_MEMORY_MB = 1000


class BotPlayer:
    """A ``pyspiel.Bot`` at a seat.

    Args:
        name: the player's name in results.
        make: makes the bot for (the ``pyspiel.Game``, the seat, a seed).
    """

    def __init__(self, name: str, make: Callable[[Any, int, int], Any]) -> None:
        self.name = name
        self._make = make
        self._bot: Any = None
        self._seat = 0

    def new_game(self, game: Game, seat: int, seed: int) -> None:
        """Create the bot again.

        Raises:
            MatchError: the game is not OpenSpiel's, or the bot does not play it.
        """
        if not isinstance(game, OpenSpielGame):
            raise MatchError(f"{self.name}: expected an OpenSpiel game, got {game.spec.name}")
        try:
            self._bot = self._make(game.spiel, seat, seed)
        except (pyspiel.SpielError, RuntimeError, ValueError) as error:
            reason = (str(error).strip().splitlines() or [type(error).__name__])[0]
            raise MatchError(f"{self.name}: OpenSpiel cannot make this bot for {game.spec.name}: {reason}") from error
        self._seat = seat

    def choose(self, state: State) -> Choice:
        """Choose the bot's move."""
        return Choice(int(self._bot.step(_spiel(state).clone())))

    def observe(self, state: State, action: int) -> None:
        """Report the others' moves to the bot, as OpenSpiel's own matches do."""
        mover = state.to_play()
        if mover != self._seat:
            self._bot.inform_action(_spiel(state).clone(), mover, action)


def mcts_player(simulations: int, name: str | None = None) -> BotPlayer:
    """OpenSpiel's C++ Monte Carlo tree search: UCT with c = 2, one random rollout per leaf, with proven results.

    Args:
        simulations: how many simulations a move gets.
        name: the player's name in results.

    Raises:
        MatchError: fewer than one simulation.
    """
    if simulations < 1:
        raise MatchError(f"mcts: expected at least 1 simulation, got {simulations}")

    def make(spiel: Any, seat: int, seed: int) -> Any:
        if spiel.get_type().information != pyspiel.GameType.Information.PERFECT_INFORMATION:
            raise ValueError("it would see what is hidden from its seat")
        evaluator = pyspiel.RandomRolloutEvaluator(n_rollouts=1, seed=seed)
        return pyspiel.MCTSBot(spiel, evaluator, _UCT_C, simulations, _MEMORY_MB, solve=True, seed=seed, verbose=False)

    return BotPlayer(name or f"mcts:{simulations}", make)


def registered_player(bot: str, name: str | None = None) -> BotPlayer:
    """A bot that OpenSpiel knows by name: ``pyspiel.registered_bots()``.

    Raises:
        MatchError: OpenSpiel does not know the bot.
    """
    known = pyspiel.registered_bots()
    if bot not in known:
        raise MatchError(f"bot: expected one of {', '.join(known)}, got {bot!r}")

    def make(spiel: Any, seat: int, seed: int) -> Any:
        if bot == "uniform_random":  # the one that takes a seed, through its own constructor
            return pyspiel.make_uniform_random_bot(seat, seed)
        return pyspiel.load_bot(bot, spiel, seat)

    return BotPlayer(name or f"bot:{bot}", make)


def cfr_player(iterations: int, name: str | None = None) -> BotPlayer:
    """The average policy of OpenSpiel's CFR+ (Tammelin 2014), a table: for small games in which something is hidden.

    It is computed once per player, when its first game begins.

    Args:
        iterations: how many passes over the whole game.
        name: the player's name in results.

    Raises:
        MatchError: fewer than one iteration.
    """
    if iterations < 1:
        raise MatchError(f"cfr: expected at least 1 iteration, got {iterations}")
    worked_out: dict[str, Any] = {}

    def make(spiel: Any, seat: int, seed: int) -> Any:
        kind = spiel.get_type()
        sampled = kind.chance_mode == pyspiel.GameType.ChanceMode.SAMPLED_STOCHASTIC
        if sampled or not kind.provides_information_state_string:
            raise ValueError("its chance or what players know is not listed")
        game = str(spiel)
        if game not in worked_out:
            solver = pyspiel.CFRPlusSolver(spiel)
            for _ in range(iterations):
                solver.evaluate_and_update_policy()
            worked_out[game] = solver.tabular_average_policy()
        return pyspiel.make_policy_bot(spiel, seat, seed, worked_out[game])

    return BotPlayer(name or f"cfr:{iterations}", make)


def _spiel(state: State) -> Any:
    if not isinstance(state, OpenSpielState):
        raise MatchError(f"state: expected a state of an OpenSpiel game, got {type(state).__name__}")
    return state.spiel
