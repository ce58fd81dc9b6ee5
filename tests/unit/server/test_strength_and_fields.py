"""Strength in points over the protocol, and errors that name the fields of the protocol's page."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tests.unit.server.running import Running

from myoshu.client import Client, connect
from myoshu.client.asking import with_id
from myoshu.errors import RequestError
from myoshu.protocol.messages import ActBatch, Open, Opened, Request, Think
from myoshu.protocol.tensor import Tensor
from myoshu.runtime.agent import Agent, load
from myoshu.server import Settings

AGENT = Path(__file__).resolve().parents[3] / "demos" / "agents" / "tic_tac_toe.myoshu"


@pytest.fixture(scope="module")
def agent() -> Agent:
    return load(AGENT, "cpu")


@pytest.fixture(scope="module")
def client(agent: Agent) -> Iterator[Client]:
    running = Running({"ttt": agent}, Settings(), None, ())
    try:
        with connect(running.url) as held:
            yield held
    finally:
        running.stop()


def test_models_say_how_strong_their_levels_are(client: Client, agent: Agent) -> None:
    (model,) = client.models
    assert model.elo == tuple(strength.elo for strength in agent.manifest.strength)
    assert model.elo is not None
    assert len(model.elo) == len(model.levels) == 10


@pytest.mark.parametrize("elo", [300.0, 500, 640.25])
def test_a_strength_in_points_plays_as_in_process(client: Client, agent: Agent, elo: float) -> None:
    here, there = agent.new_session(seed=3, elo=elo), client.new_session(seed=3, elo=elo)
    observations = np.random.default_rng(0).standard_normal((12, 3, 3, 3)).astype(np.float32)
    for observation in observations:
        ours, theirs = here.play(observation), there.play(observation)
        assert (ours.action, ours.simulations) == (theirs.action, theirs.simulations)
        here.observe(ours.action)
        there.observe(theirs.action)


@pytest.mark.parametrize("keep_tree", [True, False], ids=["kept", "afresh"])
@pytest.mark.parametrize("level", [1.0, 4.0, 9.0])
def test_a_level_draws_the_same_moves_in_process_served_and_restored(
    client: Client, agent: Agent, level: float, keep_tree: bool
) -> None:
    """Of one seed; the same numbers of it are drawn whether the tree is kept or not."""
    here = agent.new_session(seed=(1 << 63) - 1, level=level, keep_tree=keep_tree)
    there = client.new_session(seed=(1 << 63) - 1, level=level, keep_tree=keep_tree)
    for observation in np.random.default_rng(0).standard_normal((12, 3, 3, 3)).astype(np.float32):
        restored = agent.restore_session(here.save())
        decisions = [each.play(observation) for each in (here, there, restored)]
        assert len({decision.action for decision in decisions}) == 1
        assert len({tuple(decision.visits.tolist()) for decision in decisions}) == 1
        for session in (here, there):
            session.observe(decisions[0].action)


def opening(**fields: Any) -> Callable[[int], Request]:
    return with_id(Open, **fields)


def thinking(client: Client, **fields: Any) -> Callable[[int], Request]:
    obs = Tensor.of(np.zeros((3, 3, 3), np.float32))
    return with_id(Think, **{"session": client.new_session().number, "obs": obs, **fields})


HUGE = np.full((3, 3, 3), 3e38, np.float32)


@pytest.mark.parametrize(
    ("make", "code", "said"),
    [
        (lambda client: opening(elo=100000.0), "invalid", "open.elo: expected points from 296 to 64"),
        (lambda client: opening(elo=400.0, level=2.0), "invalid", "open.elo: expected either a level or Elo points"),
        (lambda client: opening(elo=float("nan")), "invalid", "open.elo: expected points from"),
        (lambda client: opening(level=99.0), "invalid", "open.level: expected"),
        (
            lambda client: opening(options={"temperature": -1.0}),
            "invalid",
            "open.options.temperature: expected a number",
        ),
        (lambda client: opening(options={"later": 1}), "invalid", "open.options: expected keep_tree or temperature"),
        (lambda client: thinking(client, legal=(1, 9)), "invalid", "think.legal: expected"),
        (lambda client: thinking(client, to_play=2), "invalid", "think.to_play: expected"),
        (lambda client: thinking(client, obs=Tensor.of(HUGE)), "evaluation", "think.obs: expected finite numbers"),
        (
            lambda client: with_id(ActBatch, obs=Tensor.of(np.stack([np.zeros_like(HUGE), HUGE]))),
            "evaluation",
            "act_batch.obs[1]: expected finite numbers",
        ),
    ],
)
def test_errors_name_the_fields_of_the_page(
    client: Client, make: Callable[[Client], Callable[[int], Request]], code: str, said: str
) -> None:
    with pytest.raises(RequestError) as caught:
        client._link.ask(make(client), Opened)
    assert caught.value.code == code
    assert str(caught.value).removeprefix(f"{code}: ").startswith(said)
