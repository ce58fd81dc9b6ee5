"""Bundles and agents with random weights, made once."""

from __future__ import annotations

from pathlib import Path

import pytest

from myoshu.runtime.agent import Agent, load
from myoshu.testing.networks import Network, mlp, resnet, write_bundle


@pytest.fixture(scope="session")
def network() -> Network:
    return mlp(27, 9, 16)


@pytest.fixture(scope="session")
def conv_network() -> Network:
    return resnet((2, 3, 3), 9, 8, 1)


@pytest.fixture(scope="session")
def bundle_path(tmp_path_factory: pytest.TempPathFactory, network: Network) -> Path:
    return write_bundle(tmp_path_factory.mktemp("bundle") / "mlp.myoshu", network)


@pytest.fixture(scope="session")
def bundle_bytes(bundle_path: Path) -> bytes:
    return bundle_path.read_bytes()


@pytest.fixture(scope="session")
def agent(bundle_path: Path) -> Agent:
    return load(bundle_path, "cpu")
