"""The building blocks of networks: one vocabulary, in which each family of networks is written once.

There are three kinds of operations: one that declares the weights (:class:`Declaration`), one that computes in PyTorch
(``torch_network``), one that writes ONNX nodes (``onnx_writer``). The parity gate compares the last two.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from typing import Protocol, TypeVar

from myoshu.training.networks.support import Support

__all__ = ["Declaration", "Layer", "Operations", "T"]

T = TypeVar("T")
"""A tensor, or its representative: its shape, its name in a graph."""


class Operations(Protocol[T]):
    """The operations of networks, over tensors of type ``T`` whose first dimension is the batch."""

    def layer(
        self,
        name: str,
        x: T,
        features: int,
        *,
        kernel: int = 0,
        stride: int = 1,
        action: T | None = None,
        skip: bool = False,
        normalize: bool = True,
    ) -> T:
        """A dense layer (``kernel`` 0) or a convolution, an action's row of a table, and batch normalisation.

        A convolution of stride s turns height h and width w into ⌈h/s⌉ and ⌈w/s⌉.
        The row is added to the layer's outputs before the normalisation, with ``skip`` the layer's inputs after it. All
        of it is folded into one layer and its table before they are shipped.
        """
        ...

    def relu(self, x: T) -> T:
        """max(x, 0)."""
        ...

    def add(self, x: T, y: T) -> T:
        """The sum x + y, element by element."""
        ...

    def flatten(self, x: T) -> T:
        """Each sample as one vector."""
        ...

    def pool(self, x: T) -> T:
        """For planes: the greatest element of each channel, then each channel's mean, as one vector.

        A pattern anywhere on the board, such as a row of four, is seen at once and need not be learned for each square.
        """
        ...

    def join(self, x: T, y: T) -> T:
        """Two vectors, concatenated."""
        ...

    def scale(self, x: T) -> T:
        """Each sample divided by its greatest element.

        Its least is 0 after relu, so it is scaled to [0, 1] (MuZero, Appendix G).
        """
        ...

    def softmax(self, x: T) -> T:
        """Probabilities over the last dimension."""
        ...

    def greatest(self, x: T) -> T:
        """Index of the greatest element of the last dimension, the first of equals: int64."""
        ...

    def number(self, x: T, support: Support, columns: int) -> T:
        """From logits [n, columns × outputs] to numbers [n, columns] in the game's units."""
        ...


@dataclass(frozen=True)
class Layer:
    """The weights of one layer."""

    name: str
    """Its place in the networks, as ``dynamics.input``."""
    inputs: int
    """Features or channels in."""
    features: int
    """Features or channels out."""
    kernel: int
    """Side of the convolution's window; 0 for a dense layer."""
    stride: int
    """Distance between the convolution's windows."""
    table: tuple[int, ...] | None
    """Shape of the per-action table [actions, features, …], if actions enter here."""
    skip: bool
    """Whether the layer's inputs are added to its outputs."""
    normalize: bool
    """Whether batch normalisation follows."""


@dataclass
class Declaration:
    """Operations over shapes (without the batch): they only list the layers."""

    actions: int
    """The number of rows of a per-action table."""
    layers: list[Layer] = field(default_factory=list)
    """The layers declared so far, in order."""

    def layer(
        self,
        name: str,
        x: tuple[int, ...],
        features: int,
        *,
        kernel: int = 0,
        stride: int = 1,
        action: tuple[int, ...] | None = None,
        skip: bool = False,
        normalize: bool = True,
    ) -> tuple[int, ...]:
        """Note the layer; returns the shape of its outputs."""
        shape = (features, *(-(-side // stride) for side in x[1:]))
        table = None if action is None else (self.actions, *shape)
        self.layers.append(Layer(name, x[0], features, kernel, stride, table, skip, normalize))
        return shape

    def relu(self, x: tuple[int, ...]) -> tuple[int, ...]:
        return x

    def add(self, x: tuple[int, ...], y: tuple[int, ...]) -> tuple[int, ...]:
        return x

    def flatten(self, x: tuple[int, ...]) -> tuple[int, ...]:
        return (math.prod(x),)

    def pool(self, x: tuple[int, ...]) -> tuple[int, ...]:
        """The shape of a vector with two numbers per channel."""
        return (2 * x[0],)

    def join(self, x: tuple[int, ...], y: tuple[int, ...]) -> tuple[int, ...]:
        return (x[0] + y[0],)

    def scale(self, x: tuple[int, ...]) -> tuple[int, ...]:
        return x

    def softmax(self, x: tuple[int, ...]) -> tuple[int, ...]:
        return x

    def greatest(self, x: tuple[int, ...]) -> tuple[int, ...]:
        """The shape without the last dimension."""
        return x[:-1]

    def number(self, x: tuple[int, ...], support: Support, columns: int) -> tuple[int, ...]:
        """The shape of a vector with one number per column."""
        return (columns,)
