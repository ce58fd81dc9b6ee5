"""Bundles: written whole, read with suspicion."""

from __future__ import annotations

import importlib.resources
import io
import json
import mmap
import os
import tracemalloc
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgpack
import msgspec
import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper, numpy_helper

from myoshu.errors import ArgumentError, BundleError, BundleVersionError, MyoshuError
from myoshu.runtime.agent import load
from myoshu.runtime.archive import read_archive, write_archive
from myoshu.runtime.bundle import FILES, LIMITS, MANIFEST, OPTIONAL, PARITY, Bundle
from myoshu.runtime.manifest import FORMAT, Entry, Level, Manifest
from myoshu.search import SearchConfig
from myoshu.testing.networks import Network, game_for, mlp, parity, resnet, write_bundle

Change = Callable[[dict[str, Any]], None]


def rebuilt(data: bytes, *, manifest: Change | None = None, files: dict[str, bytes] | None = None) -> bytes:
    """A bundle with other contents, its sums corrected: what a hostile writer would do."""
    contents = {**read_archive(data, LIMITS, OPTIONAL), **(files or {})}
    fields = json.loads(contents[MANIFEST])
    for name, file in FILES.items():
        fields["graphs"][name] = msgspec.to_builtins(Entry.of(contents[file]))
    fields["parity"] = msgspec.to_builtins(Entry.of(contents[PARITY]))
    if manifest is not None:
        manifest(fields)
    contents[MANIFEST] = json.dumps(fields).encode()
    return write_archive(contents)


def setting(*path: str, to: Any) -> Change:
    def change(fields: dict[str, Any]) -> None:
        for key in path[:-1]:
            fields = fields[key]
        fields[path[-1]] = to

    return change


def test_what_is_written_is_read(tmp_path: Path, network: Network) -> None:
    vectors = parity(network)
    search = SearchConfig(simulations=7, discount=0.5)
    written = write_bundle(tmp_path / "a.myoshu", network, search=search, vectors=vectors)
    bundle = Bundle.read(written)
    assert bundle.manifest.search == search
    assert bundle.manifest.model == network.model
    assert bundle.manifest.format == FORMAT
    for name, graph in network.graphs.items():
        assert bundle.graphs[name] == graph
    for name, each in vectors.graphs.items():
        for found, wanted in zip(bundle.parity.graphs[name], each, strict=True):
            assert found.keys() == wanted.keys()
            for port, array in wanted.items():
                np.testing.assert_array_equal(found[port], array)
    assert Bundle.read(written.read_bytes()).manifest == bundle.manifest


def test_the_same_contents_give_the_same_bytes(tmp_path: Path, network: Network) -> None:
    one, other = (write_bundle(tmp_path / name, network) for name in ("a.myoshu", "b.myoshu"))
    assert one.read_bytes() == other.read_bytes()


def test_writing_replaces_whole_files_and_leaves_nothing_else(tmp_path: Path, network: Network) -> None:
    path = tmp_path / "a.myoshu"
    path.write_bytes(b"old")
    write_bundle(path, network)
    assert [each.name for each in tmp_path.iterdir()] == ["a.myoshu"]
    Bundle.read(path)


