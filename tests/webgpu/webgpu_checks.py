"""What only a real accelerator shows; run by ``tests/webgpu.sh`` in an environment that has one.

Not named like a test, so that ``make test`` does not collect it where there is no WebGPU.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import helper, numpy_helper

import myoshu
from myoshu.errors import ProviderError, ProviderWarning
from myoshu.runtime.bundle import Bundle
from myoshu.runtime.doctor import diagnose
from myoshu.runtime.evaluator import Evaluator
from myoshu.runtime.planner import Planner
from myoshu.runtime.providers import available
from myoshu.search import SearchConfig
from myoshu.testing.networks import Network, mlp, mlp64, res32x2, write_bundle

LIMIT = myoshu.Limit(simulations=20)


def denormal() -> Network:
    """A network whose first numbers are too small for a GPU, which takes them for zero: it computes something else."""
    network = mlp(27, 9, 16)
    graphs = dict(network.graphs)
    for name in ("representation", "initial"):
        model = onnx.load_from_string(graphs[name])
        for node in model.graph.node:
            node.input[:] = ["scaled" if value == "observation" else value for value in node.input]
        last = "observation"
        for position, (output, factor) in enumerate((("tiny", 1e-39), ("small", 1e38), ("scaled", 10.0))):
            model.graph.initializer.append(numpy_helper.from_array(np.float32(factor), f"by {output}"))
            model.graph.node.insert(position, helper.make_node("Mul", [last, f"by {output}"], [output]))
            last = output
        graphs[name] = model.SerializeToString()
    return network._replace(graphs=graphs)


@pytest.fixture(scope="module")
def dense(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_bundle(tmp_path_factory.mktemp("bundle") / "mlp64.myoshu", mlp64())


@pytest.fixture(scope="module")
def convolutional(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_bundle(tmp_path_factory.mktemp("bundle") / "res32x2.myoshu", res32x2())


@pytest.fixture(scope="module")
def strange(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_bundle(tmp_path_factory.mktemp("bundle") / "strange.myoshu", denormal())


def test_the_provider_is_there_and_comes_before_the_cpu() -> None:
    assert available() == ("webgpu", "cpu")


@pytest.mark.parametrize("providers", ["webgpu", "WebGpuExecutionProvider", "auto"])
def test_a_dense_network_really_runs_there_and_is_right(dense: Path, providers: str) -> None:
    agent = myoshu.load(dense, providers)
    assert agent.provider == "webgpu"
    assert agent.evaluator.placement["webgpu"] > 20
    assert agent.evaluator.deviation is not None
    assert agent.evaluator.deviation.size < 1e-5
    decision = agent.new_session().play(np.ones(27), [0, 4, 8], LIMIT)
    assert decision.provider == "webgpu"
    assert decision.action in (0, 4, 8)


def test_every_call_of_a_binding_takes_the_new_inputs_over(dense: Path) -> None:
    """A device has copies of what was bound: a stale one would search another tree."""
    bundle = Bundle.read(dense)
    seen = np.random.default_rng(0).standard_normal((3, 27))
    results = []
    for provider in ("webgpu", "cpu"):
        planner = Planner(Evaluator(bundle.manifest.model, bundle.graphs, providers=provider), SearchConfig(), slots=3)
        planner.open([0, 1, 2], seen, simulations=30)
        planner.run()
        results.append(planner.results([0, 1, 2]))
    np.testing.assert_allclose(results[0].value, results[1].value, atol=1e-4)
    np.testing.assert_array_equal(results[0].visits.sum(1), [30, 30, 30])


def test_a_convolutional_network_runs_there_only_if_it_is_right(convolutional: Path) -> None:
    """ONNX Runtime's WebGPU has been seen to convolve wrongly in some version: neither outcome may pass silently."""
    try:
        agent = myoshu.load(convolutional, "webgpu")
    except ProviderError as error:
        assert "deviates by" in str(error)  # noqa: PT017 - both outcomes are right, each with its own consequence
        with pytest.warns(ProviderWarning, match=r"webgpu is passed over for native: .* deviates by"):
            agent = myoshu.load(convolutional)
        assert agent.provider == "native"
    else:
        assert agent.provider == "webgpu"
        assert agent.evaluator.deviation is not None
        assert agent.evaluator.deviation.acceptable
        assert myoshu.load(convolutional).provider == "webgpu"
    assert agent.new_session().play(np.ones((3, 6, 7)), limit=LIMIT).simulations == 20


def test_a_provider_that_computes_something_else_is_passed_over_with_the_cause(strange: Path) -> None:
    with pytest.warns(
        ProviderWarning, match=r"webgpu is passed over for native: it does not reproduce .*latent deviates by \d\.\d"
    ):
        agent = myoshu.load(strange)
    assert agent.provider == "native"
    assert agent.new_session().play(np.ones(27), limit=LIMIT).provider == "native"


def test_a_provider_that_computes_something_else_is_an_error_where_it_was_named(strange: Path) -> None:
    with pytest.raises(ProviderError, match=r"webgpu: .* does not reproduce .*latent deviates by \d\.\d"):
        myoshu.load(strange, "webgpu")


def test_the_doctor_tells_them_apart(dense: Path, strange: Path) -> None:
    assert [(each.provider, each.sound) for each in diagnose(Bundle.read(dense))] == [("webgpu", True), ("cpu", True)]
    assert [(each.provider, each.sound) for each in diagnose(Bundle.read(strange))] == [
        ("webgpu", False),
        ("cpu", True),
    ]
