"""A bundle: a whole agent in one ``.myoshu`` file, validated before any of it is used."""

from __future__ import annotations

import hashlib
import mmap
import os
import stat
from collections.abc import Mapping, Sequence
from importlib.resources.abc import Traversable
from pathlib import Path
from typing import BinaryIO

import msgspec

from myoshu.errors import ArgumentError, BundleError
from myoshu.files import replaced
from myoshu.model import TABLE, find_fault
from myoshu.runtime.archive import read_archive, write_archive
from myoshu.runtime.graphs import check_graph
from myoshu.runtime.manifest import MAX_MANIFEST, Entry, Manifest
from myoshu.runtime.parity import MAX_PARITY, Parity
from myoshu.runtime.positions import MAX_POSITIONS, Example, decode_examples, encode_examples

__all__ = ["MAX_BUNDLE", "Bundle", "Source"]

MAX_BUNDLE = 1 << 31
"""The largest file that is read, in bytes."""

Source = str | os.PathLike[str] | bytes | bytearray | memoryview | mmap.mmap | BinaryIO | Traversable
"""A source of a bundle: a path, bytes, an open binary file, or a resource."""

MANIFEST = "manifest.json"
PARITY = "parity.msgpack"
POSITIONS = "positions.msgpack"
FILES = {graph.name: f"graphs/{graph.name}.onnx" for graph in TABLE}
LIMITS = {MANIFEST: MAX_MANIFEST, PARITY: MAX_PARITY}
"""The files of every bundle, with their greatest sizes in bytes."""
OPTIONAL = {**dict.fromkeys(FILES.values(), MAX_BUNDLE), POSITIONS: MAX_POSITIONS}
"""The files that are there exactly if the manifest lists them, with their greatest sizes in bytes."""


class Bundle:
    """The validated contents of a bundle file. Made by :meth:`read`."""

    def __init__(
        self, manifest: Manifest, graphs: Mapping[str, bytes], parity: Parity, examples: Sequence[Example] = ()
    ) -> None:
        self.manifest = manifest
        """The file's contents and origin."""
        self.parity = parity
        """The parity vectors: inputs with the trainer's outputs."""
        self.examples = tuple(examples)
        """Positions with the agent's observations and outputs; may be empty."""
        self.graphs = dict(graphs)
        """Serialised ONNX models by name: this model's graphs of :data:`myoshu.model.TABLE`, in its order; parts may
        be absent."""

    @staticmethod
    def read(source: Source) -> Bundle:
        """Read and validate a bundle. Nothing is written to disk, nothing is unpickled.

        Args:
            source: a path, the file's bytes, or a source of them.

        Raises:
            ArgumentError: it is none of these.
            BundleVersionError: a newer myoshu wrote it.
            BundleError: it cannot be read, or anything in it is invalid; the message names the place.
        """
        data = _data_of(source)
        if data is not None:
            return _parse(data)
        try:
            path = Path(source)  # type: ignore[arg-type]  # tried
        except TypeError as error:
            raise ArgumentError(
                f"path: expected a bundle's path, its bytes, or a file or resource to read, got {source!r:.80}"
            ) from error
        try:
            return _parse(_read_file(path))
        except BundleError as error:
            raise type(error)(f"{path}: {error}") from error

    @staticmethod
    def write(
        path: str | os.PathLike[str],
        *,
        manifest: Manifest,
        graphs: Mapping[str, bytes],
        parity: Parity,
        examples: Sequence[Example] = (),
    ) -> Manifest:
        """Write a bundle: the same contents give the same bytes, and a crash leaves the old file or the new.

        Args:
            path: the file; an existing one is replaced.
            manifest: its manifest; the entries of the other files are filled in here.
            graphs: each graph by name; parts may be left out.
            parity: the parity vectors.
            examples: positions with the agent's observations and outputs.

        Returns:
            The manifest as written.

        Raises:
            BundleError: the contents could not be read back, or the file cannot be written.
        """
        if fault := find_fault(manifest.model, graphs):
            raise BundleError(f"graphs: {fault}")
        stored = [name for name in FILES if name in graphs]
        vectors = parity.encode()
        positions = encode_examples(examples) if examples else None
        manifest = msgspec.structs.replace(
            manifest,
            graphs={name: Entry.of(graphs[name]) for name in stored},
            parity=Entry.of(vectors),
            positions=None if positions is None else Entry.of(positions),
        )
        members = {MANIFEST: manifest.encode(), **{FILES[name]: graphs[name] for name in stored}, PARITY: vectors}
        if positions is not None:
            members[POSITIONS] = positions
        data = write_archive(members)
        _parse(data)
        _replace_file(Path(path), data)
        return manifest


