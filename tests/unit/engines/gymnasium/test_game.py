"""Gymnasium's environments keep the game protocol, and what the adapter decides about them is right."""

from __future__ import annotations

import gc
import pickle
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any, ClassVar

import gymnasium
import numpy as np
import pytest
from gymnasium import spaces
from gymnasium.utils import EzPickle
from numpy.typing import NDArray

from myoshu.errors import ArgumentError, DependencyError, GameError, GameStringError, IllegalActionError
from myoshu.planes import Planes, planes_of
from myoshu.spec import Movers
from myoshu.testing.games import check_game
from myoshu_engines import load_game
from myoshu_engines.gymnasium.game import DEFAULT_LENGTH, GymnasiumGame
from myoshu_engines.gymnasium.spaces import FAR, observer_of
from myoshu_engines.gymnasium.state import GymnasiumState


class Picture(gymnasium.Env[NDArray[np.uint8], int]):
    """A dot walks over an image; going off its right edge is the goal, 1 point."""

    open: ClassVar[int] = 0
    """How many have been reset and not been closed."""

    def __init__(self, width: int = 6, seeded: bool = True, fault: str = "") -> None:
        self.observation_space: Any = spaces.Box(0, 255, (8, width, 3), np.uint8)
        self.action_space: Any = spaces.Discrete(3, start=-1)
        self.width, self.seeded, self.fault = width, seeded, fault
        self.at: tuple[int, int] | None = None
        self.image = np.zeros((8, width, 3), np.uint8)

    def reset(
        self, *, seed: int | None = None, options: dict[str, Any] | None = None
    ) -> tuple[NDArray[np.uint8], dict[str, Any]]:
        super().reset(seed=seed)
        if self.at is None:
            Picture.open += 1
        generator = self.np_random if self.seeded else np.random.default_rng()
        self.at = int(generator.integers(8)), 0
        return self.draw(), {}

    def step(self, action: int) -> tuple[NDArray[np.uint8], float, bool, bool, dict[str, Any]]:
        assert self.at is not None
        row, column = self.at
        self.at = row, max(0, column + action)
        reward = 1.0 if self.at[1] == self.width else 0.0
        info = {}
        if self.fault == "raises" and column == 3:
            raise RuntimeError("out of paint\nmore of it")
        if self.fault == "nan" and column == 3:
            reward = float("nan")
        if self.fault == "no action":
            info = {"action_mask": np.zeros(3, np.int8)}
        if self.fault == "wide mask":
            info = {"action_mask": np.ones(4, np.int8)}
        return self.draw(), reward, self.at[1] == self.width, False, info

    def draw(self) -> NDArray[np.uint8]:
        """The same array every time, against Gymnasium's advice: some environments do it."""
        assert self.at is not None
        row, column = self.at
        self.image[:] = 0
        if column < self.width:
            self.image[row, column] = 255, 51, 0
        return self.image

    def close(self) -> None:
        if self.at is not None:
            self.at = None
            Picture.open -= 1

    def __deepcopy__(self, memo: dict[int, Any]) -> Picture:
        twin = object.__new__(type(self))
        twin.__dict__.update(
            {name: part.copy() if isinstance(part, np.ndarray) else part for name, part in vars(self).items()}
        )
        if self._np_random is not None:
            twin._np_random = pickle.loads(pickle.dumps(self._np_random))
        if self.at is not None:
            Picture.open += 1
        return twin


class Parts(gymnasium.Env[dict[str, Any], int]):
    """Observations of several parts, one of which says which actions are legal; it writes into the arrays it shows."""

    def __init__(self, alone: bool = False) -> None:
        image = spaces.Box(0, 255, (4, 4, 3), np.uint8)
        place = spaces.Tuple([spaces.Discrete(3), spaces.Box(-2.0, 2.0, (2,), np.float32)])
        mask = spaces.MultiBinary(3)
        parts = (
            {"image": image, "action_mask": mask} if alone else {"image": image, "place": place, "action_mask": mask}
        )
        self.observation_space: Any = spaces.Dict(parts)
        self.action_space: Any = spaces.Discrete(3)
        self.alone, self.at = alone, 0
        self.image, self.mask, self.speed = np.zeros((4, 4, 3), np.uint8), np.ones(3, np.int8), np.zeros(2, np.float32)

    def reset(
        self, *, seed: int | None = None, options: dict[str, Any] | None = None
    ) -> tuple[dict[str, Any], dict[str, Any]]:
        super().reset(seed=seed)
        self.at = 0
        self.speed[:] = self.np_random.uniform(-1, 1, 2)
        return self.look(), {}

    def step(self, action: int) -> tuple[dict[str, Any], float, bool, bool, dict[str, Any]]:
        assert self.mask[action]
        self.at += 1
        self.speed[0] += 0.1
        return self.look(), float(action), self.at == 6, False, {}

    def look(self) -> dict[str, Any]:
        self.image[:] = 40 * self.at
        self.mask[:] = 1
        self.mask[self.at % 3] = 0
        seen = {"image": self.image, "action_mask": self.mask}
        return seen if self.alone else {**seen, "place": (self.at % 3, self.speed)}


