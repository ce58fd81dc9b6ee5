"""Environments that do what no shipped one does, registered for the tests of this folder."""

from __future__ import annotations

import pickle
import threading
from typing import Any, ClassVar

import gymnasium
import numpy as np
from gymnasium import spaces
from gymnasium.utils import EzPickle
from numpy.typing import NDArray

from myoshu_engines import load_game
from myoshu_engines.gymnasium.game import GymnasiumGame
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
    """One whose copies begin from the start, as those of environments with a C++ core do."""

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


class Talkative(Picture):
    """Says itself what its planes are."""

    planes = ("the dot", "nothing", "nothing either")


OWN: dict[str, Any] = {
    "Picture": Picture, "Walk": Walk, "Rebuilt": Rebuilt, "Attached": Attached, "Entangled": Entangled, "Own": Own,
    "Pays": Pays, "Finicky": Finicky, "Parts": Parts, "Branches": Branches,
    "Unequal": Unequal, "Talkative": Talkative,
}  # fmt: skip


def gym(name: str) -> GymnasiumGame:
    game = load_game(f"gymnasium:{name}")
    assert isinstance(game, GymnasiumGame)
    return game


def play_left(state: GymnasiumState) -> None:
    while not state.is_terminal():
        state.apply(0)
