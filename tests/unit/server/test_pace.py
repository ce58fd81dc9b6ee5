"""How long a wave takes, as it was measured."""

from __future__ import annotations

import pytest

from myoshu.server.pace import WavePace


def test_a_measurement_of_a_machine_that_stood_still_does_not_count() -> None:
    pace = WavePace()
    pace.note(4, 1, 2.0)
    assert pace.of(4) == 0.0
    pace.note(4, 1, 0.001)
    assert pace.of(4) == 0.001
    for _ in range(3):
        pace.note(4, 1, 1000.0)
    assert pace.of(4) < 0.004
    for _ in range(20):
        pace.note(4, 10, 0.01)
    assert pace.of(4) == pytest.approx(0.001, rel=0.01)
    assert pace.of(64) == pace.of(4)
    assert pace.of(1) == 0.0
