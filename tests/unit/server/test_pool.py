"""Planners that sessions share."""

from __future__ import annotations

import weakref
from typing import Any

from myoshu.protocol import Tensor
from myoshu.protocol.messages import Open, Think
from myoshu.server.service import AgentService
from myoshu.server.shared import Shared


def test_planners_that_nobody_uses_are_given_back(shared: Shared, observations: Any) -> None:
    service = AgentService(shared, lambda message: None)
    service.handle(Open(id=1, seed=4))
    service.handle(Think(id=2, session=0, obs=Tensor.of(observations[0]), simulations=3))
    while shared.scheduler.step(0.01):
        pass
    (chunk,) = map(weakref.ref, shared.pools.chunks())
    assert shared.pools.trim()
    assert shared.pools.trim()
    service.end()
    assert shared.pools.trim()
    assert not shared.pools.trim()
    assert shared.pools.nbytes == 0
    assert chunk() is None
