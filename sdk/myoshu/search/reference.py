"""The search in plain Python: slow, obvious, and the reference for the native core.

:class:`ReferenceForest` has the methods and the semantics of :class:`myoshu.search.Forest`. Nodes are objects, edges
are dictionary entries, and every choice looks at every action. The core must visit the same leaves in the same order.

Formulas are cited from

- MuZero: Schrittwieser et al. 2020, "Mastering Atari, Go, chess and shogi by planning with a learned model",
  Appendix B;
- Gumbel MuZero: Danihelka et al. 2022, "Policy improvement by planning with Gumbel".

Computation is in double precision. Priors, values and rewards are float32, as networks give them.
"""

from __future__ import annotations

import dataclasses
import functools
import math
import operator
from collections.abc import Callable, Iterable, Sequence
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from myoshu.errors import ArgumentError, CapacityError, EvaluationError, LegalActionsError
from myoshu.search.arrays import as_booleans, as_floats, as_integers
from myoshu.search.config import Algorithm, Normalization, SearchConfig
from myoshu.search.elementary import exp, log
from myoshu.search.forest import CHANCE
from myoshu.search.requests import Requests
from myoshu.search.result import SearchResult, SearchResults

__all__ = ["ReferenceForest"]

ENDED = 8
"""Simulations in a row that end without an evaluation, after which a tree's wave is not filled any further."""
EPSILON = 1e-8
"""The least spread that Q is divided by, per node (as in mctx)."""

TINY = float(np.finfo(np.float32).tiny)
"""The least prior with which a visited action's Q is weighed (as in mctx)."""

LOWEST = -1e9
"""The least gumbel + logit (as in mctx)."""


@dataclasses.dataclass(eq=False)
class Node:
    """A position, with its evaluation and the search's statistics of it."""

    mover: int
    """The player to move, or CHANCE."""
    prior: dict[int, float]
    """The prior of each legal action, in ascending order of action; sums to 1."""
    value: list[float]
    """Its own evaluation, for each player."""
    space: int
    """The size of its action set, including illegal actions."""
    sparse: bool = False
    """Whether it has its own action set."""
    terminal: bool = False
    """Whether the game is over."""
    reward: list[float] = dataclasses.field(default_factory=list)
    """Each player's reward on the edge that leads here."""
    discount: float = 1.0
    """γ of the edge that leads here."""
    parent: Node | None = None
    """The parent node; None at the root."""
    visits: int = 0
    """N: the number of visits."""
    sums: list[float] = dataclasses.field(default_factory=list)
    """Σ of the returns of each player."""
    children: dict[int, Node] = dataclasses.field(default_factory=dict)
    """The children by action, in the order of their first visit."""
    awaited: dict[int, int] = dataclasses.field(default_factory=dict)
    """How many simulations are under way through each action."""

    def n(self, action: int) -> int:
        """Visits of an action."""
        return self.children[action].visits if action in self.children else 0

    def pending(self, action: int) -> int:
        """Simulations under way through an action."""
        return self.awaited.get(action, 0)

    def q(self, action: int) -> float:
        """Q(s, a) = r + γ·v(s′) of a visited action, for the mover (MuZero, eq. 5)."""
        child = self.children[action]
        return child.reward[self.mover] + child.discount * (child.sums[self.mover] / child.visits)


@dataclasses.dataclass(eq=False)
class Tree:
    """The tree of one search."""

    nodes: list[Node]
    """The nodes in the order of their creation; the first is the root."""
    edges: int
    """The number of their edges."""
    budget: int
    """The budget of simulations."""
    schedule: list[int]
    """Gumbel: for each simulation, the visits that the root action to be simulated has had."""
    base: dict[int, float]
    """Gumbel: gumbel + logit of each root action."""
    done: int = 0
    """Simulations backed up so far."""
    before: dict[int, int] = dataclasses.field(default_factory=dict)
    """Visits that root actions had when the search began."""
    least: float = math.inf
    """The least Q found."""
    greatest: float = -math.inf
    """The greatest Q found."""
    inflight: int = 0
    """Leaves that await their evaluation."""

    @property
    def root(self) -> Node:
        """The root: the first node."""
        return self.nodes[0]

    def since(self, action: int) -> int:
        """Visits of a root action since the search began, including those under way."""
        return self.root.n(action) - self.before.get(action, 0) + self.root.pending(action)


