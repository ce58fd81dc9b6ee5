"""The project's own kernels compute what ONNX Runtime computes, and the same bits whichever instructions they use."""

from __future__ import annotations

from typing import Any

import numpy as np
import onnxruntime
import pytest
from numpy.typing import NDArray

from myoshu.errors import ArgumentError, ProviderError
from myoshu.model import TABLE
from myoshu.search import _core
from myoshu.spec import GameSpec, Movers
from myoshu.training.config import NetworkConfig, NetworkKind
from myoshu.training.networks.architecture import Architecture
from myoshu.training.networks.onnx_writer import weight_shapes, write_graph

MLP, RESIDUAL = NetworkKind.MLP, NetworkKind.RESIDUAL


def game(observation: tuple[int, ...], actions: int, players: int = 2, **more: Any) -> GameSpec:
    return GameSpec(
        name="python:none:None",
        players=players,
        actions=actions,
        observation=observation,
        **{"returns": (-1.0, 1.0), "zero_sum": players == 2, "movers": Movers.ALTERNATE, **more},
    )


CASES = {
    "mlp": (game((3, 3, 3), 9), NetworkConfig(kind=MLP, width=64)),
    "wide": (game((10,), 5), NetworkConfig(kind=MLP, width=600)),
    "narrow": (game((5,), 2, 1), NetworkConfig(kind=MLP, width=7, head_width=3, bins=51)),
    "wide range": (
        game((4,), 3, 1, returns=(-499.0, 500.0)),
        NetworkConfig(kind=MLP, width=33, bins=51, transform=True),
    ),
    "one number": (game((27,), 9), NetworkConfig(kind=MLP, width=20, bins=0)),
    "half range": (game((6,), 4, 1, returns=(0.0, 30.0)), NetworkConfig(kind=MLP, width=16, bins=0)),
    "three players": (game((2, 4, 4), 16, 3), NetworkConfig(kind=MLP, width=48, bins=5)),
    "who moves": (game((10,), 12, movers=Movers.PREDICTED), NetworkConfig(kind=MLP, width=40)),
    "columns": (game((3, 6, 7), 7), NetworkConfig(kind=RESIDUAL, width=16, representation_blocks=2)),
    "squares": (game((4, 5, 5), 26), NetworkConfig(kind=RESIDUAL, width=20, head_channels=5)),
    "image": (game((3, 20, 21), 3, 1), NetworkConfig(kind=RESIDUAL, width=12, halvings=2)),
    "many planes": (game((40, 5, 4), 20, 4, movers=Movers.PREDICTED), NetworkConfig(kind=RESIDUAL, width=32)),
    "one pixel": (game((1, 1, 1), 3), NetworkConfig(kind=RESIDUAL, width=8)),
}


def weights_of(architecture: Architecture, seed: int) -> dict[str, NDArray[np.float32]]:
    rng = np.random.default_rng(seed)
    return {
        name: (rng.standard_normal(shape) / np.sqrt(max(1, np.prod(shape[1:], dtype=int)))).astype(np.float32)
        for name, shape in weight_shapes(architecture).items()
    }


def arrays(session: onnxruntime.InferenceSession, rows: int, actions: int, seed: int) -> dict[str, NDArray[Any]]:
    rng, given = np.random.default_rng(seed), {}
    for port in session.get_inputs():
        shape = (rows, *port.shape[1:])
        if port.type == "tensor(int64)":
            given[port.name] = rng.integers(0, actions, shape)
        else:
            given[port.name] = rng.standard_normal(shape).astype(np.float32)
    return given


def outputs(session: onnxruntime.InferenceSession, rows: int) -> dict[str, NDArray[Any]]:
    return {
        port.name: np.full((rows, *port.shape[1:]), -7, np.int64 if port.type == "tensor(int64)" else np.float32)
        for port in session.get_outputs()
    }


