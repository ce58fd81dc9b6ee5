"""Everything a run needs to resume, in one file that is written atomically. No pickle is read or written."""

from __future__ import annotations

import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from myoshu.errors import TrainingError
from myoshu.training.folder import replaced

__all__ = ["Sections", "read_checkpoint", "write_checkpoint"]

FORMAT = 1
Sections = dict[str, dict[str, NDArray[Any]]]
"""Arrays by section and name."""


def write_checkpoint(path: Path, sections: Mapping[str, Mapping[str, NDArray[Any]]]) -> None:
    """Write a checkpoint atomically: a crash leaves the old one or the new one (NumPy's .npz, uncompressed).

    Raises:
        TrainingError: it cannot be written; an older checkpoint at the path is intact.
    """
    arrays = {f"{section}/{name}": _small(array) for section, held in sections.items() for name, array in held.items()}
    with replaced(path, "a checkpoint") as file, zipfile.ZipFile(file, "w") as archive:
        for key, array in {"format": np.array(FORMAT), **arrays}.items():
            with archive.open(f"{key}.npy", "w", force_zip64=True) as member:
                np.lib.format.write_array(member, np.asarray(array, order="C"), allow_pickle=False)


def read_checkpoint(path: Path) -> Sections:
    """Read what :func:`write_checkpoint` wrote.

    Raises:
        TrainingError: there is no checkpoint, or it is damaged.
    """
    sections: Sections = {}
    try:
        with path.open("rb") as file, np.load(file, allow_pickle=False) as arrays:
            if int(arrays["format"]) != FORMAT:
                raise TrainingError(f"{path}: expected checkpoint format {FORMAT}, got {int(arrays['format'])}")
            for key in arrays.files:
                section, slash, name = key.partition("/")
                if slash:
                    sections.setdefault(section, {})[name] = arrays[key]
    except FileNotFoundError as error:
        raise TrainingError(f"{path}: expected a checkpoint, got no such file") from error
    except (OSError, ValueError, TypeError, KeyError, EOFError, zipfile.BadZipFile) as error:
        raise TrainingError(f"{path}: expected a checkpoint, got a damaged file: {error}") from error
    return sections


def _small(array: NDArray[Any]) -> NDArray[Any]:
    """Observations of zeros and ones as bytes: a quarter of the size, and exact."""
    if array.dtype == np.float32 and array.ndim > 2:
        with np.errstate(invalid="ignore"):
            bytes_ = array.astype(np.uint8)
        if np.array_equal(bytes_, array):
            return bytes_
    return array
