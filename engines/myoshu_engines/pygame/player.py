"""An agent's seat in a Pygame game: it thinks inside the frame, or in the background, and never delays a frame.

On the game's own thread, a little each frame::

    player = Player(myoshu.load("connect_four.myoshu").new_session(seed=1))
    player.think(observation, legal_actions)
    while running:
        ...
        decision = player.step(0.002)  # None until the move is ready
        if decision is not None:
            board.drop(decision.action)

In the background: ``Player(session, background=True)``, with the same loop (or :meth:`Player.poll` in place of
``step``). Or Pygame says when to look::

    MOVE = pygame.event.custom_type()
    player = Player(session, background=True, event=MOVE)
    ...
    for event in pygame.event.get():
        if event.type == MOVE and (decision := event.player.poll()) is not None:
            board.drop(decision.action)

The same seed and the same limits in simulations give the same moves either way. A game that is paused, dragged or slow
just steps less often: a time limit counts the time spent thinking, and a finished move waits until it is fetched.
"""

from __future__ import annotations

import contextlib
import weakref
from collections.abc import Callable
from functools import partial
from time import perf_counter
from types import TracebackType
from typing import Self

import pygame
from numpy.typing import ArrayLike

from myoshu import Decision, Limit, Session, Thinking
from myoshu.errors import ArgumentError
from myoshu.runtime.limit import seconds

__all__ = ["Player"]


class Player:
    """One seat in one game, as a Pygame game's loop uses it. Its methods are for the game's own thread.

    Searches still under way when the program ends, however it ends, are stopped.

    Args:
        session: the seat.
        background: whether it thinks in a separate thread rather than in :meth:`step`.
        event: the type of the Pygame event that is posted when a move is ready in the background, with this player as
            its attribute ``player``; none is posted if not given.

    Raises:
        ArgumentError: an event is requested of a player that does not think in the background, or is not a custom type.
    """

    def __init__(self, session: Session, *, background: bool = False, event: int | None = None) -> None:
        if event is not None and not background:
            raise ArgumentError("event: expected None, since the player does not think in the background")
        if event is not None and not pygame.USEREVENT <= event < pygame.NUMEVENTS:
            raise ArgumentError(
                f"event: expected a custom type, from {pygame.USEREVENT} to {pygame.NUMEVENTS - 1}, got {event!r}"
            )
        self.session = session
        """The session with which it thinks."""
        self.background = background
        """Whether it thinks in a separate thread."""
        self.event = event
        """The type of the event that says that a move is ready."""
        self.spent = 0.0
        """Seconds that the last :meth:`step` took, and :meth:`think` or :meth:`ponder` before it."""
        self._owed = 0.0
        self._pondering = False
        self._current: list[Thinking] = []
        self._end = weakref.finalize(self, _end, self._current)

    @property
    def thinking(self) -> bool:
        """Whether a search for a move is under way, or its result has not been fetched yet."""
        return bool(self._current) and not self._pondering

    @property
    def pondering(self) -> bool:
        """Whether it thinks in another player's time."""
        return bool(self._current) and self._pondering

    def think(
        self,
        observation: ArrayLike,
        legal_actions: ArrayLike | None = None,
        limit: Limit | None = None,
        to_play: int | None = None,
    ) -> None:
        """Begin to decide on a move; a previous search is dropped.

        Args and errors are those of :meth:`myoshu.Session.play`.
        """
        self._begin(partial(self.session.think, observation, legal_actions, limit, to_play), pondering=False)

    def ponder(
        self,
        observation: ArrayLike,
        legal_actions: ArrayLike | None = None,
        limit: Limit | None = None,
        to_play: int | None = None,
    ) -> None:
        """Think about another's position until they have moved.

        :meth:`best` then has a hint for them. What the search finds out about the move that they make is kept, if
        :meth:`observe` reports it; so the agent may play better, and different moves, than it would without.

        Args and errors are those of :meth:`myoshu.Session.play`.
        """
        self._begin(partial(self.session.ponder, observation, legal_actions, limit, to_play), pondering=True)

    def step(self, budget: float) -> Decision | None:
        """Think for a while, or in the background just check for a result.

        The time of :meth:`think` since the last step is subtracted from the budget. No evaluation of the network is
        started that would likely end after the time is up; but each call starts at least one, so that there is
        progress.

        Args:
            budget: seconds, more than 0.

        Returns:
            The move, once, when it is ready.

        Raises:
            LimitError: the budget is not more than 0.
            EvaluationError: the network failed; the search is over.
        """
        begin, owed, self._owed = perf_counter(), self._owed, 0.0
        left = seconds("budget", budget) - owed
        try:
            if self._current and not self.background and not self._current[0].done and left > 0.0:
                try:
                    self._current[0].step(left)
                except BaseException:
                    self.cancel()
                    raise
            return self.poll()
        finally:
            self.spent = owed + perf_counter() - begin

    def poll(self) -> Decision | None:
        """The move, once, when it is ready; it does not wait.

        Raises:
            EvaluationError: the network failed; the search is over.
        """
        if self._pondering or not self._current or not self._current[0].done:
            return None
        return self._current.pop().result()

    def best(self) -> Decision | None:
        """The best move so far of the current search, or None if there is no search. It does not wait.

        Raises:
            EvaluationError: the network failed.
        """
        return self._current[0].best() if self._current else None

    def hurry(self) -> None:
        """Let the best so far be the move: it is ready at once, or a few milliseconds later in the background."""
        if self.thinking:
            self._current[0].stop()

    def cancel(self) -> None:
        """End the search without a move. An event that is already on its way finds nothing to poll."""
        if self._current:
            self._current.pop().stop()

    def observe(self, action: int) -> None:
        """Take note of a move that was actually made, by any player; pondering ends. See :meth:`Session.observe`.

        Raises:
            ArgumentError: it is not an action of the game.
        """
        self.session.observe(action)
        self.cancel()

    def close(self) -> None:
        """Cancel, and wait (milliseconds) until nothing runs in the background."""
        _end(self._current)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _begin(self, think: Callable[[], Thinking], *, pondering: bool) -> None:
        begin = perf_counter()
        self.cancel()
        thinking = think()
        self._pondering = pondering
        self._current.append(thinking)
        if not self.background:
            self._owed += perf_counter() - begin
            return
        if self.event is None or pondering:
            thinking.start()
        else:
            thinking.start(partial(_announce, weakref.ref(self), thinking, self.event))


def _announce(player: weakref.ref[Player], thinking: Thinking, event: int) -> None:
    """Post the event when the search has ended. If Pygame has been quit or its queue is full, no event is posted."""
    there = player()
    if there is not None and thinking in there._current:
        with contextlib.suppress(pygame.error):
            pygame.event.post(pygame.event.Event(event, player=there))


def _end(current: list[Thinking]) -> None:
    while current:
        thinking = current.pop()
        thinking.stop()
        thinking.wait()
