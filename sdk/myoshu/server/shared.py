"""What all connections of a server share."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable

from myoshu.server.metrics import Metrics
from myoshu.server.models import Models
from myoshu.server.pool import Pools
from myoshu.server.scheduler import Scheduler
from myoshu.server.settings import Settings

__all__ = ["Shared"]


@dataclasses.dataclass(slots=True)
class Shared:
    """What all connections of a server share."""

    models: Models
    """What it plays with."""
    settings: Settings
    """Its bounds."""
    pools: Pools
    """Where trees are."""
    scheduler: Scheduler
    """What is searched next."""
    metrics: Metrics
    """What is counted."""
    wake: Callable[[], None] = lambda: None
    """Called when there is something to search."""
    make_room: Callable[[], bool] = lambda: False
    """Gives the sessions of one client that is gone up; returns whether there was one."""
    soon: Callable[[Callable[[], None]], object] = lambda call: call()
    """Calls something after the others had their turn."""
    closing: bool = False
    """Whether the server is about to end."""

    @property
    def alone(self) -> bool:
        """Whether there is one connection only."""
        return self.metrics.open_connections == 1
