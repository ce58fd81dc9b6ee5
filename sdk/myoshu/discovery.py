"""A server's addresses, in a file that its clients read."""

from __future__ import annotations

import contextlib
import os
import socket
import stat
import tempfile
from pathlib import Path

import msgspec

from myoshu.errors import ArgumentError, ConnectionLostError
from myoshu.files import replaced
from myoshu.protocol.messages import VERSION

__all__ = ["Discovery", "default_path"]

PATIENCE = 1.0
"""Seconds in which a server on this machine takes a connection."""


class Discovery(msgspec.Struct, frozen=True, kw_only=True):
    """The contents of the file."""

    proto: tuple[int, int] = (VERSION, VERSION)
    """Least and greatest protocol version spoken."""
    pid: int
    """The server's process id."""
    tcp: str | None = None
    """``tcp://host:port``, or ``tcps://`` with TLS."""
    unix: str | None = None
    """Path of the Unix socket."""
    ws: str | None = None
    """``ws://host:port``, or ``wss://`` with TLS."""
    metrics: str | None = None
    """Address of the metrics."""
    token: str | None = None
    """The token, if there is one."""

    def write(self, path: Path) -> None:
        """Write the file atomically, readable by its owner alone.

        Raises:
            ArgumentError: it belongs to another server that answers, or it cannot be written.
        """
        with contextlib.suppress(ConnectionLostError):
            there = Discovery.read(path)
            if there.tcp != self.tcp and there.answers():  # no other server listens where this one does
                raise ArgumentError(
                    f"{path}: expected a discovery file of no other server, got that of process {there.pid}, which "
                    f"answers at {there.tcp}: name another file"
                )
        try:
            path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            with replaced(path, 0o600) as file:
                file.write(msgspec.json.format(msgspec.json.encode(self), indent=2) + b"\n")
        except OSError as error:
            raise ArgumentError(f"{path}: expected to write a discovery file, got: {error.strerror}") from error

    def answers(self) -> bool:
        """Whether a server accepts connections there."""
        host, _, port = str(self.tcp).rpartition("://")[2].rpartition(":")
        try:
            socket.create_connection((host.strip("[]"), int(port)), PATIENCE).close()
        except (OSError, ValueError, OverflowError):
            return False
        return True

    def remove(self, path: Path) -> None:
        """Remove the file, if it is still this server's."""
        with contextlib.suppress(ConnectionLostError, OSError):
            if Discovery.read(path).pid == self.pid:
                path.unlink()

    @staticmethod
    def read(path: Path) -> Discovery:
        """Read a discovery file.

        Raises:
            ConnectionLostError: there is none, or it is damaged.
        """
        try:
            return msgspec.json.decode(path.read_bytes(), type=Discovery)
        except FileNotFoundError:
            raise ConnectionLostError(
                f"{path}: expected a server's discovery file, got none: no server is running; start one with "
                "'myoshu serve AGENT', or give its address, such as tcp://127.0.0.1:7777"
            ) from None
        except OSError as error:
            raise ConnectionLostError(f"{path}: expected a server's discovery file, got: {error.strerror}") from error
        except msgspec.DecodeError as error:
            raise ConnectionLostError(f"{path}: expected a server's discovery file, got: {error}") from error


def default_path() -> Path:
    """The default path of the file.

    Raises:
        ArgumentError: another user could put a file there.
    """
    runtime = os.environ.get("XDG_RUNTIME_DIR")
    if runtime:
        return Path(runtime) / "myoshu" / "server.json"
    user = os.getuid() if hasattr(os, "getuid") else 0
    folder = Path(tempfile.gettempdir()) / f"myoshu-{user}"
    if hasattr(os, "getuid"):
        _check_own(folder, user)
    return folder / "server.json"


def _check_own(folder: Path, user: int) -> None:
    """Check that the folder is this user's and not a link: anyone may create one of that name among temporary files."""
    try:
        held = folder.lstat()
    except OSError:
        return
    if not stat.S_ISDIR(held.st_mode) or held.st_uid != user or held.st_mode & 0o022:
        raise ArgumentError(
            f"{folder}: expected a folder that belongs to user {user} and that others cannot write to, got "
            f"{stat.filemode(held.st_mode)} of user {held.st_uid}: remove it, or set XDG_RUNTIME_DIR"
        )
