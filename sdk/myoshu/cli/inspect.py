"""``myoshu inspect``: what is in a bundle and where it comes from."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

if TYPE_CHECKING:
    from myoshu.runtime.manifest import Manifest, Strength

__all__ = ["inspect"]

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
    bundle: Annotated[Path, typer.Argument(help="The agent's file.", show_default=False)],
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
    yield (
        "Files",
        [
            (name, f"{_bytes(entry.size).rjust(10)}  sha256 {entry.sha256[:16]}")
            for name, entry in [
                *manifest.graphs.items(),
                ("parity", manifest.parity),
                *([("positions", manifest.positions)] if manifest.positions is not None else []),
            ]
        ],
    )
    yield (
        "Search",
        [
            ("algorithm", f"{search.algorithm}, {search.simulations} simulations a move"),
            ("discount", f"{search.discount:g}"),
            ("Q scaled by", f"{search.normalization}"),
        ],
    )
    if manifest.provenance:
        yield "Provenance", [(name, _value(value)) for name, value in sorted(manifest.provenance.items())]
    if manifest.strength:
        yield (
            "Strength",
            [(f"level {each.level:g}", _strength(each)) for each in manifest.strength],
        )


def _strength(level: Strength) -> str:
    """A level's settings, and how strong it is if that was measured."""
    said = f"{level.simulations} simulations, temperature {level.temperature:g}"
    if level.mix or level.margin < 1:
        said += f", mix {level.mix:g}, margin {level.margin:g}"
    if level.elo is not None:
        said += f", Elo {level.elo:.0f}" + (f" ± {1.96 * level.error:.0f} (95%)" if level.error is not None else "")
    return said


def _shape(shape: tuple[int, ...]) -> str:
    return " × ".join(map(str, shape))


def _bytes(size: int) -> str:
    if size < 1000:
        return f"{size} B"
    return f"{size / 1000:.1f} kB" if size < 1_000_000 else f"{size / 1_000_000:.1f} MB"


def _value(value: Any) -> str:
    """A value of whatever kind on one line, without what would change a terminal."""
    text = value if isinstance(value, str) else repr(value)
    return "".join(letter if letter.isprintable() else "�" for letter in text)[:200]
