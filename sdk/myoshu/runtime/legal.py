"""Legal actions as a caller gives them, and as a search takes them."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from myoshu.errors import LegalActionsError

__all__ = ["as_mask"]


def as_mask(actions: int, legal_actions: ArrayLike | None) -> NDArray[np.bool_]:
    """A mask of the legal actions.

    Args:
        actions: how many actions the game has.
        legal_actions: the legal ones in any order, or a mask [actions], or None for all. A mask has booleans, or
            integers 0 and 1 where it cannot be mistaken for a list: in a game of two actions, of one byte each (int8 or
            uint8, as Gymnasium and PettingZoo give it).

    Returns:
        bool [actions], at least one of them true.

    Raises:
        LegalActionsError: it is empty, names an action that the game does not have, names one twice, or is neither
            kind.
    """
    if legal_actions is None:
        return np.ones(actions, np.bool_)
    try:
        given = np.asarray(legal_actions)
    except (ValueError, TypeError, OverflowError) as error:
        raise LegalActionsError(f"legal_actions: expected actions or a mask of them, got: {error}") from error
    if given.ndim != 1:
        raise LegalActionsError(f"legal_actions: expected one dimension, got shape {list(given.shape)}")
    if given.dtype == np.bool_:
        if given.shape != (actions,):
            raise LegalActionsError(f"legal_actions: expected a mask of {actions}, got one of {len(given)}")
        mask = given.copy()
    elif len(given) == actions > 1 and given.dtype.kind in "iu" and _is_mask(given, legal_actions):
        mask = given != 0
    else:
        mask = _mask_of(actions, given)
    if not np.count_nonzero(mask):
        raise LegalActionsError("legal_actions: expected at least one action, got none")
    return mask


def _is_mask(given: NDArray[Any], legal_actions: ArrayLike) -> bool:
    """Whether as many integers as there are actions are a mask rather than a list of all of them.

    Raises:
        LegalActionsError: it could be either.
    """
    if given[-1] > 1 or given[0] > 1:  # a list, as almost always
        return False
    if int(given.max()) > 1 or int(given.min()) < 0:
        return False
    if len(given) > 2 or given[0] == given[1] or given.dtype.itemsize == 1:
        return True
    if isinstance(legal_actions, list | tuple) and given[0] == 1:
        raise LegalActionsError(
            "legal_actions: expected [0, 1] for both or a mask of booleans, got [1, 0]: did you mean a bool mask?"
        )
    return False


def _mask_of(actions: int, given: NDArray[Any]) -> NDArray[np.bool_]:
    mask = np.zeros(actions, np.bool_)
    if not given.size:
        return mask
    if given.dtype.kind not in "iu":
        raise LegalActionsError(f"legal_actions: expected integers or booleans, got {given.dtype}")
    low = int(given.min())
    try:
        mask[given] = True
    except IndexError:
        low = low if low < 0 else int(given.max())
    if not 0 <= low < actions:
        raise LegalActionsError(f"legal_actions: expected integers from 0 to {actions - 1}, got {low}")
    if np.count_nonzero(mask) != len(given):
        hint = ": did you mean a bool mask?" if int(given.max()) <= 1 else ""
        raise LegalActionsError(f"legal_actions: expected each action once, got one twice{hint}")
    return mask
