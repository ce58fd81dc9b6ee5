"""A session: one seat in one game."""

from __future__ import annotations

import math
import operator
import sys
import weakref
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Lock
from time import perf_counter
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from myoshu.errors import ArgumentError, CapacityError, LimitError, SessionBusyError
from myoshu.runtime.decision import ActionAnalysis, Analysis, Decision, StopReason
from myoshu.runtime.deliberation import Deliberation
from myoshu.runtime.evaluator import as_observations
from myoshu.runtime.history import History
from myoshu.runtime.legal import as_mask
from myoshu.runtime.limit import Limit
from myoshu.runtime.planned_tree import PlannedTrees
from myoshu.runtime.session_state import Search, SessionState, observation_of
from myoshu.runtime.thinking import Thinking
from myoshu.runtime.tree import Tree, Trees
from myoshu.search import SearchConfig
from myoshu.spec import Movers

if TYPE_CHECKING:
    from myoshu.runtime.agent import Agent

__all__ = ["Mark", "Session"]

MOST_SIMULATIONS = 100_000
MOST_MEMORY = 1 << 28
LEAST_CAPACITY = 512
"""Simulations that a tree has room for at least where only time is limited: the first estimate of speed is rough."""
MOST_MOVES_KEPT = 2
"""Real moves after which a tree is begun anew however much of it could be kept: what lies along the expected line would
else be imagined further and further ahead of the last real observation, beyond what networks are trained to unroll.
Measured on tic-tac-toe against every line at 32 simulations: with a network trained well, 2 moves lose as little as
none kept, and 4 a little more; with one trained for half a minute, of 750 lines 83 are lost with none kept, 110 and
128."""


class Mark(NamedTuple):
    """What a session was told up to a moment."""

    history: History
    tree: Tree | None


