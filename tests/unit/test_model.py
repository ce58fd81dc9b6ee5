"""One table says which graphs a model has, and what goes into each and comes out."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import helper

from myoshu import model as module
from myoshu.errors import BundleError
from myoshu.model import TABLE, Graph, Port, Ports, find_fault, played, ports
from myoshu.runtime.agent import load
from myoshu.runtime.archive import read_archive, write_archive
from myoshu.runtime.bundle import FILES, LIMITS, MANIFEST, OPTIONAL, Bundle
from myoshu.runtime.doctor import diagnose
from myoshu.runtime.limit import Limit
from myoshu.spec import ModelSpec, Movers
from myoshu.testing.networks import Network, mlp, parity, write_bundle

PLAIN = mlp((3, 2), 4, 8)
EVERY_OUTPUT = mlp((3, 2), 4, 8, players=3, value_columns=3, reward_columns=3, movers=Movers.PREDICTED)
PARTS = {"representation", "dynamics", "prediction"}
NAMES = ("representation", "dynamics", "prediction", "initial", "recurrent")


@pytest.mark.parametrize("network", [PLAIN, EVERY_OUTPUT], ids=["plain", "every output"])
def test_the_table_says_what_the_graphs_say(network: Network) -> None:
    """In order, too: bundles that exist have these names in this order."""
    assert tuple(ports(network.model)) == tuple(network.graphs) == NAMES
    for name, (inputs, outputs) in ports(network.model).items():
        graph = onnx.load_from_string(network.graphs[name]).graph
        for wanted, found in ((inputs, graph.input), (outputs, graph.output)):
            assert [port.name for port in found] == list(wanted)
            for port in found:
                kind = port.type.tensor_type
                shape = tuple(size.dim_value for size in kind.shape.dim[1:])
                assert wanted[port.name].shape == shape
                assert np.dtype(wanted[port.name].dtype) == helper.tensor_dtype_to_np_dtype(kind.elem_type)


@pytest.mark.parametrize(
    ("network", "more"), [(PLAIN, []), (EVERY_OUTPUT, ["reward", "mover"])], ids=["plain", "every output"]
)
def test_outputs_follow_from_the_model(network: Network, more: list[str]) -> None:
    every, model = ports(network.model), network.model
    assert every["initial"] == Ports(
        {"observation": Port((3, 2), np.float32)},
        {
            "latent": Port((8,), np.float32),
            "prior": Port((4,), np.float32),
            "value": Port((model.value_columns,), np.float32),
        },
    )
    assert list(every["recurrent"].outputs) == ["next_latent", "prior", "value", *more]
    assert list(every["dynamics"].outputs) == ["next_latent", *more]
    assert every["recurrent"].inputs["action"] == Port((), np.int64, below=4)


@pytest.mark.parametrize("network", [PLAIN, EVERY_OUTPUT], ids=["plain", "every output"])
def test_a_graph_is_what_its_parts_are_together(network: Network) -> None:
    every = ports(network.model)
    assert set(played(network.model)) == {"initial", "recurrent"}
    for graph in TABLE:
        assert graph.required == (graph.name not in PARTS)
        if graph.required:
            first, *rest = (every[part] for part in graph.parts)
            assert every[graph.name].inputs == first.inputs
            together = dict(first.outputs)
            for part in rest:
                (port,) = part.inputs.values()
                assert port == next(iter(first.outputs.values()))
                together |= part.outputs
            assert every[graph.name].outputs == together


def test_inputs_of_what_play_runs_have_different_names() -> None:
    """The file of parity vectors calls inputs by their names alone."""
    names = [name for each in played(EVERY_OUTPUT.model).values() for name in each.inputs]
    assert len(set(names)) == len(names)


@pytest.mark.parametrize(
    ("names", "fault"),
    [
        (NAMES, None),
        (("initial", "recurrent"), None),
        (("initial", "recurrent", "prediction"), None),
        (("initial", *PARTS), "expected representation, .* got dynamics, initial, prediction, representation$"),
        ((*NAMES, "chance"), "got chance, dynamics"),
        ((), "got none$"),
    ],
)
def test_a_models_graphs_are_what_play_runs_and_any_of_their_parts(names: tuple[str, ...], fault: str | None) -> None:
    found = find_fault(PLAIN.model, names)
    assert (found is None) == (fault is None)
    assert fault is None or re.search(fault, str(found))


def test_a_row_may_be_of_some_models_only(monkeypatch: pytest.MonkeyPatch) -> None:
    def paid(model: ModelSpec) -> Ports | None:
        latent = {"latent": Port(model.latent, np.float32)}
        return Ports(latent, {"paid": Port((model.reward_columns,), np.float32)}) if model.reward_columns else None

    monkeypatch.setattr(module, "TABLE", (*TABLE, Graph("paid", paid)))
    assert tuple(ports(PLAIN.model)) == NAMES
    assert tuple(ports(EVERY_OUTPUT.model)) == (*NAMES, "paid")
    assert find_fault(EVERY_OUTPUT.model, (*NAMES, "paid")) is None
    assert find_fault(PLAIN.model, (*NAMES, "paid")) is not None


def without(network: Network, *names: str) -> Network:
    return network._replace(graphs={name: graph for name, graph in network.graphs.items() if name not in names})


@pytest.mark.parametrize("absent", [PARTS, {"dynamics"}], ids=["all", "one"])
def test_a_bundle_without_parts_plays_as_with_them(tmp_path: Path, absent: set[str]) -> None:
    vectors = parity(PLAIN)
    whole = load(write_bundle(tmp_path / "whole.myoshu", PLAIN, vectors=vectors))
    path = write_bundle(tmp_path / "small.myoshu", without(PLAIN, *absent), vectors=vectors)
    bundle, agent = Bundle.read(path), load(path)
    assert set(bundle.graphs) == set(bundle.manifest.graphs) == set(NAMES) - absent
    one, other = (
        each.new_session(1).play(np.ones((3, 2)), limit=Limit(simulations=20)).visits for each in (whole, agent)
    )
    np.testing.assert_array_equal(one, other)
    (diagnosis,) = diagnose(bundle, "cpu")
    assert diagnosis.sound
    assert (diagnosis.parts is None) == (absent == PARTS)


def test_a_bundle_holds_the_graphs_that_its_manifest_names(tmp_path: Path) -> None:
    vectors = parity(PLAIN)
    with pytest.raises(BundleError, match=r"graphs: expected representation, .* got initial$"):
        Bundle.write(
            tmp_path / "a",
            manifest=Bundle.read(write_bundle(tmp_path / "b", PLAIN)).manifest,
            graphs={"initial": PLAIN.graphs["initial"]},
            parity=vectors,
        )
    full, small = (
        read_archive(write_bundle(tmp_path / "c", network, vectors=vectors).read_bytes(), LIMITS, OPTIONAL)
        for network in (PLAIN, without(PLAIN, "dynamics"))
    )
    with pytest.raises(BundleError, match=r"graphs\.dynamics: .* got no file where it names one"):
        Bundle.read(write_archive({**small, MANIFEST: full[MANIFEST]}))
    with pytest.raises(BundleError, match=r"graphs\.dynamics: .* got a file where it names none"):
        Bundle.read(write_archive({**full, MANIFEST: small[MANIFEST]}))
    del full[FILES["initial"]]
    with pytest.raises(BundleError, match=r"graphs\.initial: .* got no file where it names one"):
        Bundle.read(write_archive(full))
