"""Batch renormalisation: in training it comes to compute what the shipped layer computes."""

from __future__ import annotations

import torch

from myoshu.training.networks.renormalization import WARM_UP, BatchRenormalization


def batch(generator: torch.Generator, mean: float, spread: float) -> torch.Tensor:
    return mean + spread * torch.randn(64, 3, 4, 5, generator=generator)


def test_at_first_it_is_batch_normalisation() -> None:
    x = batch(torch.Generator().manual_seed(0), 3.0, 2.0)
    layer = BatchRenormalization(3).train()
    plain = torch.nn.BatchNorm2d(3).train()
    assert torch.allclose(layer(x), plain(x), atol=1e-5)


def test_later_batches_that_differ_are_told_by_the_usual_statistics() -> None:
    """Two kinds of batches in turn, as the steps of an unroll are: training and shipped layer agree on both."""
    generator = torch.Generator().manual_seed(1)
    layer = BatchRenormalization(3).train()
    plain = torch.nn.BatchNorm2d(3).train()
    for _ in range(WARM_UP):
        for mean, spread in ((0.0, 1.0), (1.5, 1.6)):
            x = batch(generator, mean, spread)
            layer(x), plain(x)
    for mean, spread in ((0.0, 1.0), (1.5, 1.6)):
        x = batch(generator, mean, spread)
        learned, naive = layer.train()(x), plain.train()(x)
        shipped, misled = layer.eval()(x), plain.eval()(x)
        assert (learned - shipped).abs().mean() < 0.03
        assert (naive - misled).abs().mean() > 0.3


def test_gradients_pass_through_the_batch_s_own_statistics() -> None:
    x = batch(torch.Generator().manual_seed(2), 3.0, 2.0).requires_grad_()
    layer = BatchRenormalization(3).train()
    (layer(x) * torch.randn(x.shape, generator=torch.Generator().manual_seed(3))).sum().backward()
    assert x.grad is not None
    assert x.grad.mean((0, 2, 3)).abs().max() < 1e-5  # to move a whole channel changes nothing
    assert x.grad.abs().mean() > 0.1
