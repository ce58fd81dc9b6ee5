"""``myoshu serve``: agents for engines in other processes."""

from __future__ import annotations

import asyncio
import contextlib
import os
import secrets
import signal
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from myoshu.cli._options import SEVERAL, Provider, Threads

if TYPE_CHECKING:
    import ssl

    from myoshu.discovery import Discovery
    from myoshu.runtime.agent import Agent
    from myoshu.server import Server

__all__ = ["serve"]

EPILOG = """
[bold]Examples[/bold]

Serve an agent to programs on this machine, on a port that is free; clients find it by themselves:

  myoshu serve connect_four.myoshu

On a chosen port, for browsers too, with metrics for Prometheus:

  myoshu serve connect_four.myoshu --port 7777 --websocket 7778 --metrics 7779

To a network, with a token (made up and printed if MYOSHU_TOKEN has none) and TLS:

  myoshu serve four.myoshu othello.myoshu --host 0.0.0.0 --port 7777 \\
    --cert cert.pem --key key.pem

As a child process of an engine that speaks on its standard input and output:

  myoshu serve connect_four.myoshu --stdio
"""


def serve(
    bundles: Annotated[list[Path], typer.Argument(help="The agents' files; the first is the default.")],
    host: Annotated[
        str, typer.Option(help="Address to listen on. Beyond this machine a token is needed.")
    ] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65535, help="TCP port; 0 for one that is free.")] = 0,
    websocket: Annotated[
        int | None, typer.Option(min=0, max=65535, help="Take WebSocket connections on this port too.")
    ] = None,
    unix: Annotated[Path | None, typer.Option(help="Take connections on this Unix socket too.")] = None,
    metrics: Annotated[
        int | None, typer.Option(min=0, max=65535, help="Serve metrics on http://HOST:PORT/metrics.")
    ] = None,
    stdio: Annotated[bool, typer.Option("--stdio", help="Serve one client on standard input and output only.")] = False,
    discovery: Annotated[
        Path | None,
        typer.Option(help="File that tells clients where the server is.", show_default="in the user's folder"),
    ] = None,
    origin: Annotated[
        list[str] | None,
        typer.Option(help=f"Web pages that may connect besides this machine's, as https://example.org. {SEVERAL}"),
    ] = None,
    cert: Annotated[Path | None, typer.Option(help="TLS certificate chain (PEM).")] = None,
    key: Annotated[Path | None, typer.Option(help="TLS private key (PEM).")] = None,
    provider: Provider = "auto",
    threads: Threads = 1,
    log: Annotated[
        Literal["debug", "info", "warning", "error"], typer.Option(help="What to write to standard error, as JSON.")
    ] = "info",
) -> None:
    """Serve agents to engines in any language. Ctrl-C answers what is pending and ends."""
    import gc

    import myoshu
    from myoshu.discovery import default_path
    from myoshu.errors import ArgumentError
    from myoshu.server.log import log_to_stderr

    names = [bundle.stem for bundle in bundles]
    if len(set(names)) != len(names):
        raise ArgumentError(f"bundles: expected files of different names, got {', '.join(names)}")
    if (cert is None) != (key is None):
        raise ArgumentError("--cert, --key: expected both or neither, got one")
    log_to_stderr(log)
    agents = {name: myoshu.load(path, provider, threads=threads) for name, path in zip(names, bundles, strict=True)}
    token = os.environ.get("MYOSHU_TOKEN") or None
    if token is None and not stdio and host not in ("127.0.0.1", "::1", "localhost"):
        token = secrets.token_urlsafe(24)
        typer.echo(f"Token: {token}")  # where a person reads it; the log is on the other stream
    where = discovery or (Path() if stdio else default_path())
    gc.collect()
    gc.freeze()  # what is there now stays: no answer waits for the collector to look at it again
    asyncio.run(
        _serve(
            agents, token, host, port, websocket, unix, metrics, stdio, where,
            tuple(origin or ()), _tls(cert, key),
        )
    )  # fmt: skip


async def _serve(
    agents: dict[str, Agent],
    token: str | None,
    host: str,
    port: int,
    websocket: int | None,
    unix: Path | None,
    metrics: int | None,
    stdio: bool,
    path: Path,
    origins: tuple[str, ...],
    tls: ssl.SSLContext | None,
) -> None:
    from myoshu.discovery import Discovery
    from myoshu.server import Server, Settings

    async with Server(agents, Settings(token=token)) as server:
        loop = asyncio.get_running_loop()
        tasks: set[asyncio.Task[None]] = set()

        def end() -> None:
            tasks.add(loop.create_task(server.close()))

        for number in (signal.SIGINT, signal.SIGTERM):
            with contextlib.suppress(NotImplementedError):
                loop.add_signal_handler(number, end)
        if stdio:
            await server.serve_stdio()
            return
        there = Discovery(
            pid=os.getpid(),
            tcp=_url("tcps" if tls else "tcp", host, await server.listen_tcp(host, port, tls)),
            ws=None
            if websocket is None
            else _url("wss" if tls else "ws", host, await server.listen_websocket(host, websocket, tls, origins)),
            unix=None if unix is None else str(await _unix(server, unix)),
            metrics=None
            if metrics is None
            else _url("http", host, await server.listen_metrics(host, metrics)) + "/metrics",
            token=token,
        )
        there.write(path)
        try:
            _announce(there, path, agents)
            await server.wait()
        finally:
            there.remove(path)


async def _unix(server: Server, path: Path) -> Path:
    await server.listen_unix(path)
    return path.resolve()


def _announce(there: Discovery, path: Path, agents: dict[str, Agent]) -> None:
    ways = ", ".join(way for way in (there.tcp, there.ws, there.unix) if way)
    typer.echo(f"Serving {', '.join(agents)} at {ways} (see {path})")
    if there.metrics is not None:
        typer.echo(f"Metrics at {there.metrics}")


def _url(scheme: str, host: str, port: int) -> str:
    host = {"0.0.0.0": "127.0.0.1", "": "127.0.0.1", "::": "::1"}.get(host, host)  # what a client here can dial
    return f"{scheme}://{f'[{host}]' if ':' in host else host}:{port}"


def _tls(cert: Path | None, key: Path | None) -> ssl.SSLContext | None:
    import ssl

    from myoshu.errors import ArgumentError

    if cert is None:
        return None
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    try:
        context.load_cert_chain(cert, key)
    except (OSError, ssl.SSLError) as error:
        raise ArgumentError(f"--cert, --key: expected a PEM certificate and its key, got: {error}") from error
    return context
