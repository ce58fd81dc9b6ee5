"""_core.pyi says of the native module what is true."""

from __future__ import annotations

import ast
import inspect
import re
from pathlib import Path
from types import WrapperDescriptorType

import myoshu.search.config
from myoshu.search import _core

STUB = Path(inspect.getfile(myoshu.search.config)).with_name("_core.pyi")


def stubbed() -> dict[str, list[str] | None]:
    """Argument names by qualified name; None for a property."""
    found: dict[str, list[str] | None] = {}

    def walk(body: list[ast.stmt], prefix: str) -> None:
        for node in body:
            if isinstance(node, ast.ClassDef):
                walk(node.body, f"{node.name}.")
            elif isinstance(node, ast.FunctionDef):
                names = [argument.arg for argument in node.args.args if argument.arg != "self"]
                found[prefix + node.name] = None if node.decorator_list else names

    walk(ast.parse(STUB.read_text(encoding="utf-8")).body, "")
    return found


def native() -> dict[str, list[str] | None]:
    found: dict[str, list[str] | None] = {}

    def arguments(function: object) -> list[str]:
        signature = (function.__doc__ or "").splitlines()[0]
        return re.findall(r"(\w+): ", signature)

    for name, value in vars(_core).items():
        if inspect.isclass(value):
            for method, member in vars(value).items():
                made = method == "__init__" and not isinstance(member, WrapperDescriptorType)  # which every class has
                if made or not method.startswith("_"):
                    found[f"{name}.{method}"] = None if isinstance(member, property) else arguments(member)
        elif callable(value) and not name.startswith("_"):
            found[name] = arguments(value)
    return found


def test_stub_and_module_have_the_same_names_and_arguments() -> None:
    assert stubbed() == native()
