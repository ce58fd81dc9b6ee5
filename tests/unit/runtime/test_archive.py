"""The zip reader: what is written is read, what is hostile is refused."""

from __future__ import annotations

import io
import re
import struct
import zipfile
import zlib
from collections.abc import Callable

import pytest

from myoshu.errors import BundleError
from myoshu.runtime.archive import read_archive, write_archive

MEMBERS = {"one.txt": b"first", "two/three.bin": bytes(range(256)), "empty": b""}
LIMITS = dict.fromkeys(MEMBERS, 1000)


def zipped(members: dict[str, bytes] = MEMBERS, method: int = zipfile.ZIP_STORED) -> bytes:
    """The members as Python's own module stores them."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", method) as archive:
        for name, data in members.items():
            archive.writestr(name, data)
    return buffer.getvalue()


def test_what_is_written_is_read() -> None:
    assert read_archive(write_archive(MEMBERS), LIMITS) == MEMBERS


def test_the_same_members_give_the_same_bytes() -> None:
    assert write_archive(MEMBERS) == write_archive(dict(MEMBERS))


def test_other_tools_can_read_it() -> None:
    with zipfile.ZipFile(io.BytesIO(write_archive(MEMBERS))) as archive:
        assert archive.testzip() is None
        assert {name: archive.read(name) for name in archive.namelist()} == MEMBERS


def test_what_other_tools_store_is_read() -> None:
    assert read_archive(zipped(), LIMITS) == MEMBERS


def test_order_does_not_matter() -> None:
    assert read_archive(write_archive(dict(reversed(MEMBERS.items()))), LIMITS) == MEMBERS


def patched(offset_in_entry: int, form: str, value: int, entry: int = 0) -> bytes:
    """A sound archive with one field of a directory entry overwritten."""
    data = bytearray(write_archive(MEMBERS))
    position = -1
    for _ in range(entry + 1):
        position = data.index(b"PK\x01\x02", position + 1)
    struct.pack_into(form, data, position + offset_in_entry, value)
    return bytes(data)


def end_patched(offset: int, form: str, value: int) -> bytes:
    data = bytearray(write_archive(MEMBERS))
    struct.pack_into(form, data, len(data) - 22 + offset, value)
    return bytes(data)


def commented() -> bytes:
    data = end_patched(20, "<H", 5)
    return data + b"hello"


def overlapping() -> bytes:
    """Two directory entries share one file's bytes, as in a zip bomb without compression."""
    data = bytearray(write_archive({"one.txt": b"first", "two.txt": b"first"}))
    second = data.index(b"PK\x01\x02", data.index(b"PK\x01\x02") + 1)
    struct.pack_into("<I", data, second + 42, 0)
    return bytes(data)


def prefixed() -> bytes:
    """Something hidden before the archive, its offsets corrected."""
    data = bytearray(b"MZ!!" + write_archive(MEMBERS))
    position = -1
    for _ in MEMBERS:
        position = data.index(b"PK\x01\x02", position + 1)
        (offset,) = struct.unpack_from("<I", data, position + 42)
        struct.pack_into("<I", data, position + 42, offset + 4)
    (start,) = struct.unpack_from("<I", data, len(data) - 6)
    struct.pack_into("<I", data, len(data) - 6, start + 4)
    return bytes(data)


HOSTILE: dict[str, tuple[Callable[[], bytes], str]] = {
    "nothing": (lambda: b"", "end record"),
    "no zip": (lambda: b"GIF89a" * 100, "end record"),
    "cut off": (lambda: write_archive(MEMBERS)[:-1], "end record"),
    "trailing bytes": (lambda: write_archive(MEMBERS) + b"!", "end record"),
    "compressed": (lambda: zipped(method=zipfile.ZIP_DEFLATED), "stored"),
    "a path upwards": (lambda: zipped({"../one.txt": b"", "two/three.bin": b"", "empty": b""}), "only the entries"),
    "an absolute path": (lambda: zipped({"/etc/passwd": b"", "two/three.bin": b"", "empty": b""}), "only the entries"),
    "one too many": (lambda: zipped({**MEMBERS, "more": b""}), "expected 3 entries, got 4"),
    "one too few": (lambda: zipped({"empty": b""}), "expected 3 entries, got 1"),
    "huge claimed size": (lambda: patched(24, "<I", 0xFFFFFFF0), "stored bytes"),
    "zip64 claim": (lambda: patched(20, "<Q", 0xFFFFFFFFFFFFFFFF), "got 4294967295|at most"),
    "zip64 offset": (lambda: patched(42, "<I", 0xFFFFFFFF), "expected to begin before|to follow"),
    "zip64 end": (lambda: end_patched(16, "<I", 0xFFFFFFFF), "directory"),
    "encrypted": (lambda: patched(8, "<H", 1), "encryption"),
    "streamed": (lambda: patched(8, "<H", 8), "streaming"),
    "a link": (lambda: patched(38, "<I", 0o120777 << 16), "regular file"),
    "a folder": (lambda: patched(38, "<I", 0x10), "regular file"),
    "a comment": (commented, "without a comment|end record"),
    "more comments than bytes": (lambda: end_patched(20, "<H", 0xFFFF), "without a comment"),
    "wrong sum": (lambda: patched(16, "<I", zlib.crc32(b"other")), "agree with the directory"),
    "many entries claimed": (lambda: end_patched(8, "<I", 0xFFFFFFFF), "expected 3 entries, got 65535"),
    "several disks": (lambda: end_patched(4, "<H", 1), "one part"),
    "name longer than the file": (lambda: patched(28, "<H", 0xFFFF), "directory entry"),
    "something before": (prefixed, "follow the file's beginning"),
}


@pytest.mark.parametrize("name", HOSTILE)
def test_what_is_hostile_is_refused(name: str) -> None:
    make, message = HOSTILE[name]
    with pytest.raises(BundleError, match=message):
        read_archive(make(), LIMITS)


def test_entries_may_not_share_bytes() -> None:
    with pytest.raises(BundleError, match=r"same name|follow"):
        read_archive(overlapping(), {"one.txt": 10, "two.txt": 10})


@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_a_name_may_not_come_twice() -> None:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("a", b"1")
        archive.writestr("a", b"2")
    with pytest.raises(BundleError, match="one entry of this name, got 2"):
        read_archive(buffer.getvalue(), {"a": 10, "b": 10})


def test_an_entry_may_not_be_too_large() -> None:
    with pytest.raises(BundleError, match=re.escape("two/three.bin: expected at most 255 bytes, got 256")):
        read_archive(write_archive(MEMBERS), {**LIMITS, "two/three.bin": 255})


def test_every_cut_is_refused() -> None:
    data = write_archive(MEMBERS)
    for length in range(len(data)):
        with pytest.raises(BundleError):
            read_archive(data[:length], LIMITS)


def test_no_change_of_a_byte_goes_through_unnoticed_or_crashes() -> None:
    data = write_archive(MEMBERS)
    for position in range(len(data)):
        for flip in (0x01, 0x80, 0xFF):
            damaged = bytearray(data)
            damaged[position] ^= flip
            try:
                contents = read_archive(bytes(damaged), LIMITS)
            except BundleError:
                continue
            assert contents == MEMBERS