def test_a_failed_writing_leaves_the_old_file(
    tmp_path: Path, network: Network, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "a.myoshu"
    path.write_bytes(b"old")

    def fail(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", fail)
    with pytest.raises(BundleError, match="No space left"):
        write_bundle(path, network)
    assert path.read_bytes() == b"old"
    assert [each.name for each in tmp_path.iterdir()] == ["a.myoshu"]


def test_nothing_is_written_that_could_not_be_read(tmp_path: Path, network: Network) -> None:
    manifest = Manifest.of(game=game_for(network.model), model=network.model, search=SearchConfig(), opset=18)
    with pytest.raises(BundleError, match=r"graphs\.dynamics: expected an ONNX model"):
        Bundle.write(
            tmp_path / "a", manifest=manifest, graphs={**network.graphs, "dynamics": b"x"}, parity=parity(network)
        )
    with pytest.raises(BundleError, match="graphs: expected representation"):
        Bundle.write(tmp_path / "a", manifest=manifest, graphs={}, parity=parity(network))
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (setting("format", to=FORMAT + 1), r"manifest\.format: expected at most 1, got 2: a newer myoshu"),
        (setting("format", to=0), r"manifest\.format: expected 1, got 0"),
        (setting("format", to="1"), r"manifest\.format: expected `int`, got `str`"),
        (lambda fields: fields.pop("model"), r"manifest\.model: expected a value, got none"),
        (setting("more", to=1), r"manifest\.more: expected no such field, got one"),
        (setting("game", "players", to=0), r"manifest\.game: players: expected an integer from 1"),
        (setting("game", "observation", to=["abc"]), r"manifest\.game\.observation\[0\]: expected `int`, got `str`"),
        (setting("model", "actions", to=8), r"spec_hash: expected"),
        (setting("spec_hash", to="0" * 64), r"spec_hash: expected"),
        (setting("search", "simulations", to=0), r"manifest\.search: simulations: expected an integer from 1"),
        (setting("search", "algorithm", to="guess"), r"manifest\.search\.algorithm: "),
        (setting("graphs", "initial", "sha256", to="0" * 64), r"graphs\.initial: expected SHA-256 0000"),
        (setting("graphs", "initial", "sha256", to="x"), r"manifest\.graphs\[\.\.\.\]: sha256: expected 64"),
        (setting("graphs", "recurrent", "size", to=1 << 60), r"graphs\.recurrent: expected 1152921504606846976 bytes"),
        (lambda fields: fields["graphs"].pop("initial"), r"graphs: expected representation, "),
        (setting("parity", "size", to=1), r"parity: expected 1 bytes, got"),
        (setting("strength", to=[{"level": 1, "simulations": 0}]), r"manifest\.strength\[0\]: simulations"),
        (setting("opset", to=0), r"opset: expected a positive integer"),
    ],
)
def test_each_fault_of_a_manifest_is_named(bundle_bytes: bytes, change: Change, message: str) -> None:
    with pytest.raises(BundleError, match=message):
        Bundle.read(rebuilt(bundle_bytes, manifest=change))


def test_a_newer_format_has_an_error_of_its_own_whatever_else_it_says(bundle_bytes: bytes) -> None:
    contents = read_archive(bundle_bytes, LIMITS, OPTIONAL)
    contents[MANIFEST] = b'{"format": 7, "unheard": "of"}'
    with pytest.raises(BundleVersionError):
        Bundle.read(write_archive(contents))


@pytest.mark.parametrize(
    "manifest", [b"", b"null", b"[]", b"\xff\xfe", b'{"format": 1', b'{"format": 1, "provenance": ' + b"[" * 100_000]
)
def test_a_manifest_that_is_no_json_is_refused(bundle_bytes: bytes, manifest: bytes) -> None:
    contents = read_archive(bundle_bytes, LIMITS, OPTIONAL)
    contents[MANIFEST] = manifest
    with pytest.raises(BundleError, match=r"^manifest"):
        Bundle.read(write_archive(contents))


def changed_parity(data: bytes, change: Change) -> bytes:
    vectors = msgpack.unpackb(read_archive(data, LIMITS, OPTIONAL)[PARITY])
    change(vectors)
    return rebuilt(data, files={PARITY: msgpack.packb(vectors)})


def nan(fields: dict[str, Any]) -> None:
    fields["initial.value"]["b"] = b"\xff" * len(fields["initial.value"]["b"])


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda fields: fields.pop("action"), "parity: expected observation"),
        (setting("more", to={"dt": "float32", "sh": [1], "b": b""}), "parity: expected observation"),
        (lambda fields: fields.pop("latent"), r"parity\.latent: expected an array, got none"),
        (setting("latent", "dt", to="object"), r"parity\.latent: expected float32 \[6, 16\], got object"),
        (setting("latent", "sh", to=[6, 17]), r"parity\.latent: expected float32 \[6, 16\], got float32 \[6, 17\]"),
        (setting("latent", "sh", to=[1 << 60, 16]), r"parity\.latent: expected 1 to 4096 rows"),
        (setting("observation", "sh", to=[]), r"parity\.observation: expected an array"),
        (setting("observation", "sh", to=[0, 27]), r"parity\.observation: expected 1 to 4096 rows"),
        (setting("latent", "b", to=b"1234"), r"parity\.latent: expected 384 bytes, got 4"),
        (nan, r"parity\.initial\.value: expected finite numbers"),
        (setting("action", "b", to=b"\xff" * 48), r"parity\.action: expected actions from 0 to 8"),
        (setting("latent", to=5), "parity: expected named arrays"),
    ],
)
def test_each_fault_of_the_parity_vectors_is_named(bundle_bytes: bytes, change: Change, message: str) -> None:
    with pytest.raises(BundleError, match=message):
        Bundle.read(changed_parity(bundle_bytes, change))


