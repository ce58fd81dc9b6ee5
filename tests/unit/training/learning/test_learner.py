"""The loss falls on what can be known, the average plays, and a learner goes on exactly from its state."""

from __future__ import annotations

from dataclasses import replace

import msgspec
import numpy as np
import pytest
import torch

from myoshu.errors import EvaluationError, TrainingError
from myoshu.spec import GameSpec, Movers
from myoshu.training import LearnerConfig, NetworkConfig, NetworkKind, Trajectory
from myoshu.training.config import Device
from myoshu.training.learning.learner import Learner, Step
from myoshu.training.learning.targets import Batch, make_batch
from myoshu.training.memory.replay import Replay
from myoshu.training.networks.architecture import Architecture

CONFIG = LearnerConfig(batch=64, unroll=2, warm_up=5, average=0.9, consistency_weight=0.5)


def countdown(*, rewards: bool) -> GameSpec:
    """Players take turns for five moves; who plays 1 in the first move is paid 1."""
    return GameSpec(
        name="countdown",
        players=2,
        actions=2,
        observation=(1, 4, 4),
        returns=(-1.0, 1.0),
        zero_sum=True,
        movers=Movers.ALTERNATE,
        final_rewards_only=not rewards,
    )


def filled(spec: GameSpec) -> Replay:
    """Games in which the first move, which can be seen later on, decides, and the best policy is 1 after it."""
    rng = np.random.default_rng(0)
    replay = Replay(spec, 4000)
    for _ in range(400):
        first = int(rng.integers(2))
        observations = np.zeros((5, 1, 4, 4), np.float32)
        for ply in range(5):
            observations[ply, 0, 0, :ply] = 1
            observations[ply, 0, 1] = first * (ply > 0)
        actions = rng.integers(0, 2, 5).astype(np.int32)
        actions[0] = first
        paid = np.zeros((5, 2), np.float32)
        paid[-1] = (1, -1) if first else (-1, 1)
        replay.add(
            [
                Trajectory(
                    observations=observations,
                    actions=actions,
                    rewards=paid,
                    movers=np.array([0, 1, 0, 1, 0], np.int32),
                    legal=np.ones((5, 2), np.bool_),
                    policies=np.tile(np.float32([0.25, 0.75]), (5, 1)),
                    values=np.zeros((5, 2), np.float32),
                    explored=np.zeros(5, np.bool_),
                )
            ]
        )
    return replay


def batches(architecture: Architecture, replay: Replay, seed: int) -> list[Batch]:
    rng = np.random.default_rng(seed)
    return [
        make_batch(replay, replay.sample(64, rng).rows, model=architecture.model, unroll=2, bootstrap_steps=0, rng=rng)
        for _ in range(120)
    ]


def numbers(step: Step) -> dict[str, float]:
    return {**step.losses, "gradient": step.gradient}


@pytest.mark.parametrize("rewards", [True, False])
@pytest.mark.parametrize("bins", [0, 3])
@pytest.mark.parametrize("kind", NetworkKind)
def test_the_loss_falls(kind: NetworkKind, bins: int, rewards: bool) -> None:
    spec = countdown(rewards=rewards)
    architecture = Architecture.of(spec, NetworkConfig(rewards=False, kind=kind, width=16, bins=bins))
    learner = Learner(architecture, CONFIG, seed=1)
    losses = [learner.step(batch, 0.0).losses for batch in batches(architecture, filled(spec), 0)]
    first, last = losses[0], losses[-1]
    assert last["policy"] < 0.2 * first["policy"] + 0.02
    assert last["value"] < 0.7 * first["value"]
    assert last["consistency"] < first["consistency"] - 0.2
    assert last["observation"] < 0.3 * first["observation"]
    assert (last["reward"] < 0.5 * first["reward"]) if rewards else last["reward"] == 0.0


@pytest.mark.parametrize("bins", [0, 3])
@pytest.mark.parametrize("kind", NetworkKind)
def test_the_loss_falls_in_mixed_precision_too(kind: NetworkKind, bins: int) -> None:
    spec = msgspec.structs.replace(countdown(rewards=True), movers=Movers.PREDICTED)
    architecture = Architecture.of(spec, NetworkConfig(rewards=False, kind=kind, width=16, bins=bins))
    learner, exact = (Learner(architecture, CONFIG, seed=1, mixed=mixed) for mixed in (True, False))
    work = batches(architecture, filled(spec), 0)[:60]
    first = numbers(learner.step(work[0], 0.0))
    other = numbers(exact.step(work[0], 0.0))
    assert first != other
    assert first == pytest.approx(other, rel=0.1, abs=0.03)
    losses = [learner.step(batch, 0.0).losses for batch in work[1:]]
    assert losses[-1]["policy"] < 0.3 * first["policy"] + 0.02
    assert losses[-1]["value"] < 0.8 * first["value"]
    assert losses[-1]["reward"] < 0.7 * first["reward"]
    assert losses[-1]["mover"] < 0.5 * first["mover"]
    assert all(weight.dtype == np.float32 for weight in learner.weights().values())
    again = Learner(architecture, CONFIG, seed=2, mixed=True)
    again.restore(learner.state())
    assert numbers(again.step(work[0], 0.0)) == numbers(learner.step(work[0], 0.0))