@pytest.mark.parametrize("graph", [graph.name for graph in TABLE])
@pytest.mark.parametrize("case", CASES)
def test_agrees_with_onnx_runtime_bit_for_bit_with_itself(case: str, graph: str) -> None:
    spec, config = CASES[case]
    architecture = Architecture.of(spec, config)
    weights = weights_of(architecture, 1)
    data = write_graph(graph, architecture, weights)
    session = onnxruntime.InferenceSession(data, providers=["CPUExecutionProvider"])
    rows = 21
    given = arrays(session, rows, spec.actions, 2)
    expected = dict(zip(outputs(session, 1), session.run(None, given), strict=True))
    found: list[dict[str, NDArray[Any]]] = []
    for kernels in _core.kernel_names():
        for network in (
            _core.Network(data, {}, kernels),
            _core.Network(write_graph(graph, architecture), weights, kernels),
        ):
            into = outputs(session, rows)
            network.bind({**given, **into})
            network.run(rows)
            found.append(into)
            alone = outputs(session, rows)
            for row in range(rows):
                one = {name: array[row : row + 1] for name, array in {**given, **alone}.items()}
                network.bind(one)
                network.run(1)
            found.append(alone)
    for name, array in expected.items():
        scale = max(1.0, abs(spec.returns[0]), abs(spec.returns[1]))
        if array.dtype == np.int64:
            np.testing.assert_array_equal(found[0][name], array)
        else:
            np.testing.assert_allclose(found[0][name], array, rtol=1e-4, atol=1e-5 * scale)
        for other in found[1:]:
            assert other[name].tobytes() == found[0][name].tobytes()


@pytest.mark.parametrize("case", ["narrow", "columns", "squares", "one pixel", "image"])
def test_a_row_is_the_same_in_every_batch(case: str) -> None:
    spec, config = CASES[case]
    architecture = Architecture.of(spec, config)
    data = write_graph("recurrent", architecture, weights_of(architecture, 6))
    session = onnxruntime.InferenceSession(data, providers=["CPUExecutionProvider"])
    given, whole = arrays(session, 90, spec.actions, 7), outputs(session, 90)
    for kernels in _core.kernel_names():
        network = _core.Network(data, {}, kernels)
        network.bind({**given, **whole})
        network.run(90)
        for rows in (*range(1, 18), 33, 64):
            last = 90 - rows
            into = outputs(session, rows)
            network.bind({**{name: array[last:].copy() for name, array in given.items()}, **into})
            network.run(rows)
            for name, array in into.items():
                assert array.tobytes() == whole[name][last:].tobytes()


@pytest.mark.parametrize("channels", [1, 3, 16, 19, 32])
@pytest.mark.parametrize("squares", [(1, 1), (3, 2), (5, 4)])
def test_planes_of_any_width_are_reduced_and_divided(channels: int, squares: tuple[int, int]) -> None:
    from onnx import TensorProto, helper, numpy_helper

    nodes = [
        helper.make_node("ReduceMax", ["x", "squares"], ["most"], keepdims=0),
        helper.make_node("ReduceMean", ["x", "squares"], ["mean"], keepdims=0),
        helper.make_node("Flatten", ["x"], ["flat"], axis=1),
        helper.make_node("ReduceMax", ["x", "all"], ["greatest"], keepdims=1),
        helper.make_node("Div", ["x", "greatest"], ["scaled"]),
        helper.make_node("Tanh", ["x"], ["bent"]),
    ]
    tensors = [
        numpy_helper.from_array(np.array(axes, np.int64), name)
        for name, axes in (("squares", [2, 3]), ("all", [1, 2, 3]))
    ]
    shapes = {
        "x": [channels, *squares],
        "most": [channels],
        "mean": [channels],
        "flat": [channels * squares[0] * squares[1]],
        "scaled": [channels, *squares],
        "bent": [channels, *squares],
    }
    ports = [helper.make_tensor_value_info(name, TensorProto.FLOAT, ["n", *shape]) for name, shape in shapes.items()]
    graph = helper.make_graph(nodes, "g", ports[:1], ports[1:], tensors)
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=8)
    x = np.random.default_rng(1).standard_normal((5, channels, *squares)).astype(np.float32)
    flat = x.reshape(5, channels, -1)
    for kernels in _core.kernel_names():
        found = {name: np.zeros((5, *shape), np.float32) for name, shape in shapes.items() if name != "x"}
        network = _core.Network(model.SerializeToString(), {}, kernels)
        network.bind({"x": x, **found})
        network.run(5)
        np.testing.assert_array_equal(found["most"], flat.max(2))
        np.testing.assert_array_equal(found["flat"], x.reshape(5, -1))
        np.testing.assert_array_equal(found["scaled"], x / x.max((1, 2, 3), keepdims=True))
        np.testing.assert_allclose(found["mean"], flat.mean(2), atol=1e-6)
        np.testing.assert_allclose(found["bent"], np.tanh(x), atol=1e-6)


