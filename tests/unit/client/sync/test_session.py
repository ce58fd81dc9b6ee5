"""The blocking client: models by their names and hashes, and losses that it survives."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from tests.unit.server.played import MOVES, played

import myoshu
from myoshu import client as remote
from myoshu.errors import RequestError

Serve = Callable[..., Any]


def test_levels_models_and_hashes(serve: Serve, agent: Any, observations: Any) -> None:
    with remote.connect(serve().url) as client:
        assert [model.name for model in client.models] == ["mlp", "other"]
        assert client.models[0].game.spec() == agent.game
        with pytest.raises(RequestError, match=r"unknown_model: open.model: expected one of mlp, other, got 'x'"):
            client.new_session(model="x")
        with pytest.raises(RequestError, match=r"mismatch: open.hash"):
            client.new_session(spec_hash="0")
        with pytest.raises(RequestError, match=r"invalid: open.level"):
            client.new_session(level=3.0)
        session = client.new_session(seed=1, spec_hash=agent.manifest.spec_hash)
        first = session.play(observations[0], limit=myoshu.Limit(simulations=20))
        session.swap("other")
        assert session.play(observations[0], limit=myoshu.Limit(simulations=20)).model == "other"
        session.swap("mlp")
        again = session.play(observations[0], limit=myoshu.Limit(simulations=20))
        assert (again.action, again.visits.tolist()) == (first.action, first.visits.tolist())


def test_a_client_goes_on_after_a_loss(serve: Serve, agent: Any, observations: Any) -> None:
    running = serve()
    wanted = played(agent.new_session(seed=9), observations)
    with remote.connect(running.url) as client:
        session = client.new_session(seed=9)
        moves = []
        for observation, simulations in zip(observations, MOVES, strict=False):
            wire = client._link._wire
            assert wire is not None
            wire.close()
            moves += played(session, [observation], (simulations,))
    assert moves == wanted
