"""The tree that a session keeps between moves, as it is saved and made again."""

from __future__ import annotations

import numpy as np
import pytest

from myoshu.runtime.agent import Agent, load
from myoshu.runtime.limit import Limit
from myoshu.runtime.session_state import SessionState
from myoshu.testing.networks import mlp, write_bundle

SEEN = np.random.default_rng(0).standard_normal((3, 27)).astype(np.float32)
SHORT = Limit(simulations=20)


@pytest.fixture(scope="module")
def agent(tmp_path_factory: pytest.TempPathFactory) -> Agent:
    return load(write_bundle(tmp_path_factory.mktemp("bundle") / "mlp.myoshu", mlp(27, 9, 16)), "cpu")


def test_a_search_that_was_stopped_is_saved_as_far_as_it_came_however_often(agent: Agent) -> None:
    session = agent.new_session(seed=1)
    thinking = session.think(SEEN[0], limit=Limit(simulations=2000), to_play=0)
    while thinking.best().simulations < 16:
        thinking.step(1e-6)
    thinking.stop()
    move, made = thinking.result().action, thinking.result().simulations
    assert made < 2000

    session = agent.restore_session(session.save())
    session.observe(move)
    move = session.play(SEEN[1], limit=SHORT, to_play=1).action
    saved = SessionState.decode(session.save(), agent.model)
    assert [(search.made, bool(search.moves)) for search in saved.searches] == [(made, False), (20, True)]

    restored = agent.restore_session(session.save())
    for each in (session, restored):
        each.observe(move)
    expected = session.play(SEEN[2], limit=SHORT, to_play=0)
    decision = restored.play(SEEN[2], limit=SHORT, to_play=0)
    assert decision.visits.tolist() == expected.visits.tolist()
    assert decision.visits.sum() > SHORT.simulations  # something was kept