def test_what_was_not_finite_leaves_no_trace() -> None:
    from onnx import TensorProto, helper, numpy_helper

    nodes = [
        helper.make_node("Conv", ["x", "weight"], ["a"], pads=[1] * 4),
        helper.make_node("Conv", ["a", "weight"], ["b"], pads=[1] * 4),
        helper.make_node("ReduceMax", ["b", "all"], ["greatest"], keepdims=1),
        helper.make_node("Div", ["b", "greatest"], ["y"]),
    ]
    weight = np.random.default_rng(2).standard_normal((16, 16, 3, 3)).astype(np.float32)
    tensors = [numpy_helper.from_array(np.array([1, 2, 3], np.int64), "all"), numpy_helper.from_array(weight, "weight")]
    ports = [helper.make_tensor_value_info(name, TensorProto.FLOAT, ["n", 16, 3, 4]) for name in ("x", "y")]
    graph = helper.make_graph(nodes, "g", ports[:1], ports[1:], tensors)
    data = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 18)], ir_version=8).SerializeToString()
    nothing, something = np.zeros((1, 16, 3, 4), np.float32), np.ones((1, 16, 3, 4), np.float32)
    for kernels in _core.kernel_names():
        network, fresh = _core.Network(data, {}, kernels), _core.Network(data, {}, kernels)
        found, wanted = nothing.copy(), nothing.copy()
        network.bind({"x": nothing, "y": found})
        network.run(1)
        assert np.isnan(found).all()
        network.bind({"x": something, "y": found})
        network.run(1)
        fresh.bind({"x": something, "y": wanted})
        fresh.run(1)
        assert np.isfinite(wanted).all()
        assert found.tobytes() == wanted.tobytes()


def test_fewer_rows_than_bound_leave_the_rest_alone() -> None:
    spec, config = CASES["mlp"]
    data = write_graph("initial", Architecture.of(spec, config), weights_of(Architecture.of(spec, config), 3))
    session = onnxruntime.InferenceSession(data, providers=["CPUExecutionProvider"])
    given, into = arrays(session, 5, 9, 4), outputs(session, 5)
    network = _core.Network(data, {}, "")
    network.bind({**given, **into})
    network.run(2)
    assert all((array[:2] != -7).any() and (array[2:] == -7).all() for array in into.values())
    with pytest.raises(ArgumentError, match="rows: expected an integer from 0 to 5, got 6"):
        network.run(6)


def test_what_is_not_finite_stays_so() -> None:
    spec, config = CASES["columns"]
    data = write_graph("initial", Architecture.of(spec, config), weights_of(Architecture.of(spec, config), 3))
    session = onnxruntime.InferenceSession(data, providers=["CPUExecutionProvider"])
    for kernels in _core.kernel_names():
        given, into = arrays(session, 2, 7, 4), outputs(session, 2)
        given["observation"][1, 0, 3, 3] = np.nan
        network = _core.Network(data, {}, kernels)
        network.bind({**given, **into})
        network.run(2)
        assert np.isfinite(into["prior"][0]).all()
        assert np.isfinite(into["value"][0]).all()
        assert np.isnan(into["prior"][1]).any()
        assert np.isnan(into["value"][1]).any()