class ReferenceForest:
    """:class:`myoshu.search.Forest` in plain Python. See there for arguments, results and errors."""

    def __init__(
        self, config: SearchConfig, *, slots: int, actions: int, players: int, nodes: int, edges: int | None = None
    ) -> None:
        self.config = config
        self.slots = slots
        self.actions = actions
        self.players = players
        self.nodes = nodes
        self.edges = nodes * actions if edges is None else edges
        self._trees: dict[int, Tree] = {}
        self._pending: list[tuple[int, Tree, Node, int]] = []

    @property
    def nbytes(self) -> int:
        """Meaningless here: 0."""
        return 0

    @property
    def pending(self) -> int:
        """How many leaves of the last ``select`` await their evaluation."""
        return len(self._pending)

    # ── opening and closing ──────────────────────────────────────────────────────────────────────────────────────────

    def open(
        self,
        slot: int,
        prior: ArrayLike,
        value: ArrayLike,
        *,
        to_play: int = 0,
        legal: ArrayLike | None = None,
        actions: ArrayLike | None = None,
        noise: ArrayLike | None = None,
        gumbel: ArrayLike | None = None,
        simulations: int | None = None,
        planned: int | None = None,
    ) -> None:
        """Begin a tree with the evaluation of its root."""
        self._require_slot(slot)
        budget = self.config.simulations if simulations is None else simulations
        width = self.actions if actions is None else np.size(actions)
        if width > self.actions:
            raise CapacityError(f"actions: expected at most {self.actions} a node, got {width}")
        root = self._node(
            np.arange(width) if actions is None else as_integers("actions", actions, (width,)),
            as_floats("prior", prior, (width,)),
            as_floats("value", value, (self.players,)),
            to_play,
            None if legal is None else as_booleans("legal", legal, (width,)),
            sparse=actions is not None,
        )
        if budget >= self.nodes:
            raise CapacityError(f"simulations: expected at most {self.nodes - 1}, got {budget}")
        if len(root.prior) + (budget * self.actions if actions is None else 0) > self.edges:
            raise CapacityError(f"edges: expected more a slot for {budget} simulations, got {self.edges}")
        root.visits = int(self.config.root_counts)
        root.sums = [value if self.config.root_counts else 0.0 for value in root.value]
        tree = Tree([root], len(root.prior), budget, [], {})
        identifiers = None if actions is None else np.asarray(actions)
        self._begin(tree, noise, gumbel, planned, identifiers)
        self._trees[slot] = tree

    def open_many(
        self,
        slots: ArrayLike,
        priors: ArrayLike,
        values: ArrayLike,
        *,
        to_play: ArrayLike = 0,
        legal: ArrayLike | None = None,
        noise: ArrayLike | None = None,
        gumbel: ArrayLike | None = None,
        simulations: ArrayLike | None = None,
        planned: ArrayLike | None = None,
    ) -> None:
        """Begin n trees, one at a time."""
        numbers = np.asarray(slots)
        shape = numbers.shape
        budgets = np.broadcast_to(self.config.simulations if simulations is None else np.asarray(simulations), shape)
        plans = np.broadcast_to(np.maximum(budgets, 1) if planned is None else np.asarray(planned), shape)
        movers = np.broadcast_to(np.asarray(to_play), shape)
        for i, slot in enumerate(numbers.tolist()):
            self.open(
                slot,
                np.asarray(priors)[i],
                np.asarray(values)[i],
                to_play=int(movers[i]),
                legal=None if legal is None else np.asarray(legal)[i],
                noise=None if noise is None else np.asarray(noise)[i],
                gumbel=None if gumbel is None else np.asarray(gumbel)[i],
                simulations=int(budgets[i]),
                planned=int(plans[i]),
            )

    def close(self, slot: int) -> None:
        """End a tree; evaluations it awaits will be ignored."""
        self._tree(slot)
        del self._trees[slot]

    def is_open(self, slot: int) -> bool:
        """Whether the slot has a tree."""
        self._require_slot(slot)
        return slot in self._trees

    def remaining(self, slot: int) -> int:
        """How many simulations of the tree's budget are left."""
        tree = self._tree(slot)
        return tree.budget - tree.done - tree.inflight

    # ── one wave ─────────────────────────────────────────────────────────────────────────────────────────────────────

    def select(self, slots: ArrayLike) -> Requests:
        """Choose the leaves to evaluate next: up to ``config.leaves`` of each tree."""
        if self._pending:
            raise ArgumentError(f"select: expected the last wave to have been expanded, got {self.pending} leaves")
        numbers = [int(slot) for slot in np.asarray(slots).tolist()]
        for slot in numbers:
            self._tree(slot)
        if len(set(numbers)) < len(numbers):
            raise ArgumentError(f"slots: expected each slot once, got {numbers}")
        rows = []
        for slot in numbers:
            tree = self._trees[slot]
            ended = 0
            while tree.inflight < self.config.leaves and self.remaining(slot) > 0:
                if ended == ENDED and tree.inflight > 0:
                    break  # line after line ends without an evaluation: those that are awaited should not wait for more
                ended %= ENDED
                found = self._descend(tree)
                if found is None:
                    break
                node, action = found
                if action is None:
                    self._backup(tree, node)
                    ended += 1
                    continue
                ended = 0
                self._pending.append((slot, tree, node, action))
                rows.append(slot * self.nodes + tree.nodes.index(node))
                tree.inflight += 1
                self._count_pending(node, action, 1)
        return Requests(
            np.array([slot for slot, *_ in self._pending], np.int32),
            np.array(rows, np.int64),
            np.array([action for *_, action in self._pending], np.int32),
        )

    def expand(
        self,
        rewards: ArrayLike | None,
        values: ArrayLike,
        priors: ArrayLike,
        *,
        to_play: ArrayLike | None = None,
        legal: ArrayLike | None = None,
        discounts: ArrayLike | None = None,
        terminal: ArrayLike | None = None,
        actions: ArrayLike | None = None,
        counts: ArrayLike | None = None,
    ) -> None:
        """Add the leaves of the last :meth:`select`, in its order, and back their values up."""
        n = self.pending
        columns = (n, self.players)
        sizes = np.full(n, self.actions) if counts is None else as_integers("counts", counts, (n,))
        ends = np.cumsum(sizes)
        total = int(sizes.sum())
        shape = (n, self.actions) if counts is None else (total,)
        flat = as_floats("priors", priors, shape).reshape(-1)
        identifiers = None if actions is None else as_integers("actions", actions, (total,))
        some_rewards = np.zeros(columns, np.float32) if rewards is None else as_floats("rewards", rewards, columns)
        some_values = as_floats("values", values, columns)
        movers = None if to_play is None else as_integers("to_play", to_play, (n,))
        masks = None if legal is None else as_booleans("legal", legal, (n, self.actions))
        ended = np.zeros(n, np.bool_) if terminal is None else as_booleans("terminal", terminal, (n,))
        even = np.full(n, self.config.discount)
        factors = (even if discounts is None else as_floats("discounts", discounts, (n,))).tolist()
        leaves: list[Node | None] = []
        for i, (slot, tree, parent, _) in enumerate(self._pending):
            if self._trees.get(slot) is not tree:
                leaves.append(None)
                continue
            if movers is None and parent.mover == CHANCE:
                raise ArgumentError(f"to_play: expected to be given, since leaf {i} follows a chance node")
            node = self._node(
                np.arange(self.actions) if identifiers is None else identifiers[ends[i] - sizes[i] : ends[i]],
                flat[ends[i] - sizes[i] : ends[i]],
                some_values[i],
                (parent.mover + 1) % self.players if movers is None else int(movers[i]),
                None if masks is None else masks[i],
                sparse=identifiers is not None,
                terminal=bool(ended[i]),
            )
            if not np.isfinite(some_rewards[i]).all():
                raise EvaluationError(f"rewards[{i}]: expected finite numbers, got {some_rewards[i]}")
            if not 0 <= factors[i] <= 1:
                raise ArgumentError(f"discounts[{i}]: expected a number from 0 to 1, got {factors[i]}")
            node.reward = [float(reward) for reward in some_rewards[i]]
            node.discount = factors[i]
            node.parent = parent
            node.sums = [0.0] * self.players
            leaves.append(node)
        for slot, tree in self._trees.items():
            more = sum(
                int(sizes[i])
                for i, leaf in enumerate(leaves)
                if leaf and not leaf.terminal and self._pending[i][0] == slot
            )
            if more and tree.edges + more > self.edges:
                raise CapacityError(
                    f"edges: expected at most {self.edges - tree.edges} more in slot {slot}, got {more}"
                )
        for (_, tree, parent, action), new in zip(self._pending, leaves, strict=True):
            if new is None:
                continue
            self._count_pending(parent, action, -1)
            tree.inflight -= 1
            parent.children[action] = new
            tree.nodes.append(new)
            tree.edges += len(new.prior)
            self._backup(tree, new)
        self._pending = []

    def cancel(self) -> None:
        """Withdraw the leaves that await evaluation, as if they had never been selected."""
        for slot, tree, node, action in self._pending:
            if self._trees.get(slot) is tree:
                self._count_pending(node, action, -1)
                tree.inflight -= 1
        self._pending = []

    # ── results ──────────────────────────────────────────────────────────────────────────────────────────────────────

    def result(self, slot: int) -> SearchResult:
        """What the search of one tree found so far."""
        tree = self._tree(slot)
        root = tree.root
        identifiers = sorted(root.prior) if root.sparse else list(range(root.space))
        total = sum(root.n(a) for a in root.prior)
        mixed = 0.0 if root.mover == CHANCE else self._mixed_value(root)
        if self.config.algorithm is Algorithm.GUMBEL and root.mover != CHANCE:
            policy = self._improved_policy(tree, root, count_pending=False)
        elif total > 0:
            policy = {a: root.n(a) / total for a in root.prior}
        else:
            policy = root.prior
        value = [s / root.visits for s in root.sums] if root.visits else root.value
        return SearchResult(
            visits=np.array([root.n(a) for a in identifiers], np.int32),
            q=np.array([root.q(a) if root.n(a) and root.mover != CHANCE else mixed for a in identifiers], np.float32),
            policy=np.array([policy.get(a, 0.0) for a in identifiers], np.float32),
            value=np.array(value, np.float32),
            action=self._best_action(tree),
            principal_variation=self.principal_variation(slot),
            simulations=tree.done,
            actions=np.array(identifiers, np.int32) if root.sparse else None,
        )

    def results(self, slots: ArrayLike) -> SearchResults:
        """What the searches of n trees found so far."""
        found = [self.result(int(slot)) for slot in np.asarray(slots).tolist()]
        if any(result.actions is not None for result in found):
            raise ArgumentError("slots: expected roots over all actions, got one with its own set")
        return SearchResults(
            visits=np.array([result.visits for result in found], np.int32).reshape(len(found), self.actions),
            q=np.array([result.q for result in found], np.float32).reshape(len(found), self.actions),
            policy=np.array([result.policy for result in found], np.float32).reshape(len(found), self.actions),
            value=np.array([result.value for result in found], np.float32).reshape(len(found), self.players),
            action=np.array([result.action for result in found], np.int64),
            simulations=np.array([result.simulations for result in found], np.int32),
        )

    def principal_variation(self, slot: int, first: int | None = None) -> tuple[int, ...]:
        """The search's own choice, then the most visited action of each node on the way down."""
        tree = self._tree(slot)
        line = [self._best_action(tree) if first is None else first]
        node: Node | None = tree.root.children.get(line[0])
        while node is not None and node.children:
            action = _argmax(node.children, node.n)
            line.append(action)
            node = node.children[action]
        return tuple(line)

    # ── reuse ────────────────────────────────────────────────────────────────────────────────────────────────────────

    def reroot(
        self,
        slot: int,
        action: int,
        *,
        legal: ArrayLike | None = None,
        noise: ArrayLike | None = None,
        gumbel: ArrayLike | None = None,
        simulations: int | None = None,
        planned: int | None = None,
    ) -> NDArray[np.int64] | None:
        """Make the subtree under a root action the tree, and begin a new search with what it holds."""
        tree = self._tree(slot)
        if tree.inflight:
            raise ArgumentError(f"slot: expected a slot that awaits no evaluation, got {slot}")
        budget = self.config.simulations if simulations is None else simulations
        root = tree.root.children.get(action)
        if root is None or root.terminal:
            return None
        identifiers = np.array(sorted(root.prior)) if root.sparse else np.arange(root.space)
        mask = np.isin(identifiers, list(root.prior))
        if legal is not None:
            wanted = as_booleans("legal", legal, (len(identifiers),))
            if not wanted.any():
                raise LegalActionsError(f"legal: expected at least one legal action, got none of {len(wanted)}")
            if (wanted & ~mask).any():
                return None
            mask = wanted
        allowed = identifiers[mask].tolist()
        kept = [root]
        for node in tree.nodes:
            if any(root.children.get(a) is node for a in allowed) or (node.parent is not root and node.parent in kept):
                kept.append(node)
        edges = len(allowed) + sum(len(node.prior) for node in kept[1:])
        if len(kept) + budget > self.nodes:
            raise CapacityError(f"simulations: expected at most {self.nodes - len(kept)}, got {budget}")
        if edges + (0 if root.sparse else budget * self.actions) > self.edges:
            raise CapacityError(f"edges: expected more a slot for {budget} more simulations, got {self.edges}")
        old = [tree.nodes.index(node) for node in kept]
        if len(allowed) < len(root.prior):
            root.prior = dict(zip(allowed, _normalized([root.prior[a] for a in allowed]), strict=True))
        root.children = {a: child for a, child in root.children.items() if a in root.prior}
        root.parent = None
        root.visits = int(self.config.root_counts)
        root.sums = [value if self.config.root_counts else 0.0 for value in root.value]
        for child in root.children.values():
            root.visits += child.visits
            for player in range(self.players):
                root.sums[player] += child.visits * child.reward[player] + child.discount * child.sums[player]
        fresh = Tree(kept, edges, budget, [], {})
        fresh.before = {a: child.visits for a, child in root.children.items()}
        for node in kept:
            if node.mover != CHANCE:
                for a in node.children:
                    fresh.least = min(fresh.least, node.q(a))
                    fresh.greatest = max(fresh.greatest, node.q(a))
        self._begin(fresh, noise, gumbel, planned, identifiers)
        self._trees[slot] = fresh
        return np.array(old, np.int64)

    # ── choosing ─────────────────────────────────────────────────────────────────────────────────────────────────────

    def _descend(self, tree: Tree) -> tuple[Node, int | None] | None:
        """From the root to a leaf: its parent and the action; None at a leaf awaited already.

        Or to where a line ends, a terminal node or one at ``max_depth``: it, and no action.
        """
        node = tree.root
        for _ in range(self.config.max_depth):
            if node.terminal:
                break
            action = self._choose(tree, node)
            if action not in node.children:
                return None if node.pending(action) else (node, action)
            node = node.children[action]
        return node, None

    def _choose(self, tree: Tree, node: Node) -> int:
        if node.mover == CHANCE:
            # Visits follow the probabilities, without chance (as mctx's stochastic MuZero).
            return _argmax(node.prior, lambda a: node.prior[a] / (1 + node.n(a) + node.pending(a)))
        if self.config.algorithm is Algorithm.PUCT:
            return self._choose_puct(tree, node)
        if node is tree.root:
            return self._choose_gumbel_root(tree)
        return self._choose_gumbel(tree, node)

    def _choose_puct(self, tree: Tree, node: Node) -> int:
        """MuZero, eq. 2: argmax of Q + P · √N / (1 + n) · (c1 + log((N + c2 + 1) / c2))."""
        visits = float(node.visits + sum(node.awaited.values()))
        weight = (self.config.c1 + log((visits + self.config.c2 + 1) / self.config.c2)) * math.sqrt(visits)
        own = node.sums[node.mover] / node.visits if node.visits else 0.0
        low, spread = self._scale(tree, [own, *(node.q(a) for a in node.children)])

        def score(a: int) -> float:
            value = (node.q(a) - low) / spread if node.n(a) else 0.0
            value -= self._virtual_loss(node, a)
            return value + weight * node.prior[a] / (1 + node.n(a) + node.pending(a))

        return _argmax(node.prior, score)

    def _choose_gumbel_root(self, tree: Tree) -> int:
        """Among the actions that are next in sequential halving, argmax of gumbel + logit + σ(completed Q) (eq. 9)."""
        simulation = tree.done + tree.inflight
        wanted = tree.schedule[simulation]
        if all(tree.since(a) != wanted for a in tree.root.prior):
            # Only after a wave was cancelled while later simulations had ended: the least visited catch up.
            wanted = min(tree.since(a) for a in tree.root.prior)
        considered = [a for a in tree.root.prior if tree.since(a) == wanted]
        scaled = self._scaled_q(tree, tree.root, count_pending=True)
        return _argmax(considered, lambda a: tree.base[a] + scaled[a])

    def _choose_gumbel(self, tree: Tree, node: Node) -> int:
        """Gumbel MuZero, eq. 14: argmax of π′(a) − N(a) / (1 + Σ_b N(b)).

        Scores are compared as float32, and equal ones by prior, then by lowest action: so the last bit of a sum, which
        depends on the order of its terms, has no influence.
        """
        policy = self._improved_policy(tree, node, count_pending=True)
        total = 1 + sum(node.n(a) + node.pending(a) for a in node.prior)

        def score(a: int) -> tuple[float, float]:
            return float(np.float32(policy[a] - (node.n(a) + node.pending(a)) / total)), node.prior[a]

        return _argmax(node.prior, score)

    def _improved_policy(self, tree: Tree, node: Node, *, count_pending: bool) -> dict[int, float]:
        """Gumbel MuZero, eq. 11: π′ = softmax(logits + σ(completed Q)), over the legal actions."""
        scaled = self._scaled_q(tree, node, count_pending=count_pending)
        greatest = max(scaled[a] for a, p in node.prior.items() if p > 0)
        weights = {a: p * exp(scaled[a] - greatest) if p > 0 else 0.0 for a, p in node.prior.items()}
        total = sum(weights[a] for a in node.children) + sum(w for a, w in weights.items() if a not in node.children)
        return {a: weight / total for a, weight in weights.items()}

    def _scaled_q(self, tree: Tree, node: Node, *, count_pending: bool) -> dict[int, float]:
        """σ(completed Q) of each action (Gumbel MuZero, eq. 8 and 10): (c_visit + max N) · c_scale · Q."""
        mixed = self._mixed_value(node)
        completed = [node.q(a) for a in node.children]
        if len(node.children) < node.space:
            completed.append(mixed)
        low, spread = self._scale(tree, completed)
        most = max((node.n(a) + (node.pending(a) if count_pending else 0) for a in node.prior), default=0)
        sigma = (self.config.c_visit + most) * self.config.c_scale

        def scaled(a: int) -> float:
            value = ((node.q(a) if node.n(a) else mixed) - low) / spread
            if count_pending:
                value -= self._virtual_loss(node, a)
            return sigma * value

        return {a: scaled(a) for a in node.prior}

    def _mixed_value(self, node: Node) -> float:
        """v_mix (Gumbel MuZero, Appendix D, eq. 33): the node's own value and its visited actions' Q, weighed."""
        own = node.value[node.mover]
        if not node.children:
            return own
        mass = weighted = 0.0
        for a in node.children:
            prior = max(node.prior[a], TINY)
            mass += prior
            weighted += prior * node.q(a)
        visits = sum(node.n(a) for a in node.children)
        return (own + visits * (weighted / mass)) / (1 + visits)

    def _scale(self, tree: Tree, values: Sequence[float]) -> tuple[float, float]:
        """(low, spread): Q is scaled as (Q − low) / spread. ``values`` are those that count per node."""
        match self.config.normalization:
            case Normalization.NODE:
                return min(values), max(max(values) - min(values), EPSILON)
            case Normalization.RANGE:
                low, high = self.config.value_range
                return low, high - low
            case Normalization.TREE if tree.greatest > tree.least:  # MuZero, eq. 5
                return tree.least, tree.greatest - tree.least
            case _:
                return 0.0, 1.0

    def _virtual_loss(self, node: Node, action: int) -> float:
        """How much lower the mean is if each pending visit is ``virtual_loss`` worse than the others."""
        pending = node.pending(action)
        return self.config.virtual_loss * pending / (node.n(action) + pending) if pending else 0.0

    def _best_action(self, tree: Tree) -> int:
        root = tree.root
        if self.config.algorithm is Algorithm.GUMBEL and root.mover != CHANCE:
            scaled = self._scaled_q(tree, root, count_pending=False)
            return _argmax(root.prior, lambda a: (root.n(a) - tree.before.get(a, 0), tree.base[a] + scaled[a]))
        if any(root.n(a) for a in root.prior):
            return _argmax(root.prior, root.n)
        return _argmax(root.prior, lambda a: root.prior[a])

    # ── bookkeeping ──────────────────────────────────────────────────────────────────────────────────────────────────

    def _backup(self, tree: Tree, leaf: Node) -> None:
        """MuZero, eq. 3 and 4, with a return for each player: G ← r + γ·G on the way up."""
        returns = list(leaf.value)
        node = leaf
        while True:
            node.visits += 1
            node.sums = [s + g for s, g in zip(node.sums, returns, strict=True)]
            if node.parent is None:
                break
            returns = [r + node.discount * g for r, g in zip(node.reward, returns, strict=True)]
            if node.parent.mover != CHANCE:
                mover = node.parent.mover
                q = node.reward[mover] + node.discount * (node.sums[mover] / node.visits)
                tree.least, tree.greatest = min(tree.least, q), max(tree.greatest, q)
            node = node.parent
        tree.done += 1

    def _count_pending(self, node: Node, action: int, change: int) -> None:
        if self.config.leaves == 1:
            return
        above: Node | None = node
        while above is not None:
            above.awaited[action] = above.pending(action) + change
            child, above = above, above.parent
            if above is not None:
                action = next(a for a, other in above.children.items() if other is child)

    def _node(
        self,
        actions: NDArray[np.int32] | NDArray[np.int64],
        prior: NDArray[np.float32],
        value: NDArray[np.float32],
        to_play: int,
        legal: NDArray[np.bool_] | None,
        *,
        sparse: bool,
        terminal: bool = False,
    ) -> Node:
        if not CHANCE <= to_play < self.players:
            raise ArgumentError(f"to_play: expected an integer from {CHANCE} to {self.players - 1}, got {to_play}")
        if not np.isfinite(value).all():
            raise EvaluationError(f"value: expected finite numbers, got {value}")
        allowed = [i for i in range(len(actions)) if legal is None or legal[i]]
        own = [float(v) for v in value]
        if terminal:
            return Node(to_play, {}, own, 0, sparse, terminal)
        if not (np.isfinite(prior).all() and (prior >= 0).all()):
            raise EvaluationError(f"prior: expected probabilities, got {prior}")
        if not allowed:
            raise LegalActionsError(f"legal: expected at least one legal action, got none of {len(actions)}")
        normalized = _normalized([float(prior[i]) for i in allowed])
        priors = {int(actions[i]): p for i, p in zip(allowed, normalized, strict=True)}
        return Node(to_play, priors, own, len(actions), sparse)

    def _begin(
        self,
        tree: Tree,
        noise: ArrayLike | None,
        gumbel: ArrayLike | None,
        planned: int | None,
        identifiers: NDArray[np.int32] | NDArray[np.int64] | None,
    ) -> None:
        """Apply noise to the root and plan sequential halving."""
        root = tree.root
        places = {int(a): i for i, a in enumerate(range(root.space) if identifiers is None else identifiers)}
        config = self.config
        if noise is not None and config.algorithm is Algorithm.PUCT:
            samples = as_floats("noise", noise, (len(places),))
            mixed = [
                float(
                    np.float32(
                        (1 - config.dirichlet_fraction) * p + config.dirichlet_fraction * float(samples[places[a]])
                    )
                )
                for a, p in root.prior.items()
            ]
            root.prior = dict(zip(root.prior, _normalized(mixed), strict=True))
        if config.algorithm is Algorithm.GUMBEL:
            drawn = np.zeros(len(places), np.float32) if gumbel is None else as_floats("gumbel", gumbel, (len(places),))
            greatest = log(max(root.prior.values()))
            tree.base = {a: max(LOWEST, float(drawn[places[a]]) + (log(p) - greatest)) for a, p in root.prior.items()}
            plan = max(tree.budget, 1) if planned is None else planned
            tree.schedule = _schedule(min(config.considered_actions, len(root.prior)), plan, tree.budget)

    def _require_slot(self, slot: int) -> None:
        if not 0 <= slot < self.slots:
            raise ArgumentError(f"slot: expected an integer from 0 to {self.slots - 1}, got {slot}")

    def _tree(self, slot: int) -> Tree:
        self._require_slot(slot)
        if slot not in self._trees:
            raise ArgumentError(f"slot: expected an open slot, got {slot}, which is closed")
        return self._trees[slot]


