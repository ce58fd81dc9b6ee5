"""The self-supervised consistency of latent states, as in EfficientZero."""

from __future__ import annotations

import torch
from torch import Tensor, nn
from torch.nn import functional

__all__ = ["Consistency"]

PROJECTION = 128
"""Units of the projection."""


class Consistency(nn.Module):
    """SimSiam's projector and predictor (EfficientZero, Ye et al. 2021, Section 4.1).

    Args:
        latent_size: the number of elements of a latent state.
    """

    def __init__(self, latent_size: int) -> None:
        super().__init__()
        self.projector = nn.Sequential(
            nn.Flatten(),
            nn.Linear(latent_size, PROJECTION, bias=False),
            nn.BatchNorm1d(PROJECTION),
            nn.ReLU(),
            nn.Linear(PROJECTION, PROJECTION),
        )
        self.predictor = nn.Sequential(
            nn.Linear(PROJECTION, PROJECTION // 2, bias=False),
            nn.BatchNorm1d(PROJECTION // 2),
            nn.ReLU(),
            nn.Linear(PROJECTION // 2, PROJECTION),
        )

    def forward(self, unrolled: Tensor, seen: Tensor) -> Tensor:
        """Minus the cosine of the unrolled and the seen latent state of each sample: [n]."""
        with torch.no_grad():
            target = self.projector(seen)
        return -functional.cosine_similarity(self.predictor(self.projector(unrolled)), target, dim=-1)