def graph_with(change: Callable[[onnx.ModelProto], None], data: bytes) -> bytes:
    model = onnx.load_from_string(data)
    change(model)
    return bytes(model.SerializeToString())


def external(model: onnx.ModelProto) -> None:
    tensor = model.graph.initializer[0]
    tensor.data_location = TensorProto.EXTERNAL
    entry = tensor.external_data.add()
    entry.key, entry.value = "location", "/etc/passwd"
    tensor.ClearField("raw_data")


def external_constant(model: onnx.ModelProto) -> None:
    tensor = numpy_helper.from_array(np.zeros(3, np.float32), "secret")
    tensor.data_location = TensorProto.EXTERNAL
    model.graph.node.append(helper.make_node("Constant", [], ["secret"], value=tensor))


def loop(model: onnx.ModelProto) -> None:
    body = helper.make_graph([], "body", [], [])
    model.graph.node.append(helper.make_node("Loop", ["", ""], [], body=body))


def foreign(model: onnx.ModelProto) -> None:
    model.graph.node.append(helper.make_node("EPContext", [], ["x"], domain="com.microsoft", ep_cache_context="/x"))


def function(model: onnx.ModelProto) -> None:
    imports = [helper.make_opsetid("", 18)]
    model.functions.append(helper.make_function("own", "f", [], [], [], imports))


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (external, "weights inside the graph, got a reference to another file"),
        (external_constant, "weights inside the graph"),
        (loop, "neither loops nor branches"),
        (foreign, "ONNX's own operators only, got one of 'com.microsoft'"),
        (function, "without local functions"),
    ],
)
def test_graphs_that_reach_out_are_refused(
    bundle_bytes: bytes, network: Network, change: Callable[[onnx.ModelProto], None], message: str
) -> None:
    data = rebuilt(bundle_bytes, files={FILES["recurrent"]: graph_with(change, network.graphs["recurrent"])})
    with pytest.raises(BundleError, match=f"graphs.recurrent: expected .*{message}"):
        Bundle.read(data)


@pytest.mark.parametrize("graph", [b"", b"\x00", b"\xff" * 100, b"not a graph at all", b"\x3a\xff\xff\xff\xff\x0f"])
def test_bytes_that_are_no_graph_are_refused(bundle_bytes: bytes, graph: bytes) -> None:
    with pytest.raises(BundleError, match=r"graphs\.initial: expected an ONNX model"):
        Bundle.read(rebuilt(bundle_bytes, files={FILES["initial"]: graph}))


def test_a_graph_of_countless_fields_takes_no_time(bundle_bytes: bytes) -> None:
    with pytest.raises(BundleError, match="expected at most 1000000 fields"):
        Bundle.read(rebuilt(bundle_bytes, files={FILES["initial"]: b"\x08\x00" * 2_000_000}))


@pytest.mark.parametrize(
    ("other", "message"),
    [
        (mlp(27, 8, 16), r"graphs\.recurrent\.prior: expected shape \['n', 9\], got \['n', 8\]"),
        (mlp(27, 9, 8), r"graphs\.recurrent\.\w+: expected shape \['n', 16\]"),
        (mlp(27, 9, 16, reward_columns=1), r"graphs\.recurrent: expected the outputs next_latent, prior, value; got"),
    ],
)
def test_graphs_of_another_model_are_refused(bundle_bytes: bytes, other: Network, message: str) -> None:
    data = rebuilt(bundle_bytes, files={FILES["recurrent"]: other.graphs["recurrent"]})
    with pytest.raises(BundleError, match=message):
        load(data)


def test_a_graph_of_a_fixed_batch_is_refused(bundle_bytes: bytes, network: Network) -> None:
    def fix(model: onnx.ModelProto) -> None:
        model.graph.input[0].type.tensor_type.shape.dim[0].dim_value = 1

    data = rebuilt(bundle_bytes, files={FILES["initial"]: graph_with(fix, network.graphs["initial"])})
    with pytest.raises(BundleError, match=r"graphs\.initial\.observation: expected shape \['n', 27\], got \[1, 27\]"):
        load(data)


