"""The environments of these tests, under names such as Gymnasium's own have."""

from __future__ import annotations

from collections.abc import Iterator

import gymnasium
import pytest
from tests.unit.engines.gymnasium.environments import OWN


@pytest.fixture(autouse=True)
def registered() -> Iterator[None]:
    """While a test runs."""
    for name, kind in OWN.items():
        gymnasium.register(f"{name}-v0", kind, max_episode_steps=None if name == "Pays" else 40)
    yield
    for name in OWN:
        del gymnasium.registry[f"{name}-v0"]