def _parse(data: bytes) -> Bundle:
    contents = read_archive(data, LIMITS, OPTIONAL)
    manifest = Manifest.decode(contents[MANIFEST])
    graphs = {}
    for name, file in FILES.items():
        graph = _listed(f"graphs.{name}", contents.get(file), manifest.graphs.get(name))
        if graph is not None:
            check_graph(f"graphs.{name}", graph)
            graphs[name] = graph
    parity = Parity.decode(_verified("parity", contents[PARITY], manifest.parity), manifest.model, manifest.game)
    positions = _listed("positions", contents.get(POSITIONS), manifest.positions)
    return Bundle(manifest, graphs, parity, decode_examples(positions, manifest.model) if positions is not None else ())


def _listed(name: str, data: bytes | None, entry: Entry | None) -> bytes | None:
    """Check that a file is there exactly when the manifest lists it."""
    if data is None and entry is None:
        return None
    if data is None or entry is None:
        there, said = ("no", "names one") if data is None else ("a", "names none")
        raise BundleError(f"{name}: expected what the manifest says, got {there} file where it {said}")
    return _verified(name, data, entry)


def _data_of(source: Source) -> bytes | None:
    """The bytes that the source is or provides; None if it names a path."""
    if isinstance(source, bytes):
        return source
    if isinstance(source, str | os.PathLike):
        return None
    try:
        held = source.read_bytes() if isinstance(source, Traversable) else source
        if not isinstance(held, bytes | bytearray | memoryview | mmap.mmap):
            held = held.read(MAX_BUNDLE + 1)
        view = memoryview(held)
    except OSError as error:
        raise BundleError(f"expected a bundle to be read, got: {error.strerror or error}") from error
    except (AttributeError, TypeError, ValueError):
        return None
    if view.nbytes > MAX_BUNDLE:
        raise BundleError(f"expected at most {MAX_BUNDLE} bytes, got {view.nbytes}")
    return view.tobytes()


def _verified(name: str, data: bytes, entry: Entry) -> bytes:
    if len(data) != entry.size:
        raise BundleError(f"{name}: expected {entry.size} bytes, got {len(data)}")
    digest = hashlib.sha256(data).hexdigest()
    if digest != entry.sha256:
        raise BundleError(f"{name}: expected SHA-256 {entry.sha256}, got {digest}: the file is damaged")
    return data


def _read_file(path: Path) -> bytes:
    try:
        status = path.stat()
        if not stat.S_ISREG(status.st_mode):
            raise BundleError("expected a regular file, got a folder, a pipe or a device")
        if status.st_size > MAX_BUNDLE:
            raise BundleError(f"expected at most {MAX_BUNDLE} bytes, got {status.st_size}")
        with path.open("rb") as file:
            return file.read(status.st_size)
    except OSError as error:
        raise BundleError(f"expected a bundle file, got: {error.strerror or error}") from error
    except ValueError as error:
        raise BundleError(f"expected the path of a bundle file, got: {error}") from error


def _replace_file(path: Path, data: bytes) -> None:
    """Replace a file atomically, so that no reader ever sees a part of it."""
    try:
        with replaced(path) as file:
            file.write(data)
    except OSError as error:
        raise BundleError(f"{path}: expected a place to write a bundle, got: {error.strerror or error}") from error
