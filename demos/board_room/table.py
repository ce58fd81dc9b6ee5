"""A game at the table: whose turn it is, what was played, and the agents that think a little each frame."""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np

from myoshu import Agent, Decision, Limit
from myoshu.game import Game
from myoshu_engines.pygame.player import Player

BUDGET = 0.002
"""Seconds of each frame that agents may think."""
PACE = 450
"""Milliseconds between two moves at least, so that a person can follow."""


@dataclasses.dataclass(frozen=True)
class Level:
    """How strongly an agent plays."""

    name: str
    """The name that the menu shows."""
    options: dict[str, float]
    """The arguments of its sessions."""
    limit: Limit | None = None
    """How long it thinks; the session's own if not given."""


def levels(agent: Agent) -> list[Level]:
    """The bundle's measured levels, or three plain ones if it has none."""
    measured = [Level(f"level {each.level:g}", {"level": each.level}) for each in agent.manifest.strength]
    return measured or [
        Level("easy", {"temperature": 1.2}, Limit(simulations=2)),
        Level("medium", {"temperature": 0.4}, Limit(simulations=12)),
        Level("strong", {}),
    ]


class Table:
    """One game, people and agents at it."""

    def __init__(self, game: Game, agent: Agent, people: frozenset[int], level: Level, seed: int) -> None:
        self.game = game
        self.agent = agent
        self.people = people
        self.level = level
        self.seed = seed
        self.moves: list[tuple[int, int]] = []
        """The seat and the action of every move, in order."""
        self.returns = np.zeros(2)
        self.players: dict[int, Player] = {}
        self.adviser = Player(agent.new_session(seed=seed))
        self.shown: Decision | None = None
        """The latest thought about the position on the board."""
        self.advice: Decision | None = None
        """The advice given to a person."""
        self.last: Decision | None = None
        """The latest decision, which the panel keeps showing."""
        self.hinted = False
        """Whether :attr:`last` is the adviser's, about a person's position."""
        self.spent = 0.0
        """Seconds of this frame that went into thinking."""
        self._pending: Decision | None = None
        self._time = 0
        self._begin([])

    @property
    def mover(self) -> int:
        return int(self.state.to_play())

    @property
    def over(self) -> bool:
        return bool(self.state.is_terminal())

    @property
    def persons_turn(self) -> bool:
        return not self.over and self.mover in self.people and not self.must_pass

    @property
    def idle(self) -> bool:
        """Whether nothing happens until a person does something."""
        return self.over or (self.persons_turn and not self.adviser.thinking)

    @property
    def must_pass(self) -> bool:
        """Whether the only move is Othello's pass, which is played by itself."""
        legal = self.state.legal_actions()
        return len(legal) == 1 and self.game.action_name(self.state, legal[0]) == "pass"

    @property
    def thinks(self) -> bool:
        return any(player.thinking for player in (*self.players.values(), self.adviser))

    def update(self, now: int) -> bool:
        """Advance by one frame; ``now`` in milliseconds. Whether a move was made."""
        self.spent = 0.0
        if self.over:
            return False
        if self.must_pass:
            return now - self._time >= 2 * PACE and self.play(self.state.legal_actions()[0], now)
        if self.mover in self.people:
            if self.adviser.thinking:
                self.advice = self._step(self.adviser)
                self.shown = self.last = self.advice or self.adviser.best()
                self.hinted = True
            return False
        player = self.players[self.mover]
        if self._pending is None:
            if not player.thinking:
                state = self.state
                player.think(state.observation(), state.legal_actions(), self.level.limit, self.mover)
            self._pending = self._step(player)
            self.shown = self.last = self._pending or player.best()
            self.hinted = False
        if self._pending is None or now - self._time < PACE:
            return False
        return self.play(self._pending.action, now)

    def play(self, action: int, now: int) -> bool:
        """Make a move if it is legal. Whether it was."""
        if action not in self.state.legal_actions():
            return False
        self.moves.append((self.mover, action))
        self.returns += self.state.apply(action)
        for player in (*self.players.values(), self.adviser):
            player.observe(action)
        self._pending = self.shown = self.advice = None
        self._time = now
        return True

    def ask_advice(self) -> None:
        """Let the adviser, who plays at full strength, think about the person's position."""
        if self.persons_turn and not self.adviser.thinking:
            state = self.state
            self.adviser.think(state.observation(), state.legal_actions(), None, self.mover)

    def hurry(self) -> None:
        """Let agents play the best move found so far."""
        for player in (*self.players.values(), self.adviser):
            player.hurry()

    def undo(self, now: int) -> None:
        """Back to the person's last move; with no person at the table, one move."""
        moves = self.moves[:-1]
        if self.people:
            own = [number for number, (seat, _) in enumerate(self.moves) if seat in self.people]
            moves = self.moves[: own[-1]] if own else self.moves
        self._begin(moves)
        self._time = now

    def restart(self, now: int) -> None:
        """A new game at the same table."""
        self.seed += 1
        self._begin([])
        self._time = now

    def close(self) -> None:
        """End all searches."""
        for player in (*self.players.values(), self.adviser):
            player.close()

    def _step(self, player: Player) -> Decision | None:
        decision = player.step(BUDGET)
        self.spent = player.spent
        return decision

    def _begin(self, moves: list[tuple[int, int]]) -> None:
        self.close()
        self.state: Any = self.game.new_state(np.random.default_rng(self.seed))
        self.returns = np.zeros(2)
        for _, action in moves:
            self.returns += self.state.apply(action)
        self.moves = list(moves)
        self.players = {
            seat: Player(self.agent.new_session(seed=self.seed + seat, **self.level.options))
            for seat in (0, 1)
            if seat not in self.people
        }
        self.adviser = Player(self.agent.new_session(seed=self.seed))
        self._pending = self.shown = self.advice = self.last = None
        self.hinted = False
