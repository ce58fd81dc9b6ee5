"""Evaluators: the right numbers, from the right provider, row by row."""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import onnx
import pytest
from onnx import helper

from myoshu.errors import ArgumentError, EvaluationError, ObservationError, ProviderError, ProviderWarning
from myoshu.runtime import providers
from myoshu.runtime.agent import load
from myoshu.runtime.bundle import Bundle
from myoshu.runtime.evaluator import Evaluator, as_observations
from myoshu.runtime.evaluators import onnx_module
from myoshu.runtime.parity import Parity, Vectors, deviation
from myoshu.spec import Movers, spec_hash
from myoshu.testing.networks import Network, mlp, mlp64, mlp256, parity, res32x2, resnet, write_bundle

EVERY_OUTPUT = {"players": 3, "value_columns": 3, "reward_columns": 3, "movers": Movers.PREDICTED}


def evaluator(network: Network, **options: Any) -> Evaluator:
    return Evaluator(network.model, network.graphs, providers="cpu", **options)


@pytest.mark.parametrize(
    "network",
    [mlp(27, 9, 16), mlp((3, 2), 4, 8, **EVERY_OUTPUT), resnet((2, 3, 4), 5, 6, 1), resnet((2, 3, 4), 5, 6, 1, **{
        key: value for key, value in EVERY_OUTPUT.items() if key != "value_columns"})],
    ids=["mlp", "mlp of every output", "resnet", "resnet of every output"],
)  # fmt: skip
def test_outputs_are_those_of_the_reference(network: Network) -> None:
    vectors = parity(network, rows=5)
    subject = evaluator(network, parity=vectors)
    assert subject.provider == "cpu"
    assert subject.deviation is not None
    assert subject.deviation.size < 1e-5
    (seen, encoded), (moved, expected) = vectors.graphs["initial"], vectors.graphs["recurrent"]
    initial = subject.initial(seen["observation"])
    recurrent = subject.recurrent(moved["latent"], moved["action"])
    assert deviation("initial", encoded, initial).size < 1e-5
    assert deviation("recurrent", expected, recurrent).size < 1e-5
    assert set(recurrent) == set(expected)


@pytest.mark.parametrize("make", [mlp64, mlp256, res32x2])
def test_a_row_is_the_same_bit_for_bit_alone_and_in_any_batch(make: Any) -> None:
    network = make()
    model = network.model
    subject = evaluator(network)
    rng = np.random.default_rng(0)
    observation = rng.standard_normal((33, *model.observation))
    latent = subject.initial(observation)["latent"]
    action = rng.integers(model.actions, size=33)
    everything = {**subject.initial(observation), **subject.recurrent(latent, action)}
    for rows in (slice(0, 1), slice(7, 8), slice(0, 2), slice(3, 8), slice(1, 33)):
        some = {**subject.initial(observation[rows]), **subject.recurrent(latent[rows], action[rows])}
        for name, array in some.items():
            assert array.tobytes() == everything[name][rows].tobytes(), (name, rows)


@pytest.mark.parametrize("make", [mlp64, res32x2])
def test_replaced_weights_are_exact(make: Any) -> None:
    subject = evaluator(make(external=True, seed=1), weights=make(external=True, seed=1).weights)
    fresh = evaluator(make(seed=2))
    model = subject.model
    observation = np.random.default_rng(0).standard_normal((3, *model.observation))
    before = subject.initial(observation)["value"]
    subject.replace(make(external=True, seed=2).weights)
    assert subject.generation == 1
    after, expected = subject.initial(observation), fresh.initial(observation)
    assert not np.array_equal(before, after["value"])
    for name in expected:
        np.testing.assert_array_equal(after[name], expected[name])
    action = np.arange(3)
    one, other = (each.recurrent(expected["latent"], action) for each in (subject, fresh))
    for name in one:
        np.testing.assert_array_equal(one[name], other[name])


def test_what_is_bound_keeps_its_weights() -> None:
    network = mlp(3, 2, 4, external=True)
    subject = evaluator(network, weights=network.weights)
    arrays = {
        "observation": np.ones((1, 3), np.float32),
        "latent": np.zeros((1, 4), np.float32),
        "prior": np.zeros((1, 2), np.float32),
        "value": np.zeros((1, 1), np.float32),
    }
    binding = subject.bind("initial", arrays)
    binding.run()
    before = arrays["value"].copy()
    subject.replace({name: 0 * array for name, array in network.weights.items()})
    binding.run()
    np.testing.assert_array_equal(arrays["value"], before)
    assert subject.initial(arrays["observation"])["value"] == 0.0


