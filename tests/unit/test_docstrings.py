"""Whoever asks a method what it does is answered: by its own docstring, or by that of the interface it fulfils."""

from __future__ import annotations

import ast
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
CLASSES = {
    (path, node.name): node
    for folder in ("sdk/myoshu", "engines/myoshu_engines")
    for path in sorted((ROOT / folder).rglob("*.py"))
    for node in ast.parse(path.read_text(encoding="utf-8")).body
    if isinstance(node, ast.ClassDef)
}
BY_NAME = {name: node for (_, name), node in CLASSES.items()}


def methods(node: ast.ClassDef) -> dict[str, bool]:
    """A class's public methods, and whether each has a docstring."""
    found = [each for each in node.body if isinstance(each, ast.FunctionDef | ast.AsyncFunctionDef)]
    return {each.name: ast.get_docstring(each) is not None for each in found if not each.name.startswith("_")}


def members(node: ast.ClassDef) -> set[str]:
    """Its methods, and the attributes that it sets."""
    stored = (each for each in ast.walk(node) if isinstance(each, ast.Attribute | ast.Name))
    names = {
        each.attr if isinstance(each, ast.Attribute) else each.id for each in stored if isinstance(each.ctx, ast.Store)
    }
    return names | set(methods(node))


def bases(node: ast.ClassDef) -> list[str]:
    """The names of what it inherits from, without what stands in brackets after them."""
    return [ast.unparse(base.value if isinstance(base, ast.Subscript) else base) for base in node.bases]


def lineage(node: ast.ClassDef) -> list[ast.ClassDef]:
    """The class and what it inherits from here."""
    return [node, *(each for name in bases(node) if name in BY_NAME for each in lineage(BY_NAME[name]))]


INTERFACES = [node for node in CLASSES.values() if "Protocol" in bases(node)]


def test_every_public_method_is_documented_somewhere() -> None:
    silent = []
    for (path, name), node in CLASSES.items():
        if name.startswith("_"):
            continue
        family = lineage(node)
        there = set().union(*map(members, family))
        fulfilled = [each for each in INTERFACES if (wanted := set(methods(each))) and wanted <= there]
        answered = {method for each in [*family, *fulfilled] for method, said in methods(each).items() if said}
        silent += [f"{path.relative_to(ROOT)}: {name}.{method}" for method in methods(node) if method not in answered]
    assert silent == []


def test_interfaces_are_found() -> None:
    assert {"Tree", "Trees", "Progress", "Player", "Source"} <= {node.name for node in INTERFACES}
    assert all(said for node in INTERFACES for said in methods(node).values())
