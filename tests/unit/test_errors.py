"""The tree drawn in errors.py is the tree that is there."""

from __future__ import annotations

import re

from myoshu import errors


def test_every_error_has_one_root_and_stands_in_the_drawing() -> None:
    drawn = set(re.findall(r"\b([A-Z]\w+(?:Error|Warning))\b(?! *\))", errors.__doc__ or ""))
    assert drawn == set(errors.__all__)
    for name in errors.__all__:
        kind = getattr(errors, name)
        assert issubclass(kind, errors.MyoshuError | errors.ProviderWarning | errors.ObservationWarning)
        assert kind.__doc__


def test_the_drawing_nests_as_the_classes_do() -> None:
    path: list[type] = []
    for line in (errors.__doc__ or "").splitlines():
        found = re.search(r"[├└]── (\w+)", line)
        if found:
            depth = line.index(found[0][0]) // 4
            kind = getattr(errors, found[1])
            parent = errors.MyoshuError if depth == 1 else path[depth - 2]
            assert parent in kind.__bases__, found[1]
            path[depth - 1 :] = [kind]
