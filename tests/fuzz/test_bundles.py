"""Damaged and hostile bundles by the thousand: one documented error or a sound bundle, quickly, in little memory."""

from __future__ import annotations

import json
import tracemalloc
from pathlib import Path
from time import perf_counter

import numpy as np
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from myoshu.errors import BundleError, MyoshuError
from myoshu.planes import Planes
from myoshu.runtime.agent import Agent, load
from myoshu.runtime.archive import read_archive, write_archive
from myoshu.runtime.bundle import FILES, LIMITS, MANIFEST, OPTIONAL, PARITY, POSITIONS, Bundle
from myoshu.runtime.graphs import check_graph, external_weights
from myoshu.runtime.limit import Limit
from myoshu.runtime.manifest import Entry, Manifest
from myoshu.runtime.parity import Parity
from myoshu.runtime.positions import Position, decode_examples
from myoshu.spec import GameSpec
from myoshu.testing.networks import mlp, resnet, write_bundle

MUTATIONS = 4000
GAME = GameSpec(name="a:b", players=2, actions=3, observation=(4,), returns=(-1.0, 1.0))
SECONDS = 0.5
BYTES = 1 << 24


@pytest.fixture(scope="module")
def sound(tmp_path_factory: pytest.TempPathFactory) -> bytes:
    rng = np.random.default_rng(0)
    positions = [
        Position((1, 2, 0)[:row], row, row == 1, row % 2, (0, 2), rng.standard_normal(4).astype(np.float32))
        for row in range(3)
    ]
    path = tmp_path_factory.mktemp("bundle") / "small.myoshu"
    return write_bundle(path, mlp(4, 3, 4), positions=positions, planes=Planes(words=("a", "b", "c", "d"))).read_bytes()


def mutated(data: bytes, rng: np.random.Generator) -> bytes:
    """A few of the things that happen to files: bytes changed, removed, doubled, put elsewhere, made extreme."""
    result = bytearray(data)
    for _ in range(rng.integers(1, 5)):
        if not result:
            break
        at = int(rng.integers(len(result)))
        length = int(rng.integers(1, 64))
        match rng.integers(6):
            case 0:
                result[at] ^= int(rng.integers(1, 256))
            case 1:
                del result[at : at + length]
            case 2:
                result[at:at] = result[at : at + length]
            case 3:
                other = int(rng.integers(len(result)))
                result[at : at + length] = result[other : other + length]
            case 4:
                result[at : at + 4] = bytes([int(rng.choice([0x00, 0x7F, 0x80, 0xFF]))]) * 4
            case _:
                del result[at:]
    return bytes(result)


def resealed(contents: dict[str, bytes]) -> bytes:
    """The contents as a bundle whose sums are right, so that what is behind them is reached."""
    try:
        fields = json.loads(contents[MANIFEST])
        for name, file in FILES.items():
            entry = Entry.of(contents[file])
            fields["graphs"][name] = {"sha256": entry.sha256, "size": entry.size}
        entry = Entry.of(contents[PARITY])
        fields["parity"] = {"sha256": entry.sha256, "size": entry.size}
        entry = Entry.of(contents[POSITIONS])
        fields["positions"] = {"sha256": entry.sha256, "size": entry.size}
        contents = {**contents, MANIFEST: json.dumps(fields).encode()}
    except (ValueError, KeyError, TypeError, RecursionError):
        pass
    return write_archive(contents)


def reading(data: bytes) -> tuple[Bundle | None, str | None]:
    """What reading comes to, the bundle or the complaint; it must be quick, and a complaint must say what is wrong."""
    bundle, complaint = None, None
    begin = perf_counter()
    try:
        bundle = Bundle.read(data)
    except BundleError as error:
        complaint = str(error)
    assert perf_counter() - begin < SECONDS
    assert complaint is None or ("expected" in complaint and len(complaint) < 1000)
    return bundle, complaint


def test_mutated_files_are_refused_or_unharmed(sound: bytes) -> None:
    rng = np.random.default_rng(1)
    expected = Bundle.read(sound).manifest
    refused = 0
    for _ in range(MUTATIONS):
        data = mutated(sound, rng)
        bundle, complaint = reading(data)
        assert bundle is None or bundle.manifest == expected
        refused += complaint is not None
    assert refused > MUTATIONS // 2