@pytest.mark.skipif(torch.cuda.is_available(), reason="there is a GPU")
def test_a_gpu_that_is_not_there() -> None:
    architecture = Architecture.of(countdown(rewards=False), NetworkConfig(rewards=False, width=8))
    assert Learner(architecture, LearnerConfig()).device.type == "cpu"
    with pytest.raises(TrainingError, match=r"learner.device: expected 'auto' or 'cpu' on this machine, got 'cuda'"):
        Learner(architecture, LearnerConfig(device=Device.CUDA))


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="there is no GPU")
def test_a_gpu_learns_what_the_cpu_learns() -> None:
    spec = countdown(rewards=True)
    architecture = Architecture.of(spec, NetworkConfig(width=16))
    gpu, cpu = (
        Learner(architecture, msgspec.structs.replace(CONFIG, device=device), seed=1, mixed=False)
        for device in (Device.CUDA, Device.CPU)
    )
    for batch in batches(architecture, filled(spec), 0)[:5]:
        assert numbers(gpu.step(batch, 0.0)) == pytest.approx(numbers(cpu.step(batch, 0.0)), rel=0.02, abs=1e-3)
    cpu.restore(gpu.state())
    for name, weight in cpu.weights().items():
        np.testing.assert_array_equal(weight, gpu.weights()[name])


def test_a_learner_goes_on_exactly_from_its_state() -> None:
    spec = countdown(rewards=True)
    architecture = Architecture.of(spec, NetworkConfig(width=16))
    work = batches(architecture, filled(spec), 0)
    straight, first, second = (Learner(architecture, CONFIG, seed=seed) for seed in (1, 1, 2))
    for batch in work[:20]:
        straight.step(batch, 0.3)
    for batch in work[:10]:
        first.step(batch, 0.3)
    second.restore(first.state())
    for batch in work[10:20]:
        second.step(batch, 0.3)
    for name, array in straight.state().items():
        np.testing.assert_array_equal(array, second.state()[name], err_msg=name)


def test_a_state_of_other_networks_is_refused() -> None:
    spec = countdown(rewards=False)
    small, large = (Learner(Architecture.of(spec, NetworkConfig(width=width)), CONFIG) for width in (8, 16))
    with pytest.raises(TrainingError, match=r"checkpoint.learner.network.layers\S+: expected shape"):
        large.restore(small.state())


def test_a_loss_that_is_not_finite_changes_nothing() -> None:
    spec = countdown(rewards=False)
    architecture = Architecture.of(spec, NetworkConfig(width=8))
    learner = Learner(architecture, CONFIG)
    batch = batches(architecture, filled(spec), 0)[0]
    learner.step(batch, 0.0)
    before = learner.weights()
    batch.policies[3, 0] = np.nan
    with pytest.raises(EvaluationError, match="loss: expected finite numbers, got"):
        learner.step(batch, 0.0)
    for name, weight in learner.weights().items():
        np.testing.assert_array_equal(weight, before[name])


@pytest.mark.parametrize("bins", [0, 3])
def test_a_position_that_counts_for_nothing_teaches_nothing(bins: int) -> None:
    spec = countdown(rewards=True)
    architecture = Architecture.of(spec, NetworkConfig(width=8, bins=bins))
    config = msgspec.structs.replace(CONFIG, consistency_weight=0.0)
    batch = batches(architecture, filled(spec), 0)[0]
    twisted = replace(batch, policies=batch.policies.copy(), values=batch.values.copy(), rewards=batch.rewards.copy())
    twisted.policies[5] = twisted.policies[5, :, ::-1]
    twisted.values[5] *= -1
    twisted.values[5] += 0.5 * (twisted.values[5] == 0)
    twisted.rewards[5] = 1 - np.abs(twisted.rewards[5])
    counts = np.ones(64, np.float32)
    counts[5] = 0.0
    unknown = np.ones_like(batch.known)
    unknown[5] = 0.0
    cases = [
        (batch, twisted, False),
        (replace(batch, weights=counts), replace(twisted, weights=counts), True),
        (
            replace(batch, known=unknown),
            replace(twisted, known=unknown, policies=batch.policies),
            True,
        ),
    ]
    for one, other, same in cases:
        learners = [Learner(architecture, config, seed=3) for _ in range(2)]
        losses = [numbers(learner.step(given, 0.0)) for learner, given in zip(learners, (one, other), strict=True)]
        assert (losses[0] == losses[1]) == same


def test_errors_of_values_are_in_the_games_units() -> None:
    spec = countdown(rewards=False)
    architecture = Architecture.of(spec, NetworkConfig(width=8))
    learner = Learner(architecture, CONFIG, seed=3)
    batch = batches(architecture, filled(spec), 0)[0]
    right = replace(batch, values=np.zeros_like(batch.values))
    told = learner.step(right, 0.0).errors
    learner = Learner(architecture, CONFIG, seed=3)
    errors = learner.step(replace(batch, values=np.ones_like(batch.values)), 0.0).errors
    assert told.shape == (64,)
    assert np.minimum(np.abs(errors - 1 - told), np.abs(errors - 1 + told)).max() < 1e-5


def test_the_step_size_warms_up_and_falls() -> None:
    spec = countdown(rewards=False)
    learner = Learner(Architecture.of(spec, NetworkConfig(width=8)), CONFIG)
    assert learner.learning_rate(0.0) == pytest.approx(3e-3 / 6)
    learner.steps = 100
    rates = [learner.learning_rate(share) for share in (0.0, 0.5, 1.0, 2.0)]
    assert rates == pytest.approx([3e-3, 1.55e-3, 1e-4, 1e-4])
