"""An agent: a bundle ready to play."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Self

from numpy.typing import ArrayLike

from myoshu.checks import integer, number
from myoshu.errors import ArgumentError
from myoshu.game import Game
from myoshu.model import played
from myoshu.runtime.bundle import Bundle, Source
from myoshu.runtime.evaluator import Evaluator
from myoshu.runtime.levels import between
from myoshu.runtime.limit import Limit
from myoshu.runtime.manifest import Level, Manifest
from myoshu.runtime.observation_check import ObservationCheck, check_game, check_observations
from myoshu.runtime.parity import Parity
from myoshu.runtime.positions import Example
from myoshu.runtime.session import Session
from myoshu.runtime.session_state import SessionState
from myoshu.runtime.tree import Trees
from myoshu.search.config import SearchConfig
from myoshu.spec import GameSpec, ModelSpec

__all__ = ["Agent", "load"]


def load(path: Source, providers: str | Sequence[str] = "auto", *, threads: int = 1) -> Agent:
    """Load an agent from a bundle.

    Args:
        path: a ``.myoshu`` file, or its bytes (any bytes-like object: ``bytearray``, ``memoryview``, ``mmap``),
            or a source of them: an open binary file, or a resource of :mod:`importlib.resources`.
        providers: what computes the network: ``auto`` for every accelerator that the installed ONNX Runtime has and
            then the CPU, by native where the network is small, else by ONNX Runtime; a name (cpu, cuda, tensorrt,
            directml, coreml, openvino, webgpu, ONNX Runtime's own name, or native: the project's own kernels, for
            small networks on the CPU); or several names to be tried in order. A provider is trusted only after it has
            reproduced the bundle's parity vectors.
        threads: threads that compute the network. One is right in a game, which needs the other cores.

    Raises:
        ArgumentError: the path is not a source of a bundle.
        BundleVersionError: a newer myoshu wrote the bundle.
        BundleError: the bundle is damaged, hostile or inconsistent.
        ProviderError: no provider that may be used runs the network and reproduces the parity vectors.

    Warns:
        ProviderWarning: a provider was not used; the message says why.
    """
    return Agent(Bundle.read(path), providers, threads=threads)


class Agent:
    """A bundle's agent, ready to play. Immutable; may be shared between threads, each with its own sessions.

    A copy is the agent itself; a pickle includes its networks. A process that forks may use it in the child,
    unless another thread is inside a search (or loads an agent) at that moment: by POSIX's rules, that thread's
    locks stay locked in the child, which then hangs. Fork before thinking in the background, or start processes by
    ``spawn``.
    """

    def __init__(self, bundle: Bundle, providers: str | Sequence[str] = "auto", *, threads: int = 1) -> None:
        manifest = bundle.manifest
        graphs = {name: bundle.graphs[name] for name in played(manifest.model)}
        self._parts = (manifest, graphs, bundle.parity, bundle.examples, providers, threads)
        self.manifest: Manifest = manifest
        """The bundle's contents and origin."""
        self.game: GameSpec = manifest.game
        """The specification of the game that it plays."""
        self.model: ModelSpec = manifest.model
        """The specification of the network's inputs and outputs."""
        self.examples: tuple[Example, ...] = bundle.examples
        """A few positions with the network's observations and outputs; may be empty."""
        self.evaluator = Evaluator(manifest.model, graphs, providers=providers, threads=threads, parity=bundle.parity)
        """The network, on its execution provider."""

    def __copy__(self) -> Self:
        return self

    def __deepcopy__(self, memo: dict[int, Any]) -> Self:
        return self

    def __reduce__(self) -> tuple[Callable[..., Agent], tuple[Any, ...]]:
        manifest, graphs, parity, examples, providers, threads = self._parts
        return _unpickled, (manifest.encode(), graphs, parity.encode(), examples, providers, threads)

    @property
    def provider(self) -> str:
        """The execution provider that computes the network, as ``cpu``."""
        return self.evaluator.provider

    def new_session(
        self,
        seed: int | None = None,
        level: float | None = None,
        temperature: float | None = None,
        *,
        search: SearchConfig | None = None,
        max_simulations: int | None = None,
        keep_tree: bool = True,
        elo: float | None = None,
        trees: Trees | None = None,
    ) -> Session:
        """Take a seat in a game.

        Args:
            seed: of the session's random numbers (:class:`myoshu.search.random.Random`), from 0 to 2^64 − 1; another
                each time if not given.
            level: how strongly to play, one of the bundle's measured levels; it sets simulations, temperature and which
                moves may be sampled.
            temperature: how freely to play: 0 plays the search's choice; above, moves are sampled in proportion to
                policy^(1 / temperature). The level's, or 0, if not given.
            search: how to search; as the bundle says if not given.
            max_simulations: if only time is limited, simulations after which thinking still ends, since
                memory is fixed; if not given, 100,000 or what fits into 256 MiB.
            keep_tree: whether the search keeps the tree across moves that the session observes. If not, a
                decision depends on the position alone.
            elo: how strongly to play, in measured points above random play, instead of a level: settings interpolated
                between those of the two nearest levels.
            trees: where its tree lies; in a separate planner if not given.

        Raises:
            ArgumentError: an argument is not as described, or the bundle has no such level.
        """
        if level is not None and elo is not None:
            raise ArgumentError(f"elo: expected either a level or Elo points, got level {level:g} and elo {elo:g}")
        settings = None if level is None else self._level(level)
        if elo is not None:
            settings = between(self.manifest.strength, elo)
        config = self.manifest.search if search is None else search
        if not isinstance(config, SearchConfig):
            raise ArgumentError(f"search: expected a SearchConfig, got {search!r}")
        if temperature is None:
            temperature = 0.0 if settings is None else settings.temperature
        low, high = self.game.returns
        return Session(
            self,
            search=config,
            limit=Limit(simulations=config.simulations if settings is None else settings.simulations),
            temperature=number("temperature", temperature, 0.0),
            mix=0.0 if settings is None else settings.mix,
            slack=math.inf if settings is None or settings.margin >= 1.0 else settings.margin * (high - low),
            seed=seed,
            max_simulations=None if max_simulations is None else integer("max_simulations", max_simulations, 1),
            keep_tree=keep_tree,
            trees=trees,
        )

    def restore_session(self, state: bytes) -> Session:
        """Resume a session from its saved state.

        Args:
            state: what :meth:`myoshu.Session.save` returned, in a session of this agent.

        Returns:
            A session that continues as that one would have: the same moves, if limits are in simulations.

        Raises:
            ArgumentError: it is not a saved state, or of another agent.
        """
        saved = SessionState.decode(state, self.model)
        if saved.spec_hash != self.manifest.spec_hash:
            raise ArgumentError(f"state.spec_hash: expected {self.manifest.spec_hash}, got {saved.spec_hash!r}")
        session = Session(
            self,
            search=saved.search,
            limit=Limit(time=saved.time, simulations=saved.simulations),
            temperature=saved.temperature,
            mix=saved.mix,
            slack=saved.slack,
            seed=0,
            max_simulations=saved.max_simulations,
            keep_tree=saved.keep_tree,
        )
        session._resume(saved)
        return session

    def check_observations(self, observe: Callable[[tuple[int, ...]], ArrayLike]) -> ObservationCheck:
        """Whether a program shows this agent what it learned from.

        An observation of the right shape may still hold other planes, in another order or turned: the agent then plays
        badly, and nothing else shows it. ::

            print(agent.check_observations(lambda moves: my_observation(my_game_after(moves))))

        Args:
            observe: takes the actions since the beginning of a game, by any player, and returns what the player
                to move then sees, as :meth:`Session.play` takes it. It is called for each of the agent's
                :attr:`examples` that moves alone determine.

        Raises:
            ArgumentError: what it returns is not an array of numbers.
        """
        return check_observations(self.examples, self.manifest.planes, observe)

    def check_game(self, game: Game) -> ObservationCheck:
        """Whether a game shows this agent what it learned from; also compares legal actions and who moves."""
        return check_game(self.examples, self.manifest.planes, game)

    def _level(self, number: float) -> Level:
        levels = self.manifest.strength
        for level in levels:
            if level.level == number:
                return level
        there = ", ".join(f"{level.level:g}" for level in levels)
        raise ArgumentError(
            f"level: expected {f'one of {there}' if there else 'None, since the bundle has no strength table'}, "
            f"got {number!r}"
        )


def _unpickled(
    manifest: bytes,
    graphs: Mapping[str, bytes],
    parity: bytes,
    examples: Sequence[Example],
    providers: str | Sequence[str],
    threads: int,
) -> Agent:
    held = Manifest.decode(manifest)
    bundle = Bundle(held, graphs, Parity.decode(parity, held.model, held.game), examples)
    return Agent(bundle, providers, threads=threads)
