"""Where a server is: a file that its clients read."""

from __future__ import annotations

import contextlib
import os
import secrets
import tempfile
from pathlib import Path

import msgspec

from myoshu.errors import ConnectionLostError
from myoshu.protocol.messages import VERSION

__all__ = ["Discovery", "default_path"]


class Discovery(msgspec.Struct, frozen=True, kw_only=True):
    """What the file holds."""

    proto: tuple[int, int] = (VERSION, VERSION)
    """Versions spoken."""
    pid: int
    """The server's process."""
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
        """Put the file in place at once, readable by its owner alone."""
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        temporary = path.with_name(f".{path.name}.{secrets.token_hex(8)}")
        try:
            handle = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with os.fdopen(handle, "wb") as file:
                file.write(msgspec.json.format(msgspec.json.encode(self), indent=2) + b"\n")
            temporary.replace(path)
        finally:
            temporary.unlink(missing_ok=True)

    def remove(self, path: Path) -> None:
        """Take the file away, if it is still this server's."""
        with contextlib.suppress(ConnectionLostError, OSError):
            if Discovery.read(path).pid == self.pid:
                path.unlink()

    @staticmethod
    def read(path: Path) -> Discovery:
        """What a file says.

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
    """Where the file is where nobody says."""
    runtime = os.environ.get("XDG_RUNTIME_DIR")
    if runtime:
        return Path(runtime) / "myoshu" / "server.json"
    user = os.getuid() if hasattr(os, "getuid") else 0
    return Path(tempfile.gettempdir()) / f"myoshu-{user}" / "server.json"
