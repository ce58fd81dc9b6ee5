"""What a session was told of its game: when it goes on from the last decision's tree, and when it must not."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import msgspec
import pytest
from tests.unit.runtime.decisions import LATER, OBSERVATION, QUICK, same

from myoshu.errors import ArgumentError
from myoshu.runtime.agent import Agent, load
from myoshu.runtime.decision import Decision
from myoshu.runtime.kept_tree import MOST_MOVES_KEPT
from myoshu.runtime.limit import Limit
from myoshu.spec import Movers
from myoshu.testing.networks import game_for, mlp, write_bundle


def test_observed_moves_keep_the_tree(agent: Agent) -> None:
    session = agent.new_session()
    first = session.play(OBSERVATION, limit=Limit(simulations=100))
    assert first.visits[first.action] > 10
    session.observe(first.action)
    second = session.play(LATER, limit=QUICK, to_play=1)
    assert second.visits.sum() == 20 + first.visits[first.action] - 1
    assert second.simulations == 20
    fresh = session.play(OBSERVATION, limit=QUICK)
    assert fresh.visits.sum() == 20


def test_the_tree_is_kept_through_the_opponents_move_too(agent: Agent) -> None:
    session = agent.new_session()
    first = session.play(OBSERVATION, limit=Limit(simulations=300))
    mine, theirs = first.principal_variation[:2]
    session.observe(mine)
    session.observe(theirs)
    second = session.play(LATER, limit=QUICK)
    assert 20 < second.visits.sum() < 20 + first.visits[mine]


def test_the_turn_goes_round_with_the_moves(agent: Agent) -> None:
    session = agent.new_session()
    first = session.play(OBSERVATION, limit=QUICK)
    assert first.value == first.values[0]
    session.observe(first.action)
    second = session.play(OBSERVATION, limit=QUICK)
    assert second.value == second.values[1]
    third = session.play(OBSERVATION, limit=QUICK, to_play=0)
    assert third.value == third.values[0]


def test_another_player_than_expected_means_another_tree(agent: Agent) -> None:
    session = agent.new_session()
    first = session.play(OBSERVATION, limit=Limit(simulations=100), to_play=0)
    session.observe(first.action)
    assert session.play(LATER, limit=QUICK, to_play=0).visits.sum() == 20


def test_a_move_never_considered_means_a_new_tree(agent: Agent) -> None:
    session = agent.new_session()
    session.play(OBSERVATION, [0, 1], limit=QUICK)
    session.observe(5)
    decision = session.play(LATER, limit=QUICK, to_play=1)
    assert decision.visits.sum() == 20
    assert same(decision, agent.new_session().play(LATER, limit=QUICK, to_play=1))


def test_a_tree_is_not_kept_forever(agent: Agent) -> None:
    session = agent.new_session()
    totals = []
    for turn in range(MOST_MOVES_KEPT + 2):
        decision = session.play(OBSERVATION + turn, limit=Limit(simulations=100), to_play=turn % 2)
        totals.append(int(decision.visits.sum()))
        session.observe(decision.action)
    assert totals[0] == 100
    assert all(total > 100 for total in totals[1 : MOST_MOVES_KEPT + 1])
    assert totals[MOST_MOVES_KEPT + 1] == 100


def fresh(agent: Agent, observation: Any = LATER, to_play: int | None = None, **options: Any) -> Decision:
    """What a session decides that was told nothing."""
    return agent.new_session(**options).play(observation, limit=QUICK, to_play=to_play)


@pytest.mark.parametrize("to_play", [None, 1])
def test_a_next_game_begins_afresh(agent: Agent, to_play: int | None) -> None:
    session = agent.new_session()
    first = session.play(OBSERVATION, limit=Limit(simulations=300))
    for action in first.principal_variation[:2]:
        session.observe(action)
    session.new_game()
    assert session.to_play == 0
    session.observe(3)
    assert session.to_play == 1
    assert same(session.play(LATER, limit=QUICK, to_play=to_play), fresh(agent, to_play=1))


def test_a_next_game_goes_on_with_the_random_numbers(agent: Agent) -> None:
    def actions(begin_again: bool) -> list[int]:
        session = agent.new_session(5, temperature=20.0)
        actions = []
        for _ in range(12):
            actions.append(session.play(OBSERVATION, limit=QUICK).action)
            if begin_again:
                session.new_game()
        return actions

    assert actions(True) == actions(False)
    assert len(set(actions(True))) > 1


def test_the_same_position_again_was_gone_back_to(agent: Agent) -> None:
    """Nobody said so, but nothing that was told can have led there."""
    session = agent.new_session()
    first = session.play(OBSERVATION, limit=Limit(simulations=300))
    for action in first.principal_variation[:2]:
        session.observe(action)
    assert same(session.play(OBSERVATION, limit=QUICK), fresh(agent, OBSERVATION))
    later = session.play(LATER, limit=Limit(simulations=300))
    for action in later.principal_variation[:2]:
        session.observe(action)
    assert same(session.play(OBSERVATION, limit=QUICK), fresh(agent, OBSERVATION))


def test_moves_taken_back_are_gone(agent: Agent) -> None:
    def begun() -> tuple[Any, Decision]:
        session = agent.new_session()
        first = session.play(OBSERVATION, limit=Limit(simulations=300))
        for action in first.principal_variation[:2]:
            session.observe(action)
        return session, first

    session, first = begun()
    session.take_back()  # the opponent's: another one is made instead
    assert session.to_play == 1
    other = 8 if first.principal_variation[1] != 8 else 7
    session.observe(other)
    straight = agent.new_session()
    straight.play(OBSERVATION, limit=Limit(simulations=300))
    straight.observe(first.principal_variation[0])
    straight.observe(other)
    assert same(session.play(LATER, limit=QUICK), straight.play(LATER, limit=QUICK))
    session, first = begun()
    session.play(LATER, limit=QUICK)
    session.observe(4)
    session.take_back(2)  # beyond the last decision: its tree is of no use
    assert session.to_play == 1
    session.observe(other)
    assert same(session.play(LATER + 1, limit=QUICK), fresh(agent, LATER + 1))
    with pytest.raises(ArgumentError, match="moves: expected at most 2, as many as were told, got 3"):
        session.take_back(3)
    assert session.to_play == 0
    for wrong in (0, -1, True, 1.0, "1"):
        with pytest.raises(ArgumentError, match="moves: expected an integer from 1"):
            session.take_back(wrong)


@pytest.mark.parametrize("players", [2, 3])
def test_moves_left_out_are_noticed(tmp_path: Path, players: int) -> None:
    """Who tells its own moves alone, and does not say whose turn it is, never searches under them."""
    network = mlp(27, 9, 16, players=players)
    agent = load(write_bundle(tmp_path / "a.myoshu", network))
    for told in range(1, players):
        session = agent.new_session()
        for turn in range(4):
            mover = session.to_play
            decision = session.play(OBSERVATION + turn, limit=Limit(simulations=300))
            assert decision.visits.sum() == 300
            assert decision.value == decision.values[mover]
            for action in decision.principal_variation[:told]:
                session.observe(action)


def test_pondering_is_about_another_and_counts_as_saying_so(agent: Agent) -> None:
    session = agent.new_session()
    first = session.play(OBSERVATION, limit=Limit(simulations=300))
    session.observe(first.action)
    pondered = session.ponder(LATER, limit=Limit(simulations=300)).result()
    assert pondered.visits.sum() > 300  # what was known of my own move's position
    assert pondered.value == pondered.values[1]
    session.observe(pondered.action)
    assert session.play(LATER + 1, limit=QUICK).visits.sum() > 20


def test_a_session_that_keeps_nothing_decides_by_the_position_alone(agent: Agent) -> None:
    session = agent.new_session(keep_tree=False)
    first = session.play(OBSERVATION, limit=Limit(simulations=100))
    session.observe(first.action)
    second = session.play(LATER, limit=QUICK, to_play=1)
    assert same(second, agent.new_session().play(LATER, limit=QUICK, to_play=1))


def test_kept_trees_obey_new_masks(agent: Agent) -> None:
    session = agent.new_session()
    first = session.play(OBSERVATION, limit=Limit(simulations=200))
    session.observe(first.action)
    legal = sorted({first.principal_variation[1], 3, 8})
    decision = session.play(LATER, legal, QUICK, to_play=1)
    assert decision.visits.sum() > 20
    assert decision.action in legal
    assert decision.visits[legal].sum() == decision.visits.sum()


@pytest.mark.parametrize("kind", ["stochastic", "predicted movers"])
def test_nothing_is_kept_where_it_could_not_be_right(tmp_path: Path, kind: str) -> None:
    network = mlp(27, 9, 8, movers=Movers.PREDICTED if kind == "predicted movers" else Movers.ALTERNATE)
    game = msgspec.structs.replace(game_for(network.model), stochastic=kind == "stochastic")
    session = load(write_bundle(tmp_path / "a.myoshu", network, game=game)).new_session()
    first = session.play(OBSERVATION, limit=Limit(simulations=100))
    session.observe(first.action)
    assert session.play(LATER, limit=QUICK, to_play=1).visits.sum() == 20


def test_a_thought_that_was_dropped_before_it_began_leaves_no_tree(agent: Agent) -> None:
    session = agent.new_session()
    first = session.play(OBSERVATION, limit=Limit(simulations=100))
    session.think(LATER, limit=QUICK, to_play=0)
    session.observe(first.action)
    assert session.play(LATER + 1, limit=QUICK, to_play=1).visits.sum() == 20
