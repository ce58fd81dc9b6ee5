"""Self-play: games that are legal, recorded whole, the same for the same seed, and able to go on."""

from __future__ import annotations

from dataclasses import replace

import msgspec
import numpy as np
import pytest
from tests.unit.training.tasks import begin, play

from myoshu.game import Game, State
from myoshu.record import Ending
from myoshu.search.config import Algorithm
from myoshu.spec import GameSpec
from myoshu.training import SelfPlayConfig, TrainingConfig, preset
from myoshu.training.learning.learner import Learner
from myoshu.training.learning.targets import make_batch
from myoshu.training.memory import policies
from myoshu.training.memory.recording import to_record, to_trajectory
from myoshu.training.memory.replay import Replay
from myoshu.training.networks.architecture import Architecture
from myoshu.training.playing import selfplay as selfplay_module
from myoshu.training.playing.reanalysis import Targets
from myoshu_engines import load_game


@pytest.mark.parametrize("algorithm", Algorithm)
def test_records_replay_on_the_real_game(game: Game, config: TrainingConfig, algorithm: Algorithm) -> None:
    config = msgspec.structs.replace(config, search=msgspec.structs.replace(config.search, algorithm=algorithm))
    selfplay = begin(game, config, opening_share=0.0)
    records = play(selfplay, 25)
    assert selfplay.moves == 25 * 8
    assert selfplay.games == len(records) >= 15
    for record in records:
        state = game.new_state(np.random.default_rng(0))
        for ply in range(len(record)):
            np.testing.assert_array_equal(record.observations[ply], state.observation())
            assert record.movers[ply] == state.to_play()
            illegal = np.setdiff1d(np.arange(game.spec.actions), state.legal_actions())
            assert not record.policies[ply, illegal].any()
            assert record.policies[ply].sum() == pytest.approx(1.0, abs=1e-5)
            assert np.abs(record.values[ply]).max() <= 1.0 + 1e-6
            assert record.values[ply].sum() == pytest.approx(0.0, abs=1e-5)
            np.testing.assert_array_equal(record.rewards[ply], state.apply(int(record.actions[ply])))
        assert state.is_terminal()


def test_some_moves_are_drawn_at_random(game: Game, config: TrainingConfig) -> None:
    records = play(begin(game, config, exploration=0.5), 40)
    share = np.concatenate([record.explored for record in records]).mean()
    assert 0.4 < share < 0.6
    first = [int(record.actions[0]) for record in play(begin(game, config, exploration=1.0, opening_share=0.0), 200)]
    assert set(first) == set(range(9))
    assert not np.concatenate([record.explored for record in play(begin(game, config, exploration=0.0), 20)]).any()


def test_one_seat_may_be_careless_throughout_a_game(game: Game, config: TrainingConfig) -> None:
    records = play(begin(game, config, careless_share=1.0, exploration=1.0, opening_share=0.0), 200)
    met = set()
    for record in records:
        counting = set(record.movers[~record.explored].tolist())
        assert len(counting) == 1
        assert not counting & set(record.movers[record.explored].tolist())
        met |= counting
    assert met == {0, 1}
    first = [int(record.actions[0]) for record in records if not record.explored[0]]
    assert set(first) == set(range(9))
    some = play(begin(game, config, careless_share=0.25, exploration=1.0, opening_share=0.0), 300)
    assert 0.1 < np.mean([not record.explored.all() for record in some]) < 0.4


def test_openings_are_played_but_not_recorded(game: Game, config: TrainingConfig) -> None:
    records = play(begin(game, config, opening_share=1.0, opening_plies=3), 40)
    stones = np.array([record.observations[0, :2].sum() for record in records])
    assert set(stones) == {1, 2, 3}
    without = play(begin(game, config, opening_share=0.0), 20)
    assert {float(record.observations[0, :2].sum()) for record in without} == {0.0}


def test_the_same_seed_plays_the_same_games(game: Game, config: TrainingConfig) -> None:
    first, second = (play(begin(game, config), 20) for _ in range(2))
    for one, other in zip(first, second, strict=True):
        for name in vars(one):
            np.testing.assert_array_equal(getattr(one, name), getattr(other, name))


