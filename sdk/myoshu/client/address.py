"""A server's address, as a person writes it."""

from __future__ import annotations

import dataclasses
import os
from pathlib import Path
from urllib.parse import urlsplit

from myoshu.discovery import Discovery, default_path
from myoshu.errors import ArgumentError

__all__ = ["Address"]

SCHEMES = ("tcp", "tcps", "unix", "ws", "wss")


@dataclasses.dataclass(frozen=True, slots=True)
class Address:
    """One way to a server."""

    scheme: str
    """tcp, tcps (TLS), unix, ws or wss."""
    host: str
    """Host, or the path of a Unix socket."""
    port: int
    """0 for a Unix socket."""
    token: str | None = None
    """The token, where a discovery file has one."""

    @property
    def url(self) -> str:
        """The address as a person writes it."""
        if self.scheme == "unix":
            return f"unix://{self.host}"
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"{self.scheme}://{host}:{self.port}"

    @staticmethod
    def of(given: str | os.PathLike[str] | None) -> Address:
        """The address in a text such as ``tcp://127.0.0.1:7777``, or in a discovery file; the default one if None.

        Raises:
            ArgumentError: it is not an address.
            ConnectionLostError: there is no discovery file.
        """
        if isinstance(given, str) and "://" in given:
            return _parse(given, None)
        found = Discovery.read(default_path() if given is None else Path(given))
        url = f"unix://{found.unix}" if found.tcp is None and found.unix is not None else found.tcp or found.ws
        if url is None:
            raise ArgumentError(f"{given}: expected a discovery file with tcp, unix or ws, got one with none")
        return _parse(url, found.token)


def _parse(url: str, token: str | None) -> Address:
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError as error:
        raise ArgumentError(f"address: expected one such as tcp://127.0.0.1:7777, got {url!r}") from error
    if parts.scheme == "unix" and parts.path:
        return Address("unix", parts.netloc + parts.path, 0, token)
    if parts.scheme not in SCHEMES or not parts.hostname or not port:
        raise ArgumentError(f"address: expected one such as tcp://127.0.0.1:7777 ({', '.join(SCHEMES)}), got {url!r}")
    return Address(parts.scheme, parts.hostname, port, token)
