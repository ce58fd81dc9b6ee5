"""ONNX Runtime by its C interface: what the core opens, starts, ties to arrays and runs."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime
import pytest
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper

from myoshu.errors import ArgumentError, EvaluationError, ProviderError
from myoshu.runtime.evaluators.onnx_library import library
from myoshu.runtime.graphs import external_weights
from myoshu.search import _core
from myoshu.testing.networks import mlp

STRANGER = 'extern "C" int answer() { return 42; }'
OLD = """
extern "C" const void* nothing(unsigned version) { return version > 16 ? nullptr : "a table"; }
extern "C" const char* version() { return "1.16.3"; }
struct Base { const void* (*get)(unsigned); const char* (*version)(); } base = {nothing, version};
extern "C" const Base* OrtGetApiBase() { return &base; }
"""


@pytest.fixture(scope="module")
def opened() -> _core.OnnxLibrary:
    found = library()
    assert not isinstance(found, str), found
    return found


def gather() -> bytes:
    """A graph that takes row i of a table of three: any other i is an error while it runs."""
    ends = [
        helper.make_tensor_value_info(*port)
        for port in (("i", TensorProto.INT64, ["n"]), ("y", TensorProto.FLOAT, ["n", 2]))
    ]
    table = numpy_helper.from_array(np.arange(6, dtype=np.float32).reshape(3, 2), "table")
    graph = helper.make_graph([helper.make_node("Gather", ["table", "i"], ["y"])], "g", ends[:1], ends[1:], [table])
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=8)
    return bytes(model.SerializeToString())


def arrays(rows: int) -> dict[str, NDArray[Any]]:
    return {"i": np.arange(rows, dtype=np.int64) % 3, "y": np.zeros((rows, 2), np.float32)}


def test_it_is_the_installed_one(opened: _core.OnnxLibrary) -> None:
    assert opened.version == onnxruntime.__version__


def test_a_library_that_is_not_there_is_named() -> None:
    with pytest.raises(ProviderError, match=r"onnxruntime: expected a library at /nowhere/libonnxruntime\.so, got"):
        _core.OnnxLibrary("/nowhere/libonnxruntime.so")


@pytest.mark.skipif(shutil.which("c++") is None, reason="needs c++ (Debian: apt install g++)")
@pytest.mark.parametrize(
    ("source", "message"),
    [
        (STRANGER, "expected ONNX Runtime at .*, got another library"),
        (OLD, "expected ONNX Runtime 1.17 or newer at .*, got 1.16.3"),
    ],
    ids=["another library", "too old"],
)
def test_what_it_cannot_be_is_said(tmp_path: Path, source: str, message: str) -> None:
    (tmp_path / "library.cpp").write_text(source, encoding="utf-8")
    made = tmp_path / "library.so"
    subprocess.run(["c++", "-shared", "-fPIC", "-o", str(made), str(tmp_path / "library.cpp")], check=True)
    with pytest.raises(ProviderError, match=message):
        _core.OnnxLibrary(str(made))


@pytest.mark.parametrize("graph", [b"", b"no graph", gather()[:40]])
def test_what_is_no_graph_does_not_start(opened: _core.OnnxLibrary, graph: bytes) -> None:
    with pytest.raises(ProviderError):
        _core.OnnxSession(opened, graph, 1, {})


def test_a_graph_says_what_it_has(opened: _core.OnnxLibrary) -> None:
    session = _core.OnnxSession(opened, gather(), 1, {})
    assert session.inputs == [("i", 7, [-1])]
    assert session.outputs == [("y", 1, [-1, 2])]


def test_any_number_of_rows_is_run_and_no_other_is_touched(opened: _core.OnnxLibrary) -> None:
    tied = arrays(5)
    bound = _core.OnnxSession(opened, gather(), 1, {}).bind(tied)
    for rows in (3, 5, 1, 3):
        tied["y"][...] = -1.0
        tied["i"][...] = np.random.default_rng(rows).integers(0, 3, 5)
        bound.run(rows)
        expected = np.arange(6).reshape(3, 2)[tied["i"][:rows]]
        np.testing.assert_array_equal(tied["y"][:rows], expected)
        assert (tied["y"][rows:] == -1.0).all()
    for rows in (0, -1, 6):
        with pytest.raises(ArgumentError, match=f"rows: expected an integer from 1 to 5, got {rows}"):
            bound.run(rows)


def test_an_error_while_it_runs_is_one_of_ours_and_is_over_with_the_call(opened: _core.OnnxLibrary) -> None:
    tied = arrays(2)
    bound = _core.OnnxSession(opened, gather(), 1, {}).bind(tied)
    tied["i"][1] = 7
    for _ in range(2):
        with pytest.raises(EvaluationError, match=r"^the network could not be run: .*Gather.*7"):
            bound.run(2)
    tied["i"][1] = 2
    bound.run(2)
    assert tied["y"][1].tolist() == [4.0, 5.0]


def test_what_is_tied_holds_its_graph_and_its_arrays(opened: _core.OnnxLibrary) -> None:
    tied = arrays(4)
    output = tied["y"]
    bound = _core.OnnxSession(opened, gather(), 1, {}).bind(tied)
    del tied
    bound.run(4)
    assert output[3].tolist() == [0.0, 1.0]


def test_inputs_may_be_read_only_and_outputs_may_not(opened: _core.OnnxLibrary) -> None:
    session = _core.OnnxSession(opened, gather(), 1, {})
    tied = arrays(1)
    tied["i"].setflags(write=False)
    session.bind(tied).run(1)
    tied["y"].setflags(write=False)
    with pytest.raises(ArgumentError, match="y: expected a float32 or int64 array"):
        session.bind(tied)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"y": np.zeros((3, 2), np.float32)}, "y: expected as many rows"),
        ({"y": np.zeros((2, 2))}, "y: expected a float32 or int64 array"),
        ({"y": np.zeros((2, 4), np.float32)[:, ::2]}, "y: expected .* in C order"),
        ({"i": np.int64(1)}, "i: expected"),
        ({"i": np.array(1)}, "i: expected"),
        ({"y": None}, "y: expected"),
    ],
)
def test_arrays_that_do_not_fit_are_refused(opened: _core.OnnxLibrary, change: dict[str, Any], message: str) -> None:
    session = _core.OnnxSession(opened, gather(), 1, {})
    with pytest.raises(ArgumentError, match=message):
        session.bind({**arrays(2), **change})
    with pytest.raises(ArgumentError, match="y: expected an array, got none"):
        session.bind({"i": arrays(2)["i"]})


def test_weights_outside_the_graph_are_copied(opened: _core.OnnxLibrary) -> None:
    network = mlp(6, 5, 8, external=True)
    weights = {name: array.copy() for name, array in (network.weights or {}).items()}
    inside = _core.OnnxSession(opened, mlp(6, 5, 8).graphs["initial"], 1, {})
    needed = {name: weights[name] for name in external_weights("initial", network.graphs["initial"])}
    outside = _core.OnnxSession(opened, network.graphs["initial"], 1, needed)
    for array in weights.values():
        array[...] = np.nan
    found = []
    for session in (inside, outside):
        tied = {
            name: np.ones([4 if size < 0 else size for size in dims], np.float32)
            for name, _, dims in (*session.inputs, *session.outputs)
        }
        session.bind(tied).run(4)
        found.append([tied[name].tobytes() for name, *_ in session.outputs])
    assert found[0] == found[1]
