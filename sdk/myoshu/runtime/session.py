"""A session: one seat in one game."""

from __future__ import annotations

import math
import secrets
import sys
import weakref
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Lock
from time import perf_counter
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import ArrayLike

from myoshu.checks import integer
from myoshu.errors import LimitError, SessionBusyError
from myoshu.runtime.budget import most_simulations, timed_budget
from myoshu.runtime.decision import Analysis, Decision, StopReason
from myoshu.runtime.deliberation import Deliberation
from myoshu.runtime.draw import Draw
from myoshu.runtime.evaluator import as_observations
from myoshu.runtime.history import History
from myoshu.runtime.kept_tree import MOST_MOVES_KEPT, KeptTree
from myoshu.runtime.legal import as_mask
from myoshu.runtime.limit import Limit
from myoshu.runtime.planned_tree import PlannedTrees
from myoshu.runtime.searched import Searched
from myoshu.runtime.session_state import SessionState
from myoshu.runtime.thinking import Thinking
from myoshu.runtime.tree import Tree, Trees
from myoshu.search import SearchConfig
from myoshu.search.random import Random
from myoshu.spec import Movers

if TYPE_CHECKING:
    from myoshu.runtime.agent import Agent

__all__ = ["Mark", "Session"]


class Mark(NamedTuple):
    """What a session was told up to a moment."""

    history: History
    tree: Tree | None


