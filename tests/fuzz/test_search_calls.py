"""Any calls in any order with any arguments: a forest answers or raises a documented error, and stays sound."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from myoshu.errors import MyoshuError
from myoshu.search import Algorithm, Forest, Normalization, SearchConfig, Wave

STRANGE_NUMBERS: list[Any] = [np.nan, np.inf, -np.inf, -1.0, -0.0, 1e-45, 1e38, 0.0, 1.0]
STRANGE: list[Any] = [
    None,
    "a",
    1.5,
    -1,
    0,
    1,
    2,
    7,
    1 << 40,
    [],
    [[]],
    [0, 0],
    np.zeros(3),
    np.array("x"),
    True,
    {},
    [1, [2]],
]


class Caller:
    """Draws arguments that are mostly right and sometimes wrong."""

    def __init__(self, rng: np.random.Generator, forest: Forest) -> None:
        self.rng = rng
        self.forest = forest

    def maybe(self, value: Any, chance: float = 0.04) -> Any:
        return STRANGE[self.rng.integers(len(STRANGE))] if self.rng.random() < chance else value

    def optional(self, value: Any) -> Any:
        return self.maybe(value) if self.rng.random() < 0.3 else None

    def floats(self, *shape: int) -> Any:
        array = self.rng.random(shape).astype(np.float32)
        if array.size and self.rng.random() < 0.05:
            array.flat[self.rng.integers(array.size)] = STRANGE_NUMBERS[self.rng.integers(len(STRANGE_NUMBERS))]
        return self.maybe(array)

    def slot(self) -> Any:
        return self.maybe(int(self.rng.integers(self.forest.slots)))

    def slots(self) -> Any:
        return self.maybe(self.rng.permutation(self.forest.slots)[: self.rng.integers(self.forest.slots + 1)])

    def mask(self, *shape: int) -> Any:
        return self.optional(self.rng.random(shape) < 0.8)

    def open(self) -> None:
        actions = self.forest.actions
        width = int(self.rng.integers(1, actions + 1)) if self.rng.random() < 0.2 else actions
        identifiers = None if width == actions else self.maybe(np.sort(self.rng.choice(99, width, replace=False)), 0.1)
        self.forest.open(
            self.slot(),
            self.floats(width),
            self.floats(self.forest.players),
            to_play=self.maybe(int(self.rng.integers(-1, self.forest.players))),
            legal=self.mask(width),
            actions=identifiers,
            noise=self.optional(self.floats(width)),
            gumbel=self.optional(self.floats(width)),
            simulations=self.optional(int(self.rng.integers(-1, self.forest.nodes + 1))),
            planned=self.optional(int(self.rng.integers(0, 99))),
        )

    def expand(self) -> None:
        n, players, actions = self.forest.pending, self.forest.players, self.forest.actions
        sizes = self.rng.integers(0, actions + 1, n) if self.rng.random() < 0.2 else None
        sets = [] if sizes is None else [np.sort(self.rng.choice(99, size, replace=False)) for size in sizes]
        self.forest.expand(
            self.optional(self.floats(n, players)),
            self.floats(n, players),
            self.floats(n, actions) if sizes is None else self.floats(int(sizes.sum())),
            to_play=self.maybe(self.rng.integers(-1, players, n)) if self.rng.random() < 0.8 else None,
            legal=None if sizes is not None else self.mask(n, actions),
            discounts=self.optional(self.rng.random(n)),
            terminal=self.optional(self.rng.random(n) < 0.3),
            actions=None
            if sizes is None
            else self.maybe(np.concatenate([*sets, np.empty(0, np.int64)]).astype(np.int64)),
            counts=None if sizes is None else self.maybe(sizes),
        )

    def reroot(self, wave: Wave) -> None:
        actions = self.forest.actions
        target: Any = wave if self.rng.random() < 0.5 else self.forest
        target.reroot(
            self.slot(),
            self.maybe(int(self.rng.integers(actions))),
            legal=self.mask(actions),
            noise=self.optional(self.floats(actions)),
            gumbel=self.optional(self.floats(actions)),
            simulations=self.optional(int(self.rng.integers(-1, self.forest.nodes + 1))),
        )


@pytest.mark.parametrize("seed", range(60))
def test_only_documented_errors_surface(seed: int) -> None:
    rng = np.random.default_rng(seed)
    config = SearchConfig(
        algorithm=list(Algorithm)[rng.integers(2)],
        normalization=list(Normalization)[rng.integers(4)],
        simulations=int(rng.integers(1, 20)),
        leaves=int(rng.choice([1, 3])),
    )
    players, actions, slots = int(rng.integers(1, 4)), int(rng.integers(1, 8)), int(rng.integers(1, 4))
    nodes = int(rng.integers(2, 40))
    edges = int(rng.integers(1, nodes * actions + 1)) if rng.random() < 0.3 else None
    forest = Forest(config, slots=slots, actions=actions, players=players, nodes=nodes, edges=edges)
    batch = 6
    columns = int(rng.choice([1, players])) if players <= 2 else players
    outputs = {
        "prior": rng.random((batch, actions)).astype(np.float32),
        "value": rng.random((batch, columns)).astype(np.float32),
        "reward": rng.random((batch, columns)).astype(np.float32),
        "mover": rng.integers(0, players, batch),
    }
    wave = Wave(
        forest,
        pool=np.zeros((slots * nodes, 2), np.float32),
        latent_in=np.zeros((batch, 2), np.float32),
        action_in=np.zeros(batch, np.int64),
        latent_out=np.zeros((batch, 2), np.float32),
        **outputs,
    )
    caller = Caller(rng, forest)

    def step() -> None:
        outputs["prior"][:] = caller.rng.random((batch, actions))
        if rng.random() < 0.1:
            name = str(rng.choice(["prior", "value", "reward"]))
            outputs[name][rng.integers(batch), 0] = STRANGE_NUMBERS[rng.integers(len(STRANGE_NUMBERS))]
        outputs["mover"][:] = rng.integers(0, players, batch)
        if rng.random() < 0.05:
            outputs["mover"][0] = rng.choice([-1, players, 1 << 40])
        wave.step()
        for name in ("value", "reward"):
            outputs[name][:] = rng.random((batch, columns))

    calls = [
        caller.open, caller.open, caller.expand, caller.expand, caller.expand,
        lambda: caller.reroot(wave),
        lambda: forest.select(caller.slots()),
        lambda: forest.select(caller.slots()),
        lambda: forest.select(caller.slots()),
        lambda: forest.close(caller.slot()),
        lambda: forest.result(caller.slot()),
        lambda: forest.results(caller.slots()),
        lambda: forest.remaining(caller.slot()),
        lambda: forest.principal_variation(caller.slot(), caller.optional(1)),
        lambda: wave.begin(caller.slots()),
        forest.cancel, wave.cancel, step, step, step,
    ]  # fmt: skip
    refused = 0
    with np.errstate(all="ignore"):
        for _ in range(600):
            try:
                calls[rng.integers(len(calls))]()
            except MyoshuError:
                refused += 1
            for slot in range(slots):
                if forest.is_open(slot):
                    result = forest.result(slot)
                    assert np.isfinite(result.policy).all()
                    assert abs(result.policy.sum() - 1) < 1e-4
                    assert result.visits.min() >= 0
    assert refused < 600