class Branches(gymnasium.Env[NDArray[np.float32], NDArray[np.int64]]):
    """Two choices at once; info has a mask for each, or all in one row, or something else."""

    def __init__(self, told: str = "branches") -> None:
        self.observation_space: Any = spaces.Box(-1, 1, (4,), np.float32)
        self.action_space: Any = spaces.MultiDiscrete([3, 2])
        self.told, self.steps = told, 0

    def reset(
        self, *, seed: int | None = None, options: dict[str, Any] | None = None
    ) -> tuple[NDArray[np.float32], dict[str, Any]]:
        super().reset(seed=seed)
        self.steps = 0
        return np.zeros(4, np.float32), self.info()

    def step(self, action: NDArray[np.int64]) -> tuple[NDArray[np.float32], float, bool, bool, dict[str, Any]]:
        self.steps += 1
        return np.zeros(4, np.float32), 1.0, self.steps > 5, False, self.info()

    def info(self) -> dict[str, Any]:
        first, second = np.array([1, 0, 1], np.int8), np.array([0, 1], np.int8)
        told: dict[str, Any] = {
            "branches": (first, second),
            "list": [first.tolist(), second.tolist()],
            "row": np.concatenate([first, second]),
            "all": np.outer(first, second).ravel(),
            "other branches": (second, first),
            "odd": [np.ones(4), np.ones(1)],
            "none left": (first, 0 * second),
        }
        return {"action_mask": told[self.told]}


class Walk(gymnasium.Env[NDArray[np.float64], NDArray[np.int64]]):
    """A walk in the plane with noise from the generator; what is near the origin pays more."""

    def __init__(self, rate: float = 1.0) -> None:
        self.observation_space: Any = spaces.Box(-10.0, 10.0, (2,), np.float64)
        self.action_space: Any = spaces.MultiDiscrete([3, 3])
        self.rate = rate
        self.place = np.zeros(2)

    def reset(
        self, *, seed: int | None = None, options: dict[str, Any] | None = None
    ) -> tuple[NDArray[np.float64], dict[str, Any]]:
        super().reset(seed=seed)
        self.place = self.np_random.uniform(-1, 1, 2)
        return self.place.copy(), {}

    def step(self, action: NDArray[np.int64]) -> tuple[NDArray[np.float64], float, bool, bool, dict[str, Any]]:
        self.place = self.place + 0.1 * (action - 1) + self.np_random.normal(0, 0.01, 2)
        return self.place.copy(), self.rate / (1 + float(np.abs(self.place).sum())), False, False, {}


class Rebuilt(Walk, EzPickle):
    """One whose copies begin anew, as those of environments with a C++ core do."""

    def __init__(self) -> None:
        EzPickle.__init__(self)
        Walk.__init__(self)


class Attached(Walk):
    """One that cannot be copied at all."""

    def __init__(self) -> None:
        super().__init__()
        self.lock = threading.Lock()


class Entangled(Walk):
    """One whose copies share their position."""

    def reset(
        self, *, seed: int | None = None, options: dict[str, Any] | None = None
    ) -> tuple[NDArray[np.float64], dict[str, Any]]:
        super().reset(seed=seed)
        self.shared = Shared()
        return np.zeros(2), {}

    def step(self, action: NDArray[np.int64]) -> tuple[NDArray[np.float64], float, bool, bool, dict[str, Any]]:
        self.shared.place = self.shared.place + 0.1 * (action - 1)
        return self.shared.place.copy(), 0.0, False, False, {}


class Shared:
    def __init__(self) -> None:
        self.place = np.zeros(2)

    def __deepcopy__(self, memo: dict[int, Any]) -> Shared:
        return self


class Own(Walk):
    """One that draws from its action space, which it seeds itself: that must not be shared."""

    def reset(
        self, *, seed: int | None = None, options: dict[str, Any] | None = None
    ) -> tuple[NDArray[np.float64], dict[str, Any]]:
        self.action_space.seed(seed)
        return super().reset(seed=seed)

    def step(self, action: NDArray[np.int64]) -> tuple[NDArray[np.float64], float, bool, bool, dict[str, Any]]:
        return super().step(self.action_space.sample())