class Session:
    """One seat in one game: the tree kept between moves, the random state, the difficulty.

    Made by :meth:`myoshu.Agent.new_session`; it belongs to one thread at a time, and a call while another thread is in
    one is a SessionBusyError. Memory is allocated by the first move and grows only if a later limit needs a larger
    tree.

    Tell it of all moves of the game or of none (:meth:`observe`), of moves that are taken back (:meth:`take_back`) and
    of the next game (:meth:`new_game`): what it knows of a position is then kept for the next search. A position that
    cannot follow from what it was told is searched afresh; :class:`myoshu.runtime.history.History` has the rule.

    The same seed, the same calls and limits in simulations give the same moves, on every run, whatever else the process
    does. With temperature 0 the seed makes no difference.
    """

    def __init__(
        self,
        agent: Agent,
        *,
        search: SearchConfig,
        limit: Limit,
        temperature: float,
        mix: float = 0.0,
        slack: float = math.inf,
        seed: int | None,
        max_simulations: int | None,
        keep_tree: bool,
        trees: Trees | None = None,
    ) -> None:
        self.agent = agent
        """Whose session it is."""
        self.search = search
        """How it searches."""
        self.limit = limit
        """How long it thinks where a call does not say."""
        self.temperature = temperature
        """0 plays the search's choice; above, moves are sampled in proportion to policy^(1 / temperature)."""
        self.mix = mix
        """The share of the network's first guess in what moves are sampled from."""
        self.slack = slack
        """How much less than the best a sampled move may seem worth, in the game's units."""
        self.max_simulations = most_simulations(agent.model) if max_simulations is None else max_simulations
        """Where only time is limited: simulations after which thinking ends all the same."""
        self.keep_tree = keep_tree
        """Whether observed moves keep what the last search found under them."""
        self._random = Random(secrets.randbits(64) if seed is None else seed)
        self._kept = KeptTree(PlannedTrees(agent.evaluator) if trees is None else trees)
        self._thinking: weakref.ref[Thinking] | None = None
        self._history = History(agent.model.players, MOST_MOVES_KEPT)
        self._lock = Lock()

    @property
    def to_play(self) -> int:
        """The player to move after the moves told: player 0 first, then all in turn."""
        return self._history.turn

    @property
    def tree(self) -> Tree | None:
        """What it searches; None before the first decision, and after :meth:`release`."""
        return self._kept.tree

    @property
    def nbytes(self) -> int:
        """Bytes of memory for its tree, latent states, inputs and outputs."""
        tree = self._kept.tree
        return 0 if tree is None else tree.nbytes

    def play(
        self,
        observation: ArrayLike,
        legal_actions: ArrayLike | None = None,
        limit: Limit | None = None,
        to_play: int | None = None,
    ) -> Decision:
        """Decide on a move.

        Args:
            observation: what the player to move sees: real numbers of the game's observation shape.
            legal_actions: the legal actions in any order, or bool [actions]; all if not given.
            limit: how long to think; :attr:`limit` if not given. A time limit is kept: no evaluation is begun that
                would likely end after it, and at worst the network's own choice is returned, without any look ahead
                (``decision.simulations`` is 0 then), which plays far worse than a few simulations do.
            to_play: the player to move. If not given: player 0, or whose turn it is after the moves that
                :meth:`observe` was told. A session that plays several seats keeps its tree only where it is given.

        Raises:
            ObservationError: the observation has another shape or type, or is not finite.
            LegalActionsError: no action is legal, or one is not an action of the game.
            ArgumentError: another argument is not as described.
            CapacityError: there is no memory for a tree of that many simulations.
            EvaluationError: the network's answer is not finite.
            SessionBusyError: another thread is in a call of this session.
        """
        if not self._lock.acquire(blocking=False):
            raise _busy()
        try:
            deliberation = self.deliberate(observation, legal_actions, limit, to_play)
            while not deliberation.finished:
                deliberation.run()
            return deliberation.decide()
        finally:
            self._lock.release()

    def think(
        self,
        observation: ArrayLike,
        legal_actions: ArrayLike | None = None,
        limit: Limit | None = None,
        to_play: int | None = None,
    ) -> Thinking:
        """Begin to decide on a move, to be continued in steps or in the background.

        Nothing is computed before the first of them, or before it is asked for the best so far. What the session is
        asked next stops it.

        Args and errors are those of :meth:`play`; those of the network come when it is first run.
        """
        with self._alone():
            return self._begin(self.deliberate(observation, legal_actions, limit, to_play))

    def ponder(
        self,
        observation: ArrayLike,
        legal_actions: ArrayLike | None = None,
        limit: Limit | None = None,
        to_play: int | None = None,
    ) -> Thinking:
        """Begin to think about another's position, on their time.

        What is found out about the move that they make is kept once :meth:`observe` is told of it.

        Args and errors are those of :meth:`play`; those of the network come when it is first run.
        """
        with self._alone():
            return self._begin(self.deliberate(observation, legal_actions, limit, to_play, pondering=True))

    def analyse(
        self,
        observation: ArrayLike,
        legal_actions: ArrayLike | None = None,
        limit: Limit | None = None,
        to_play: int | None = None,
    ) -> Analysis:
        """Say what is thought of every legal action. It searches even if only one is legal.

        Args and errors are those of :meth:`play`.
        """
        with self._alone():
            deliberation = self.deliberate(observation, legal_actions, limit, to_play, settle=False)
            while not deliberation.finished:
                deliberation.run()
            return deliberation.analyse()

    def observe(self, action: int) -> None:
        """Report a move that was really made, by any player: the next search builds on what is known of it.

        What is kept are the statistics under the move, as the network imagined them; new simulations begin from the
        real observation. Nothing is kept where the rules draw chance, where the next player to move is not known from
        the last, or beyond a few moves (see ``MOST_MOVES_KEPT``). Tell it of all moves, or of none.

        Raises:
            ArgumentError: it is not an action of the game.
            SessionBusyError: another thread is in a call of this session.
        """
        number = integer("action", action, 0, self.agent.model.actions - 1)
        if not self._lock.acquire(blocking=False):
            raise _busy()
        try:
            self._settle()
            self._history.tell(number)
        finally:
            self._lock.release()

    def take_back(self, moves: int = 1) -> None:
        """Hear that the last moves told were taken back.

        Args:
            moves: how many, by whichever players.

        Raises:
            ArgumentError: it is no number from 1, or fewer were told.
            SessionBusyError: another thread is in a call of this session.
        """
        number = integer("moves", moves, 1)
        with self._alone():
            self._history.take_back(number)
            self._settle()

    def new_game(self) -> None:
        """Hear that another game begins: no move was made in it. The random numbers go on.

        Raises:
            SessionBusyError: another thread is in a call of this session.
        """
        with self._alone():
            self._settle()
            self._history = History(self.agent.model.players, MOST_MOVES_KEPT)

    def save(self) -> bytes:
        """The session as data: its settings, random state, what it was told, and what its tree came of.

        :meth:`myoshu.Agent.restore_session` makes a session of it that plays on alike, on any machine. The tree itself
        is not in it: the restored session makes the same searches once more when it first builds on them, if its
        limit then is in simulations; with a limit in time it begins afresh. What is being thought about is not saved:
        ask for it again. Copying and pickling a session come to the same.

        Raises:
            SessionBusyError: another thread is in a call of this session.
        """
        with self._alone():
            thinking = None if self._thinking is None else self._thinking()
            resting = thinking is None or thinking.done
            return self._state(resting).encode()

    def __reduce__(self) -> tuple[Callable[[Agent, bytes], Session], tuple[Agent, bytes]]:
        return _restored, (self.agent, self.save())

    def _state(self, resting: bool) -> SessionState:
        history, kept, random = self._history, self._kept, self._random
        moves = history.moves if resting else None
        if moves is not None:
            kept.note_made()
        return SessionState(
            spec_hash=self.agent.manifest.spec_hash,
            search=self.search,
            time=self.limit.time,
            simulations=self.limit.simulations,
            temperature=self.temperature,
            mix=self.mix,
            slack=self.slack,
            max_simulations=self.max_simulations,
            keep_tree=self.keep_tree,
            seed=random.seed,
            drawn=random.position,
            turn=history.turn,
            told=history.told,
            moves=moves,
            pondered=history.pondered,
            first=_swapped(history.first),
            last=_swapped(history.last),
            kept=0 if moves is None else kept.moves,
            nodes=0 if moves is None else kept.nodes,
            searches=[] if moves is None else [search.saved() for search in kept.searches],
        )

    def _resume(self, state: SessionState) -> None:
        """Become what was saved."""
        history = self._history
        self._random = Random(state.seed, position=state.drawn)
        history.turn, history.told, history.moves = state.turn, state.told, state.moves
        history.pondered = state.pondered
        history.first, history.last = _swapped(state.first), _swapped(state.last)
        if state.searches and state.moves is not None:
            searches = [Searched.of(search, self.agent.model) for search in state.searches]
            self._kept.promise(searches, state.kept, state.nodes)
        else:
            history.forget()

    def mark(self) -> Mark:
        """What was told so far, for :meth:`back_to`."""
        return Mark(self._history.copy(), self._kept.tree)

    def back_to(self, mark: Mark, *, forget: bool = False) -> None:
        """Have heard nothing since a mark.

        Args:
            mark: where to go back to.
            forget: whether what was searched before it is gone, too: a search has begun since.
        """
        self._history = mark.history.copy()
        if forget or self._kept.tree is not mark.tree:
            self._history.forget()

    def release(self) -> None:
        """Give the tree back; what was known is forgotten. The next decision takes another."""
        self._history.forget()
        self._kept.release()

    def adopt(self, other: Session) -> None:
        """Continue with another session's model and strength, and with this one's random numbers and turn.

        What was searched is kept where the model and the search are the same.

        Args:
            other: a session that has made no decision; it is used no more.
        """
        if other.agent is not self.agent or other.search != self.search:
            self.release()
            self.agent, self.search, self._kept.trees = other.agent, other.search, other._kept.trees
        self.limit, self.temperature, self.mix, self.slack = other.limit, other.temperature, other.mix, other.slack
        self.max_simulations, self.keep_tree = other.max_simulations, other.keep_tree

    def deliberate(
        self,
        observation: ArrayLike,
        legal_actions: ArrayLike | None,
        limit: Limit | None,
        to_play: int | None,
        *,
        settle: bool = True,
        pondering: bool = False,
    ) -> Deliberation:
        """Prepare a decision whose search somebody else runs; everything is checked before anything changes.

        Args:
            observation: see :meth:`play`, whose errors are this one's too.
            legal_actions: likewise.
            limit: likewise.
            to_play: likewise.
            settle: whether an only legal move needs no search.
            pondering: whether it is another's position; see :meth:`ponder`.
        """
        begin = perf_counter()
        self._settle()
        model = self.agent.model
        limit = self.limit if limit is None else limit
        if not isinstance(limit, Limit):
            raise LimitError(f"limit: expected a Limit, got {limit!r}")
        mover = None if to_play is None else integer("to_play", to_play, 0, model.players - 1)
        legal = as_mask(model.actions, legal_actions)
        batch = as_observations(model, (observation,))
        tree, budget, planned = self._prepare(limit)
        moves = self._history.decide(batch, mover, pondering=pondering)
        turn = self._history.turn

        def begin_tree() -> None:
            try:
                path = moves if moves and self._may_keep() else []
                search = Searched(batch, legal, turn, path, budget, planned)
                self._kept.begin(tree, search, timed=limit.time is not None)
                self._history.begin()
            except BaseException:
                self._history.forget()
                raise

        deliberation = Deliberation(
            tree,
            begin_tree,
            budget=budget,
            legal=legal,
            to_play=turn,
            time=limit.time,
            capped=limit.simulations is None or budget < limit.simulations,
            pace=self._kept.trees.pace,
            draw=self._draw(),
            begin=begin,
            provider=self.agent.provider,
        )
        if settle and np.count_nonzero(legal) == 1:
            deliberation.end(StopReason.ONLY_MOVE)
        return deliberation

    def _prepare(self, limit: Limit) -> tuple[Tree, int, int]:
        """A tree that can hold the search, the budget, and what sequential halving is to be laid out for."""
        if limit.time is None:
            assert limit.simulations is not None
            return self._kept.sized(self.search, limit.simulations, self._history), limit.simulations, limit.simulations
        pace = self._kept.trees.pace
        seconds = pace.seconds
        if math.isnan(seconds):
            tree = self._kept.sized(self.search, self.search.leaves, self._history)
            seconds = pace.measure(tree.wave(), tree.leaves)
        budget, planned = timed_budget(limit, seconds, pace.fastest, self.max_simulations)
        return self._kept.sized(self.search, budget, self._history), budget, planned

    def _draw(self) -> Draw | None:
        temperature = self.temperature
        return Draw(temperature, self.mix, self.slack, self._random.uniform()) if temperature > 0.0 else None

    def _may_keep(self) -> bool:
        """Whether a tree may be kept over moves: what comes of them is known."""
        model = self.agent.model
        alternating = model.players == 1 or model.movers is Movers.ALTERNATE
        return self.keep_tree and alternating and not self.agent.game.stochastic

    def _begin(self, deliberation: Deliberation) -> Thinking:
        thinking = Thinking(deliberation)
        self._thinking = weakref.ref(thinking)  # which may have the session, until it has begun the tree
        return thinking

    @contextmanager
    def _alone(self) -> Iterator[None]:
        """Let no other thread in meanwhile.

        Raises:
            SessionBusyError: there is one in.
        """
        if not self._lock.acquire(blocking=False):
            raise _busy()
        try:
            yield
        finally:
            self._lock.release()

    def _settle(self) -> None:
        """Stop what is thinking, so that the tree is at rest."""
        reference, self._thinking = self._thinking, None
        thinking = None if reference is None else reference()
        if thinking is not None:
            thinking.stop()
            thinking.wait()


def _busy() -> SessionBusyError:
    return SessionBusyError("session: expected one thread at a time, got a call while another thread is in one")


def _restored(agent: Agent, state: bytes) -> Session:
    return agent.restore_session(state)


def _swapped(observation: bytes | None) -> bytes | None:
    """Numbers of this machine's order of bytes as little-endian ones, or the other way round."""
    if observation is None or sys.byteorder == "little":
        return observation
    return np.frombuffer(observation, np.float32).byteswap().tobytes()