def test_files_that_are_no_files_are_refused(tmp_path: Path) -> None:
    with pytest.raises(BundleError, match=r"none\.myoshu: expected a bundle file, got: No such file"):
        Bundle.read(tmp_path / "none.myoshu")
    with pytest.raises(BundleError, match="expected a regular file"):
        Bundle.read(tmp_path)
    os.mkfifo(tmp_path / "pipe")
    with pytest.raises(BundleError, match="expected a regular file"):
        Bundle.read(tmp_path / "pipe")
    with pytest.raises(BundleError, match="expected the path of a bundle file"):
        Bundle.read("a\0b")
    with pytest.raises(BundleError, match="expected a regular file"):
        Bundle.read("/dev/zero")
    (tmp_path / "empty").touch()
    with pytest.raises(BundleError, match="end record"):
        Bundle.read(tmp_path / "empty")


def test_what_a_bundle_claims_allocates_nothing(tmp_path: Path, bundle_bytes: bytes) -> None:
    hostile = [
        rebuilt(bundle_bytes, manifest=setting("graphs", "initial", "size", to=1 << 62)),
        changed_parity(bundle_bytes, setting("latent", "sh", to=[4096, 16])),
        changed_parity(bundle_bytes, setting("observation", "sh", to=[1 << 40, 27])),
    ]
    sparse = tmp_path / "sparse.myoshu"
    with sparse.open("wb") as file:
        file.truncate(1 << 40)
    tracemalloc.start()
    try:
        for source in [*hostile, sparse]:
            with pytest.raises(MyoshuError):
                Bundle.read(source)
        assert tracemalloc.get_traced_memory()[1] < 20 * len(bundle_bytes) + (1 << 20)
    finally:
        tracemalloc.stop()


def test_a_manifest_must_fit_its_game(network: Network) -> None:
    other = game_for(mlp(27, 8, 16).model)
    with pytest.raises(BundleError, match=r"manifest\.model\.actions: expected the game's 8, got 9"):
        Manifest.of(game=other, model=network.model, search=SearchConfig(), opset=18)
    unfair = msgspec.structs.replace(game_for(network.model), zero_sum=False)
    with pytest.raises(BundleError, match=r"manifest\.model\.value_columns"):
        Manifest.of(game=unfair, model=network.model, search=SearchConfig(), opset=18)


def test_strength_is_kept(tmp_path: Path, network: Network) -> None:
    strength = [Level(level=1.0, simulations=4, temperature=0.5), Level(level=2.0, simulations=64)]
    manifest = Manifest.of(
        game=game_for(network.model), model=network.model, search=SearchConfig(), opset=18, strength=strength
    )
    Bundle.write(tmp_path / "a", manifest=manifest, graphs=network.graphs, parity=parity(network))
    assert Bundle.read(tmp_path / "a").manifest.strength == strength


def test_a_convolutional_bundle_loads(tmp_path: Path) -> None:
    assert load(write_bundle(tmp_path / "a", resnet((3, 4, 5), 7, 6, 1))).provider == "native"


@pytest.mark.parametrize("kind", [bytearray, memoryview, io.BytesIO, "mmap", "open file", "resource"])
def test_it_is_read_from_whatever_has_its_bytes(
    tmp_path: Path, bundle_path: Path, bundle_bytes: bytes, kind: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    expected = Bundle.read(bundle_bytes).manifest
    with bundle_path.open("rb") as file:
        if kind == "mmap":
            source: Any = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
        elif kind == "open file":
            source = file
        elif kind == "resource":
            with zipfile.ZipFile(tmp_path / "packed.zip", "w") as archive:
                archive.writestr("packed_agents/__init__.py", "")
                archive.writestr("packed_agents/a.myoshu", bundle_bytes)
            monkeypatch.syspath_prepend(tmp_path / "packed.zip")
            source = importlib.resources.files("packed_agents") / "a.myoshu"
        else:
            source = kind(bundle_bytes)
        assert Bundle.read(source).manifest == expected


@pytest.mark.parametrize("source", [None, 3, [], io.StringIO("text")])
def test_what_has_no_bytes_is_refused(source: Any) -> None:
    with pytest.raises(ArgumentError, match="path: expected a bundle's path, its bytes, or a file or resource to read"):
        Bundle.read(source)
