"""An agent's seat in a Pygame game: it thinks inside the frame, or in the background, and never holds a frame up.

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
just steps less: a limit in time counts what was spent thinking, and a move that is ready waits until it is asked for.
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

    What is still thought about when the program ends, however it ends, is stopped.

    Args:
        session: the seat.
        background: whether it thinks in a thread of its own rather than in :meth:`step`.
        event: the type of the Pygame event that is posted when a move is ready in the background, with this player as
            its attribute ``player``; none is posted if not given.

    Raises:
        ArgumentError: an event is asked of a player that does not think in the background, or its type is not one.
    """

    def __init__(self, session: Session, *, background: bool = False, event: int | None = None) -> None:
        if event is not None and not background:
            raise ArgumentError("event: expected None, since the player does not think in the background")
        if event is not None and not pygame.USEREVENT <= event < pygame.NUMEVENTS:
            raise ArgumentError(
                f"event: expected a type of one's own, from {pygame.USEREVENT} to {pygame.NUMEVENTS - 1}, got {event!r}"
            )
        self.session = session
        """The seat."""
        self.background = background
        """Whether it thinks in a thread of its own."""
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
        """Whether a move is being thought about, or is ready and was not yet fetched."""
        return bool(self._current) and not self._pondering

    @property
    def pondering(self) -> bool:
        """Whether it thinks in another's time."""
        return bool(self._current) and self._pondering

    def think(
        self,
        observation: ArrayLike,
        legal_actions: ArrayLike | None = None,
        limit: Limit | None = None,
        to_play: int | None = None,
    ) -> None:
        """Begin to decide on a move; what was thought about before is dropped.

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

        :meth:`best` then has a hint for them. What is found out about the move that they make is gone on with, if
        :meth:`observe` is told of it; so the agent may play better than it would without, and not the same moves.

        Args and errors are those of :meth:`myoshu.Session.play`.
        """
        self._begin(partial(self.session.ponder, observation, legal_actions, limit, to_play), pondering=True)

    def step(self, budget: float) -> Decision | None:
        """Think for a while, or in the background just look.

        What :meth:`think` took since the last step is taken off the budget. No evaluation of the network is begun that
        would likely end after the time is up; but either began one at least, so that there is progress.

        Args:
            budget: seconds, more than 0.

        Returns:
            The move, once, when it is ready.

        Raises:
            LimitError: the budget is not more than 0.
            EvaluationError: the network failed; nothing is thought about any more.
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
            EvaluationError: the network failed; nothing is thought about any more.
        """
        if self._pondering or not self._current or not self._current[0].done:
            return None
        return self._current.pop().result()

    def best(self) -> Decision | None:
        """The best so far of what is thought or pondered about; nothing if nothing is. It does not wait.

        Raises:
            EvaluationError: the network failed.
        """
        return self._current[0].best() if self._current else None

    def hurry(self) -> None:
        """Let the best so far be the move: it is ready at once, or a few milliseconds later in the background."""
        if self.thinking:
            self._current[0].stop()

    def cancel(self) -> None:
        """Think no further; no move comes of it. An event that is on its way already finds nothing to poll."""
        if self._current:
            self._current.pop().stop()

    def observe(self, action: int) -> None:
        """Hear of a move that was really made, by whichever player; pondering ends. See :meth:`Session.observe`.

        Raises:
            ArgumentError: it is not an action of the game.
        """
        self.session.observe(action)
        self.cancel()

    def close(self) -> None:
        """Cancel, and wait (milliseconds) until nothing goes on in the background."""
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
    """Post the event when the search has ended. If Pygame has been quit or its queue is full, nobody is told."""
    there = player()
    if there is not None and thinking in there._current:
        with contextlib.suppress(pygame.error):
            pygame.event.post(pygame.event.Event(event, player=there))


def _end(current: list[Thinking]) -> None:
    while current:
        thinking = current.pop()
        thinking.stop()
        thinking.wait()
