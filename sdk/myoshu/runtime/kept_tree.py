"""The tree that a session keeps between moves."""

from __future__ import annotations

from collections.abc import Sequence

from myoshu.runtime.history import History
from myoshu.runtime.searched import Searched
from myoshu.runtime.tree import Tree, Trees
from myoshu.search import SearchConfig

__all__ = ["MOST_MOVES_KEPT", "KeptTree"]

MOST_MOVES_KEPT = 2
"""Real moves after which a new tree is begun however much of it could be kept: what lies along the expected line would
else be imagined further and further ahead of the last real observation, beyond what networks are trained to unroll.
Measured on tic-tac-toe against every line at 32 simulations: with a network trained well, 2 moves lose as little as
none kept, and 4 a little more; with one trained for half a minute, of 750 lines 83 are lost with none kept, 110 and
128."""


class KeptTree:
    """A tree, larger ones in its place where a search needs them, and the searches that it came of.

    The same searches give the same tree, so that a session which was saved can make its tree again.

    Args:
        trees: where trees come from.
    """

    def __init__(self, trees: Trees) -> None:
        self.trees = trees
        """Where trees come from."""
        self.tree: Tree | None = None
        """What is searched; None before the first search, and after :meth:`release`."""
        self.moves = 0
        """Real moves that the tree has been kept over."""
        self._searches: list[Searched] = []
        self._promised = 0

    @property
    def nodes(self) -> int:
        """How many nodes the tree has room for; 0 if there is none, and none to be made again."""
        return self._promised or (0 if self.tree is None else self.tree.nodes)

    def sized(self, config: SearchConfig, simulations: int, history: History) -> Tree:
        """The tree, another if it is too small; with room for as many nodes again, which reuse keeps.

        Args:
            config: how to search.
            simulations: the greatest budget.
            history: forgets that moves may lead on in the tree, where it is another.

        Raises:
            CapacityError: there is no memory for it.
        """
        nodes = 2 * (1 << (simulations - 1).bit_length()) + 1
        tree = self.tree
        if tree is None or tree.nodes < nodes:
            if nodes > self._promised:
                history.forget()
                self._promised = 0
            self.tree = None
            if tree is not None:
                tree.release()
            tree = None  # its memory is free before more is taken
            tree = self.tree = self.trees.take(config, simulations, max(nodes, self._promised))
        return tree

    def begin(self, tree: Tree, search: Searched, *, timed: bool) -> None:
        """Continue with what is known of a position, or begin with it.

        Args:
            tree: what :meth:`sized` returned.
            search: of the position; its moves lead there from the last one, none where nothing may be kept.
            timed: whether its limit is a time: then the searches that were saved are not made again.

        Raises:
            EvaluationError: the network failed.
        """
        moves = search.moves
        if self._promised:
            self._promised = 0
            if not moves or timed or not self._make_again(tree):
                moves = []
        if moves and self.moves + len(moves) <= MOST_MOVES_KEPT:
            self.note_made()
            if search.follow(tree, search.budget):
                self.moves += len(moves)
                self._searches.append(search)
                return
        search.open(tree, search.budget)
        self.moves = 0
        self._searches = [search._replace(moves=[]) if search.moves else search]

    def note_made(self) -> None:
        """Take note of how far the last search came."""
        if self._searches and self.tree is not None and not self._promised:
            last = self._searches[-1]
            self._searches[-1] = last._replace(made=last.budget - self.tree.remaining)

    @property
    def searches(self) -> Sequence[Searched]:
        """What the tree came of, in order; how far the last came is as of :meth:`note_made`."""
        return self._searches

    def promise(self, searches: Sequence[Searched], moves: int, nodes: int) -> None:
        """Make the tree of a saved session when a search can continue with it.

        Args:
            searches: what it came of.
            moves: real moves that it has been kept over.
            nodes: how many nodes it has room for.
        """
        self._searches, self.moves, self._promised = list(searches), moves, nodes

    def release(self) -> None:
        """Give the tree back."""
        tree, self.tree = self.tree, None
        if tree is not None:
            tree.release()

    def _make_again(self, tree: Tree) -> bool:
        """Make the searches that were saved; returns whether the tree is as it was."""
        for search in self._searches:
            if not search.moves:
                search.open(tree, search.made)
            elif not search.follow(tree, search.made):
                return False
            tree.run()
        self._searches = [search._replace(budget=search.made) for search in self._searches]
        return True