@pytest.mark.parametrize("file", [MANIFEST, PARITY, POSITIONS])
def test_mutated_contents_under_right_sums_are_refused_or_sound(sound: bytes, file: str) -> None:
    rng = np.random.default_rng(2)
    contents = read_archive(sound, LIMITS, OPTIONAL)
    tracemalloc.start()
    try:
        for _ in range(MUTATIONS // 2):
            data = resealed({**contents, file: mutated(contents[file], rng)})
            reading(data)
        assert tracemalloc.get_traced_memory()[1] < BYTES
    finally:
        tracemalloc.stop()


@pytest.mark.slow
@pytest.mark.filterwarnings("ignore::myoshu.errors.ProviderWarning")
@pytest.mark.parametrize("graph", ["initial", "recurrent"])
def test_mutated_graphs_under_right_sums_are_refused_or_play(sound: bytes, graph: str) -> None:
    """They reach ONNX Runtime. Whatever loads has reproduced the parity vectors, so it plays."""
    rng = np.random.default_rng(3)
    contents = read_archive(sound, LIMITS, OPTIONAL)
    for _ in range(MUTATIONS // 8):
        data = resealed({**contents, FILES[graph]: mutated(contents[FILES[graph]], rng)})
        try:
            agent = load(data, "cpu")
        except MyoshuError:
            continue
        play(agent)


def play(agent: Agent) -> None:
    try:
        decision = agent.new_session().play(np.zeros(4), [0, 2], Limit(simulations=4))
    except MyoshuError:
        return
    assert decision.action in (0, 2)


ANYTHING = st.binary(max_size=400)
SETTINGS = settings(max_examples=500, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


@SETTINGS
@given(ANYTHING)
@example(b"PK\x05\x06" + bytes(18))
def test_any_bytes_as_a_bundle(data: bytes) -> None:
    with pytest.raises(BundleError):
        Bundle.read(data)


@SETTINGS
@given(ANYTHING)
def test_any_bytes_as_a_manifest(data: bytes) -> None:
    with pytest.raises(BundleError):
        Manifest.decode(data)


@SETTINGS
@given(
    st.recursive(
        st.none() | st.booleans() | st.integers(-(1 << 70), 1 << 70) | st.floats() | st.text(max_size=5),
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    ),
    st.data(),
)
def test_any_value_in_any_field_of_a_manifest(sound: bytes, value: object, data: st.DataObject) -> None:
    fields = json.loads(read_archive(sound, LIMITS, OPTIONAL)[MANIFEST])
    place = fields
    while True:
        key = data.draw(st.sampled_from(sorted(place)))
        if isinstance(place[key], dict) and place[key] and data.draw(st.booleans()):
            place = place[key]
        else:
            place[key] = value
            break
    complaint = "manifest"
    try:
        Manifest.decode(json.dumps(fields).encode())
    except BundleError as error:
        complaint = str(error)
    assert complaint.startswith("manifest")


@SETTINGS
@given(ANYTHING)
def test_any_bytes_as_parity_vectors(data: bytes) -> None:
    with pytest.raises(BundleError, match="parity"):
        Parity.decode(data, mlp(4, 3, 4).model, GAME)


@SETTINGS
@given(ANYTHING)
def test_any_bytes_as_a_graph(data: bytes) -> None:
    complaint = "graphs.initial: expected"
    try:
        check_graph("graphs.initial", data)
        external_weights("graphs.initial", data)
    except BundleError as error:
        complaint = str(error)
    assert complaint.startswith("graphs.initial: expected")


def test_real_graphs_are_never_refused(tmp_path: Path) -> None:
    for network in (mlp(4, 3, 4), resnet((1, 3, 3), 4, 2, 1)):
        for name, graph in network.graphs.items():
            check_graph(name, graph)
            assert external_weights(name, graph) == []
    network = mlp(4, 3, 4, external=True)
    assert sorted(external_weights("graphs.initial", network.graphs["initial"])) == sorted(
        name for name in network.weights if not name.startswith("g.")
    )


@SETTINGS
@given(ANYTHING)
def test_any_bytes_as_positions(data: bytes) -> None:
    with pytest.raises(BundleError, match="positions"):
        decode_examples(data, mlp(4, 3, 4).model)
