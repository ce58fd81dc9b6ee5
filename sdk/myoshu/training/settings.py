"""Every setting of a training run by its dotted name, as ``learner.batch``: listed, explained, and set from text."""

from __future__ import annotations

import ast
import dataclasses
import difflib
import inspect
import re
import textwrap
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, get_type_hints

import msgspec

from myoshu.errors import ArgumentError, TrainingError
from myoshu.training.config import TrainingConfig

__all__ = ["Setting", "all_settings", "changed", "in_file", "parsed"]


@dataclasses.dataclass(frozen=True)
class Setting:
    """One field of a :class:`TrainingConfig` or of one of its tables."""

    name: str
    """The dotted name, as ``learner.batch``."""
    kind: str
    """The kind of its values, as ``int``, ``float or none``, ``mlp or residual``."""
    optional: bool
    """Whether it may be unset, by ``none``."""
    default: object
    """Its value unless a preset or a person sets another."""
    description: str
    """Its docstring, on one line."""


def all_settings() -> list[Setting]:
    """All settings, in the order of the configuration's fields, without the game itself."""
    return [setting for setting in _settings(TrainingConfig, "") if setting.name != "game"]


def parsed(assignments: Sequence[str]) -> dict[str, Any]:
    """Settings by name.

    Args:
        assignments: each ``NAME=VALUE``, as ``learner.batch=512``; a value is TOML, or a bare word, or ``none``.

    Raises:
        ArgumentError: one is not of that form.
    """
    values: dict[str, Any] = {}
    for assignment in assignments:
        name, equals, text = assignment.partition("=")
        if not equals:
            raise ArgumentError(f"--set: expected NAME=VALUE, as learner.batch=512, got {assignment!r}")
        values[name.strip()] = _value(name.strip(), text.strip())
    return values


def in_file(path: Path) -> dict[str, Any]:
    """The settings by name that a TOML file has; its ``game`` is ignored.

    Args:
        path: a file like the ``config.toml`` of a run's folder.

    Raises:
        TrainingError: it cannot be read, or is not TOML.
    """
    try:
        tables = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        reason = error.strerror if isinstance(error, OSError) and error.strerror else error
        raise TrainingError(f"{path}: expected a configuration file, got: {reason}") from error
    except tomllib.TOMLDecodeError as error:
        raise TrainingError(f"{path}: expected TOML, got: {error}") from error
    tables.pop("game", None)
    if "steps" in tables and "minutes" not in tables:
        tables["minutes"] = None
    return dict(_flat(tables, ""))


def changed(config: TrainingConfig, values: Mapping[str, Any], source: Path | None = None) -> TrainingConfig:
    """The configuration with some settings changed; the rest stay.

    Args:
        config: the configuration to change.
        values: settings by name.
        source: the file that they come from, for errors.

    Raises:
        ArgumentError: a name is unknown, or a value is not what its setting takes; the message names the setting.
    """
    kinds = {setting.name: setting.kind for setting in all_settings()}
    held, place = msgspec.to_builtins(config), "" if source is None else f"{source}: "
    for name, value in values.items():
        if name not in kinds:
            near = difflib.get_close_matches(name, kinds, 3) or [known for known in kinds if known.endswith(name)]
            hint = f"such as {', '.join(near)}" if near else "as `myoshu train --help-config` lists them"
            raise ArgumentError(f"{place}{name}: expected a setting {hint}, got an unknown one")
        table, dot, field = name.rpartition(".")
        (held[table] if dot else held)[field] = value
    try:
        return msgspec.convert(held, TrainingConfig)
    except msgspec.ValidationError as error:
        problem, _, path = str(error).rpartition(" - at `$.")
        name = re.sub(r"\[.*", "", path.rstrip("`"))
        if name in values:
            raise ArgumentError(f"{place}{name}: expected {kinds[name]}, got {values[name]!r}") from error
        found = problem if problem.startswith(f"{name}.") else f"{name}.{problem}"  # a struct's own check of a field
        raise ArgumentError(f"{place}{found}") from error
    except ArgumentError as error:
        raise ArgumentError(f"{place}{error}") from error


def _settings(struct: type[msgspec.Struct], prefix: str) -> Iterator[Setting]:
    described, hints = _docstrings(struct), get_type_hints(struct)
    for field in msgspec.structs.fields(struct):
        kind = hints[field.name]
        if isinstance(kind, type) and issubclass(kind, msgspec.Struct):
            yield from _settings(kind, f"{field.name}.")
            continue
        default = None if field.default is msgspec.NODEFAULT else field.default
        info = msgspec.inspect.type_info(kind)
        optional = isinstance(info, msgspec.inspect.UnionType) and info.includes_none
        yield Setting(f"{prefix}{field.name}", _kind(info), optional, default, described[field.name])


def _docstrings(struct: type[msgspec.Struct]) -> dict[str, str]:
    """The docstring of each field. Python keeps it only in the source."""
    (body,) = ast.parse(textwrap.dedent(inspect.getsource(struct))).body
    assert isinstance(body, ast.ClassDef)
    found = {}
    for field, below in zip(body.body, body.body[1:], strict=False):
        if isinstance(field, ast.AnnAssign) and isinstance(field.target, ast.Name) and isinstance(below, ast.Expr):
            text = re.sub(r":\w+:`(?:[\w.]+\.)?(\w+)`", r"\1", str(ast.literal_eval(below.value)).replace("``", ""))
            found[field.target.id] = " ".join(text.split())
    return found


def _kind(info: msgspec.inspect.Type) -> str:
    match info:
        case msgspec.inspect.UnionType(types=types):
            return " or ".join(map(_kind, types))
        case msgspec.inspect.EnumType(cls=cls):
            return " or ".join(str(member.value) for member in cls)
        case msgspec.inspect.TupleType(item_types=types):
            return f"[{', '.join(map(_kind, types))}]"
        case msgspec.inspect.VarTupleType(item_type=item):
            return f"[{_kind(item)}, …]"
    return {"StrType": "text", "BoolType": "true or false"}.get(
        type(info).__name__, type(info).__name__.removesuffix("Type").lower()
    )


def _value(name: str, text: str) -> object:
    if text == "none" and any(setting.optional for setting in all_settings() if setting.name == name):
        return None
    try:
        return tomllib.loads(f"value = {text}")["value"]
    except tomllib.TOMLDecodeError:
        return text


def _flat(tables: Mapping[str, Any], prefix: str) -> Iterator[tuple[str, Any]]:
    for name, value in tables.items():
        if isinstance(value, dict):
            yield from _flat(value, f"{prefix}{name}.")
        else:
            yield f"{prefix}{name}", value
