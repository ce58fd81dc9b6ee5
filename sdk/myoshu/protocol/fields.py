"""The types of fields, with their bounds."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta

__all__ = ["Action", "Count", "Duration", "Every", "Name", "RequestId", "Seed", "Slot", "Text", "Words"]

RequestId = Annotated[int, Meta(ge=1, le=0xFFFFFFFF)]
"""Number of a request."""
Count = Annotated[int, Meta(ge=1, le=0x7FFFFFFF)]
"""A count of one or more."""
Slot = Annotated[int, Meta(ge=0, le=0xFFFFFFFF)]
"""Number of a slot or a session."""
Action = Annotated[int, Meta(ge=0, le=0x7FFFFFFF)]
"""An action, or a player."""
Seed = Annotated[int, Meta(ge=0, le=0x7FFFFFFFFFFFFFFF)]
"""Seed of random numbers."""
Duration = Annotated[float, Meta(gt=0.0, le=1e9)]
"""Seconds, more than 0."""
Every = Annotated[float, Meta(ge=0.01, le=1e9)]
"""Seconds between two messages."""
Name = Annotated[str, Meta(max_length=128)]
"""A text of at most 128 characters."""
Text = Annotated[str, Meta(max_length=65536)]
"""A text of at most 65,536 characters."""
Words = Annotated[tuple[Name, ...], Meta(max_length=64)]
"""At most 64 texts of at most 128 characters each."""
