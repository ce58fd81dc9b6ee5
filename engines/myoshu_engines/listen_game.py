"""Games of engines that connect to us: ``listen://127.0.0.1:7900``. They must show ``MYOSHU_TOKEN``, if it is set."""

from __future__ import annotations

import logging
import os
import re

from myoshu.client.door import Door, DoorLink
from myoshu.errors import GameStringError
from myoshu_engines.remote import PATIENCE, TIMEOUT, RemoteGame

__all__ = ["load"]

log = logging.getLogger("myoshu.client")


def load(rest: str) -> RemoteGame:
    """The game of the engine that connects to an address such as ``//127.0.0.1:7900``; waits for it.

    Raises:
        GameStringError: it is not an address.
        ArgumentError: it cannot be listened on.
        GameError: the engine's game cannot be learned; the message says why.
    """
    found = re.fullmatch(r"//(?:\[([0-9a-fA-F:]+)\]|([^:/]+)):(\d{1,5})", rest)
    if found is None or int(found[3]) > 65535:
        raise GameStringError(f"game: expected listen://HOST:PORT, got {f'listen:{rest}'!r}")
    door = Door(found[1] or found[2], int(found[3]), os.environ.get("MYOSHU_TOKEN") or None)
    log.warning(f"waiting for an engine to connect to {door.address.url}")
    link = DoorLink(door, timeout=TIMEOUT, patience=PATIENCE)
    return RemoteGame(door.address, where=door.address.url.replace("tcp://", "listen://"), link=link)