class Pays(gymnasium.Env[int, int]):
    """One step, and whatever it says it pays; random play never finds the prize behind the lock."""

    def __init__(self, prize: float = 5.0, lock: int = 20, flawed: str = "") -> None:
        self.observation_space: Any = spaces.Discrete(lock + 1, start=3)
        self.action_space: Any = spaces.Discrete(2)
        if flawed == "text":
            self.observation_space = spaces.Dict({"mission": spaces.Text(10), "here": spaces.Discrete(2)})
        if flawed == "sequence":
            self.observation_space = spaces.Tuple([spaces.Discrete(2), spaces.Sequence(spaces.Discrete(2))])
        if flawed == "mask alone":
            self.observation_space = spaces.Dict({"action_mask": spaces.MultiBinary(2)})
        if flawed == "torque":
            self.action_space = spaces.Box(-1.0, 1.0, (1,))
        if flawed == "many":
            self.action_space = spaces.MultiDiscrete([100, 100])
        if flawed == "shape":
            self.observation_space = spaces.Box(0, 1, (2,))
        self.prize, self.lock, self.right = prize, lock, 0

    def get_action_meanings(self) -> list[str]:
        return ["LEFT", "RIGHT"]

    def reset(self, *, seed: int | None = None, options: dict[str, Any] | None = None) -> tuple[int, dict[str, Any]]:
        super().reset(seed=seed)
        self.right = 0
        return 3, {}

    def step(self, action: int) -> tuple[int, float, bool, bool, dict[str, Any]]:
        self.right += action
        over = action == 0 or self.right == self.lock
        return 3 + self.right, self.prize if self.right == self.lock else 0.0, over, False, {}


class Finicky(gymnasium.Env[int, int]):
    """One that needs a package."""

    def __init__(self) -> None:
        raise gymnasium.error.DependencyNotInstalled("Box3D is not installed, run `pip install box3d`")


OWN: dict[str, Any] = {
    "Picture": Picture, "Walk": Walk, "Rebuilt": Rebuilt, "Attached": Attached, "Entangled": Entangled, "Own": Own,
    "Pays": Pays, "Finicky": Finicky, "Parts": Parts, "Branches": Branches,
}  # fmt: skip


@pytest.fixture(autouse=True)
def registered() -> Iterator[None]:
    """The environments above, registered while a test runs."""
    for name, kind in OWN.items():
        gymnasium.register(f"{name}-v0", kind, max_episode_steps=None if name == "Pays" else 40)
    yield
    for name in OWN:
        del gymnasium.registry[f"{name}-v0"]


def rng(seed: int = 0) -> np.random.Generator:
    return np.random.default_rng(seed)


def gym(name: str) -> GymnasiumGame:
    game = load_game(f"gymnasium:{name}")
    assert isinstance(game, GymnasiumGame)
    return game


def play_left(state: GymnasiumState) -> None:
    while not state.is_terminal():
        state.apply(0)


@pytest.mark.parametrize(
    "name",
    [
        "Acrobot-v1(max_length=30)",
        "CartPole-v1",
        "CartPole-v1(sutton_barto_reward=True)",
        "CliffWalking-v1(max_length=40)",
        "FrozenLake-v1",
        "FrozenLake-v1(is_slippery=False)",
        "FrozenLake8x8-v1(max_length=50)",
        "MountainCar-v0(max_length=40)",
        "Taxi-v4(max_length=40)",
        "Taxi-v4(max_length=30,is_rainy=True,fickle_passenger=True)",
        "Attached-v0",
        "Blackjack-v1",
        "Entangled-v0",
        "Parts-v0",
        "Branches-v0",
        "Own-v0",
        "Pays-v0",
        "Picture-v0",
        "Rebuilt-v0",
        "Walk-v0",
    ],
)
def test_whole_games_keep_the_protocol(name: str) -> None:
    report = check_game(gym(name), games=4, seed=1)
    assert report.finished == 4


def test_what_is_fixed_about_cart_pole() -> None:
    spec = gym("CartPole-v1").spec
    assert (spec.name, spec.players, spec.actions, spec.observation) == ("gymnasium:CartPole-v1", 1, 2, (4,))
    assert (spec.returns, spec.zero_sum, spec.final_rewards_only) == ((1.0, 500.0), False, False)
    assert (spec.movers, spec.stochastic, spec.max_length) == (Movers.ALTERNATE, True, 500)


