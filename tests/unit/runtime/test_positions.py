"""Positions in a bundle: what is written is read, and nothing else is."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgpack
import msgspec
import numpy as np
import pytest

from myoshu.errors import BundleError
from myoshu.planes import Planes
from myoshu.runtime.archive import read_archive, write_archive
from myoshu.runtime.bundle import LIMITS, MANIFEST, OPTIONAL, POSITIONS, Bundle
from myoshu.runtime.manifest import Entry
from myoshu.runtime.positions import Example, Position, decode_examples, encode_examples
from myoshu.testing.networks import Network, mlp, write_bundle

NETWORK = mlp(4, 3, 4)
MODEL = NETWORK.model
PLANES = Planes(words=("a", "b", "c", "d"), layout="four numbers")


@pytest.fixture(scope="module")
def bundle(tmp_path_factory: pytest.TempPathFactory) -> Bundle:
    rng = np.random.default_rng(1)
    positions = [
        Position((2, 1, 0)[:row], row, row == 2, row % 2, (0, 2), rng.standard_normal(4).astype(np.float32))
        for row in range(3)
    ]
    path = tmp_path_factory.mktemp("bundle") / "agent.myoshu"
    return Bundle.read(write_bundle(path, NETWORK, positions=positions, planes=PLANES))


def test_what_is_written_is_read(bundle: Bundle) -> None:
    assert bundle.manifest.planes == PLANES
    assert [position.moves for position, _ in bundle.examples] == [(), (2,), (2, 1)]
    assert [position.drawn for position, _ in bundle.examples] == [False, False, True]
    assert [position.seed for position, _ in bundle.examples] == [0, 1, 2]
    assert [position.to_play for position, _ in bundle.examples] == [0, 1, 0]
    for position, answer in bundle.examples:
        assert position.legal_actions == (0, 2)
        assert position.observation.shape == (4,)
        assert answer.prior.sum() == pytest.approx(1.0, abs=1e-5)
        assert answer.value.shape == (1,)
        assert answer.action in (0, 2)
    again = decode_examples(encode_examples(bundle.examples), MODEL)
    for (one, answer), (other, also) in zip(bundle.examples, again, strict=True):
        np.testing.assert_array_equal(one.observation, other.observation)
        np.testing.assert_array_equal(answer.prior, also.prior)
        assert one._replace(observation=other.observation) == other


def test_boards_take_a_byte_a_number(bundle: Bundle) -> None:
    (position, answer), *_ = bundle.examples
    sizes = []
    for numbers in ([0, 1, 255, 7], [0, 1, 2, -1], [0, 1, 256, 0], [0.5, 1, 2, 3]):
        observation = np.array(numbers, np.float32)
        data = encode_examples([Example(position._replace(observation=observation), answer)])
        np.testing.assert_array_equal(decode_examples(data, MODEL)[0].position.observation, observation)
        sizes.append(len(data))
    assert sizes == [sizes[0], *[sizes[0] + 12] * 3]


def test_words_do_not_change_what_a_model_is(bundle: Bundle, tmp_path: Path) -> None:
    plain = Bundle.read(write_bundle(tmp_path / "plain.myoshu", NETWORK))
    assert plain.manifest.spec_hash == bundle.manifest.spec_hash
    assert plain.manifest.format == bundle.manifest.format == 1
    assert (plain.examples, plain.manifest.positions, bool(plain.manifest.planes)) == ((), None, False)


def test_a_bundle_from_before_there_were_positions_is_read(tmp_path: Path) -> None:
    contents = read_archive(write_bundle(tmp_path / "plain.myoshu", NETWORK).read_bytes(), LIMITS, OPTIONAL)
    fields = json.loads(contents[MANIFEST])
    del fields["planes"], fields["positions"]
    old = Bundle.read(write_archive({**contents, MANIFEST: json.dumps(fields).encode()}))
    assert old.examples == ()
    assert not old.manifest.planes


def changed(bundle: Bundle, change: Callable[[list[dict[str, Any]]], Any]) -> bytes:
    rows = msgpack.unpackb(encode_examples(bundle.examples))
    change(rows)
    return msgpack.packb(rows)  # type: ignore[no-any-return]


@pytest.mark.parametrize(
    ("field", "value", "message"),
    [
        ("moves", [3], r"positions\[1\]\.moves: expected actions from 0 to 2"),
        ("moves", [-1], r"positions\[1\]\.moves: expected actions from 0 to 2"),
        ("moves", [0] * 5000, r"positions: .*length"),
        ("seed", -1, r"positions: .*>= 0"),
        ("drawn", 1, r"positions: .*`bool`"),
        ("to_play", 2, r"positions\[1\]\.to_play: expected a player from 0 to 1, got 2"),
        ("legal", [], r"positions\[1\]\.legal: expected one or more"),
        ("legal", [2, 0], r"positions\[1\]\.legal: expected one or more different actions, ascending"),
        ("legal", [0, 9], r"positions\[1\]\.legal: expected actions from 0 to 2"),
        ("action", 1, r"positions\[1\]\.action: expected a legal action, got 1"),
        ("observation", b"\0" * 15, r"positions\[1\]\.observation: expected 4 or 16 bytes, got 15"),
        ("observation", b"\xff" * 16, r"positions\[1\]\.observation: expected finite numbers"),
        ("prior", np.array([-1, 1, 1], "<f4").tobytes(), r"positions\[1\]\.prior: expected probabilities, got -1"),
        ("value", b"", r"positions\[1\]\.value: expected 4 bytes, got 0"),
        ("more", 1, r"positions: .*unknown field"),
    ],
)
def test_what_is_not_as_it_should_be_is_refused(bundle: Bundle, field: str, value: Any, message: str) -> None:
    def change(rows: list[dict[str, Any]]) -> None:
        rows[1][field] = value

    with pytest.raises(BundleError, match=message):
        decode_examples(changed(bundle, change), MODEL)


@pytest.mark.parametrize(("count", "message"), [(0, "got 0"), (65, "got 65")])
def test_there_are_some_and_not_very_many(bundle: Bundle, count: int, message: str) -> None:
    rows = msgpack.unpackb(encode_examples(bundle.examples))
    with pytest.raises(BundleError, match=f"positions: expected 1 to 64 positions, {message}"):
        decode_examples(msgpack.packb(rows[:1] * count), MODEL)


def test_the_file_and_the_manifest_agree(bundle: Bundle, tmp_path: Path) -> None:
    data = write_bundle(
        tmp_path / "agent.myoshu", NETWORK, positions=[position for position, _ in bundle.examples], planes=PLANES
    ).read_bytes()
    contents = read_archive(data, LIMITS, OPTIONAL)
    fields = json.loads(contents[MANIFEST])
    without = {name: held for name, held in contents.items() if name != POSITIONS}
    with pytest.raises(BundleError, match="positions: expected what the manifest says, got no file"):
        Bundle.read(write_archive(without))
    unsaid = {**contents, MANIFEST: json.dumps({**fields, "positions": None}).encode()}
    with pytest.raises(BundleError, match="positions: expected what the manifest says, got a file"):
        Bundle.read(write_archive(unsaid))
    damaged = contents[POSITIONS][:-1] + bytes([contents[POSITIONS][-1] ^ 1])
    with pytest.raises(BundleError, match="positions: expected SHA-256"):
        Bundle.read(write_archive({**contents, POSITIONS: damaged}))
    entry = msgspec.to_builtins(Entry.of(contents[POSITIONS]))
    assert fields["positions"] == entry
    few = {**contents, MANIFEST: json.dumps({**fields, "planes": {"words": ["a"], "layout": ""}}).encode()}
    with pytest.raises(BundleError, match="planes: expected 4 texts"):
        Bundle.read(write_archive(few))


def test_other_entries_stay_refused(network: Network, tmp_path: Path) -> None:
    contents = read_archive(write_bundle(tmp_path / "a.myoshu", network).read_bytes(), LIMITS, OPTIONAL)
    with pytest.raises(BundleError, match=r"expected only the entries .* positions\.msgpack; got 'more'"):
        Bundle.read(write_archive({**contents, "more": b""}))
