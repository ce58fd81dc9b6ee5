"""A string such as ``FrozenLake-v1(is_slippery=False)``, taken apart."""

from __future__ import annotations

import ast
import re
from typing import Any

from myoshu.checks import interval, whole
from myoshu.errors import GameStringError

__all__ = ["first_line", "max_length_of", "parsed", "returns_of"]

_EXAMPLE = "gymnasium:FrozenLake-v1(is_slippery=False)"


def parsed(rest: str) -> tuple[str, dict[str, Any], str]:
    """The environment's name, the parameters, and the string with uniform spacing.

    Raises:
        GameStringError: it does not parse.
    """
    said = f"expected an environment and parameters such as {_EXAMPLE}, got 'gymnasium:{rest}'"
    match = re.fullmatch(r"([^()\s]+)(?:\((.*)\))?", rest, re.DOTALL)
    if match is None:
        raise GameStringError(f"game: {said}")
    name, text = match[1], match[2] or ""
    try:
        call = ast.parse(f"_({text})", mode="eval").body
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        raise GameStringError(f"game: {said}") from error
    if not isinstance(call, ast.Call) or not isinstance(call.func, ast.Name) or call.args:
        raise GameStringError(f"game: {said}")
    parameters: dict[str, Any] = {}
    written = []
    for keyword in call.keywords:
        if keyword.arg is None or keyword.arg in parameters:
            raise GameStringError(f"game: {said}")
        try:
            parameters[keyword.arg] = ast.literal_eval(keyword.value)
        except (ValueError, TypeError, SyntaxError, RecursionError, MemoryError) as error:
            raise GameStringError(
                f"game: {keyword.arg}: expected a literal such as 3, True or 'text', "
                f"got {ast.unparse(keyword.value)!r} in 'gymnasium:{rest}'"
            ) from error
        written.append(f"{keyword.arg}={ast.unparse(keyword.value)}")
    return name, parameters, f"{name}({','.join(written)})" if written else name


def returns_of(given: Any) -> tuple[float, float] | None:
    """The value of ``returns=``, if it is given.

    Raises:
        GameStringError: it is not two finite numbers in order.
    """
    if given is None:
        return None
    return interval("game: returns", given, like="(0, 500)", error=GameStringError)


def max_length_of(given: Any) -> int | None:
    """The value of ``max_length=``, if it is given.

    Raises:
        GameStringError: it is not a number of steps.
    """
    if given is None:
        return None
    steps = whole(given)
    if steps is None or steps < 1:
        raise GameStringError(f"game: max_length: expected a number of steps, 1 or more, got {given!r}")
    return steps


def first_line(error: BaseException) -> str:
    """The first line of an error's text, or else its kind."""
    lines = str(error).strip().splitlines()
    return lines[0] if lines else type(error).__name__