@pytest.mark.parametrize(
    ("name", "returns", "max_length", "final"),
    [
        ("FrozenLake-v1", (0.0, 1.0), 100, True),
        ("FrozenLake8x8-v1", (0.0, 1.0), 200, True),  # random play hardly ever gets there
        ("FrozenLake-v1(reward_schedule=(5, -1, 0))", (-1.0, 5.0), 100, True),
        ("FrozenLake-v1(reward_schedule=(5, -1, -2))", (-200.0, 5.0), 100, False),
        ("Taxi-v4", (-2000.0, 20.0), 200, False),
        ("CliffWalking-v1", (-100.0 * DEFAULT_LENGTH, -1.0), DEFAULT_LENGTH, False),
        ("MountainCar-v0", (-200.0, -1.0), 200, False),
        ("CartPole-v1(max_length=10)", (1.0, 10.0), 10, False),  # its threshold is meant for the whole length
        ("CartPole-v1(max_length=2000)", (1.0, 2000.0), 2000, False),
        ("CartPole-v1(returns=(-1, 600.5))", (-1.0, 600.5), 500, False),
        ("Pays-v0", (-1.0, 1.0), DEFAULT_LENGTH, False),  # nothing was ever paid
    ],
)
def test_bounds_of_the_returns_and_of_the_length(
    name: str, returns: tuple[float, float], max_length: int, final: bool
) -> None:
    spec = gym(name).spec
    assert (spec.returns, spec.max_length, spec.final_rewards_only) == (returns, max_length, final)


def test_continuous_rewards_leave_room_for_what_was_not_seen() -> None:
    low, high = gym("Walk-v0").spec.returns
    assert low < 0
    assert high > 40


def test_a_return_outside_the_estimate_says_what_to_give() -> None:
    state = gym("Pays-v0").new_state(rng())
    for _ in range(19):
        state.apply(1)
    with pytest.raises(GameError, match=r"rewards of 5, outside .* estimated .* as returns=\(-1, 5\)"):
        state.apply(1)
    wide = gym("Pays-v0(returns=(0, 5))")
    state = wide.new_state(rng())
    assert [state.apply(1).tolist() for _ in range(20)] == [[0.0]] * 19 + [[5.0]]
    narrow = gym("CartPole-v1(returns=(0, 3))").new_state(rng())
    with pytest.raises(GameError, match=r"outside the bounds \[0, 3\] given in the game string"):
        play_left(narrow)


def test_a_cut_is_told_from_an_end() -> None:
    short = gym("CartPole-v1(max_length=3)").new_state(rng())
    for action in (0, 1):
        short.apply(action)
        assert (short.is_terminal(), short.truncated) == (False, False)
    short.apply(0)
    assert (short.is_terminal(), short.truncated) == (True, True)
    assert short.clone().truncated
    assert list(short.legal_actions()) == []
    fallen = gym("CartPole-v1").new_state(rng())
    play_left(fallen)
    assert not fallen.truncated


def test_numbers_are_scaled_by_their_bounds() -> None:
    state = gym("CartPole-v1").new_state(rng(3))
    seed = int(rng(3).integers(1 << 31))
    environment = gymnasium.make("CartPole-v1")
    shown, _ = environment.reset(seed=seed)
    environment.close()
    expected = shown / np.array([4.8, 1, 24 * np.pi / 180, 1])
    np.testing.assert_allclose(state.observation(), expected, rtol=1e-6)
    mixed = spaces.Box(np.array([0, 2, -np.inf, 0, -2 * FAR, 5]), np.array([10, 4, 0, np.inf, 1, 5]), dtype=np.float64)
    observer = observer_of(mixed, "mixed")
    np.testing.assert_allclose(observer.see(np.array([10.0, 2, -7, 7, 3, 5])), [1, -1, -7, 7, 3, 5])
    np.testing.assert_allclose(observer.see(np.array([0.0, 4, 0, 0, 0, 5])), [0, 1, 0, 0, 0, 5])


def test_an_image_becomes_planes_from_0_to_1() -> None:
    game = gym("Picture-v0")
    assert game.spec.observation == (3, 8, 6)
    state = game.new_state(rng())
    row = int(state.observation()[0].argmax()) // 6
    state.apply(2)
    seen = state.observation()
    assert seen.dtype == np.float32
    assert seen.flags.c_contiguous
    np.testing.assert_allclose(seen[:, row, 1], [1.0, 0.2, 0.0])
    assert seen.sum() == pytest.approx(1.2)
    assert seen.max() == 1.0


def test_choices_are_seen_one_hot() -> None:
    assert gym("Pays-v0").new_state(rng()).observation().tolist() == [1.0] + [0.0] * 20
    several = observer_of(spaces.MultiDiscrete([2, 3], start=[0, 5]), "here")
    assert several.see(np.array([1, 6])).tolist() == [0, 1, 0, 1, 0]
    bits = observer_of(spaces.MultiBinary(3), "here")
    assert bits.see(np.array([1, 0, 1], np.int8)).tolist() == [1, 0, 1]


def test_a_start_other_than_0_reaches_the_environment() -> None:
    game = gym("Picture-v0")
    state = game.new_state(rng())
    for action, column in ((2, 1), (2, 2), (1, 2), (0, 1)):
        state.apply(action)
        assert int(state.observation()[0].max(0).argmax()) == column
    assert [game.action_name(state, action) for action in range(3)] == ["-1", "0", "1"]