def test_it_goes_on_exactly_from_its_state(game: Game, config: TrainingConfig) -> None:
    straight, resumed = (begin(game, config, careless_share=0.5) for _ in range(2))
    play(straight, 13)
    resumed.restore(straight.state())
    assert resumed.moves == straight.moves
    for one, other in zip(play(straight, 15), play(resumed, 15), strict=True):
        for name in vars(one):
            np.testing.assert_array_equal(getattr(one, name), getattr(other, name))


class Endless:
    """One player chooses until the hundredth move; optionally a move fails."""

    spec = GameSpec(name="endless", players=1, actions=2, observation=(2,), returns=(0.0, 1.0), final_rewards_only=True)

    def __init__(self, fail_at: int | None = None) -> None:
        self.fail_at = fail_at

    def new_state(self, rng: np.random.Generator) -> State:
        return EndlessState(self)

    def action_name(self, state: State, action: int) -> str:
        return str(action)


class EndlessState:
    def __init__(self, game: Endless, moves: int = 0) -> None:
        self.game, self.moves = game, moves

    def to_play(self) -> int:
        return 0

    def legal_actions(self) -> list[int]:
        return [] if self.is_terminal() else [0, 1]

    def observation(self) -> np.ndarray:
        return np.array([self.moves / 100, 1.0], np.float32)

    def apply(self, action: int) -> np.ndarray:
        self.moves += 1
        if self.moves == self.game.fail_at:
            raise ZeroDivisionError("the dice are gone")
        return np.array([float(self.is_terminal())], np.float32)

    def is_terminal(self) -> bool:
        return self.moves == 100

    def clone(self) -> EndlessState:
        return EndlessState(self.game, self.moves)

    def key(self) -> int:
        return self.moves


def test_long_games_get_more_room(config: TrainingConfig) -> None:
    selfplay = begin(Endless(), config, opening_share=0.0)
    straight = play(selfplay, 70)
    assert not straight
    other = begin(Endless(), config, opening_share=0.0)
    other.restore(selfplay.state())
    records = play(other, 30)
    assert [len(record) for record in records] == [100] * 8
    np.testing.assert_allclose(records[0].observations[:, 0], np.arange(100) / 100, atol=1e-6)


def test_a_temperature_of_play_follows_the_visits(game: Game, config: TrainingConfig) -> None:
    search = msgspec.structs.replace(config.search, algorithm=Algorithm.PUCT)
    config = msgspec.structs.replace(config, search=search)
    selfplay = begin(game, config, games=400)
    visits = np.tile(np.array([0, 6, 0, 2, 0, 0, 0, 0, 0]), (400, 1))

    class Results:
        pass

    results = Results()
    results.visits = visits  # type: ignore[attr-defined]  # what the method reads
    drawn = np.bincount(selfplay._choose(results), minlength=9)
    assert drawn[[0, 2, 4, 5, 6, 7, 8]].sum() == 0
    assert 60 < drawn[3] < 140
    selfplay.config = SelfPlayConfig(games=400, temperature_plies=0)
    assert set(selfplay._choose(results)) == {1}


