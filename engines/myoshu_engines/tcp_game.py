"""Games of engines that listen: ``tcp://127.0.0.1:7777``. ``MYOSHU_TOKEN`` is sent to the engine, if it is set."""

from __future__ import annotations

import os

from myoshu.client.address import Address
from myoshu.errors import ArgumentError, ConnectionLostError, GameError, GameStringError, RequestError
from myoshu_engines.remote import RemoteGame

__all__ = ["load"]


def load(rest: str) -> RemoteGame:
    """The game of the engine at an address such as ``//127.0.0.1:7777``.

    Raises:
        GameStringError: it is not an address.
        GameError: nothing answers there, or the engine refuses; the message says why.
    """
    name = f"tcp:{rest}"
    try:
        address = Address.of(name if "://" in name else f"tcp://{rest}")
    except ArgumentError as error:
        raise GameStringError(f"game: expected tcp://HOST:PORT, got {name!r}") from error
    try:
        return RemoteGame(address, token=os.environ.get("MYOSHU_TOKEN") or None)
    except ConnectionLostError as error:
        raise GameError(str(error)) from error
    except RequestError as error:
        raise GameError(f"{address.url}: {error}") from error
