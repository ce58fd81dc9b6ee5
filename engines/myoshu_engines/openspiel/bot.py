"""A myoshu agent as an OpenSpiel bot, for everything that takes a ``pyspiel.Bot``."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
import pyspiel

from myoshu.arena.agent_player import AgentPlayer
from myoshu.arena.player import Choice
from myoshu.errors import GameError, IllegalActionError, ObservationWarning
from myoshu.runtime.agent import Agent
from myoshu.runtime.limit import Limit
from myoshu_engines.openspiel.game import OpenSpielGame, OpenSpielState

__all__ = ["MyoshuBot"]


class MyoshuBot(pyspiel.Bot):  # type: ignore[misc]  # pyspiel has no types, so its classes are Any
    """An agent at one seat of an OpenSpiel game.

    ::

        game = pyspiel.load_game("tic_tac_toe")
        bots = [MyoshuBot(game, 0, myoshu.load("agent.myoshu")), other_bot]
        returns = pyspiel.evaluate_bots(game.new_initial_state(), bots, seed=0)

    Args:
        game: the ``pyspiel.Game``.
        player_id: the seat, from 0.
        agent: the agent.
        limit: how long to think about a move; as the agent's bundle says if not given.
        seed: seed of everything random. Each game of a bot has its own, which follows from this one and its number.

    Raises:
        MatchError: the agent does not play this game.
        GameError: myoshu does not play this game, or not as OpenSpiel runs it: players move at the same time, or
            OpenSpiel draws chance by itself.

    Warns:
        ObservationWarning: the game's observations are not what the agent learned from, as may happen with another
            version of OpenSpiel.
    """

    def __init__(self, game: Any, player_id: int, agent: Agent, limit: Limit | None = None, seed: int = 0) -> None:
        super().__init__()
        self._game = OpenSpielGame(game)
        if self._game.simultaneous or self._game.sampled:
            why = "chance is drawn by OpenSpiel itself" if self._game.sampled else "players move at the same time"
            raise GameError(f"{self._game.spec.name}: {why}, which a bot cannot follow; play it through myoshu.arena")
        self._player_id = player_id
        self._player = AgentPlayer(agent, limit)
        self._seed = seed
        self._games = 0
        self.restart()
        found = agent.check_game(self._game)
        if found.differ:
            warnings.warn(f"{self._game.spec.name}: {found}", ObservationWarning, stacklevel=2)

    def player_id(self) -> int:
        """The seat that it plays, from 0."""
        return self._player_id

    def step(self, state: Any) -> int:
        """The action to play in a ``pyspiel.State`` in which it is this bot's turn."""
        return self._choose(state).action

    def step_with_policy(self, state: Any) -> tuple[list[tuple[int, float]], int]:
        """The search's policy over the legal actions, as (action, probability), and the action to play."""
        choice = self._choose(state)
        return _policy(state, choice), choice.action

    def get_policy(self, state: Any) -> list[tuple[int, float]]:
        """The search's policy over the legal actions, as (action, probability)."""
        return _policy(state, self._think(state))

    def provides_policy(self) -> bool:
        """Whether :meth:`get_policy` works: it does."""
        return True

    def restart(self) -> None:
        """Begin a new game."""
        seed = int(np.random.SeedSequence([self._seed, self._games]).generate_state(1, np.uint32)[0]) >> 1
        self._player.new_game(self._game, self._player_id, seed)
        self._games += 1

    def restart_at(self, state: Any) -> None:
        """Begin a new game in the middle."""
        self.restart()

    def inform_action(self, state: Any, player_id: int, action: int) -> None:
        """Take note of another player's action, in the state in which it was chosen."""
        if player_id >= 0:
            self._player.observe(self._wrapped(state), action)

    def provides_force_action(self) -> bool:
        """Whether :meth:`force_action` works: it does."""
        return True

    def force_action(self, state: Any, action: int) -> None:
        """Take note that this bot's own next move was played for it.

        Raises:
            IllegalActionError: the action is not legal in the state.
        """
        if action not in state.legal_actions():
            raise IllegalActionError(f"action: expected one of {state.legal_actions()}, got {action}")
        self._player.observe(self._wrapped(state), action)

    def _choose(self, state: Any) -> Choice:
        choice = self._think(state)
        self._player.observe(self._wrapped(state), choice.action)
        return choice

    def _think(self, state: Any) -> Choice:
        return self._player.choose(self._wrapped(state))

    def _wrapped(self, state: Any) -> OpenSpielState:
        return self._game.state_of(state, np.random.default_rng(0))


def _policy(state: Any, choice: Choice) -> list[tuple[int, float]]:
    assert choice.policy is not None  # an agent's choice always has one
    legal = state.legal_actions()
    shares = np.maximum(choice.policy[legal].astype(float), 0.0)
    total = shares.sum()
    shares = shares / total if total > 0 else np.full(len(legal), 1.0 / len(legal))
    return [(action, float(part)) for action, part in zip(legal, shares, strict=True)]
