"""The clock of a server's evaluators runs with the interpreter and without."""

from __future__ import annotations

import numpy as np

from myoshu.runtime.evaluator import Evaluator
from myoshu.runtime.planner import Planner
from myoshu.search import SearchConfig
from myoshu.server.timed_evaluator import TimedEvaluator
from myoshu.testing.networks import mlp
from myoshu.testing.scripted import ScriptedEvaluator


def test_what_planners_run_is_counted_and_timed() -> None:
    network = mlp(6, 5, 8)
    timed = TimedEvaluator(Evaluator(network.model, network.graphs, providers="cpu"))
    for planners in (1, 2):
        planner = Planner(timed, SearchConfig(), simulations=30)
        assert planner._network is not None
        planner.open([0], np.zeros((1, *network.model.observation)))
        assert planner.run()
        assert timed.runs == planners * 31  # the root's evaluation is one
    assert timed.seconds > 0.0


def test_an_evaluator_in_python_is_counted_and_timed_too() -> None:
    network = mlp(6, 5, 8)
    timed = TimedEvaluator(ScriptedEvaluator(network.model))
    planner = Planner(timed, SearchConfig(), simulations=30)
    assert planner._network is None
    planner.open([0], np.zeros((1, *network.model.observation)))
    assert planner.run()
    assert timed.runs == 31
    assert timed.seconds > 0.0
