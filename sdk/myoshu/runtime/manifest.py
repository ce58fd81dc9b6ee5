"""A bundle's manifest: the file's contents, purpose and origin."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from typing import Any

import msgspec

from myoshu.errors import BundleError, BundleVersionError
from myoshu.model import find_fault, ports
from myoshu.planes import Planes
from myoshu.search.config import SearchConfig
from myoshu.spec import GameSpec, ModelSpec, Movers, spec_hash

__all__ = ["FORMAT", "MAX_MANIFEST", "Entry", "Level", "Manifest"]

FORMAT = 1
"""The bundle format that this myoshu writes, and the newest it reads."""
MAX_MANIFEST = 1 << 22
"""The largest manifest that is read, in bytes."""


class Entry(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One other file of the bundle."""

    sha256: str
    """SHA-256 of its bytes, hexadecimal."""
    size: int
    """Its length in bytes."""

    def __post_init__(self) -> None:
        if not re.fullmatch("[0-9a-f]{64}", self.sha256):
            raise ValueError(f"sha256: expected 64 hexadecimal digits, got {self.sha256[:80]!r}")
        if self.size < 0:
            raise ValueError(f"size: expected 0 or more, got {self.size}")

    @staticmethod
    def of(data: bytes) -> Entry:
        """The entry that describes these bytes."""
        return Entry(sha256=hashlib.sha256(data).hexdigest(), size=len(data))


class Level(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One measured level of play."""

    level: float
    """The level's number, as players see it: greater is stronger."""
    simulations: int
    """Simulations of a move."""
    temperature: float = 0.0
    """How freely moves are sampled; 0 plays the best."""
    mix: float = 0.0
    """The distribution that moves are sampled from: 0 is the search's policy, 1 the network's prior, without search."""
    margin: float = 1.0
    """How much worse than the best a sampled move may be by the search, as a share of what the game can pay."""
    elo: float | None = None
    """Measured strength, in points above random play; None if not measured."""
    error: float | None = None
    """Standard error of that, in points."""

    def __post_init__(self) -> None:
        if self.simulations < 1:
            raise ValueError(f"simulations: expected 1 or more, got {self.simulations}")
        for field in ("mix", "margin"):
            if not 0.0 <= getattr(self, field) <= 1.0:
                raise ValueError(f"{field}: expected a share from 0 to 1, got {getattr(self, field)}")
        for field in ("elo", "error"):
            value = getattr(self, field)
            if value is not None and not -1e6 < value < 1e6:
                raise ValueError(f"{field}: expected points, got {value}")
        if not 0.0 <= self.temperature < float("inf"):
            raise ValueError(f"temperature: expected 0 or more, got {self.temperature}")


class Manifest(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The manifest, ``manifest.json`` in the bundle."""

    format: int
    """The version of the bundle format."""
    game: GameSpec
    """The specification of the game that it plays."""
    model: ModelSpec
    """The specification of the graphs' inputs and outputs."""
    spec_hash: str
    """:func:`myoshu.spec.spec_hash` of game and model."""
    search: SearchConfig
    """The search settings of its training: the defaults for play."""
    opset: int
    """The ONNX operator set of the graphs."""
    graphs: dict[str, Entry]
    """Each graph by name: all that play runs, and any of their parts."""
    parity: Entry
    """The entry of the parity vectors."""
    provenance: dict[str, Any]
    """Where it comes from: whatever the trainer wrote down."""
    strength: list[Level]
    """Measured levels, weakest first; may be empty."""
    planes: Planes = Planes()
    """What the game's observations hold, in words, if the game says."""
    positions: Entry | None = None
    """The entry of the example positions; None if there are none."""

    def __post_init__(self) -> None:
        if fault := find_fault(self.model, self.graphs):
            raise ValueError(f"graphs: {fault}")
        self.planes.check(self.game.observation)
        expected = spec_hash(self.game, self.model)
        if self.spec_hash != expected:
            raise ValueError(f"spec_hash: expected {expected} (of game and model), got {self.spec_hash[:80]!r}")
        for field in ("observation", "actions", "players"):
            game, model = getattr(self.game, field), getattr(self.model, field)
            if game != model:
                raise ValueError(f"model.{field}: expected the game's {game}, got {model}")
        alternates = self.model.movers is Movers.ALTERNATE and self.model.players > 1
        if alternates and self.game.movers is not Movers.ALTERNATE:
            raise ValueError("model.movers: expected 'predicted' as in the game, got 'alternate'")
        if self.model.players == 2 and self.model.value_columns == 1 and not self.game.zero_sum:
            raise ValueError("model.value_columns: expected 2 for two players in a game that is not zero-sum, got 1")
        if not 1 <= self.opset <= 1 << 16:
            raise ValueError(f"opset: expected a positive integer, got {self.opset}")

    @staticmethod
    def of(
        *,
        game: GameSpec,
        model: ModelSpec,
        search: SearchConfig,
        opset: int,
        provenance: Mapping[str, Any] | None = None,
        strength: list[Level] | None = None,
        planes: Planes | None = None,
    ) -> Manifest:
        """A manifest in the current format; :meth:`Bundle.write` fills in the entries of the other files."""
        blank = Entry(sha256="0" * 64, size=0)
        try:
            return Manifest(
                format=FORMAT,
                game=game,
                model=model,
                spec_hash=spec_hash(game, model),
                search=search,
                opset=opset,
                graphs=dict.fromkeys(ports(model), blank),
                parity=blank,
                provenance=dict(provenance or {}),
                strength=list(strength or []),
                planes=planes or Planes(),
            )
        except ValueError as error:
            raise BundleError(f"manifest.{error}") from error

    def encode(self) -> bytes:
        """The manifest as readable JSON, the same bytes for the same manifest."""
        return msgspec.json.format(msgspec.json.encode(self, order="sorted"), indent=2) + b"\n"

    @staticmethod
    def decode(data: bytes) -> Manifest:
        """Read and validate a manifest.

        Raises:
            BundleVersionError: it is of a newer format.
            BundleError: anything else is wrong; the message begins with the field.
        """
        try:
            version = msgspec.json.decode(data, type=_Version).format
            if version > FORMAT:
                raise BundleVersionError(
                    f"manifest.format: expected at most {FORMAT}, got {version}: a newer myoshu wrote this bundle"
                )
            if version != FORMAT:
                raise BundleError(f"manifest.format: expected {FORMAT}, got {version}")
            return msgspec.json.decode(data, type=Manifest)
        except msgspec.ValidationError as error:
            raise BundleError(_located(str(error))) from error
        except (msgspec.DecodeError, UnicodeError) as error:
            raise BundleError(f"manifest: expected JSON, got {str(error)[:200]}") from error
        except RecursionError as error:
            raise BundleError("manifest: expected at most a few levels of nesting, got very many") from error


class _Version(msgspec.Struct):
    format: int


def _located(message: str) -> str:
    """Turn msgspec's ``problem - at `$.path``` into ``manifest.path: problem``."""
    problem, _, path = message.rpartition(" - at `$") if " - at `$" in message else (message, "", "")
    place = f"manifest{path.rstrip('`')}"
    if missing := re.fullmatch(r"Object missing required field `(.*)`", problem):
        return f"{place}.{missing[1]}: expected a value, got none"
    if unknown := re.fullmatch(r"Object contains unknown field `(.*)`", problem, re.DOTALL):
        return f"{place}.{unknown[1][:80]}: expected no such field, got one"
    problem = problem[:1].lower() + problem[1:]
    return f"{place}: {problem if 'expected' in problem else f'expected another value, got {problem[:200]}'}"
