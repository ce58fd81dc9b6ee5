"""A move as a person writes it: by the game's own name, by another known name, or by its number."""

from __future__ import annotations

from collections.abc import Mapping

from myoshu.errors import IllegalActionError
from myoshu.game import Game, State
from myoshu.traits import Traits

__all__ = ["meant", "written_move"]


def meant(game: Game, state: State, said: str) -> Mapping[str, int]:
    """The legal actions that a person may mean, by their names: one, or several, or none.

    A name that the game gives is matched exactly; capitals are ignored only if that fails: in
    chess, ``Bc4`` and ``bc4`` are two moves. A game may know more names
    (:attr:`myoshu.traits.Traits.other_names`). A text that is not a name may be a number.

    Args:
        game: the rules.
        state: the position.
        said: what was written.
    """
    said = said.strip()
    names = {game.action_name(state, action): int(action) for action in state.legal_actions()}
    other = Traits.of(game).other_names
    known: Mapping[str, int] = names if other is None else {**other(state), **names}
    if said in known:
        return {said: known[said]}
    alike = {name: action for name, action in known.items() if name.lower() == said.lower()}
    if len(set(alike.values())) == 1:
        return dict([alike.popitem()])
    if not alike and said.removeprefix("-").isdecimal() and int(said) in state.legal_actions():
        return {said: int(said)}
    return alike


def written_move(game: Game, state: State, said: str) -> int:
    """The legal action that a person means; arguments as of :func:`meant`.

    Raises:
        IllegalActionError: it is not a legal move, or could be several.
    """
    found = meant(game, state, said)
    if len(found) > 1:
        raise IllegalActionError(f"expected one move, got {said!r}, which may be {' or '.join(sorted(found))}")
    if not found:
        raise IllegalActionError(f"expected a legal move, got {said!r}")
    return next(iter(found.values()))
