"""Who may resume, and until when."""

from __future__ import annotations

import asyncio
from typing import Any

from myoshu.server.leases import Leases


class Service:
    """Notes that it was ended."""

    def __init__(self) -> None:
        self.ended = asyncio.Event()

    def end(self) -> None:
        self.ended.set()


class Holder:
    """Notes that it was replaced."""

    replaced = False

    def replace(self) -> None:
        self.replaced = True


def test_a_service_is_reclaimed_once_and_its_holder_replaced_if_it_is_there() -> None:
    async def run() -> None:
        leases, holder = Leases(60.0), Holder()
        service: Any = Service()
        leases.lend("one", service, holder)
        assert leases.reclaim("other") is None
        assert leases.reclaim("one") is service
        assert holder.replaced
        assert leases.reclaim("one") is None
        leases.lend("two", service, holder)
        holder.replaced = False
        leases.keep("two")
        assert leases.reclaim("two") is service
        assert not holder.replaced
        leases.lend("three", service, holder)
        leases.forget("three")
        assert leases.reclaim("three") is None
        assert not service.ended.is_set()

    asyncio.run(run())


def test_what_is_kept_expires_and_the_one_lost_first_makes_room() -> None:
    async def run() -> None:
        leases = Leases(60.0)
        services: list[Any] = [Service(), Service(), Service()]
        for number, service in enumerate(services):
            leases.lend(str(number), service, Holder())
        assert not leases.make_room()
        leases.keep("1")
        leases.keep("0")
        assert leases.make_room()
        assert [service.ended.is_set() for service in services] == [False, True, False]
        leases.end()
        assert all(service.ended.is_set() for service in services)
        brief, service = Leases(0.0), Service()
        lent: Any = service
        brief.lend("a", lent, Holder())
        brief.keep("a")
        await asyncio.wait_for(service.ended.wait(), 60.0)
        assert brief.reclaim("a") is None

    asyncio.run(run())
