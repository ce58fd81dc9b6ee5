"""A session's random numbers are those of its seed in the core's generator, and all that is saved is their place."""

from __future__ import annotations

import math
from typing import Any

import msgspec
import numpy as np
import pytest

from myoshu.errors import ArgumentError
from myoshu.runtime.agent import Agent
from myoshu.runtime.limit import Limit
from myoshu.runtime.session import Session
from myoshu.search.reference_random import ReferenceRandom
from myoshu.search.reference_sampling import draw_move

LAST = (1 << 64) - 1
LIMIT = Limit(simulations=20)
OBSERVATIONS = np.random.default_rng(0).standard_normal((8, 27))


def state(session: Session) -> dict[str, Any]:
    held: dict[str, Any] = msgspec.msgpack.decode(session.save())
    return held


@pytest.mark.parametrize("seed", [0, 1, 1 << 40, LAST])
def test_a_move_is_drawn_by_the_next_uniform_number_of_the_seed(agent: Agent, seed: int) -> None:
    session, numbers = agent.new_session(seed, temperature=3.0), ReferenceRandom(seed)
    best = agent.new_session(seed)
    drawn = []
    for observation in OBSERVATIONS:
        decision, choice = (
            session.play(observation, [0, 2, 3, 5, 8], LIMIT),
            best.play(observation, [0, 2, 3, 5, 8], LIMIT),
        )
        policy = decision.policy.tolist()
        legal = [action in (0, 2, 3, 5, 8) for action in range(9)]
        drawn.append(draw_move(3.0, 0.0, math.inf, legal, policy, policy, policy, choice.action, numbers.uniform()))
        assert decision.action == drawn[-1]
        assert state(session)["drawn"] == numbers.position
    assert state(best)["drawn"] == 0
    assert len(set(drawn)) > 1


def test_a_session_is_saved_with_its_seed_and_its_place(agent: Agent) -> None:
    session = agent.new_session(LAST, temperature=1.0)
    held = state(session)
    assert (held["seed"], held["drawn"]) == (LAST, 0)
    held["drawn"] = LAST
    restored = agent.restore_session(msgspec.msgpack.encode(held))
    restored.play(OBSERVATIONS[0], limit=LIMIT)
    assert (state(restored)["seed"], state(restored)["drawn"]) == (LAST, 1)


@pytest.mark.parametrize(
    ("field", "value"), [("seed", -1), ("drawn", -1), ("seed", None), ("drawn", 0.5), ("drawn", b"")]
)
def test_a_place_that_is_none_is_refused(agent: Agent, field: str, value: Any) -> None:
    held = {**state(agent.new_session(1)), field: value}
    with pytest.raises(ArgumentError, match=rf"state: expected what a session saved, got: .*\$\.{field}"):
        agent.restore_session(msgspec.msgpack.encode(held))


def test_without_a_seed_it_is_another_each_time(agent: Agent) -> None:
    assert len({state(agent.new_session())["seed"] for _ in range(8)}) == 8


def test_a_seed_of_more_than_64_bits_is_refused(agent: Agent) -> None:
    with pytest.raises(
        ArgumentError, match=r"seed: expected an integer from 0 to 18446744073709551615, got 1844674407370955161\d"
    ):
        agent.new_session(LAST + 1)
