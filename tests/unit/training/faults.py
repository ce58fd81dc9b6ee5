"""What takes the place of a function so that it fails."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NoReturn


def raising(error: Exception) -> Callable[..., NoReturn]:
    """A function that takes anything and raises the error."""

    def fail(*_: Any, **__: Any) -> NoReturn:
        raise error

    return fail
