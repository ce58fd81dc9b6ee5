"""A strict reader and a deterministic writer of stored zip archives, entirely in memory.

It reads only what :func:`write_archive` (or any zip tool in its store mode) produces: no compression, no encryption, no
zip64, no streamed entries, no comments, no links, no folders, nothing hidden before, between or behind the entries. The
claims of a hostile archive are compared with its contents before a byte is copied, and nothing is ever unpacked to
disk.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterable, Mapping
from typing import NamedTuple

from myoshu.errors import BundleError

__all__ = ["read_archive", "write_archive"]

LOCAL = struct.Struct("<4s5H3I2H")
CENTRAL = struct.Struct("<4s6H3I5H2I")
END = struct.Struct("<4s4H2IH")
LOCAL_MARK, CENTRAL_MARK, END_MARK = b"PK\x03\x04", b"PK\x01\x02", b"PK\x05\x06"
VERSION = 20
DATE, TIME = (1980 - 1980) << 9 | 1 << 5 | 1, 0
UTF8 = 0x800
REGULAR = 0o100000


class _Member(NamedTuple):
    name: str
    flags: int
    crc: int
    size: int
    offset: int


def write_archive(members: Mapping[str, bytes]) -> bytes:
    """A stored zip of the members in the given order; the same members always give the same bytes."""
    body, directory = bytearray(), bytearray()
    for name, data in members.items():
        label, crc, size, offset = name.encode("ascii"), zlib.crc32(data), len(data), len(body)
        if offset + size > 0xFFFFFFF0:
            raise BundleError(f"{name}: expected a bundle below 4 GiB, got {offset + size} bytes")
        body += LOCAL.pack(LOCAL_MARK, VERSION, 0, 0, TIME, DATE, crc, size, size, len(label), 0) + label + data
        mode = (REGULAR | 0o644) << 16
        made_by = 3 << 8 | VERSION
        directory += CENTRAL.pack(
            CENTRAL_MARK, made_by, VERSION, 0, 0, TIME, DATE, crc, size, size, len(label), 0, 0, 0, 0, mode, offset
        )
        directory += label
    end = END.pack(END_MARK, 0, 0, len(members), len(members), len(directory), len(body), 0)
    return bytes(body + directory + end)


def read_archive(
    data: bytes, expected: Mapping[str, int], optional: Mapping[str, int] | None = None
) -> dict[str, bytes]:
    """The members of a stored zip.

    Args:
        data: the whole archive.
        expected: the required names, each exactly once, with the largest size allowed.
        optional: the same for optional names; no others are allowed.

    Raises:
        BundleError: anything is invalid; the message begins with the place.
    """
    optional = optional or {}
    limits = {**expected, **optional}
    members, directory_start = _directory(data, len(expected), len(limits))
    _check_names([member.name for member in members], expected, optional)
    previous_end, previous = 0, "the file's beginning"
    contents = {}
    for member in sorted(members, key=lambda each: each.offset):
        if member.size > limits[member.name]:
            raise BundleError(f"{member.name}: expected at most {limits[member.name]} bytes, got {member.size}")
        start = _local(data, member, directory_start)
        if member.offset != previous_end:
            raise BundleError(
                f"{member.name}: expected to follow {previous} at byte {previous_end}, got byte {member.offset}"
            )
        previous_end, previous = start + member.size, member.name
        contents[member.name] = data[start:previous_end]
        if zlib.crc32(contents[member.name]) != member.crc:
            raise BundleError(f"{member.name}: expected CRC-32 {member.crc:08x}, got another: the file is damaged")
    if previous_end != directory_start:
        raise BundleError(f"archive: expected its directory at byte {previous_end}, got byte {directory_start}")
    return contents


def _directory(data: bytes, least: int, most: int) -> tuple[list[_Member], int]:
    """The central directory's members, and the byte at which it begins."""
    if len(data) < END.size or data[-END.size :][:4] != END_MARK:
        raise BundleError(
            f"archive: expected a zip's end record in the last {END.size} bytes, got none: "
            "not a bundle, or one that is cut off"
        )
    _, disk, first_disk, here, total, size, start, comment = END.unpack_from(data, len(data) - END.size)
    if disk or first_disk or here != total or comment:
        raise BundleError("archive: expected one part without a comment, got another kind of zip")
    if not least <= total <= most:
        count = f"{least}" if least == most else f"{least} to {most}"
        raise BundleError(f"archive: expected {count} entries, got {total}")
    if start + size != len(data) - END.size:
        raise BundleError(
            f"archive: expected a directory that ends at byte {len(data) - END.size}, "
            f"got one from {start} to {start + size}"
        )
    members, position = [], start
    for number in range(total):
        if position + CENTRAL.size > start + size:
            raise BundleError(f"archive: expected {total} directory entries, got {number}")
        (mark, made_by, _, flags, method, _, _, crc, packed, length, name_size, extra, note, disk, _, mode, offset) = (
            CENTRAL.unpack_from(data, position)
        )
        begin = position + CENTRAL.size
        position = begin + name_size + extra + note
        if mark != CENTRAL_MARK or position > start + size:
            raise BundleError(f"archive: expected a whole directory entry {number}, got something else")
        name = data[begin : begin + name_size].decode("ascii", "backslashreplace")
        kind = (mode >> 16) & 0o170000 if made_by >> 8 == 3 else 0
        if kind not in (0, REGULAR) or mode & 0x10:
            raise BundleError(f"{name[:80]!r}: expected a regular file, got a link, a folder or a device")
        if disk or note:
            raise BundleError(f"{name[:80]!r}: expected one part without a comment, got another kind of entry")
        _check_plain(name, flags, method, packed, length)
        members.append(_Member(name, flags, crc, length, offset))
    if position != start + size:
        raise BundleError(f"archive: expected a directory of {position - start} bytes, got {size}")
    return members, start


