"""A turned batch is the batch of the games that were turned before they were recorded."""

from __future__ import annotations

from dataclasses import fields

import numpy as np

from myoshu.symmetry import Symmetry
from myoshu.training.learning.augmentation import Augmentation
from myoshu.training.learning.targets import Batch
from myoshu_engines import load_game


def _batch(size: int, rng: np.random.Generator) -> Batch:
    return Batch(
        observations=rng.random((size, 3, 3, 3, 3)).astype(np.float32),
        actions=rng.integers(0, 9, (size, 2)),
        policies=rng.random((size, 3, 9)).astype(np.float32),
        alive=np.ones((size, 3), np.float32),
        values=rng.random((size, 3, 1)).astype(np.float32),
        rewards=np.zeros((size, 2, 0), np.float32),
        turns=np.ones((size, 2), np.int64),
        later_step=1,
        known=np.ones((size, 3), np.float32),
        weights=np.ones(size, np.float32),
    )


def test_each_position_is_turned_alike_in_all_its_parts() -> None:
    game = load_game("openspiel:tic_tac_toe")
    symmetries: tuple[Symmetry, ...] = game.symmetries  # type: ignore[attr-defined]  # optional, so not in the protocol
    batch = _batch(200, np.random.default_rng(0))
    turned = Augmentation(game.spec, symmetries).turn(batch, np.random.default_rng(1))
    ways = [Symmetry(np.arange(27), np.arange(9)), *symmetries]
    met = set()
    for row in range(200):
        fitting = [
            index
            for index, way in enumerate(ways)
            if np.array_equal(turned.observations[row, 0], way.turn(batch.observations[row, 0]))
        ]
        assert len(fitting) == 1
        way = ways[fitting[0]]
        met.add(fitting[0])
        for step in (1, 2):
            assert np.array_equal(turned.observations[row, step], way.turn(batch.observations[row, step]))
        assert np.array_equal(turned.actions[row], way.actions[batch.actions[row]])
        for action in range(9):
            assert np.array_equal(turned.policies[row, :, way.actions[action]], batch.policies[row, :, action])
    assert met == set(range(8))


def test_without_symmetries_nothing_changes() -> None:
    game = load_game("openspiel:tic_tac_toe")
    batch = _batch(5, np.random.default_rng(0))
    turned = Augmentation(game.spec, ()).turn(batch, np.random.default_rng(1))
    assert all(np.array_equal(getattr(turned, each.name), getattr(batch, each.name)) for each in fields(batch))
