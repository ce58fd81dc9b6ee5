"""Kinds of players in words, the same in every verb's help and errors."""

from __future__ import annotations

__all__ = ["ANY_PLAYER", "PERSON", "PROGRAM", "STATELESS"]

PERSON = "person"


def _one_of(*kinds: str) -> str:
    return f"{', '.join(kinds[:-1])} or {kinds[-1]}"


_BUNDLE = "a bundle such as agent.myoshu"
_SIMPLE = ("random", "perfect (small games)", "mcts:N (OpenSpiel, N simulations)")
_PROGRAMS = (
    f"{_BUNDLE} or agent.myoshu@level=3",
    *_SIMPLE,
    "cfr:N (OpenSpiel, N iterations)",
    "bot:NAME (OpenSpiel)",
    "gtp:COMMAND (an engine of Go)",
    "uci:COMMAND (of chess)",
)

STATELESS = _one_of(_BUNDLE, *_SIMPLE)
"""Players that look at nothing but the position."""
PROGRAM = _one_of(*_PROGRAMS)
"""Players that are programs."""
ANY_PLAYER = _one_of(*_PROGRAMS, PERSON)
"""All players."""
