"""A kind of evaluator is a file and a name: what is chosen, and trusted, does not depend on the kind."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from onnx.reference import ReferenceEvaluator

from myoshu.errors import ArgumentError, ProviderError, ProviderWarning
from myoshu.model import Ports
from myoshu.runtime import providers
from myoshu.runtime.agent import load
from myoshu.runtime.bundle import Bundle
from myoshu.runtime.doctor import diagnose
from myoshu.runtime.evaluator import Evaluator
from myoshu.runtime.evaluators import onnx_runtime
from myoshu.runtime.evaluators.binding import Binding
from myoshu.runtime.evaluators.kind import Failure
from myoshu.runtime.limit import Limit
from myoshu.testing.networks import Network, parity


class Slow:
    """A kind of evaluator: ONNX's reference implementation."""

    NAMES = ("slow", "absent")
    RUN_ERRORS = (RuntimeError,)

    def __init__(self, error: float = 0.0) -> None:
        self.error = error

    def available(self) -> tuple[str, ...]:
        return ("slow",)

    def short_name(self, name: str) -> str | None:
        return {"SlowProvider": "slow"}.get(name, name if name in self.NAMES else None)

    def start(
        self,
        graphs: Mapping[str, bytes],
        ports: Mapping[str, Ports],
        provider: str,
        *,
        weights: Mapping[str, NDArray[Any]] | None,
        threads: int,
    ) -> Started:
        if provider != "slow":
            raise Failure("it is not there")
        return Started({name: ReferenceEvaluator(graph) for name, graph in graphs.items()}, ports, self.error)


class Started:
    placement: dict[str, int] = {"slow": 1}  # noqa: RUF012 - a constant of this test
    interpreted = "it is written in Python"

    def __init__(self, sessions: Mapping[str, Any], ports: Mapping[str, Ports], error: float) -> None:
        self.sessions, self.ports, self.error = sessions, ports, error

    def bind(self, graph: str, arrays: Mapping[str, NDArray[Any]]) -> Binding:
        return Binding(partial(self._run, graph, arrays), dict(arrays), self)

    def network(self, graph: str, arrays: Mapping[str, NDArray[Any]]) -> None:
        return None

    def replaced(self, weights: Mapping[str, NDArray[Any]]) -> Started:
        raise Failure("its weights stay")

    def _run(self, graph: str, arrays: Mapping[str, NDArray[Any]]) -> None:
        inputs, outputs = self.ports[graph]
        results = self.sessions[graph].run(list(outputs), {name: arrays[name] for name in inputs})
        for name, result in zip(outputs, results, strict=True):
            arrays[name][...] = result + self.error


@pytest.fixture
def slow(monkeypatch: pytest.MonkeyPatch) -> Slow:
    kind = Slow()
    monkeypatch.setattr(providers, "KINDS", (kind, onnx_runtime))
    return kind


def test_another_kind_is_named_and_tried_in_the_kinds_order(slow: Slow) -> None:
    assert providers.available() == ("slow", *onnx_runtime.available())
    assert providers.choices("auto")[0] == "slow"
    assert providers.choices(["CPUExecutionProvider", "SlowProvider"]) == ["cpu", "slow"]
    with pytest.raises(ArgumentError, match=r"providers: expected 'auto', slow, absent, cuda, .*, got 'slower'"):
        providers.choices("slower")


def test_another_kind_plays(slow: Slow, bundle_path: Path) -> None:
    agent, usual = load(bundle_path, "SlowProvider"), load(bundle_path, "cpu")
    assert agent.provider == "slow"
    assert agent.evaluator.placement == {"slow": 1}
    assert agent.evaluator.deviation is not None
    one, other = (each.new_session(1).play(np.ones(27), limit=Limit(simulations=8)) for each in (agent, usual))
    assert one.provider == "slow"
    assert one.visits.sum() == other.visits.sum() == 8
    np.testing.assert_allclose(one.policy, other.policy, atol=1e-3)
    (diagnosis,) = diagnose(Bundle.read(bundle_path), "slow")
    assert diagnosis.sound
    assert diagnosis.parts is not None
    assert diagnosis.interpreted == agent.evaluator.interpreted == "it is written in Python"


def test_another_kind_is_trusted_no_more_than_a_provider(slow: Slow, bundle_path: Path) -> None:
    slow.error = 0.01
    with pytest.raises(ProviderError, match=r"slow: .* does not reproduce the bundle's parity vectors: .* by 0\.01"):
        load(bundle_path, "slow")
    with pytest.warns(ProviderWarning, match="slow is passed over for cpu: it does not reproduce"):
        assert load(bundle_path, ["slow", "cpu"]).provider == "cpu"
    with pytest.warns(ProviderWarning, match="absent is passed over for cpu: it is not there"):
        assert load(bundle_path, ["absent", "cpu"]).provider == "cpu"


def test_what_another_kind_cannot_replace_is_said(slow: Slow, network: Network) -> None:
    evaluator = Evaluator(network.model, network.graphs, providers="slow", parity=parity(network))
    with pytest.raises(ProviderError, match="slow: expected to run with other weights, but its weights stay"):
        evaluator.replace({})
    assert evaluator.generation == 0
