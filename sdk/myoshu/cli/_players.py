"""Players as the command line names them: a bundle's file, random, perfect, mcts:N, an engine's command, a person."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from myoshu.cli._kinds import ANY_PLAYER, PERSON
from myoshu.cli._player_settings import PlayerSettings

if TYPE_CHECKING:
    from myoshu.arena.player import Player
    from myoshu.game import Game
    from myoshu.runtime.agent import Agent
    from myoshu.runtime.limit import Limit

__all__ = ["Seating", "Table", "limit_of"]

_BUNDLE = ".myoshu"
_OPTIONS = ("simulations", "time", "level", "elo", "temperature", "seed")


def limit_of(simulations: int | None, time: float | None) -> Limit | None:
    """The limit of a move, or None for each bundle's own."""
    if simulations is None and time is None:
        return None
    from myoshu.runtime.limit import Limit

    return Limit(simulations=simulations, time=time)


@dataclass(frozen=True)
class Seating:
    """A game and its players, to be made again in every process that plays."""

    texts: tuple[str, ...]
    """The players, as the command line names them."""
    game: str
    """The game string."""
    limit: Limit | None
    """How long a bundle may think about a move where its name does not say."""

    def __call__(self) -> tuple[Game, list[Player]]:
        """The game and the players."""
        table = Table(self.texts, self.game, self.limit)
        return table.game, table.players(self.texts)


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
        from myoshu.cli._games import game_named
        from myoshu.errors import MatchError
        from myoshu_engines import load_game

        self._limit = limit
        self._agents: dict[str, Agent] = {}
        for text in texts:
            if self._agent(text) is None:
                _check_kind(text)
        self.game: Game
        """The rules."""
        self.string: str
        """The string that loads them, in another process too."""
        if game is not None:
            self.game, self.string = load_game(game), game
            return
        if not self._agents:
            raise MatchError("--game: expected a game such as openspiel:tic_tac_toe, since no bundle names one")
        path, agent = next(iter(self._agents.items()))
        self.game, self.string = game_named(agent.game.name, Path(path))

    def player(self, text: str, name: str | None = None) -> Player:
        """A new player of this kind."""
        from myoshu.arena.perfect_player import PerfectPlayer
        from myoshu.arena.random_player import RandomPlayer

        name = name or _short(text)
        kind, _, rest = text.partition(":")
        if self._agent(text) is not None:
            return self._agent_player(text, name)
        if text == "random":
            return RandomPlayer(name)
        if text == "perfect":
            return PerfectPlayer(name=name)
        if text == PERSON:
            from myoshu.cli._person import PersonPlayer

            return PersonPlayer(name)
        _check_kind(text)
        if kind in ("mcts", "cfr"):
            from myoshu_engines.openspiel.players import cfr_player, mcts_player

            return (mcts_player if kind == "mcts" else cfr_player)(int(rest), name)
        if kind in ("gtp", "uci"):
            from myoshu.cli._engines import engine_player

            return engine_player(text, name)
        from myoshu_engines.openspiel.players import registered_player

        return registered_player(rest, name)

    def players(self, texts: Sequence[str]) -> list[Player]:
        """One player for each name; those that are named alike are numbered."""
        players: list[Player] = []
        for index, text in enumerate(texts):
            alike = [_short(other) for other in texts]
            count = alike[: index + 1].count(_short(text))
            numbered = f"{_short(text)} ({count})" if alike.count(_short(text)) > 1 else None
            players.append(self.player(text, numbered))
        return players

    def identity(self, text: str) -> str:
        """The player, as records name it: of a bundle, its contents too."""
        if self._agent(text) is None:
            return text
        path, _ = _parts(text)
        return f"{_short(text)} (SHA-256 {hashlib.sha256(Path(path).read_bytes()).hexdigest()[:16]})"

    def _agent_player(self, text: str, name: str) -> Player:
        from myoshu.arena.agent_player import AgentPlayer

        agent = self._agent(text)
        assert agent is not None
        path, written = _parts(text)
        options = PlayerSettings(Path(path).name, written, _OPTIONS)
        simulations = options.count("simulations", 0)
        search = simulations != 0
        limit = limit_of(simulations or None, options.number("time"))
        easier = {"level", "elo"} & set(options.given)
        return AgentPlayer(
            agent,
            limit or (None if easier or not search else self._limit),
            name,
            level=options.number("level"),
            elo=options.number("elo"),
            temperature=options.number("temperature"),
            seed=options.count("seed", 0),
            search=search,
        )

    def _agent(self, text: str) -> Agent | None:
        path, _ = _parts(text)
        if not path.endswith(_BUNDLE):
            return None
        if path not in self._agents:
            from myoshu.runtime.agent import load

            self._agents[path] = load(path)
        return self._agents[path]


def _check_kind(text: str) -> None:
    """See that a player that is no bundle is named as one of the kinds.

    Raises:
        MatchError: it is not.
    """
    from myoshu.errors import MatchError

    kind, _, rest = text.partition(":")
    if text in ("random", "perfect", PERSON) or (kind in ("gtp", "uci", "bot") and rest):
        return
    if kind in ("mcts", "cfr"):
        if rest.isdecimal():
            return
        what = "simulations" if kind == "mcts" else "iterations"
        raise MatchError(f"player: expected {kind}:N with a number of {what}, as {kind}:1000, got {text!r}")
    raise MatchError(f"player: expected {ANY_PLAYER}, got {text!r}")


def _parts(text: str) -> tuple[str, str]:
    """A bundle's path, and what is written after its ``@``."""
    path, mark, options = text.rpartition("@")
    return (path, options) if mark and path.endswith(_BUNDLE) else (text, "")


def _short(text: str) -> str:
    path, options = _parts(text)
    if not path.endswith(_BUNDLE):
        return text
    return Path(path).name + (f"@{options}" if options else "")
