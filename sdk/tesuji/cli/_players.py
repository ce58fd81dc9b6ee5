"""Players as the command line names them: a bundle's file, or random, perfect, mcts:N, bot:NAME."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tesuji.arena.player import Player
    from tesuji.game import Game
    from tesuji.runtime.agent import Agent
    from tesuji.runtime.limit import Limit

__all__ = ["KINDS", "Table", "limit_of"]

KINDS = "a bundle such as agent.tesuji, random, perfect, mcts:N (OpenSpiel, N simulations) or bot:NAME (OpenSpiel)"


def limit_of(simulations: int | None, time: float | None) -> Limit | None:
    """The limit of a move, or None for each bundle's own."""
    if simulations is None and time is None:
        return None
    from tesuji.runtime.limit import Limit

    return Limit(simulations=simulations, time=time)


class Table:
    """A game, and makers of players for it. A bundle's file is read once, however many seats it takes.

    Args:
        texts: the players, as the command line names them.
        game: a game string; that of the first bundle among the players if not given.
        limit: how long a bundle may think about a move; as its manifest says if not given.

    Raises:
        MatchError: a player's name is not one of the kinds, or no game is named.
        BundleError: a bundle cannot be read.
        GameStringError: the game cannot be found.
    """

    def __init__(self, texts: Sequence[str], game: str | None, limit: Limit | None) -> None:
        from tesuji.errors import MatchError
        from tesuji_engines import load_game

        self._limit = limit
        self._agents: dict[str, Agent] = {}
        for text in texts:
            self._agent(text)
        if game is None:
            if not self._agents:
                raise MatchError("--game: expected a game such as openspiel:tic_tac_toe, since no bundle names one")
            game = next(iter(self._agents.values())).game.name
        self.game: Game = load_game(game)

    def player(self, text: str, name: str | None = None) -> Player:
        """A new player of this kind."""
        from tesuji.arena.perfect_player import PerfectPlayer
        from tesuji.arena.random_player import RandomPlayer
        from tesuji.errors import MatchError

        agent = self._agent(text)
        name = name or (Path(text).name if agent is not None else text)
        if agent is not None:
            from tesuji.arena.agent_player import AgentPlayer

            return AgentPlayer(agent, self._limit, name)
        kind, _, rest = text.partition(":")
        if text == "random":
            return RandomPlayer(name)
        if text == "perfect":
            return PerfectPlayer(name=name)
        if kind == "mcts":
            from tesuji_engines.openspiel_players import mcts_player

            if not rest.isdecimal():
                raise MatchError(f"player: expected mcts:N with a number of simulations, as mcts:1000, got {text!r}")
            return mcts_player(int(rest), name)
        if kind == "bot" and rest:
            from tesuji_engines.openspiel_players import registered_player

            return registered_player(rest, name)
        raise MatchError(f"player: expected {KINDS}, got {text!r}")

    def players(self, texts: Sequence[str]) -> list[Player]:
        """One player for each name; those that are named alike are numbered."""
        players: list[Player] = []
        for index, text in enumerate(texts):
            alike = texts[: index + 1].count(text)
            short = Path(text).name if text.endswith(".tesuji") else text
            players.append(self.player(text, f"{short} ({alike})" if texts.count(text) > 1 else None))
        return players

    def _agent(self, text: str) -> Agent | None:
        if not text.endswith(".tesuji"):
            return None
        if text not in self._agents:
            from tesuji.runtime.agent import load

            self._agents[text] = load(text)
        return self._agents[text]
