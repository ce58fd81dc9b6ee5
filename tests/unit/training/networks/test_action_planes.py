"""Actions that are too many to be drawn must act as if they were."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from myoshu.training.networks import action_planes as module
from myoshu.training.networks.action_planes import action_planes, plane_count, window_reach
from myoshu.training.networks.architecture import Layer
from myoshu.training.networks.torch_network import NormalizedLayer


def layer(actions: int, height: int, width: int, kernel: int = 3) -> Layer:
    return Layer("dynamics.input", 6, 6, kernel, 1, (actions, 6, height, width), skip=True, normalize=True)


@pytest.mark.parametrize(("actions", "planes"), [(7, 1), (42, 1), (43, 1), (5, 5), (100, 100)])
def test_pictures_have_as_many_planes_as_is_said(actions: int, planes: int) -> None:
    drawn = action_planes(actions, 6, 7)
    assert drawn is not None
    assert drawn.shape == (actions, planes, 6, 7)
    assert plane_count(actions, 6, 7) == planes


@pytest.mark.parametrize(("actions", "height", "width"), [(4674, 8, 8), (13689, 9, 9), (8100, 10, 9), (432, 6, 6)])
def test_pictures_that_grow_with_the_square_of_the_actions_are_not_drawn(actions: int, height: int, width: int) -> None:
    assert action_planes(actions, height, width) is None
    assert action_planes(height * width + 1, height, width) is not None


@pytest.mark.parametrize(
    ("actions", "height", "width", "kernel"), [(7, 3, 5, 3), (40, 4, 4, 3), (5, 1, 6, 3), (6, 5, 5, 5)]
)
def test_actions_that_are_not_drawn_act_alike(
    monkeypatch: pytest.MonkeyPatch, actions: int, height: int, width: int, kernel: int
) -> None:
    layers, rows, tables = [], [], []
    chosen = torch.arange(11) % actions
    for most in (1 << 20, 0):
        monkeypatch.setattr(module, "MOST_NUMBERS", most)
        torch.manual_seed(3)
        made = NormalizedLayer(layer(actions, height, width, kernel))
        assert ("planes" in dict(made.named_buffers())) == bool(most)
        made.table.data = torch.randn_like(made.table.data)
        layers.append(made)
        rows.append(made._rows(made.table, chosen))
        rows[-1].square().sum().backward()
        tables.append(networks_table(made, actions, height, width, kernel))
    torch.testing.assert_close(rows[0], rows[1])
    torch.testing.assert_close(layers[0].action_weight.grad, layers[1].action_weight.grad, rtol=1e-4, atol=1e-4)
    torch.testing.assert_close(layers[0].table.grad, layers[1].table.grad)
    torch.testing.assert_close(tables[0], tables[1])


def networks_table(made: NormalizedLayer, actions: int, height: int, width: int, kernel: int) -> torch.Tensor:
    from myoshu.training.networks.torch_network import _drawn

    return _drawn(layer(actions, height, width, kernel), made.action_weight.detach().double())


def test_a_window_reaches_over_no_edge() -> None:
    reach = window_reach(2, 3, 3).reshape(2, 3, 3, 3)
    np.testing.assert_array_equal(reach[0, 0], [[0, 0, 0], [0, 1, 1], [0, 1, 1]])
    np.testing.assert_array_equal(reach[1, 1], [[1, 1, 1], [1, 1, 1], [0, 0, 0]])
