"""Sessions saved, restored, copied and pickled."""

from __future__ import annotations

import copy
import pickle
from pathlib import Path

import pytest
from tests.unit.runtime.decisions import OBSERVATION, PUCT, QUICK, same

from myoshu.errors import ArgumentError
from myoshu.runtime.agent import Agent, load
from myoshu.runtime.limit import Limit
from myoshu.search import Algorithm, SearchConfig
from myoshu.testing.networks import mlp, write_bundle

COPIES = {
    "save": lambda session: session.agent.restore_session(session.save()),
    "copy": copy.copy,
    "deepcopy": copy.deepcopy,
    "pickle": lambda session: pickle.loads(pickle.dumps(session)),
}


@pytest.mark.parametrize("way", COPIES)
@pytest.mark.parametrize(
    "search", [None, PUCT, SearchConfig(algorithm=Algorithm.PUCT, leaves=4)], ids=["gumbel", "puct", "4 leaves"]
)
def test_a_copy_plays_on_as_the_session_does(agent: Agent, way: str, search: SearchConfig | None) -> None:
    session = agent.new_session(3, temperature=3.0, search=search)
    for number in range(9):
        twin = COPIES[way](session)
        seen, turn = OBSERVATION + number, session.to_play
        limit = Limit(simulations=60 + number)
        thinking = session.think(seen, limit=limit, to_play=turn)
        while thinking.step(0.0005) and number % 3:  # some are searched to the end, some are not
            pass
        thinking.stop()
        decision = thinking.result()
        if decision.simulations == 60 + number:
            assert same(twin.play(seen, limit=limit, to_play=turn), decision)
        assert twin.to_play == turn
        session.observe(decision.action)


def test_copies_do_not_share_a_tree(agent: Agent) -> None:
    session = agent.new_session()
    twin = copy.copy(session)
    thinking = session.think(OBSERVATION, [0, 1], Limit(simulations=400))
    thinking.step(0.0005)
    assert twin.play(OBSERVATION, [5, 6], QUICK).action in (5, 6)
    assert same(thinking.result(), agent.new_session().play(OBSERVATION, [0, 1], Limit(simulations=400)))


def test_what_was_not_saved_is_refused(agent: Agent, tmp_path: Path) -> None:
    session = agent.new_session(1)
    session.play(OBSERVATION, limit=QUICK)
    state = session.save()
    other = load(write_bundle(tmp_path / "a.myoshu", mlp(27, 9, 8)))
    with pytest.raises(ArgumentError, match=r"state\.spec_hash: expected"):
        other.restore_session(state)
    for cut in range(0, len(state), 7):
        with pytest.raises(ArgumentError, match="state"):
            agent.restore_session(state[:cut])


def test_an_agent_is_pickled_with_its_networks(agent: Agent) -> None:
    assert copy.copy(agent) is copy.deepcopy(agent) is agent
    twin = pickle.loads(pickle.dumps(agent))
    assert twin.manifest == agent.manifest
    assert same(twin.new_session().play(OBSERVATION, limit=QUICK), agent.new_session().play(OBSERVATION, limit=QUICK))