class _Searched(NamedTuple):
    """A search that the tree came of; see :class:`myoshu.runtime.session_state.Search`."""

    observation: NDArray[np.float32]
    legal: NDArray[np.bool_]
    to_play: int
    moves: list[int]
    budget: int
    planned: int
    made: int


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
        self.max_simulations = self._default_most() if max_simulations is None else max_simulations
        """Where only time is limited: simulations after which thinking ends all the same."""
        self.keep_tree = keep_tree
        """Whether observed moves keep what the last search found under them."""
        self._rng = np.random.Generator(np.random.PCG64(seed))
        self._trees: Trees = PlannedTrees(agent.evaluator) if trees is None else trees
        self._tree: Tree | None = None
        self._thinking: weakref.ref[Thinking] | None = None
        self._history = History(agent.model.players, MOST_MOVES_KEPT)
        self._kept = 0
        self._searches: list[_Searched] = []
        self._nodes = 0
        self._lock = Lock()

    @property
    def to_play(self) -> int:
        """The player to move after the moves told: player 0 first, then all in turn."""
        return self._history.turn

    @property
    def tree(self) -> Tree | None:
        """What it searches; None before the first decision, and after :meth:`release`."""
        return self._tree

    @property
    def nbytes(self) -> int:
        """Bytes of memory for its tree, latent states, inputs and outputs."""
        return 0 if self._tree is None else self._tree.nbytes

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
        """Begin to decide on a move, to be gone on with in steps or in the background.

        Nothing is computed before the first of them, or before it is asked for the best so far. What the session is
        asked next stops it.

        Args and errors are those of :meth:`play`; those of the network come when it is first run.
        """
        with self._alone():
            return self._begin(observation, legal_actions, limit, to_play)

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
            return self._begin(observation, legal_actions, limit, to_play, pondering=True)

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
            return self._analyse(self.deliberate(observation, legal_actions, limit, to_play, settle=False))

    def observe(self, action: int) -> None:
        """Hear of a move that was really made, by whichever player: the next search goes on from what is known of it.

        What is kept are the statistics under the move, as the network imagined them; new simulations begin from the
        real observation. Nothing is kept where the rules draw chance, where the next player to move is not known from
        the last, or beyond a few moves (see ``MOST_MOVES_KEPT``). Tell it of all moves, or of none.

        Raises:
            ArgumentError: it is not an action of the game.
            SessionBusyError: another thread is in a call of this session.
        """
        number = self._index("action", action, self.agent.model.actions)
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
        number = self._count("moves", moves)
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
        is not in it: the restored session makes the same searches once more when it first goes on from them, if its
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
        history, random = self._history, self._rng.bit_generator.state
        moves = history.moves if resting else None
        if moves is not None and not self._nodes:
            self._note_made()
        tree = self._tree
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
            random=random["state"]["state"].to_bytes(16, "little"),
            increment=random["state"]["inc"].to_bytes(16, "little"),
            spare=random["uinteger"] if random["has_uint32"] else None,
            turn=history.turn,
            told=history.told,
            moves=moves,
            pondered=history.pondered,
            first=_swapped(history.first),
            last=_swapped(history.last),
            kept=0 if moves is None else self._kept,
            nodes=0 if moves is None else self._nodes or (0 if tree is None else tree.nodes),
            searches=[] if moves is None else [_saved(search) for search in self._searches],
        )

    def _resume(self, state: SessionState) -> None:
        """Become what was saved."""
        model, history = self.agent.model, self._history
        generator = self._rng.bit_generator
        generator.state = {
            "bit_generator": "PCG64",
            "state": {
                "state": int.from_bytes(state.random, "little"),
                "inc": int.from_bytes(state.increment, "little"),
            },
            "has_uint32": int(state.spare is not None),
            "uinteger": state.spare or 0,
        }
        history.turn, history.told, history.moves = state.turn, state.told, state.moves
        history.pondered = state.pondered
        history.first, history.last = _swapped(state.first), _swapped(state.last)
        if state.searches and state.moves is not None:
            self._kept, self._nodes = state.kept, state.nodes
            self._searches = [
                _Searched(
                    observation_of(search.observation, model),
                    np.frombuffer(search.legal, np.bool_).copy(),
                    search.to_play,
                    search.moves,
                    search.budget,
                    search.planned,
                    search.made,
                )
                for search in state.searches
            ]
        else:
            history.forget()

    def _note_made(self) -> None:
        """Take note of how far the last search came."""
        if self._searches and self._tree is not None:
            last = self._searches[-1]
            made = last.budget - self._tree.remaining
            self._searches[-1] = last._replace(made=made)

    def _repeat_searches(self, tree: Tree, moves: list[int]) -> list[int]:
        """Make the tree that a restored session had, if there are moves that lead on in it; returns these."""
        self._nodes = 0
        if not moves or not self.keep_tree:
            return []
        for search in self._searches:
            if search.moves:
                if not self._follow(tree, search.moves, search.observation, search.legal, search.made, search.planned):
                    return []
            else:
                tree.open(
                    search.observation,
                    legal=search.legal,
                    to_play=search.to_play,
                    simulations=search.made,
                    planned=search.planned,
                )
            tree.run()
        return moves

    def _analyse(self, deliberation: Deliberation) -> Analysis:
        while not deliberation.finished:
            deliberation.run()
        decision, result = deliberation.decide(), deliberation.result()
        tree = self._tree
        assert tree is not None
        prior = np.where(deliberation.legal, tree.root_prior(), 0.0)
        total = float(prior.sum())
        actions = [
            ActionAnalysis(
                action=action,
                visits=int(result.visits[action]),
                value=float(result.q[action]),
                prior=float(prior[action]) / total if total > 0.0 else 1.0 / int(deliberation.legal.sum()),
                policy=float(decision.policy[action]),
                principal_variation=tree.principal_variation(action),
            )
            for action in np.flatnonzero(deliberation.legal).tolist()
        ]
        actions.sort(key=lambda each: (each.action != result.action, -each.visits, -each.policy))
        return Analysis(decision=decision, actions=tuple(actions))

    def mark(self) -> Mark:
        """What was told so far, for :meth:`back_to`."""
        return Mark(self._history.copy(), self._tree)

    def back_to(self, mark: Mark, *, forget: bool = False) -> None:
        """Have heard nothing since a mark.

        Args:
            mark: where to go back to.
            forget: whether what was searched before it is gone, too: a search has begun since.
        """
        self._history = mark.history.copy()
        if forget or self._tree is not mark.tree:
            self._history.forget()

    def release(self) -> None:
        """Give the tree back; what was known is forgotten. The next decision takes another."""
        tree, self._tree = self._tree, None
        self._history.forget()
        if tree is not None:
            tree.release()

    def adopt(self, other: Session) -> None:
        """Go on with another session's model and strength, and with this one's random numbers and turn.

        What was searched is kept where the model and the search are the same.

        Args:
            other: a session that has made no decision; it is used no more.
        """
        if other.agent is not self.agent or other.search != self.search:
            self.release()
            self.agent, self.search, self._trees = other.agent, other.search, other._trees
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
        mover = None if to_play is None else self._index("to_play", to_play, model.players)
        legal = as_mask(model.actions, legal_actions)
        batch = as_observations(model, (observation,))
        tree, budget, planned = self._prepare(limit)
        moves = self._history.decide(batch, mover, pondering=pondering)
        turn = self._history.turn

        def begin_tree() -> None:
            path = moves
            try:
                if self._nodes:
                    path = self._repeat_searches(tree, path if limit.time is None else [])
                if not self._carry_over(tree, path, batch, legal, budget, planned):
                    tree.open(batch, to_play=turn, legal=legal, simulations=budget, planned=planned)
                    self._kept = 0
                    self._searches = []
                    path = []
                self._searches.append(_Searched(batch, legal, turn, path, budget, planned, 0))
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
            pace=self._trees.pace,
            temperature=self.temperature,
            mix=self.mix,
            slack=self.slack,
            sample=float(self._rng.random()) if self.temperature > 0.0 else 0.0,
            begin=begin,
            provider=self.agent.provider,
        )
        if settle and np.count_nonzero(legal) == 1:
            deliberation.end(StopReason.ONLY_MOVE)
        return deliberation

    def _prepare(self, limit: Limit) -> tuple[Tree, int, int]:
        """A tree that can hold the search, the budget, and what sequential halving is to be laid out for."""
        planned = None
        if limit.time is not None:
            pace = self._trees.pace.seconds
            if math.isnan(pace):
                tree = self._sized(self.search.leaves)
                pace = self._trees.pace.measure(tree.wave(), tree.leaves)
            planned = max(1, int(min(limit.time / pace, MOST_SIMULATIONS)))
        if planned is None:
            assert limit.simulations is not None
            return self._sized(limit.simulations), limit.simulations, limit.simulations
        budget = max(8 * planned, LEAST_CAPACITY)
        most = self.max_simulations if limit.simulations is None else limit.simulations
        if limit.simulations is None or planned < MOST_SIMULATIONS:
            most = min(budget, most)
        return self._sized(most), most, min(planned, most)

    def _sized(self, simulations: int) -> Tree:
        """The tree, another if it is too small; with room for as many nodes again, which reuse keeps."""
        nodes = 2 * (1 << (simulations - 1).bit_length()) + 1
        tree = self._tree
        if tree is None or tree.nodes < nodes:
            if nodes > self._nodes:
                self._history.forget()
                self._nodes = 0
            self._tree = None
            if tree is not None:
                tree.release()
            tree = None  # its memory is free before more is taken
            tree = self._tree = self._trees.take(self.search, simulations, max(nodes, self._nodes))
        return tree

    def _carry_over(
        self,
        tree: Tree,
        moves: list[int],
        batch: NDArray[np.float32],
        legal: NDArray[np.bool_],
        budget: int,
        planned: int,
    ) -> bool:
        """Make what is known of the position after some moves the tree, if there is anything to keep."""
        model = self.agent.model
        alternating = model.players == 1 or model.movers is Movers.ALTERNATE
        if not moves or not self.keep_tree or self.agent.game.stochastic or not alternating:
            return False
        if self._kept + len(moves) > MOST_MOVES_KEPT:
            return False
        self._note_made()
        if not self._follow(tree, moves, batch, legal, budget, planned):
            return False
        self._kept += len(moves)
        return True

    @staticmethod
    def _follow(
        tree: Tree,
        moves: list[int],
        batch: NDArray[np.float32],
        legal: NDArray[np.bool_],
        budget: int,
        planned: int,
    ) -> bool:
        """Let the subtree under some moves become the tree, if there is one and it fits."""
        try:
            for action in moves[:-1]:
                if not tree.reuse(action, simulations=0):
                    return False
            kept = tree.reuse(moves[-1], observation=batch[0], legal=legal, simulations=budget, planned=planned)
        except CapacityError:
            return False
        return kept > 0

    def _begin(
        self,
        observation: ArrayLike,
        legal_actions: ArrayLike | None,
        limit: Limit | None,
        to_play: int | None,
        *,
        pondering: bool = False,
    ) -> Thinking:
        thinking = Thinking(self.deliberate(observation, legal_actions, limit, to_play, pondering=pondering))
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

    def _default_most(self) -> int:
        model = self.agent.model
        node = 4 * model.latent_size + 48 * model.actions + 16 * model.players + 128
        return max(64, min(MOST_SIMULATIONS, MOST_MEMORY // (2 * node)))

    @staticmethod
    def _index(field: str, value: int, size: int) -> int:
        try:
            number = -1 if isinstance(value, bool) else operator.index(value)
        except TypeError:
            number = -1
        if not 0 <= number < size:
            raise ArgumentError(f"{field}: expected an integer from 0 to {size - 1}, got {value!r}")
        return number

    @staticmethod
    def _count(field: str, value: int) -> int:
        try:
            number = 0 if isinstance(value, bool) else operator.index(value)
        except TypeError:
            number = 0
        if number < 1:
            raise ArgumentError(f"{field}: expected an integer from 1, got {value!r}")
        return number


def _busy() -> SessionBusyError:
    return SessionBusyError("session: expected one thread at a time, got a call while another thread is in one")


def _restored(agent: Agent, state: bytes) -> Session:
    return agent.restore_session(state)


def _swapped(observation: bytes | None) -> bytes | None:
    """Numbers of this machine's order of bytes as little-endian ones, or the other way round."""
    if observation is None or sys.byteorder == "little":
        return observation
    return np.frombuffer(observation, np.float32).byteswap().tobytes()


def _saved(search: _Searched) -> Search:
    return Search(
        observation=search.observation.astype("<f4").tobytes(),
        legal=search.legal.tobytes(),
        to_play=search.to_play,
        moves=search.moves,
        budget=search.budget,
        planned=search.planned,
        made=search.made,
    )