def test_a_binding_reads_its_inputs_at_every_call() -> None:
    network = mlp(3, 2, 4)
    subject = evaluator(network)
    arrays = {
        "latent": np.ones((2, 4), np.float32),
        "action": np.zeros(2, np.int64),
        "next_latent": np.zeros((2, 4), np.float32),
        "prior": np.zeros((2, 2), np.float32),
        "value": np.zeros((2, 1), np.float32),
    }
    binding = subject.bind("recurrent", arrays)
    for action in (0, 1, 0):
        arrays["action"][:] = action
        binding.run()
        expected = subject.recurrent(arrays["latent"], arrays["action"])
        np.testing.assert_array_equal(arrays["value"], expected["value"])


def test_weights_that_do_not_fit_are_refused() -> None:
    network = mlp(3, 2, 4, external=True)
    weights = dict(network.weights)
    name = next(iter(weights))
    with pytest.raises(ProviderError, match=f"weights.{name}: expected an array, got none"):
        evaluator(network, weights={key: value for key, value in weights.items() if key != name})
    with pytest.raises(ProviderError, match="dimensions do not match"):
        evaluator(network, weights={**weights, name: np.zeros((9, 9), np.float32)})
    with pytest.raises(ProviderError, match="External data"):
        evaluator(network)
    subject = evaluator(network, weights=weights)
    with pytest.raises(ProviderError, match="expected to run with other weights"):
        subject.replace({**weights, name: np.zeros((9, 9), np.float32)})
    assert subject.generation == 0
    subject.initial(np.zeros((1, 3)))


@pytest.mark.parametrize("dtype", [np.float32, np.float64, np.float16, np.int64, np.uint8, np.bool_])
def test_any_real_type_is_an_observation(network: Network, dtype: type) -> None:
    array = as_observations(network.model, np.ones((2, 27), dtype))
    assert array.dtype == np.float32
    assert array.flags.c_contiguous


@pytest.mark.parametrize(
    ("observations", "message"),
    [
        (np.ones((1, 26)), r"expected shape \[27\], got \[26\]"),
        (np.ones((1, 3, 9)), r"expected shape \[27\], got \[3, 9\]"),
        (np.ones(()), "expected shape"),
        (np.ones((0, 27)), "expected shape"),
        (np.full((1, 27), np.nan), "expected finite numbers"),
        (np.full((1, 27), np.inf), "expected finite numbers"),
        (np.full((1, 27), 1e300), "expected finite numbers"),
        (np.ones((1, 27), np.complex64), "expected real numbers, got complex64"),
        (np.full((1, 27), None), "expected real numbers, got object"),
        (np.full((1, 27), "1"), "expected real numbers"),
        ([[1, 2], [3]], "expected an array of numbers"),
        (None, "expected real numbers"),
    ],
)
def test_what_is_no_observation_is_refused(network: Network, observations: Any, message: str) -> None:
    with pytest.raises(ObservationError, match=f"observation: .*{message}"):
        as_observations(network.model, observations)


def test_wrong_latents_and_actions_are_refused(network: Network) -> None:
    subject = evaluator(network)
    with pytest.raises(ArgumentError, match="latent, action"):
        subject.recurrent(np.zeros((2, 16)), np.zeros(3, int))
    with pytest.raises(ArgumentError, match="latent, action"):
        subject.recurrent(np.zeros((2, 15)), np.zeros(2, int))
    with pytest.raises(ArgumentError, match="from 0 to 8"):
        subject.recurrent(np.zeros((1, 16)), [9])
    with pytest.raises(ArgumentError, match="threads"):
        evaluator(network, threads=0)
    sizes = {"observation": 27, "latent": 16, "prior": 8, "value": 1}
    arrays = {name: np.zeros((1, size), np.float32) for name, size in sizes.items()}
    with pytest.raises(ArgumentError, match=r"prior: expected float32 \[1, 9\] in C order, got float32 \[1, 8\]"):
        subject.bind("initial", arrays)


def poisoned(network: Network, graph: str = "initial") -> Network:
    """The network with a square root before it: NaN for negative inputs."""
    model = onnx.load_from_string(network.graphs[graph])
    name = model.graph.input[0].name
    for node in model.graph.node:
        for position, value in enumerate(node.input):
            if value == name:
                node.input[position] = "root"
    model.graph.node.insert(0, helper.make_node("Sqrt", [name], ["root"]))
    return network._replace(graphs={**network.graphs, graph: model.SerializeToString()})


def test_nan_from_the_network_is_an_error(network: Network) -> None:
    subject = evaluator(poisoned(network))
    subject.initial(np.ones((1, 27)))
    with pytest.raises(EvaluationError, match=r"initial\.latent: expected finite numbers from the network"):
        subject.initial(-np.ones((1, 27)))


def shifted(vectors: Parity, by: float) -> Parity:
    return changed(vectors, "recurrent", value=vectors.graphs["recurrent"].outputs["value"] + np.float32(by))


def changed(vectors: Parity, graph: str, **outputs: Any) -> Parity:
    """The vectors with other outputs of one graph."""
    inputs, known = vectors.graphs[graph]
    return vectors._replace(graphs={**vectors.graphs, graph: Vectors(inputs, {**known, **outputs})})


