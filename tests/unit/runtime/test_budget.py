"""How much room a search has whose time is limited."""

from __future__ import annotations

import pytest

from myoshu.runtime.budget import LEAST_CAPACITY, MOST_SIMULATIONS, timed_budget
from myoshu.runtime.limit import Limit


@pytest.mark.parametrize(
    ("seconds", "fastest", "room", "planned"),
    [
        (1e-3, 1e-3, 800, 100),
        (1e-2, 1e-3, LEAST_CAPACITY, 10),
        (1e-3, 1e-5, 20_000, 100),  # busy lately: it may be idle now, and time is to end the search, not room
        (1e-3, 1e-9, MOST_SIMULATIONS, 100),
    ],
)
def test_there_is_room_for_what_the_time_may_hold(seconds: float, fastest: float, room: int, planned: int) -> None:
    assert timed_budget(Limit(time=0.1), seconds, fastest, 1 << 30) == (room, planned)
    assert timed_budget(Limit(time=0.1), seconds, fastest, 64) == (64, min(planned, 64))
    assert timed_budget(Limit(time=0.1, simulations=70), seconds, fastest, 64) == (70, min(planned, 70))
