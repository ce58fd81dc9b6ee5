"""The networks that tests run on are networks, and scripted answers are the same every time."""

from __future__ import annotations

import numpy as np
import onnx
import pytest

from myoshu.runtime.evaluator import Evaluator
from myoshu.search import _core
from myoshu.spec import Movers
from myoshu.testing.networks import Network, mlp, mlp64, mlp256, parity, res32x2, resnet
from myoshu.testing.scripted import made_up

NETWORKS = [
    mlp64(),
    mlp256(),
    res32x2(),
    mlp((2, 3), 4, 5, players=3, reward_columns=3, movers=Movers.PREDICTED),
    resnet((1, 2, 3), 2, 4, 1, reward_columns=1),
    resnet((2, 3, 3), 5, 4, 0, players=3, movers=Movers.PREDICTED),
]


@pytest.mark.parametrize("network", NETWORKS)
def test_every_graph_is_valid_onnx(network: Network) -> None:
    assert set(network.graphs) == {"representation", "dynamics", "prediction", "initial", "recurrent"}
    for graph in network.graphs.values():
        onnx.checker.check_model(onnx.load_from_string(graph), full_check=True)


@pytest.mark.parametrize("network", NETWORKS)
def test_the_projects_own_kernels_compute_them(network: Network) -> None:
    vectors = parity(network)
    evaluator = Evaluator(network.model, network.graphs, providers="native", parity=vectors)
    assert evaluator.deviation is not None
    assert evaluator.deviation.acceptable
    for name in network.graphs.keys() - vectors.graphs.keys():
        _core.Network(network.graphs[name], {}, "")


@pytest.mark.parametrize("provider", ["cpu", "native"])
def test_weights_may_be_given_at_the_start(provider: str) -> None:
    inside, outside = mlp(3, 2, 4, seed=1), mlp(3, 2, 4, seed=1, external=True)
    observation = np.ones((2, 3), np.float32)
    given = Evaluator(outside.model, outside.graphs, providers=provider, weights=outside.weights)
    stored = Evaluator(inside.model, inside.graphs, providers=provider)
    np.testing.assert_allclose(given.initial(observation)["prior"], stored.initial(observation)["prior"], atol=1e-6)


def test_the_same_seed_gives_the_same_network() -> None:
    assert mlp(3, 2, 4, seed=1).graphs == mlp(3, 2, 4, seed=1).graphs
    assert mlp(3, 2, 4, seed=1).graphs != mlp(3, 2, 4, seed=2).graphs


def test_weights_outside_have_no_parity_vectors() -> None:
    with pytest.raises(ValueError, match="weights"):
        parity(mlp(3, 2, 4, external=True))


def test_made_up_answers_depend_on_inputs_alone() -> None:
    model = mlp(3, 2, 4).model
    one = made_up(model)("recurrent", {"latent": np.ones(4, np.float32), "action": np.array(1)})
    made_up(model)("recurrent", {"latent": np.zeros(4, np.float32), "action": np.array(1)})
    again = made_up(model)("recurrent", {"latent": np.ones(4, np.float32), "action": np.array(1)})
    other = made_up(model)("recurrent", {"latent": np.ones(4, np.float32), "action": np.array(0)})
    for name in one:
        np.testing.assert_array_equal(one[name], again[name])
    assert not np.array_equal(one["value"], other["value"])
    assert one["prior"].sum() == pytest.approx(1.0)
