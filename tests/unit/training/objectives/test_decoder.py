"""The decoder tells what share of the observations the latent states do not hold."""

from __future__ import annotations

import pytest
import torch

from myoshu.spec import ModelSpec
from myoshu.training.objectives.decoder import Decoder

PLANES = ModelSpec(observation=(2, 3, 4), actions=2, players=2, latent=(5, 3, 4), value_columns=1, reward_columns=1)
VECTOR = ModelSpec(observation=(6,), actions=2, players=2, latent=(8,), value_columns=1, reward_columns=1)
MIXED = ModelSpec(observation=(2, 3, 4), actions=2, players=2, latent=(8,), value_columns=1, reward_columns=1)


def learned(model: ModelSpec, latent: torch.Tensor, seen: torch.Tensor, alive: torch.Tensor) -> torch.Tensor:
    torch.manual_seed(0)
    decoder = Decoder(model)
    optimizer = torch.optim.Adam(decoder.parameters(), 0.05)
    for _ in range(300):
        optimizer.zero_grad()
        decoder(latent, seen, alive).mean().backward()
        optimizer.step()
    return decoder(latent, seen, alive).detach()  # type: ignore[no-any-return]  # nn.Module.__call__ is untyped


@pytest.mark.parametrize("model", [PLANES, VECTOR, MIXED])
def test_what_is_in_the_latent_state_is_told_whatever_its_unit(model: ModelSpec) -> None:
    torch.manual_seed(1)
    latent = torch.randn(64, *model.latent)
    seen = torch.randn(64, *model.observation)
    alive = torch.ones(64)
    nothing = learned(model, torch.zeros_like(latent), seen, alive)
    assert nothing.mean() == pytest.approx(1.0, abs=0.02)
    scale = 10.0 ** torch.arange(-2, model.observation[0] - 2).view(-1, *[1] * (len(model.observation) - 1))
    if len(model.latent) == 3:
        latent[:, :2] = seen
    else:
        latent[:, :6] = seen.flatten(1)[:, :6]
        seen = torch.where(torch.arange(seen[0].numel()).view(seen.shape[1:]) < 6, seen, 7.0)
    assert learned(model, latent, seen * scale + 3.0, alive).mean() < 0.05


@pytest.mark.parametrize("model", [PLANES, VECTOR])
def test_what_nobody_saw_does_not_count(model: ModelSpec) -> None:
    torch.manual_seed(2)
    decoder = Decoder(model)
    latent, seen = torch.randn(8, *model.latent), torch.randn(8, *model.observation)
    alive = torch.tensor([1.0, 1, 1, 1, 1, 1, 0, 0])
    loss = decoder(latent, seen, alive)
    other = seen.clone()
    other[6:] = 1e6
    assert torch.equal(decoder(latent, other, alive), loss)
    assert not loss[6:].any()
    assert torch.allclose(decoder(latent[:6], seen[:6], alive[:6]), loss[:6], atol=1e-5)
    assert not decoder(latent, seen, torch.zeros(8)).any()


def test_a_channel_that_never_changes_has_nothing_to_tell() -> None:
    torch.manual_seed(3)
    latent, seen = torch.randn(32, *VECTOR.latent), torch.full((32, 6), 0.1)
    loss = learned(VECTOR, torch.zeros_like(latent), seen, torch.ones(32))
    assert loss.max() < 1e-3


def test_a_small_latent_square_tells_all_the_pixels_it_stands_for() -> None:
    torch.manual_seed(4)
    image = ModelSpec(observation=(2, 7, 6), actions=2, players=1, latent=(32, 2, 2), value_columns=1, reward_columns=1)
    seen = torch.randn(64, 2, 7, 6)
    latent = torch.nn.functional.pixel_unshuffle(torch.nn.functional.pad(seen, (0, 2, 0, 1)), 4)
    assert learned(image, latent, seen, torch.ones(64)).mean() < 0.05
    assert learned(image, latent.roll(1, 0), seen, torch.ones(64)).mean() > 0.5
