"""Engines as the command line names them: ``gtp:gnugo --mode gtp``, ``uci:stockfish@time=0.1,Skill Level=3``."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from myoshu.cli._player_settings import PlayerSettings

if TYPE_CHECKING:
    from myoshu.arena.player import Player

__all__ = ["engine_player"]

_WRITTEN = re.compile(r"(?P<command>.*)@(?P<options>[^@=,/]+=[^@]*)", re.DOTALL)
_LIMITS = ("time", "nodes", "depth")


def engine_player(text: str, name: str) -> Player:
    """An engine as a player.

    Args:
        text: ``gtp:`` or ``uci:``, the command that runs it, and after an ``@`` its settings.
        name: how results call the player.

    Raises:
        MatchError: a setting is not as expected.
    """
    protocol, _, command = text.partition(":")
    found = _WRITTEN.fullmatch(command)
    written = "" if found is None else found["options"]
    if found is not None:
        command = found["command"]
    if protocol == "gtp":
        from myoshu_engines.engine.gtp import GtpPlayer

        timeout = PlayerSettings(command, written, ("timeout",)).number("timeout")
        return GtpPlayer(command, name) if timeout is None else GtpPlayer(command, name, timeout)
    from myoshu_engines.engine.uci import UciPlayer

    options = PlayerSettings(command, written, _LIMITS, others=True)
    return UciPlayer(
        command,
        name,
        time=options.number("time"),
        nodes=options.count("nodes"),
        depth=options.count("depth"),
        options={key: value for key, value in options.given.items() if key not in _LIMITS},
    )
