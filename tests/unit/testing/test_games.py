"""The conformance kit finds every clause that a game breaks."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

import msgspec
import numpy as np
import pytest
from numpy.typing import NDArray

from myoshu.errors import GameError, IllegalActionError
from myoshu.spec import GameSpec, Movers
from myoshu.testing.games import check_game

SPEC = GameSpec(
    name="take away",
    players=2,
    actions=3,
    observation=(2,),
    returns=(-1.0, 1.0),
    zero_sum=True,
    movers=Movers.ALTERNATE,
    final_rewards_only=True,
    max_length=7,
)


class Pile:
    """Take one, two or three of seven; whoever takes the last wins."""

    def __init__(self, rng: np.random.Generator) -> None:
        self.left = 7
        self.player = 0
        self.rng = rng

    def to_play(self) -> int:
        return self.player

    def legal_actions(self) -> Any:
        return list(range(min(3, self.left)))

    def observation(self) -> Any:
        return np.array([self.left, self.player], np.float32)

    def apply(self, action: int) -> Any:
        if action not in self.legal_actions():
            raise IllegalActionError(f"action: expected one of {self.legal_actions()}, got {action}")
        self.left -= action + 1
        rewards = np.zeros(2, np.float32)
        if self.left == 0:
            rewards[:] = -1
            rewards[self.player] = 1
        self.player = 1 - self.player
        return rewards

    def is_terminal(self) -> Any:
        return self.left == 0

    def clone(self) -> Any:
        twin = type(self)(self.rng)
        twin.left, twin.player = self.left, self.player
        return twin

    def key(self) -> Any:
        return self.left, self.player

    def __str__(self) -> str:
        return "o" * self.left


class TakeAway:
    """The game of this pile, or of another kind of it."""

    def __init__(self, state: type[Pile] = Pile, **changes: Any) -> None:
        self.spec = msgspec.structs.replace(SPEC, **changes)
        self.state = state

    def new_state(self, rng: np.random.Generator) -> Pile:
        return self.state(rng)

    def action_name(self, state: Any, action: int) -> Any:
        return f"take {action + 1}"


def test_a_sound_game_passes_and_is_reported() -> None:
    report = check_game(TakeAway(), games=30)
    assert (report.games, report.finished) == (30, 30)
    assert report.games < report.moves <= 30 * 7
    assert report.longest <= 7
    assert 1 <= report.branching <= 3
    assert report.returns.sum() == 0


def test_games_can_be_cut_short() -> None:
    report = check_game(TakeAway(), games=5, moves=1)
    assert (report.moves, report.finished) == (5, 0)


def test_the_same_seed_checks_the_same_games() -> None:
    assert check_game(TakeAway(), seed=3).moves == check_game(TakeAway(), seed=3).moves


def observing(make: Callable[[Pile], Any]) -> type[Pile]:
    class Broken(Pile):
        def observation(self) -> Any:
            return make(self)

    return Broken


class Shared(Pile):
    seen: NDArray[np.float32] = np.zeros(2, np.float32)

    def observation(self) -> Any:
        if self.seen[0] >= 0:
            self.seen[:] = self.left, self.player
        return self.seen


class Descending(Pile):
    def legal_actions(self) -> Any:
        return super().legal_actions()[::-1]


class Endless(Pile):
    def legal_actions(self) -> Any:
        return super().legal_actions() or [0]


class Beyond(Pile):
    def legal_actions(self) -> Any:
        return [*super().legal_actions(), 3] if self.left else []


class Floats(Pile):
    def legal_actions(self) -> Any:
        return [float(action) for action in super().legal_actions()]


class Generated(Pile):
    def legal_actions(self) -> Any:
        return iter(super().legal_actions())


class Lenient(Pile):
    def apply(self, action: int) -> Any:
        return super().apply(min(max(action, 0), min(3, self.left) - 1)) if self.left else np.zeros(2, np.float32)


class Hasty(Pile):
    def apply(self, action: int) -> Any:
        player = self.player
        self.player = 1 - player
        rewards = super().apply(action)
        self.player = 1 - player
        return rewards[::-1].copy()


class Generous(Pile):
    def apply(self, action: int) -> Any:
        return np.abs(super().apply(action))


class Early(Pile):
    def apply(self, action: int) -> Any:
        rewards = super().apply(action)
        return rewards if self.left == 0 else np.array([1, -1], np.float32)


class Rich(Pile):
    def apply(self, action: int) -> Any:
        return super().apply(action) * 10


class Doubles(Pile):
    def apply(self, action: int) -> Any:
        return super().apply(action).astype(np.float64)


class Lists(Pile):
    def apply(self, action: int) -> Any:
        return list(super().apply(action))


class Lonely(Pile):
    def apply(self, action: int) -> Any:
        return super().apply(action)[:1]


class Lost(Pile):
    def apply(self, action: int) -> Any:
        return super().apply(action) * np.nan


class Again(Pile):
    def apply(self, action: int) -> Any:
        player = self.player
        rewards = super().apply(action)
        self.player = player
        return rewards


class Nobody(Pile):
    def to_play(self) -> int:
        return 2


class Selfish(Pile):
    def clone(self) -> Any:
        return self


class Forgetful(Pile):
    def clone(self) -> Any:
        return type(self)(self.rng)


class Moody(Pile):
    def clone(self) -> Any:
        twin = super().clone()
        twin.mood = self.rng.integers(1 << 60)
        return twin

    def apply(self, action: int) -> Any:
        rewards = super().apply(action)
        if getattr(self, "mood", 0) % 2:
            self.player = 1 - self.player
        return rewards


class Ambient(Pile):
    dealt = iter(range(1000))

    def __init__(self, rng: np.random.Generator) -> None:
        super().__init__(rng)
        self.dealer = next(self.dealt)

    def clone(self) -> Any:
        twin = super().clone()
        twin.dealer = self.dealer
        return twin

    def __str__(self) -> str:
        return f"{super().__str__()} {self.dealer}"


class Identical(Pile):
    def key(self) -> Any:
        return id(self)


class Unhashable(Pile):
    def key(self) -> Any:
        return [self.left]


class Angry(Pile):
    def observation(self) -> Any:
        raise ZeroDivisionError("no view")


@pytest.mark.parametrize(
    ("state", "message"),
    [
        (observing(lambda pile: [7.0, 0.0]), "observation: expected a NumPy array, got list"),
        (observing(lambda pile: np.zeros(2)), "observation: expected float32, got float64"),
        (observing(lambda pile: np.zeros(3, np.float32)), r"observation: expected shape \(2,\), got \(3,\)"),
        (observing(lambda pile: np.full(2, np.nan, np.float32)), "observation: expected finite numbers"),
        (Shared, "observation: expected a new array on every call"),
        (Descending, "legal_actions: expected ascending"),
        (Endless, "legal_actions: expected none exactly when the game is over"),
        (Beyond, r"legal_actions: expected actions in \[0, 3\)"),
        (Floats, "legal_actions: expected integers"),
        (Generated, "legal_actions: expected a sequence"),
        (Lenient, "apply: expected IllegalActionError for action -1"),
        (Hasty, "apply: expected the state unchanged by illegal action -1"),
        (Generous, r"apply: expected rewards that add up to 0"),
        (Early, "apply: expected no reward before the end"),
        (Rich, r"spec.returns: expected every player's sum of rewards within \[-1.0, 1.0\]"),
        (Doubles, "apply: expected rewards of float32"),
        (Lists, "apply: expected rewards as a NumPy array"),
        (Lonely, r"apply: expected rewards of shape \(2,\)"),
        (Lost, "apply: expected finite rewards"),
        (Again, "to_play: expected player 1 after player 0"),
        (Nobody, r"to_play: expected a player in \[0, 2\), got 2"),
        (Selfish, "clone: expected"),
        (Forgetful, "clone: expected a state that looks"),
        (Moody, "clone: expected the same states after the same actions"),
        (Ambient, "new_state: expected the same game from the same generator"),
        (Identical, "new_state: expected the same game from the same generator"),
        (Unhashable, "raised TypeError: unhashable"),
        (Angry, "raised ZeroDivisionError: no view"),
    ],
)
def test_a_broken_state_is_found_out(state: type[Pile], message: str) -> None:
    with pytest.raises(GameError, match=rf"^take away: {message}.*game \d+ of seed 0, after moves \["):
        check_game(TakeAway(state))


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"max_length": 3}, "spec.max_length: expected at most 3 moves, got 4"),
        ({"returns": (-0.5, 0.5)}, "spec.returns"),
        ({"actions": 2}, r"legal_actions: expected actions in \[0, 2\)"),
        ({"observation": (1, 2)}, "observation: expected shape"),
    ],
)
def test_a_spec_that_does_not_fit_is_found_out(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(GameError, match=message):
        check_game(TakeAway(**changes))


class Dice(Pile):
    """What is taken is drawn: one more or not."""

    def apply(self, action: int) -> Any:
        more = int(action in self.legal_actions() and self.left > action + 1 and self.rng.random() < 0.5)
        return super().apply(action + more) if action + more < 3 else super().apply(action)

    def clone(self) -> Any:
        twin = super().clone()
        twin.rng = copy.deepcopy(self.rng)
        return twin

    def key(self) -> Any:
        return self.left, self.player, str(self.rng.bit_generator.state)


class Start(Pile):
    """It begins with a pile that is drawn."""

    def __init__(self, rng: np.random.Generator) -> None:
        super().__init__(rng)
        self.left = 4 + int(rng.integers(4))


class Purse(Pile):
    """Who wins is paid what is drawn."""

    def __init__(self, rng: np.random.Generator) -> None:
        super().__init__(rng)
        self.prize = float(rng.random())

    def apply(self, action: int) -> Any:
        return super().apply(action) * np.float32(self.prize)

    def clone(self) -> Any:
        return copy.deepcopy(self)


class Idle(Pile):
    """It draws a number that matters to nobody."""

    def __init__(self, rng: np.random.Generator) -> None:
        super().__init__(rng)
        self.luck = float(rng.random())

    def clone(self) -> Any:
        return copy.deepcopy(self)

    def key(self) -> Any:
        return self.luck, self.left, self.player

    def __str__(self) -> str:
        return f"{self.luck}"


@pytest.mark.parametrize("state", [Dice, Start, Purse])
def test_chance_that_the_spec_denies_is_found_out(state: type[Pile]) -> None:
    """Two games are enough, as they are played before training, and the message says what to set."""
    with pytest.raises(GameError, match=r"^take away: spec.stochastic: expected True, since the same moves under two "):
        check_game(TakeAway(state), games=2)
    check_game(TakeAway(state, stochastic=True), games=5)


def test_a_draw_that_matters_to_nobody_is_no_chance() -> None:
    check_game(TakeAway(Idle), games=5)


def test_a_clone_that_shares_its_generator_is_told_to_copy_it() -> None:
    class Sharing(Dice):
        def clone(self) -> Any:
            return Pile.clone(self)

        def key(self) -> Any:
            return self.left, self.player

    with pytest.raises(GameError, match=r"expected .* \(a clone copies its generator: copy.deepcopy\)") as caught:
        check_game(TakeAway(Sharing, stochastic=True))
    assert caught.value.__cause__ is None


def test_what_is_no_game_is_said_to_be_none() -> None:
    with pytest.raises(GameError, match=r"expected a game with spec, new_state and action_name, got no spec"):
        check_game(object())  # type: ignore[arg-type]  # what a wrong program does
    game: Any = TakeAway()
    game.spec = {"name": "take away"}
    with pytest.raises(GameError, match=r"TakeAway.spec: expected a myoshu.spec.GameSpec, got dict"):
        check_game(game)


def test_action_names_are_checked() -> None:
    class Nameless(TakeAway):
        def action_name(self, state: Any, action: int) -> Any:
            return ""

    with pytest.raises(GameError, match="action_name: expected a text that is not empty"):
        check_game(Nameless())
