"""A session: one seat in one game."""

from __future__ import annotations

import math
import operator
from time import perf_counter
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import ArrayLike, NDArray

from myoshu.errors import ArgumentError, CapacityError, LimitError
from myoshu.runtime.decision import ActionAnalysis, Analysis, Decision, StopReason
from myoshu.runtime.deliberation import SLOT, Deliberation, Pace
from myoshu.runtime.evaluator import as_observations
from myoshu.runtime.legal import as_mask
from myoshu.runtime.limit import Limit
from myoshu.runtime.planner import Planner
from myoshu.runtime.thinking import Thinking
from myoshu.search import SearchConfig
from myoshu.spec import Movers

if TYPE_CHECKING:
    from myoshu.runtime.agent import Agent

__all__ = ["Session"]

SLOTS = np.array([SLOT], np.int32)
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


class Session:
    """One seat in one game: the tree kept between moves, the random state, the difficulty.

    Made by :meth:`myoshu.Agent.new_session`; it belongs to one thread at a time. Memory is allocated by the first move
    and grows only if a later limit needs a larger tree.

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
        self._pace = Pace()
        self._planner: Planner | None = None
        self._thinking: Thinking | None = None
        self._turn = 0
        self._moves: list[int] | None = None
        self._kept = 0

    @property
    def nbytes(self) -> int:
        """Bytes of memory for its tree, latent states, inputs and outputs."""
        return 0 if self._planner is None else self._planner.nbytes

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
                would likely end after it, and at worst the network's own choice is returned.
            to_play: the player to move. If not given: player 0, or whose turn it is after the moves that
                :meth:`observe` was told.

        Raises:
            ObservationError: the observation has another shape or type, or is not finite.
            LegalActionsError: no action is legal, or one is not an action of the game.
            ArgumentError: another argument is not as described.
            CapacityError: there is no memory for a tree of that many simulations.
            EvaluationError: the network's answer is not finite.
        """
        deliberation = self._deliberate(observation, legal_actions, limit, to_play)
        while not deliberation.finished:
            deliberation.run()
        return deliberation.decide()

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
        self._thinking = Thinking(self._deliberate(observation, legal_actions, limit, to_play))
        return self._thinking

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
        deliberation = self._deliberate(observation, legal_actions, limit, to_play, settle=False)
        while not deliberation.finished:
            deliberation.run()
        decision, result = deliberation.decide(), deliberation.result()
        assert self._planner is not None
        prior = np.where(deliberation.legal, self._planner.root_prior()[0], 0.0)
        total = float(prior.sum())
        actions = [
            ActionAnalysis(
                action=action,
                visits=int(result.visits[action]),
                value=float(result.q[action]),
                prior=float(prior[action]) / total if total > 0.0 else 1.0 / int(deliberation.legal.sum()),
                policy=float(decision.policy[action]),
                principal_variation=self._planner.forest.principal_variation(SLOT, action),
            )
            for action in np.flatnonzero(deliberation.legal).tolist()
        ]
        actions.sort(key=lambda each: (each.action != result.action, -each.visits, -each.policy))
        return Analysis(decision=decision, actions=tuple(actions))

    def observe(self, action: int) -> None:
        """Hear of a move that was really made, by whichever player: the next search goes on from what is known of it.

        What is kept are the statistics under the move, as the network imagined them; new simulations begin from the
        real observation. Nothing is kept where the rules draw chance, where the next player to move is not known from
        the last, or beyond a few moves (see ``MOST_MOVES_KEPT``). Moves need not be reported at all.

        Raises:
            ArgumentError: it is not an action of the game.
        """
        number = self._index("action", action, self.agent.model.actions)
        self._settle()
        self._turn = (self._turn + 1) % self.agent.model.players
        if self._moves is not None:
            self._moves.append(number)

    def _deliberate(
        self,
        observation: ArrayLike,
        legal_actions: ArrayLike | None,
        limit: Limit | None,
        to_play: int | None,
        *,
        settle: bool = True,
    ) -> Deliberation:
        """Prepare the search; everything is checked before anything changes."""
        begin = perf_counter()
        self._settle()
        model = self.agent.model
        limit = self.limit if limit is None else limit
        if not isinstance(limit, Limit):
            raise LimitError(f"limit: expected a Limit, got {limit!r}")
        turn = self._turn if to_play is None else self._index("to_play", to_play, model.players)
        legal = as_mask(model.actions, legal_actions)
        batch = as_observations(model, (observation,))
        planner, budget, planned = self._prepare(limit)
        kept = self._moves if turn == self._turn else None
        self._turn = turn
        self._moves = []

        def begin_tree() -> None:
            try:
                if not self._carry_over(planner, kept, batch, legal, budget, planned):
                    planner.open(
                        SLOTS, batch, legal=legal[np.newaxis], to_play=turn, simulations=budget, planned=planned
                    )
                    self._kept = 0
            except BaseException:
                self._moves = None
                raise

        deliberation = Deliberation(
            planner,
            begin_tree,
            budget=budget,
            legal=legal,
            to_play=turn,
            time=limit.time,
            capped=limit.simulations is None,
            pace=self._pace,
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

    def _prepare(self, limit: Limit) -> tuple[Planner, int, int]:
        """A planner whose tree can hold the search, the budget, and what sequential halving is to be laid out for."""
        planned = None
        if limit.time is not None:
            pace = self._pace.measure(self._sized(self.search.leaves))
            planned = max(1, min(int(limit.time / pace), MOST_SIMULATIONS))
        if limit.simulations is not None:
            budget = limit.simulations
        else:
            assert planned is not None
            budget = min(max(8 * planned, LEAST_CAPACITY), self.max_simulations)
        return self._sized(budget), budget, budget if planned is None else min(planned, budget)

    def _sized(self, simulations: int) -> Planner:
        """The planner, made anew if it is too small; with room for as many nodes again, which reuse keeps."""
        nodes = 2 * (1 << (simulations - 1).bit_length()) + 1
        if self._planner is None or self._planner.nodes < nodes:
            self._moves = None
            self._planner = None
            self._planner = Planner(self.agent.evaluator, self.search, simulations=simulations, nodes=nodes)
        return self._planner

    def _carry_over(
        self,
        planner: Planner,
        moves: list[int] | None,
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
        try:
            for action in moves[:-1]:
                if not planner.reuse(SLOT, action, simulations=0):
                    return False
            kept = planner.reuse(
                SLOT, moves[-1], observation=batch[0], legal=legal, simulations=budget, planned=planned
            )
        except CapacityError:
            return False
        self._kept += len(moves)
        return kept > 0

    def _settle(self) -> None:
        """Stop what is thinking, so that the tree is at rest."""
        thinking, self._thinking = self._thinking, None
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
