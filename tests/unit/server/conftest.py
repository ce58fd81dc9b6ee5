"""Agents with random weights, servers that serve them, and clients that say what they are told to."""

from __future__ import annotations

import ssl
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tests.unit.server.caller import Caller
from tests.unit.server.running import Running

from myoshu.runtime.agent import Agent, load
from myoshu.server import Settings
from myoshu.server.metrics import Metrics
from myoshu.server.models import Models
from myoshu.server.pool import Pools
from myoshu.server.scheduler import Scheduler
from myoshu.server.shared import Shared
from myoshu.testing.networks import mlp, write_bundle


@pytest.fixture(scope="session")
def agent(tmp_path_factory: pytest.TempPathFactory) -> Agent:
    folder = tmp_path_factory.mktemp("bundle")
    return load(write_bundle(folder / "mlp.myoshu", mlp(27, 9, 16)), "cpu")


@pytest.fixture(scope="session")
def other_agent(tmp_path_factory: pytest.TempPathFactory) -> Agent:
    folder = tmp_path_factory.mktemp("bundle")
    return load(write_bundle(folder / "other.myoshu", mlp(27, 9, 16, seed=5)), "cpu")


@pytest.fixture(scope="session")
def observations() -> np.ndarray[Any, Any]:
    return np.random.default_rng(3).standard_normal((64, 27)).astype(np.float32)


@pytest.fixture
def serve(agent: Agent, other_agent: Agent) -> Iterator[Callable[..., Running]]:
    running: list[Running] = []

    def start(tls: ssl.SSLContext | None = None, origins: tuple[str, ...] = (), **settings: Any) -> Running:
        running.append(Running({"mlp": agent, "other": other_agent}, Settings(**settings), tls, origins))
        return running[-1]

    yield start
    for each in running:
        each.stop()


@pytest.fixture
def bundle(tmp_path: Path) -> Path:
    return write_bundle(tmp_path / "small.myoshu", mlp(27, 9, 16))


@pytest.fixture
def dial() -> Iterator[Callable[..., Caller]]:
    callers: list[Caller] = []

    def connect(port: int, **hello: Any) -> Caller:
        callers.append(Caller(port, **hello))
        return callers[-1]

    yield connect
    for caller in callers:
        caller.socket.close()


@pytest.fixture
def shared(agent: Agent) -> Shared:
    return Shared(Models({"mlp": agent}), Settings(), Pools(), Scheduler(), Metrics())