def _check_plain(name: str, flags: int, method: int, packed: int, length: int) -> None:
    if flags & ~UTF8:
        raise BundleError(f"{name[:80]!r}: expected neither encryption nor streaming, got flags {flags:#06x}")
    if method != 0:
        raise BundleError(f"{name[:80]!r}: expected to be stored (method 0), got compression method {method}")
    if packed != length:
        raise BundleError(f"{name[:80]!r}: expected {length} stored bytes, got {packed}")


def _check_names(names: list[str], expected: Iterable[str], optional: Iterable[str]) -> None:
    known = [*expected, *optional]
    for name in names:
        if name not in known:
            raise BundleError(f"archive: expected only the entries {', '.join(known)}; got {name[:80]!r}")
    for name in known:
        count = names.count(name)
        if count > 1 or (count == 0 and name in expected):
            raise BundleError(f"{name}: expected one entry of this name, got {count}")


def _local(data: bytes, member: _Member, directory_start: int) -> int:
    """Check a member's local header against the directory.

    Returns:
        The byte at which its data begin.
    """
    if member.offset + LOCAL.size > directory_start:
        raise BundleError(f"{member.name}: expected to begin before byte {directory_start}, got byte {member.offset}")
    mark, _, flags, method, _, _, crc, packed, length, name_size, extra = LOCAL.unpack_from(data, member.offset)
    begin = member.offset + LOCAL.size
    start: int = begin + name_size + extra
    if mark != LOCAL_MARK:
        raise BundleError(f"{member.name}: expected a header at byte {member.offset}, got something else")
    if (flags, method, crc, packed, length) != (member.flags, 0, member.crc, member.size, member.size):
        raise BundleError(f"{member.name}: expected its header to agree with the directory, got other figures")
    if data[begin : begin + name_size] != member.name.encode():
        raise BundleError(f"{member.name}: expected its header to have the same name, got another")
    if start + member.size > directory_start:
        raise BundleError(f"{member.name}: expected {member.size} bytes, got {max(0, directory_start - start)}")
    return start
