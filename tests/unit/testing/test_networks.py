"""The networks that tests run on are networks, and scripted answers are the same every time."""

from __future__ import annotations

import numpy as np
import onnx
import pytest

from myoshu.spec import Movers
from myoshu.testing.networks import Network, mlp, mlp64, mlp256, parity, res32x2, resnet
from myoshu.testing.scripted import made_up


@pytest.mark.parametrize(
    "network",
    [mlp64(), mlp256(), res32x2(), mlp((2, 3), 4, 5, players=3, reward_columns=3, movers=Movers.PREDICTED),
     resnet((1, 2, 3), 2, 4, 1, reward_columns=1)],
)  # fmt: skip
def test_every_graph_is_valid_onnx(network: Network) -> None:
    assert set(network.graphs) == {"representation", "dynamics", "prediction", "initial", "recurrent"}
    for graph in network.graphs.values():
        onnx.checker.check_model(onnx.load_from_string(graph), full_check=True)


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
