"""Where the core keeps what it knows of edges: in as little memory as their visits need."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from myoshu.search import Algorithm, Forest, SearchConfig
from myoshu.search.reference import ReferenceForest


def test_memory_is_for_the_edges_that_are_visited() -> None:
    """A node's edges have a prior and an action each; the records of visited ones grow with the nodes alone."""
    few, many = (Forest(SearchConfig(), slots=1, actions=n, players=2, nodes=101).nbytes for n in (100, 1100))
    assert many - few == 1000 * (101 * 8 + 16)


@pytest.mark.parametrize("leaves", [1, 4])
def test_records_of_edges_find_room_where_there_is_just_enough(leaves: int) -> None:
    """A root of many edges above nodes of one: its records move again and again, and must be laid out without gaps."""
    config = SearchConfig(algorithm=Algorithm.PUCT, c1=100.0, leaves=leaves)
    kinds: list[Any] = [Forest, ReferenceForest]
    core, reference = (kind(config, slots=1, actions=40, players=2, nodes=81, edges=120) for kind in kinds)
    prior = np.random.default_rng(4).dirichlet(np.full(40, 9.0)).astype(np.float32)
    for forest in (core, reference):
        forest.open(0, prior, [0.1, -0.1], actions=np.arange(0, 80, 2), simulations=80)
    seen: list[int] = []
    while count := len(requests := core.select([0])):
        assert requests.actions.tolist() == reference.select([0]).actions.tolist()
        seen += requests.actions.tolist()
        worth = np.cos(np.arange(len(seen) - count, len(seen)))
        sevens = np.full(count, 7, np.int32)
        for forest in (core, reference):
            forest.expand(
                None, np.stack([worth, -worth], 1), np.ones(count), actions=sevens, counts=np.ones(count, np.int32)
            )
    assert sorted(seen) == sorted([*range(0, 80, 2), *[7] * 40])
    found, wanted = core.result(0), reference.result(0)
    assert found.visits.tolist() == wanted.visits.tolist()
    assert found.q.tobytes() == wanted.q.tobytes()
