"""Numbers survive being told to a network."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from myoshu.errors import TrainingError
from myoshu.spec import GameSpec
from myoshu.training import NetworkConfig
from myoshu.training.networks.support import Support, reward_support, value_support


@settings(deadline=None)
@given(
    low=st.floats(-1000, 0),
    width=st.floats(0.1, 1000),
    bins=st.sampled_from([0, 2, 3, 21, 601]),
    transform=st.booleans(),
    shares=st.lists(st.floats(0, 1), min_size=1, max_size=8),
)
def test_decoding_is_the_inverse_of_encoding(
    low: float, width: float, bins: int, transform: bool, shares: list[float]
) -> None:
    support = Support(low, low + width, bins, transform)
    numbers = (low + width * np.array(shares)).astype(np.float32)
    encoded = support.encode(numbers)
    assert encoded.shape == (len(shares), support.outputs)
    np.testing.assert_allclose(support.decode(encoded), numbers, rtol=2e-5, atol=2e-4 * max(1.0, width / 100))
    if bins:
        np.testing.assert_allclose(encoded.sum(-1), 1.0, rtol=1e-5)
        assert (encoded >= 0).all()
        assert ((encoded > 0).sum(-1) <= 2).all()


def test_outcomes_of_a_board_game_are_single_atoms() -> None:
    encoded = Support(-1.0, 1.0, 3).encode(np.array([[-1.0, 0.0, 1.0]], np.float32))
    np.testing.assert_array_equal(encoded, [np.eye(3)])


def test_atoms_of_the_transform_are_dense_around_zero() -> None:
    atoms = Support(-300.0, 300.0, 61, transform=True).atoms()
    gaps = np.diff(atoms)
    assert atoms[0] == -300
    assert atoms[-1] == 300
    assert abs(atoms[30]) < 1e-4
    assert gaps[30] < gaps[45] < gaps[59]


@pytest.mark.parametrize("number", [1.01, -1.01, float("nan"), float("inf")])
@pytest.mark.parametrize("bins", [0, 3])
def test_a_number_outside_is_named(number: float, bins: int) -> None:
    with pytest.raises(TrainingError, match=r"^reward: expected numbers from -1 to 1 \(spec.returns\), got"):
        Support(-1.0, 1.0, bins).encode(np.array([0.0, number], np.float32), "reward")


def test_supports_fit_the_game() -> None:
    network = NetworkConfig(bins=5)
    final = GameSpec(name="x", players=1, actions=2, observation=(1,), returns=(0.0, 4.0), final_rewards_only=True)
    assert (value_support(final, network).low, value_support(final, network).high) == (0.0, 4.0)
    paid = GameSpec(name="x", players=1, actions=2, observation=(1,), returns=(-10.0, 4.0))
    assert (value_support(paid, network).low, value_support(paid, network).high) == (-14.0, 14.0)
    assert (reward_support(paid, network).low, reward_support(paid, network).high) == (-14.0, 14.0)
    same = GameSpec(name="x", players=1, actions=2, observation=(1,), returns=(3.0, 3.0), final_rewards_only=True)
    assert (value_support(same, network).low, value_support(same, network).high) == (0.0, 3.0)
    nothing = GameSpec(name="x", players=1, actions=2, observation=(1,), returns=(0.0, 0.0), final_rewards_only=True)
    assert (value_support(nothing, network).low, value_support(nothing, network).high) == (-1.0, 1.0)
    assert (reward_support(final, network).low, reward_support(final, network).high) == (0.0, 4.0)