def test_names_of_actions() -> None:
    pays = gym("Pays-v0")
    assert pays.action_name(pays.new_state(rng()), 1) == "RIGHT"
    walk = gym("Walk-v0")
    state = walk.new_state(rng())
    assert walk.action_name(state, 5) == "(1, 2)"
    with pytest.raises(ArgumentError, match="expected one of 0 to 8, got 9"):
        walk.action_name(state, 9)
    with pytest.raises(ArgumentError, match="expected a GymnasiumState"):
        walk.action_name(object(), 0)  # type: ignore[arg-type]  # what a wrong program does


def test_a_mask_of_actions_is_kept() -> None:
    state = gym("Taxi-v4").new_state(rng())
    environment = gymnasium.make("Taxi-v4")
    _, info = environment.reset(seed=int(rng().integers(1 << 31)))
    choice = rng(1)
    fewer = 0
    while not state.is_terminal():
        assert list(state.legal_actions()) == info["action_mask"].nonzero()[0].tolist()
        illegal = sorted(set(range(6)) - set(state.legal_actions()))
        fewer += bool(illegal)
        if illegal:
            with pytest.raises(IllegalActionError, match=f"got {illegal[0]}"):
                state.apply(illegal[0])
        action = int(choice.choice(state.legal_actions()))
        reward = state.apply(action)
        _, expected, _, _, info = environment.step(action)
        assert reward.tolist() == [expected]
    environment.close()
    assert fewer > 50


class Unequal(gymnasium.Env[Any, Any]):
    """Two choices; the first of each is not allowed, told as one mask a choice."""

    observation_space = gymnasium.spaces.Box(-1, 1, (4,), np.float32)
    action_space = gymnasium.spaces.MultiDiscrete([3, 2])

    def __init__(self, lengths: tuple[int, ...] = (3, 2)) -> None:
        self.info = {"action_mask": tuple(np.arange(length, dtype=np.int8).clip(0, 1) for length in lengths)}

    def reset(self, *, seed: Any = None, options: Any = None) -> Any:
        super().reset(seed=seed)
        self.steps = 0
        return np.zeros(4, np.float32), self.info

    def step(self, action: Any) -> Any:
        self.steps += 1
        return np.zeros(4, np.float32), 1.0, self.steps > 5, False, self.info


def test_masks_of_choices_allow_their_combinations() -> None:
    gymnasium.register("Unequal-v0", Unequal)
    game = gym("Unequal-v0")
    state = game.new_state(rng())
    names = [game.action_name(state, action) for action in state.legal_actions()]
    assert names == ["(1, 1)", "(2, 1)"]
    with pytest.raises(
        GameError, match=r"action_mask: expected shape \(6,\), or a mask for each of its choices \(3, 2\), got"
    ):
        gym("Unequal-v0(lengths=(3, 4))")


@pytest.mark.parametrize(
    ("fault", "message"),
    [
        ("raises", "Picture-v0.*: step raised RuntimeError: out of paint$"),
        ("nan", "reward: expected a finite number, got nan"),
        ("no action", "expected an action to be legal as the game goes on"),
        ("wide mask", r"action_mask: expected shape \(3,\), got \(4,\)"),
    ],
)
def test_a_fault_of_the_environment_is_one_clear_error(fault: str, message: str) -> None:
    with pytest.raises(GameError, match=message):
        gym(f"Picture-v0(fault={fault!r})")


