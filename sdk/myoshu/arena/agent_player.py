"""A myoshu agent as a player."""

from __future__ import annotations

from myoshu.arena.player import Choice
from myoshu.errors import MatchError
from myoshu.game import Game, State
from myoshu.runtime.agent import Agent
from myoshu.runtime.limit import Limit
from myoshu.runtime.session import Session

__all__ = ["AgentPlayer"]


class AgentPlayer:
    """Plays an agent's moves, in a new session for every game.

    Args:
        agent: the agent; several players may share it.
        limit: how long to think about a move; as the agent's bundle says if not given.
        name: the player's name in results.
        level: one of the bundle's measured levels.
        elo: a strength between the bundle's measured levels, instead of ``level``.
        temperature: how freely to play; the level's, or 0, if not given.
        seed: the seed of every game's session, instead of the game's own.
        search: whether to look ahead; else the network's first guess is played.
    """

    def __init__(
        self,
        agent: Agent,
        limit: Limit | None = None,
        name: str = "agent",
        *,
        level: float | None = None,
        elo: float | None = None,
        temperature: float | None = None,
        seed: int | None = None,
        search: bool = True,
    ) -> None:
        self.name = name
        self._agent = agent
        self._limit = limit
        self._level = level
        self._elo = elo
        self._temperature = temperature
        self._seed = seed
        self._search = search
        self._session: Session | None = None
        self._time: float | None = None

    def new_game(self, game: Game, seat: int, seed: int) -> None:
        """Open a session.

        Raises:
            MatchError: the agent's network does not fit the game.
        """
        learned, spec = self._agent.game, game.spec
        for field in ("players", "actions", "observation"):
            there, needed = getattr(learned, field), getattr(spec, field)
            if there != needed:
                raise MatchError(
                    f"{self.name}: learned {learned.name} with {field} {there}, but {spec.name} has {field} {needed}"
                )
        self._session = self._agent.new_session(
            seed=seed if self._seed is None else self._seed,
            level=self._level,
            temperature=self._temperature,
            elo=self._elo,
        )

    def choose(self, state: State) -> Choice:
        """Choose by the search, or by the network alone."""
        if self._session is None:
            raise RuntimeError("choose: expected new_game before it")
        limit, self._time = self._within(self._session), None
        asked = (state.observation(), state.legal_actions(), limit, state.to_play())
        decision = self._session.play(*asked) if self._search else self._session.think(*asked).best()
        return Choice(
            action=decision.action,
            value=decision.value,
            policy=decision.policy,
            principal_variation=tuple(decision.principal_variation),
            simulations=decision.simulations,
            values=tuple(map(float, decision.values)),
        )

    def tell_clock(self, remaining: float, increment: float) -> None:
        """Plan for a twentieth of the time left and most of the increment, and never more than half of the time."""
        self._time = min(remaining / 20 + 0.9 * increment, remaining / 2)

    def observe(self, state: State, action: int) -> None:
        """Report the move to the session."""
        if self._session is not None:
            self._session.observe(action)

    def _within(self, session: Session) -> Limit | None:
        """The limit, cut to what the clock allows."""
        if self._time is None:
            return self._limit
        limit = self._limit or session.limit
        return Limit(min(limit.time or self._time, self._time), limit.simulations)
