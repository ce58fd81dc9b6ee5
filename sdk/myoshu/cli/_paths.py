"""Where a command writes: looked at before it works."""

from __future__ import annotations

from pathlib import Path

from myoshu.errors import ArgumentError

__all__ = ["expect_folder"]


def expect_folder(option: str, path: Path) -> None:
    """See that a file to be written lies in a folder that is there.

    Args:
        option: how the error calls it.
        path: the file's.

    Raises:
        ArgumentError: there is no such folder, or the path is a folder itself.
    """
    if not path.absolute().parent.is_dir():
        raise ArgumentError(f"{option}: expected a folder that is there, got {path.parent}")
    if path.is_dir():
        raise ArgumentError(f"{option}: expected a file, got the folder {path}")
