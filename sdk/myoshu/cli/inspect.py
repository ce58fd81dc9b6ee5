"""``myoshu inspect``: what is in a bundle and where it comes from."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Annotated, Any

import numpy as np
import typer

from myoshu.cli._options import BundleFile
from myoshu.counted import counted
from myoshu.model import Port, ports
from myoshu.rating.intervals import margin

if TYPE_CHECKING:
    from myoshu.runtime.manifest import Level, Manifest

__all__ = ["inspect"]

_LONGEST = 200
"""Characters of a value that are shown."""
_DEEPEST = 3
"""Tables within tables that are taken apart."""

EPILOG = """
[bold]Examples[/bold]

What an agent is and where it comes from:

  myoshu inspect agent.myoshu

The whole manifest, for programs:

  myoshu inspect agent.myoshu --json
"""

_SHOWN = 32
"""How many planes are shown."""


def inspect(
    bundle: BundleFile,
    json: Annotated[bool, typer.Option("--json", help="Print the manifest as JSON.")] = False,
) -> None:
    """Show what is in an agent's file. The file is validated, but the network is not run."""
    from myoshu.runtime.bundle import Bundle

    manifest = Bundle.read(bundle).manifest
    if json:
        typer.echo(manifest.encode().decode(), nl=False)
        return
    typer.echo(f"{bundle}  ({_bytes(bundle.stat().st_size)}, format {manifest.format})")
    for title, lines in _sections(manifest):
        typer.echo(f"\n{title}")
        width = max(len(name) for name, _ in lines)
        for name, value in lines:
            typer.echo(f"  {name.ljust(width)}  {value}")


def _sections(manifest: Manifest) -> Iterator[tuple[str, list[tuple[str, str]]]]:
    game, model, search = manifest.game, manifest.model, manifest.search
    yield (
        "Game",
        [
            ("name", game.name),
            ("players", f"{game.players}{', zero-sum' if game.zero_sum else ''}, moves {game.movers}"),
            ("actions", f"{game.actions}"),
            ("observation", _shape(game.observation)),
            ("returns", f"{game.returns[0]:g} to {game.returns[1]:g}"),
            *[("beware", str(manifest.provenance[key])) for key in ("hidden", "verdict") if key in manifest.provenance],
        ],
    )
    planes = manifest.planes
    if planes:
        said = [(f"{index}", _value(word)) for index, word in enumerate(planes.words[:_SHOWN])]
        if len(planes.words) > _SHOWN:
            said.append(("…", f"{len(planes.words)} in all"))
        yield "Observation", [*said, *([("layout", _value(planes.layout))] if planes.layout else [])]
    yield (
        "Model",
        [
            ("latent", _shape(model.latent)),
            ("value, reward", f"{model.value_columns}, {model.reward_columns} columns"),
            ("opset", f"{manifest.opset}"),
            ("spec hash", manifest.spec_hash[:16]),
        ],
    )
    graphs = {name: each for name, each in ports(model).items() if name in manifest.graphs}
    yield "Graphs", [(name, f"{_ports(each.inputs)} → {_ports(each.outputs)}") for name, each in graphs.items()]
    yield (
        "Files",
        [
            (name, f"{_bytes(entry.size).rjust(10)}  sha256 {entry.sha256[:16]}")
            for name, entry in [
                *((name, manifest.graphs[name]) for name in graphs),
                ("parity", manifest.parity),
                *([("positions", manifest.positions)] if manifest.positions is not None else []),
            ]
        ],
    )
    yield (
        "Search",
        [
            ("algorithm", f"{search.algorithm}, {counted(search.simulations, 'simulation')} a move"),
            ("discount", f"{search.discount:g}"),
            ("Q scaled by", f"{search.normalization}"),
        ],
    )
    single = {
        name: value
        for name, value in sorted(manifest.provenance.items())
        if not isinstance(value, dict) and name not in ("hidden", "verdict")
    }
    if single:
        yield "Provenance", [(_printable(name), _value(value)) for name, value in single.items()]
    if manifest.strength:
        yield (
            "Strength",
            [(f"level {each.level:g}", _strength(each)) for each in manifest.strength],
        )
    for name, value in sorted(manifest.provenance.items()):
        if isinstance(value, dict) and value:
            yield _printable(name).capitalize(), list(_laid_out(value))


def _strength(level: Level) -> str:
    """A level's settings, and how strong it is if that was measured."""
    said = f"{counted(level.simulations, 'simulation')}, temperature {level.temperature:g}"
    if level.mix or level.margin < 1:
        said += f", mix {level.mix:g}, margin {level.margin:g}"
    if level.elo is not None:
        said += f", Elo {level.elo:.0f}" + (f" ± {margin(level.error):.0f} (95%)" if level.error is not None else "")
    return said


def _shape(shape: tuple[int, ...]) -> str:
    return " × ".join(map(str, shape))


def _ports(ports: Mapping[str, Port]) -> str:
    """Inputs or outputs, without the batch; a type is named where it is not float32."""
    said = []
    for name, port in ports.items():
        kind = np.dtype(port.dtype).name
        words = [name, "×".join(map(str, port.shape)), "" if kind == "float32" else kind]
        said.append(" ".join(filter(None, words)))
    return ", ".join(said)


def _bytes(size: int) -> str:
    if size < 1000:
        return f"{size} B"
    return f"{size / 1000:.1f} kB" if size < 1_000_000 else f"{size / 1_000_000:.1f} MB"


def _laid_out(table: dict[Any, Any], before: str = "", depth: int = 0) -> Iterator[tuple[str, str]]:
    """A table of settings, each with its whole name; what lies deeper than any real one's is not taken apart."""
    for key, value in table.items():
        name = f"{before}{_printable(str(key))}"
        if isinstance(value, dict) and value and depth < _DEEPEST:
            yield from _laid_out(value, f"{name}.", depth + 1)
        else:
            yield name, _value(value)


def _value(value: Any) -> str:
    """A value of whatever kind on one line, not too long."""
    if isinstance(value, list):
        value = ", ".join(map(str, value)) if value else "none"
    text = _printable(value if isinstance(value, str) else "none" if value is None else str(value))
    return text if len(text) <= _LONGEST else text[: _LONGEST - 1] + "…"


def _printable(text: str) -> str:
    """A text without what would change a terminal."""
    return "".join(letter if letter.isprintable() else "�" for letter in text)
