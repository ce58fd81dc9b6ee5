"""Arrays through a pipe."""

from __future__ import annotations

import msgpack
import numpy as np
import pytest

from myoshu.errors import TrainingError
from myoshu.training.playing.packing import pack_arrays, unpack_arrays


def test_arrays_survive_the_pipe() -> None:
    arrays = {
        "a": np.arange(6, dtype=np.float32).reshape(2, 3)[:, ::-1],
        "b": np.array([True, False]),
        "none": np.zeros((0, 4), np.int64),
        "number": np.array(7, np.int32),
    }
    packed = pack_arrays(arrays)
    for name, array in unpack_arrays(packed).items():
        assert array.dtype == arrays[name].dtype
        np.testing.assert_array_equal(array, arrays[name])
    for damaged in (b"", packed[:-3], b"\x80" + packed, packed.replace(b"<f4", b"<f8"), packed.replace(b"<f4", b"|O8")):
        with pytest.raises(TrainingError, match="damaged bytes"):
            unpack_arrays(damaged)
    with pytest.raises(TrainingError, match="damaged bytes"):
        unpack_arrays(msgpack.packb([1, 2]))