def test_a_game_that_is_cut_off_goes_on_as_the_search_expects(config: TrainingConfig) -> None:
    cartpole = load_game("gymnasium:CartPole-v1(max_length=12)")
    config = msgspec.structs.replace(config, game=cartpole.spec.name, search=preset(cartpole.spec).search)
    games = play(begin(cartpole, config, opening_share=0.5, exploration=0.1), 40)
    cut = [game for game in games if game.truncated]
    fallen = [game for game in games if not game.truncated]
    assert cut
    assert fallen
    assert {len(game) + len(game.opening) for game in cut} == {12}
    for game in games:
        assert game.opening_rewards == (len(game.opening),)
    replay = Replay(cartpole.spec, 1000)
    replay.add([replace(cut[0], explored=np.zeros(len(cut[0]), np.bool_))])
    ahead = np.arange(len(cut[0]) - 1, -1, -1)
    np.testing.assert_allclose(
        replay.returns(np.arange(len(cut[0])))[:, 0], np.clip(ahead + cut[0].values[-1, 0], -11, 12), atol=1e-5
    )
    model = Architecture.of(cartpole.spec, config.network).model
    rng = np.random.default_rng(0)
    batch = make_batch(replay, np.arange(len(cut[0])), model=model, unroll=3, bootstrap_steps=0, rng=rng)
    np.testing.assert_array_equal(batch.known[-1], [1, 0, 0, 0])
    learner = Learner(Architecture.of(cartpole.spec, config.network), config.learner)
    learner.step(batch, 0.0)
    replay = Replay(cartpole.spec, 1000)
    replay.add([fallen[0]])
    batch = make_batch(replay, np.arange(len(fallen[0])), model=model, unroll=3, bootstrap_steps=0, rng=rng)
    assert batch.known.all()
    assert not batch.values[-1, 1:].any()
    record = to_record(cut[0], cartpole.spec)
    assert record.ending is Ending.TRUNCATED
    again = to_trajectory(record, cartpole)
    assert again is not None
    assert again.truncated
    np.testing.assert_array_equal(again.observations, cut[0].observations)


def test_games_of_many_actions_are_recorded_and_continued_alike(
    game: Game, config: TrainingConfig, monkeypatch: pytest.MonkeyPatch
) -> None:
    plain = play(begin(game, config), 30)
    monkeypatch.setattr(policies, "MANY", 8)
    sparse, resumed = (begin(game, config) for _ in range(2))
    kept = play(sparse, 13)
    resumed.restore(sparse.state())
    for one, other, third in zip(plain, kept + play(sparse, 17), kept + play(resumed, 17), strict=True):
        for name in vars(one):
            np.testing.assert_array_equal(getattr(one, name), getattr(other, name))
            np.testing.assert_array_equal(getattr(one, name), getattr(third, name))
    replay = Replay(game.spec, 90, priority_exponent=0.5)
    monkeypatch.setattr(policies, "MANY", 256)
    dense = Replay(game.spec, 90, priority_exponent=0.5)
    for remembered in (replay, dense):
        remembered.add(plain)
        rows = np.arange(0, 90, 3)
        renewed = np.roll(remembered.policies(rows), 1, 0) * remembered.legal_actions(rows)
        remembered.renew(Targets(remembered.positions(rows).serials, renewed, np.zeros((30, 2), np.float32)))
    np.testing.assert_array_equal(replay.policies(np.arange(90)), dense.policies(np.arange(90)))


def test_where_memory_is_short_fewer_games_go_on(
    game: Game, config: TrainingConfig, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(selfplay_module, "FIRST_LENGTH", 2)
    full = begin(game, config, opening_share=0.0)
    play(full, 4)
    one_game = sum(array.nbytes for array in full.state().values() if array.ndim > 1 and array.shape[1] == 4) // 8
    monkeypatch.setattr(selfplay_module, "MOST_BYTES", 9 * one_game)  # 4 games of 9 moves
    tight, resumed = (begin(game, config, opening_share=0.0) for _ in range(2))
    records = play(tight, 60)
    assert tight.moves < 60 * 8
    assert 1 <= len(tight.state()["lengths"]) <= 4
    assert sum(array.nbytes for array in tight.state().values() if array.ndim > 1) <= 9 * one_game
    assert len(records) >= 10
    assert not tight.abandoned
    resumed.restore(tight.state())
    for one, other in zip(play(tight, 12), play(resumed, 12), strict=True):
        np.testing.assert_array_equal(one.actions, other.actions)


def test_a_game_that_does_not_fit_into_memory_is_given_up(
    game: Game, config: TrainingConfig, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(selfplay_module, "FIRST_LENGTH", 2)
    monkeypatch.setattr(selfplay_module, "MOST_BYTES", 1)
    selfplay = begin(game, config, opening_share=0.0)
    assert not play(selfplay, 9)
    assert len(selfplay.abandoned) == 4
    assert "expected a game that ends within 2 moves, which fit into 0 MiB" in str(selfplay.abandoned[0])
