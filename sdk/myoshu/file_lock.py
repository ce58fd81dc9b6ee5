"""One writer a file: the operating system's lock on it, which ends with whoever holds it, however it ends."""

from __future__ import annotations

import sys
from typing import BinaryIO

__all__ = ["lock_file"]


def lock_file(file: BinaryIO) -> bool:
    """Whether the file is this process's now, until it is closed; False if another has it.

    Raises:
        OSError: its file system knows no locks.
    """
    if sys.platform == "win32":
        import msvcrt

        file.seek(1 << 40)  # far behind what is written: on Windows a locked part cannot be read by others
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
