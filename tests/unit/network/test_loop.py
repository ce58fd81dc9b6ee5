"""The search loop without the interpreter visits what the one in Python visits, keeps its time, and cleans up."""

from __future__ import annotations

import threading
from typing import Any

import numpy as np
import pytest
from tests.unit.network.test_network import game, weights_of

from myoshu.errors import ArgumentError, EvaluationError
from myoshu.search import Forest, SearchConfig, Wave, _core
from myoshu.training.config import NetworkConfig
from myoshu.training.networks.architecture import Architecture
from myoshu.training.networks.onnx_writer import write_graph

ACTIONS, LATENT, NODES = 9, 32, 65


class Bench:
    """A wave over a native network of random weights."""

    def __init__(self, slots: int, leaves: int = 1, scale: float = 1.0) -> None:
        architecture = Architecture.of(game((3, 3, 3), ACTIONS), NetworkConfig(width=LATENT))
        weights = {name: scale * weight for name, weight in weights_of(architecture, 5).items()}
        config = SearchConfig(leaves=leaves)
        self.forest = Forest(config, slots=slots, actions=ACTIONS, players=2, nodes=NODES)
        rows = slots * leaves
        self.arrays: dict[str, Any] = {
            "latent": np.zeros((rows, LATENT), np.float32),
            "action": np.zeros(rows, np.int64),
            "next_latent": np.zeros((rows, LATENT), np.float32),
            "prior": np.zeros((rows, ACTIONS), np.float32),
            "value": np.zeros((rows, 1), np.float32),
            "reward": np.zeros((rows, 1), np.float32),
        }
        self.network = _core.Network(write_graph("recurrent", architecture, weights), {}, "")
        self.network.bind(self.arrays)
        self.wave = Wave(
            self.forest,
            pool=np.zeros((slots * NODES, LATENT), np.float32),
            latent_in=self.arrays["latent"],
            action_in=self.arrays["action"],
            latent_out=self.arrays["next_latent"],
            prior=self.arrays["prior"],
            value=self.arrays["value"],
            reward=self.arrays["reward"],
        )
        rng = np.random.default_rng(3)
        self.slots = np.arange(slots, dtype=np.int32)
        self.wave.open(
            self.slots,
            rng.random((slots, LATENT), np.float32),
            rng.dirichlet(np.ones(ACTIONS), slots).astype(np.float32),
            np.zeros((slots, 1), np.float32),
            simulations=NODES - 1,
        )
        self.wave.begin(self.slots)

    def step_by_step(self) -> None:
        while rows := self.wave.step():
            self.network.run(rows)

    def found(self) -> bytes:
        results = self.forest.results(self.slots)
        return b"".join(np.ascontiguousarray(part).tobytes() for part in (results.visits, results.q, results.value))


@pytest.mark.parametrize("leaves", [1, 4])
@pytest.mark.parametrize("slots", [1, 7])
def test_it_searches_as_the_loop_in_python_does(slots: int, leaves: int) -> None:
    native, by_hand = Bench(slots, leaves), Bench(slots, leaves)
    assert native.wave.search(native.network)
    by_hand.step_by_step()
    assert native.found() == by_hand.found()
    assert native.forest.all_remaining(native.slots) == [0] * slots


def test_a_search_that_its_time_ends_can_be_continued() -> None:
    native, by_hand = Bench(3), Bench(3)
    assert not native.wave.search(native.network, 0.0)
    assert native.wave.pending == 0
    assert native.forest.all_remaining(native.slots) == [NODES - 1] * 3
    native.wave.begin(native.slots)
    assert native.wave.search(native.network, 1e6)
    by_hand.step_by_step()
    assert native.found() == by_hand.found()


def test_a_network_that_fails_leaves_the_trees_as_they_were() -> None:
    bench = Bench(2, scale=1e30)
    with pytest.raises(EvaluationError, match="expected"):
        bench.wave.search(bench.network)
    assert bench.wave.pending == 0
    assert bench.forest.all_remaining(bench.slots) == [NODES - 1] * 2


def test_other_threads_go_on_meanwhile() -> None:
    """The search waits in no lock of Python's: another thread ends it by what it counts, not by a clock."""
    bench, counted, ended = Bench(1), threading.Event(), threading.Event()

    def search_on() -> None:
        while not counted.is_set():
            bench.wave.open(
                bench.slots,
                np.ones((1, LATENT), np.float32),
                np.ones((1, ACTIONS), np.float32),
                np.zeros((1, 1), np.float32),
                simulations=NODES - 1,
            )
            bench.wave.begin(bench.slots)
            bench.wave.search(bench.network)
        ended.set()

    thread = threading.Thread(target=search_on, daemon=True)
    thread.start()
    for _ in range(100_000):
        pass
    counted.set()
    assert ended.wait(60.0)


def test_a_meter_counts_what_is_run_and_changes_nothing() -> None:
    native, by_hand = Bench(3), Bench(3)
    meter = _core.Meter()
    assert native.wave.search(_core.Metered(native.network, meter))
    by_hand.step_by_step()
    assert native.found() == by_hand.found()
    assert meter.runs == NODES - 1
    before = meter.seconds
    assert before > 0.0
    meter.add(100.0)
    assert (meter.runs, meter.seconds) == (NODES, pytest.approx(before + 100.0))


def test_a_run_that_fails_is_not_counted_and_its_error_comes_through() -> None:
    bench, meter = Bench(2), _core.Meter()
    metered = _core.Metered(bench.network, meter)
    with pytest.raises(ArgumentError, match="rows: expected"):
        metered.run(3)
    assert meter.runs == 0
    metered.run(2, times=3)
    assert meter.runs == 3