@pytest.mark.parametrize(
    ("string", "message"),
    [
        ("CartPole-v1(", "expected an environment and parameters such as"),
        ("CartPole-v1)", "expected an environment and parameters such as"),
        ("CartPole v1", "expected an environment and parameters such as"),
        ("CartPole-v1(3)", "expected an environment and parameters such as"),
        ("CartPole-v1(**{})", "expected an environment and parameters such as"),
        ("CartPole-v1(a=1)(b=2)", "expected an environment and parameters such as"),
        ("CartPole-v1(a=1) + _(b=2)", "expected an environment and parameters such as"),
        ("CartPole-v1(a=1,a=2)", "expected an environment and parameters such as"),
        ("CartPole-v1(a=)", "expected an environment and parameters such as"),
        ("CartPole-v1(a=open('x'))", r"a: expected a literal such as 3, True or 'text', got \"open\('x'\)\""),
        ("CartPole-v1(a=b)", "a: expected a literal"),
        ("CartPole-v1(a=2**9)", "a: expected a literal"),
        ("CartPole-v1(mass=2)", "unexpected keyword argument 'mass'"),
        ("CartPole-v1(render_mode='human')", "render_mode= is not to be given .* draws as text"),
        ("CartPole-v1(max_episode_steps=5)", "say max_length="),
        ("CartPole-v1(max_length=0)", "max_length: expected a number of steps, 1 or more, got 0"),
        ("CartPole-v1(max_length=True)", "max_length: expected a number of steps"),
        ("CartPole-v1(returns=5)", r"returns: expected two finite numbers in order, as \(0, 500\), got 5"),
        ("CartPole-v1(returns=(1, 0))", "returns: expected two finite numbers in order"),
        ("CartPole-v1(returns=(0, 1e999))", "returns: expected two finite numbers in order"),
        ("CartPole-v1(returns=('a', 'b'))", "returns: expected two finite numbers in order"),
        ("CartPole", "does not know 'CartPole'; expected an environment such as CartPole-v"),
        ("CartPole-v9", "does not know 'CartPole-v9'"),
        ("cart_pole", "expected an environment such as .*CartPole-v"),
        ("Zzz", "expected an environment such as CartPole-v1, FrozenLake-v1, LunarLander-v3"),
        ("ALE/Pong-v5", r"expected gymnasium:ale_py:ALE/Pong-v5, .*\(pip install ale-py\)"),
        ("nowhere:CartPole-v1", "there is no module 'nowhere'"),
        ("no-where:CartPole-v1", "expected a module's name"),
    ],
)
def test_a_string_that_names_nothing_is_one_clear_error(string: str, message: str) -> None:
    with pytest.raises(GameStringError, match=message):
        gym(string)


@pytest.mark.parametrize(
    ("string", "message"),
    [
        ("Pendulum-v1", "Pendulum-v1: its actions are a Box; myoshu plays Discrete"),
        ("Pays-v0(flawed='text')", "Pays-v0.*: mission: its observations hold a Text; myoshu sees Box, .*FilterObserv"),
        ("Pays-v0(flawed='sequence')", "Pays-v0.*: 1: its observations hold a Sequence; myoshu sees Box, Discrete"),
        ("Pays-v0(flawed='mask alone')", "its observations hold nothing to see"),
        ("Pays-v0(flawed='torque')", "its actions are a Box"),
        ("Pays-v0(flawed='many')", "its actions have 10000 combinations; myoshu plays at most 4096"),
        ("Pays-v0(flawed='shape')", r"observation: expected one of Box\(.*, got 3"),
        ("Picture-v0(seeded=False)", "the same seed and the same actions brought two different games"),
    ],
)
def test_an_environment_of_another_kind_is_refused_with_the_reason(string: str, message: str) -> None:
    with pytest.raises(GameError, match=message):
        gym(string)


def test_a_package_that_an_environment_needs_is_named() -> None:
    with pytest.raises(DependencyError, match=r"Finicky-v0.*a package it needs is not installed: Box3D is not"):
        gym("Finicky-v0")


def test_a_string_is_written_in_one_way_and_found_again() -> None:
    game = gym(" FrozenLake-v1( map_name = '4x4',desc=None , returns=( 0,1.0) ) ")
    assert game.spec.name == "gymnasium:FrozenLake-v1(map_name='4x4',desc=None,returns=(0, 1.0))"
    assert load_game(game.spec.name).spec == game.spec
    assert gym("CartPole-v1()").spec.name == "gymnasium:CartPole-v1"
    assert repr(gym("CartPole-v1")) == "<GymnasiumGame gymnasium:CartPole-v1>"


def test_a_game_travels_to_another_process_as_its_string() -> None:
    game = gym("FrozenLake-v1(is_slippery=False)")
    assert pickle.loads(pickle.dumps(game)).spec == game.spec


def test_an_environment_of_ones_own_is_found_by_its_module(tmp_path: Path) -> None:
    (tmp_path / "my_module.py").write_text(
        "import gymnasium\n"
        "gymnasium.register('MyPole-v0', 'gymnasium.envs.classic_control:CartPoleEnv', max_episode_steps=30)\n"
    )
    program = (
        "import pickle, sys; from myoshu_engines import load_game; sys.path.remove('');"
        "game = load_game('gymnasium:my_module:MyPole-v0');"
        "print(pickle.loads(pickle.dumps(game)).spec.name, game.spec.max_length)"
    )
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", program], capture_output=True, text=True, check=False, cwd=tmp_path
    )
    assert done.stderr == ""
    assert done.stdout.split() == ["gymnasium:my_module:MyPole-v0", "30"]


