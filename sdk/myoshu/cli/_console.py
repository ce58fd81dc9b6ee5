"""Output where not every character can be written: a Windows console, a pipe under an old code page."""

from __future__ import annotations

import codecs
import contextlib
import io
import sys
import unicodedata

__all__ = ["adapt_streams", "plain"]

_HANDLER = "myoshu_plain"
_PLAIN = {
    "∞": "inf", "–": "-", "—": "-", "−": "-", "×": "x", "·": "|", "•": "*", "…": "...", "→": "->", "←": "<-",
    "±": "+-", "½": "1/2", "µ": "u", "μ": "u", "≥": ">=", "≤": "<=", "≈": "~", "√": "sqrt", "“": '"', "”": '"',
    "‘": "'", "’": "'", "─": "-", "━": "-", "═": "-", "│": "|", "┃": "|", "║": "|",
}  # fmt: skip
"""What is written instead. Other frames become ``+``, blocks ``#``, letters lose their marks; all else is ``?``."""


def adapt_streams() -> None:
    """Have standard output and error write what they can, instead of failing at a character they cannot."""
    codecs.register_error(_HANDLER, _replaced)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            with contextlib.suppress(OSError, ValueError):  # one that is closed has nothing to write
                stream.reconfigure(errors=_HANDLER)


def plain(letter: str) -> str:
    """A character in ASCII, as near as it comes."""
    if letter in _PLAIN:
        return _PLAIN[letter]
    if "BOX DRAWINGS" in unicodedata.name(letter, ""):
        return "+"
    if "BLOCK" in unicodedata.name(letter, ""):
        return "#"
    simple = unicodedata.normalize("NFKD", letter).encode("ascii", "ignore").decode()
    return simple or "?"


def _replaced(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeEncodeError):
        raise error
    return "".join(map(plain, error.object[error.start : error.end])), error.end