def test_an_action_out_of_range_is_told() -> None:
    spec, config = CASES["mlp"]
    data = write_graph("recurrent", Architecture.of(spec, config), weights_of(Architecture.of(spec, config), 3))
    session = onnxruntime.InferenceSession(data, providers=["CPUExecutionProvider"])
    given, into = arrays(session, 2, 9, 4), outputs(session, 2)
    network = _core.Network(data, {}, "")
    for wrong in (-1, 9, 1 << 40):
        given["action"][1] = wrong
        network.bind({**given, **into})
        with pytest.raises(ArgumentError, match=f"action: expected an integer from 0 to 8, got {wrong}"):
            network.run(2)


@pytest.mark.parametrize("change", ["missing", "shape", "dtype", "order"])
def test_arrays_that_do_not_fit_are_refused(change: str) -> None:
    spec, config = CASES["mlp"]
    data = write_graph("initial", Architecture.of(spec, config), weights_of(Architecture.of(spec, config), 3))
    session = onnxruntime.InferenceSession(data, providers=["CPUExecutionProvider"])
    bound: dict[str, Any] = {**arrays(session, 4, 9, 4), **outputs(session, 4)}
    if change == "missing":
        del bound["value"]
    elif change == "shape":
        bound["prior"] = bound["prior"][:3]
    elif change == "dtype":
        bound["observation"] = bound["observation"].astype(np.float64)
    else:
        bound["prior"] = np.asfortranarray(bound["prior"])
    with pytest.raises(ArgumentError, match=r"^(value|prior|observation): expected an array"):
        _core.Network(data, {}, "").bind(bound)


def test_a_foreign_operator_is_refused_by_name() -> None:
    from onnx import TensorProto, helper

    node = helper.make_node("Sigmoid", ["x"], ["y"])
    ports = [helper.make_tensor_value_info(name, TensorProto.FLOAT, ["n", 3]) for name in ("x", "y")]
    model = helper.make_model(helper.make_graph([node], "g", ports[:1], ports[1:]))
    with pytest.raises(ProviderError, match="expected what the exporter writes, got the operator Sigmoid"):
        _core.Network(model.SerializeToString(), {}, "")


def test_a_graph_that_takes_too_much_memory_is_refused_before_it_is_taken() -> None:
    from onnx import TensorProto, helper

    ports = [helper.make_tensor_value_info(name, TensorProto.FLOAT, ["n", 7, 3000, 3000]) for name in ("x", "y")]
    nodes = [helper.make_node("Relu", ["x"], ["between"]), helper.make_node("Tanh", ["between"], ["y"])]
    model = helper.make_model(helper.make_graph(nodes, "g", ports[:1], ports[1:]))
    with pytest.raises(ProviderError, match="got values that take too much memory"):
        _core.Network(model.SerializeToString(), {}, "")


def test_damaged_graphs_are_refused_or_read_and_never_crash() -> None:
    spec, config = CASES["columns"]
    architecture = Architecture.of(spec, config)
    data = write_graph("recurrent", architecture, weights_of(architecture, 1))
    rng = np.random.default_rng(9)
    refused = 0
    for _ in range(400):
        broken = bytearray(data)
        if rng.random() < 0.3:
            del broken[int(rng.integers(len(broken))) :]
        for _ in range(int(rng.integers(1, 4))):
            place = int(rng.integers(min(len(broken), 4000))) if rng.random() < 0.7 else int(rng.integers(len(broken)))
            broken[place] = int(rng.integers(256))
        try:
            _core.Network(bytes(broken), {}, "")
        except (ProviderError, MemoryError):
            refused += 1
    assert refused > 50


def test_unknown_kernels_are_refused() -> None:
    spec, config = CASES["mlp"]
    data = write_graph("initial", Architecture.of(spec, config), weights_of(Architecture.of(spec, config), 3))
    with pytest.raises(ArgumentError, match="kernels: expected some that this processor runs, got mmx"):
        _core.Network(data, {}, "mmx")