def _schedule(considered: int, planned: int, length: int) -> list[int]:
    """Sequential halving (Gumbel MuZero, Section 3.3): for each simulation, the visits its root action must have had.

    ``considered`` actions share the first ⌈log2 considered⌉-th part of the plan, the better half of them the next, and
    so on; beyond the plan the last two continue.
    """
    if considered == 1:
        return list(range(length))
    phases = math.ceil(math.log2(considered))
    schedule: list[int] = []
    visits = [0] * considered
    while len(schedule) < length:
        for _ in range(max(1, planned // (phases * considered))):
            schedule.extend(visits[:considered])
            for i in range(considered):
                visits[i] += 1
        considered = max(2, considered // 2)
    return schedule[:length]


def _normalized(priors: Sequence[float]) -> list[float]:
    """The numbers divided by their sum, as float32; uniform if all are zero.

    The sum runs in eight lanes, the i-th number going to lane i mod 8.
    """
    lanes = [0.0] * 8
    for i, prior in enumerate(priors):
        lanes[i % 8] += prior
    total = functools.reduce(operator.add, lanes)  # from Python 3.12 on, sum() compensates rounding errors
    if total > 0:
        return [float(np.float32(prior * (1 / total))) for prior in priors]
    return [float(np.float32(1 / len(priors)))] * len(priors)


def _argmax(actions: Iterable[int], score: Callable[[int], Any]) -> int:
    """The action with the greatest score; the lowest among equals."""
    best, best_score = None, None
    for action in sorted(actions):
        own = score(action)
        if best_score is None or own > best_score:
            best, best_score = action, own
    assert best is not None
    return best