def test_a_provider_that_computes_something_else_is_refused(network: Network) -> None:
    vectors = parity(network)
    evaluator(network, parity=shifted(vectors, 5e-4))
    with pytest.raises(ProviderError, match=r"parity vectors: recurrent\.value deviates by 0\.67, allowed is 0\.001"):
        evaluator(network, parity=shifted(vectors, 0.67))
    inputs, outputs = vectors.graphs["initial"]
    negative = Vectors({"observation": -np.abs(inputs["observation"])}, outputs)
    with pytest.raises(ProviderError, match="parity"):
        evaluator(poisoned(network), parity=Parity({**vectors.graphs, "initial": negative}))


def test_only_what_runs_is_reported(network: Network) -> None:
    """Azure's provider is in every ONNX Runtime and takes no operator: a session on it silently runs on the CPU."""
    with pytest.raises(ProviderError, match="AzureExecutionProvider: expected to run the model, but it takes none"):
        Evaluator(network.model, network.graphs, providers="AzureExecutionProvider")


def test_the_next_provider_is_taken_with_a_warning_that_says_why(bundle_path: Path) -> None:
    with pytest.warns(ProviderWarning, match="cuda is passed over for cpu: the installed ONNX Runtime .* has only cpu"):
        agent = load(bundle_path, ["cuda", "CPUExecutionProvider"])
    assert agent.provider == "cpu"


def test_auto_falls_back_from_a_provider_that_computes_something_else(
    bundle_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A stand-in for an accelerator: another name for the CPU, and weights that are not the bundle's."""
    bundle = Bundle.read(bundle_path)
    real = onnx_module.start_session

    def start(graph: bytes, provider: str, **options: Any) -> Any:
        if provider == "webgpu":
            model = onnx.load_from_string(graph)
            model.graph.initializer[0].raw_data = bytes(len(model.graph.initializer[0].raw_data))
            graph = model.SerializeToString()
        return real(graph, "cpu", **options)

    monkeypatch.setattr(onnx_module, "start_session", start)
    monkeypatch.setattr(onnx_module, "kernels_run", lambda session: {"webgpu": 16})
    monkeypatch.setattr(providers, "available", lambda: ("webgpu", "cpu"))
    with pytest.warns(ProviderWarning, match=r"webgpu is passed over for native: .* parity vectors: .* deviates"):
        agent = load(bundle_path)
    assert agent.provider == "native"
    assert agent.model == bundle.manifest.model
    with pytest.raises(ProviderError, match=r"webgpu: .* parity vectors"):
        load(bundle_path, "webgpu")


def test_auto_takes_the_cpu_without_a_word_where_there_is_nothing_else(bundle_path: Path, tmp_path: Path) -> None:
    large = write_bundle(tmp_path / "large.myoshu", resnet((3, 12, 12), 4, 32, 1))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert load(bundle_path).provider == "native"
        assert load(large).provider == "cpu"


@pytest.mark.parametrize("name", ["tensorrt", "directml", "coreml", "openvino", "webgpu", "ROCMExecutionProvider"])
def test_a_provider_that_is_not_there_is_named_with_those_that_are(bundle_path: Path, name: str) -> None:
    with pytest.raises(ProviderError, match=f"{name}: .* has only cpu; install .*onnxruntime"):
        load(bundle_path, name)


@pytest.mark.parametrize("names", ["gpu", "", [], [3], ["cpu", "gpu"], "Auto"])
def test_what_is_no_provider_is_refused(bundle_path: Path, names: Any) -> None:
    with pytest.raises(ArgumentError, match="providers: expected"):
        load(bundle_path, names)


@pytest.mark.parametrize(("reach", "accepted"), [(1.0, False), (1e5, True)])
def test_a_provider_is_held_to_values_in_their_units(tmp_path: Path, reach: float, accepted: bool) -> None:
    network = mlp(5, 3, 4)
    path = write_bundle(tmp_path / "a.myoshu", network)
    bundle = Bundle.read(path)
    game = msgspec.structs.replace(bundle.manifest.game, returns=(-reach, reach))
    manifest = msgspec.structs.replace(bundle.manifest, game=game, spec_hash=spec_hash(game, bundle.manifest.model))
    value = bundle.parity.graphs["initial"].outputs["value"] + np.float32(0.01)
    parity = changed(bundle.parity, "initial", value=value)
    Bundle.write(path, manifest=manifest, graphs=network.graphs, parity=parity)
    if accepted:
        assert load(path, "cpu").provider == "cpu"
    else:
        with pytest.raises(ProviderError, match=r"initial\.value deviates by 0\.0"):
            load(path, "cpu")


def test_a_loaded_agent_passes_on_what_it_was_told(tmp_path: Path) -> None:
    path = write_bundle(tmp_path / "a.myoshu", mlp(5, 3, 4))
    agent = load(path.read_bytes(), "CPUExecutionProvider", threads=2)
    assert agent.provider == "cpu"
    assert agent.model.actions == agent.game.actions == 3
