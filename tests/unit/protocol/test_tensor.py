"""Arrays as the protocol has them."""

from __future__ import annotations

import numpy as np
import pytest

from myoshu.protocol import Tensor


@pytest.mark.parametrize("kind", ["<f4", "<f8", "<i1", "<i4", "<i8", "<u1", ">f4", ">i2", "?"])
def test_tensors_come_back(kind: str) -> None:
    array = np.arange(24).reshape(2, 3, 4).astype(kind)
    for held in (array, array.T, array[:, ::2]):
        assert (Tensor.of(held).array() == held).all()


def test_tensors_of_other_types_are_refused() -> None:
    with pytest.raises(ValueError, match="expected an array of one of"):
        Tensor.of(np.array([1j]))