def test_a_module_that_fails_is_told_from_one_that_is_not_there(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", list(sys.path))
    (tmp_path / "needs_more.py").write_text("import nothing_like_it\n")
    (tmp_path / "fails.py").write_text("1 / 0\n")
    with pytest.raises(DependencyError, match="needs_more: importing it raised ModuleNotFoundError"):
        gym("needs_more:MyEnv-v0")
    with pytest.raises(GameError, match="fails: importing it raised ZeroDivisionError"):
        gym("fails:MyEnv-v0")


@pytest.mark.parametrize("action", [2, -1, 10**30, 1.5, "1", None])
def test_an_illegal_action_changes_nothing(action: object) -> None:
    state = gym("CartPole-v1").new_state(rng())
    state.apply(1)
    before = str(state), state.key(), list(state.legal_actions())
    with pytest.raises(IllegalActionError, match="expected"):
        state.apply(action)  # type: ignore[arg-type]  # what a wrong program does
    assert (str(state), state.key(), list(state.legal_actions())) == before


def test_an_action_may_be_a_numpy_integer_and_a_finished_game_takes_none() -> None:
    state = gym("CartPole-v1(max_length=1)").new_state(rng())
    state.apply(np.int64(1))  # type: ignore[arg-type]  # works as an int does
    with pytest.raises(IllegalActionError, match="the game is over"):
        state.apply(0)


def test_chance_comes_from_the_generator_alone() -> None:
    game = gym("FrozenLake-v1")

    def play(generator: np.random.Generator) -> tuple[list[str], object]:
        state = game.new_state(generator)
        drawn = [str(state)]
        while not state.is_terminal():
            state.apply(2)
            drawn.append(str(state))
        return drawn, state.key()

    assert play(rng(5)) == play(rng(5))
    assert len({tuple(play(rng(seed))[0]) for seed in range(20)}) > 5
    one = rng(5)
    assert play(one) != play(one)


def test_keys_are_of_seed_and_actions() -> None:
    game = gym("FrozenLake-v1(is_slippery=False)")
    left_and_back, waited = game.new_state(rng()), game.new_state(rng())
    assert left_and_back.key() == waited.key()
    left_and_back.apply(0)
    assert left_and_back.key() != waited.key()
    waited.apply(3)  # against the wall too: the same place, another history
    assert (left_and_back.observation() == waited.observation()).all()
    assert left_and_back.key() != waited.key()
    assert game.new_state(rng(1)).key() != game.new_state(rng(2)).key()


@pytest.mark.parametrize(
    ("name", "copies", "shares"),
    [
        ("CartPole-v1", True, True),
        ("Taxi-v4", True, True),
        ("Walk-v0", True, True),
        ("Picture-v0", True, True),
        ("Own-v0", True, False),
        ("Rebuilt-v0", False, False),
        ("Attached-v0", False, False),
        ("Entangled-v0", False, False),
    ],
)
def test_clones_are_copies_where_copies_work(name: str, copies: bool, shares: bool) -> None:
    game = gym(name)
    assert (game.copies, bool(game.environments.shared)) == (copies, shares)
    state = game.new_state(rng(7))
    choice = rng(8)
    for _ in range(25):
        if state.is_terminal():
            break
        twin = state.clone()
        assert str(twin) == str(state)
        action = int(choice.choice(state.legal_actions()))
        assert state.apply(action) == twin.clone().apply(action)
        assert str(twin) != str(state) or "Entangled" in name or "Picture" in name or game.draws
        assert twin.apply(action).shape == (1,)
        np.testing.assert_array_equal(twin.observation(), state.observation())


def test_the_table_of_transitions_is_shared_by_copies_that_work() -> None:
    game = gym("Taxi-v4")
    one, other = game.new_state(rng()), game.new_state(rng(1))
    tables = [state._environment.get_wrapper_attr("P") for state in (one, other, one.clone()) if state._environment]
    assert len(tables) == 3
    assert all(table is tables[0] for table in tables)


@pytest.mark.parametrize("name", ["FrozenLake-v1", "Taxi-v4", "CliffWalking-v1"])
def test_an_environment_that_can_is_asked_to_draw_itself(name: str) -> None:
    environment = gymnasium.make(name, render_mode="ansi")
    environment.reset(seed=int(rng(2).integers(1 << 31)))
    expected: Any = environment.render()
    assert str(gym(name).new_state(rng(2))) == expected.rstrip()
    environment.close()


def test_others_are_shown_as_their_observation() -> None:
    state = gym("MountainCar-v0").new_state(rng())
    state.apply(0)
    first, second = str(state).splitlines()
    assert first == "step 1, collected -1"
    assert second.startswith("[-0.")


def test_environments_are_closed_when_states_are_no_more() -> None:
    gc.collect()
    before = Picture.open
    game = gym("Picture-v0")
    gc.collect()
    assert Picture.open == before
    state = game.new_state(rng())
    twins = [state.clone() for _ in range(5)]
    assert Picture.open == before + 6
    del twins
    assert Picture.open == before + 1
    state.close()
    assert Picture.open == before
    state.apply(2)  # a closed state comes back by itself
    assert int(state.observation()[0].max(0).argmax()) == 1
    del state, game
    assert Picture.open == before


def test_what_copies_are_made_of_is_closed_after_the_last_position(monkeypatch: pytest.MonkeyPatch) -> None:
    game = gym("Picture-v0")
    closed: list[str] = []
    monkeypatch.setattr(game.environments.template, "close", lambda: closed.append("closed"))
    state = game.new_state(rng())
    del game
    gc.collect()
    assert not closed
    del state
    gc.collect()
    assert closed == ["closed", "closed"]  # its own environment, which is a copy, and the template


def test_nothing_is_wrapped_that_costs_time() -> None:
    environment = gym("CartPole-v1").environments.make()
    assert type(environment).__name__ == "TimeLimit"
    assert type(environment.env) is type(environment.unwrapped)  # type: ignore[attr-defined]  # a wrapper's
    environment.close()


def test_a_good_player_of_cart_pole_reaches_the_end() -> None:
    """Push where the pole leans and turns: enough to balance, and to see signs that were mixed up."""
    state: GymnasiumState = gym("CartPole-v1").new_state(rng(4))
    total = 0.0
    while not state.is_terminal():
        _, _, lean, turn = state.observation()
        total += float(state.apply(int(0.42 * lean + 0.3 * turn > 0))[0])
    assert total == 500
    assert state.truncated


def test_parts_are_one_vector_and_a_mask_among_them_says_what_is_legal() -> None:
    game = gym("Parts-v0")
    assert game.spec.observation == (48 + 3 + 2,)
    state = game.new_state(np.random.default_rng(0))
    assert list(state.legal_actions()) == [1, 2]
    seen = state.observation()
    assert seen.dtype == np.float32
    assert not seen[:48].any()
    assert seen[48:51].tolist() == [1, 0, 0]
    kept = state.clone()
    before = kept.observation()
    state.apply(2)
    assert list(state.legal_actions()) == [0, 2]
    assert state.observation()[:48] == pytest.approx(40 / 255)
    assert state.observation()[48:51].tolist() == [0, 1, 0]
    assert np.array_equal(kept.observation(), before)  # though the environment wrote into what it had shown
    with pytest.raises(IllegalActionError):
        state.apply(1)


def test_one_part_beside_a_mask_keeps_its_form() -> None:
    game = gym("Parts-v0(alone=True)")
    assert game.spec.observation == (3, 4, 4)  # an image, channels first
    assert list(game.new_state(np.random.default_rng(0)).legal_actions()) == [1, 2]


def test_blackjack_is_seen_one_part_after_the_other() -> None:
    state = gym("Blackjack-v1").new_state(np.random.default_rng(0))
    assert state.observation().shape == (32 + 11 + 2,)
    assert state.observation().sum() == 3.0


@pytest.mark.parametrize("told", ["branches", "list", "row", "all"])
def test_choices_may_have_a_mask_each(told: str) -> None:
    """Numbered with the last choice changing fastest: (0, 1) and (2, 1) of three by two."""
    assert list(gym(f"Branches-v0(told='{told}')").new_state(np.random.default_rng(0)).legal_actions()) == [1, 5]


@pytest.mark.parametrize(
    ("told", "message"),
    [
        ("odd", r"action_mask: expected shape \(6,\), or a mask for each of its choices \(3, 2\), got 2 parts of diff"),
        ("other branches", r"action_mask: expected shape \(6,\), or a mask for each of its choices \(3, 2\), got 2 p"),
        ("none left", "action_mask: expected an action to be legal as the game goes on, got none"),
    ],
)
def test_masks_of_choices_that_do_not_fit_are_one_clear_error(told: str, message: str) -> None:
    with pytest.raises(GameError, match=message):
        gym(f"Branches-v0(told='{told}')")


def test_what_numbers_are_is_said_in_the_words_of_the_space() -> None:
    game = load_game("gymnasium:CartPole-v1")
    assert planes_of(game).words == (
        "number 0 of the environment's observation, -4.8 to 4.8 as −1 to 1",
        "number 1 of the environment's observation, as it is",
        "number 2 of the environment's observation, -0.418879 to 0.418879 as −1 to 1",
        "number 3 of the environment's observation, as it is",
    )
    assert planes_of(load_game("gymnasium:FrozenLake-v1")).words[3] == "1 if the environment shows 3"


class Talkative(Picture):
    """Says itself what its planes are."""

    planes = ("the dot", "nothing", "nothing either")


def test_an_environment_may_say_what_its_planes_are() -> None:
    gymnasium.register("Talkative-v0", Talkative)
    try:
        assert planes_of(load_game("gymnasium:Talkative-v0")) == Planes(words=Talkative.planes)
    finally:
        del gymnasium.registry["Talkative-v0"]
