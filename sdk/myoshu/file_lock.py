"""One writer per file: the operating system's lock on it, which ends with the process that holds it."""

from __future__ import annotations

import sys
from typing import BinaryIO

__all__ = ["lock_file"]


def lock_file(file: BinaryIO) -> bool:
    """Lock a file for this process until it is closed; False if another process has it.

    Raises:
        OSError: its file system does not support locks.
    """
    if sys.platform == "win32":
        import msvcrt

        file.seek(1 << 40)  # far beyond the contents: on Windows others cannot read a locked part
        try:
            msvcrt.locking(file.fileno(), msvcrt.LK_NBLCK, 1)
        except OSError:
            return False
        return True
    import fcntl

    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
