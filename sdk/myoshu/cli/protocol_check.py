"""``myoshu protocol-check``: does an environment written in any language keep to the protocol?"""

from __future__ import annotations

import os
from typing import Annotated

import typer

from myoshu.cli._options import SEED, Seed

__all__ = ["protocol_check"]

EPILOG = """
[bold]Examples[/bold]

Check the environment that listens on this machine's port 7777, before it is trained with:

  myoshu protocol-check 127.0.0.1:7777

Over WebSocket, with a token:

  MYOSHU_TOKEN=secret myoshu protocol-check ws://127.0.0.1:7778

An engine that may think for up to a minute about one step:

  myoshu protocol-check 127.0.0.1:7777 --timeout 60
"""


def protocol_check(
    address: Annotated[
        str, typer.Argument(help="HOST:PORT, or an address such as ws://HOST:PORT.", show_default=False)
    ],
    seed: Seed = SEED,
    timeout: Annotated[float, typer.Option(min=0.1, help="Seconds that each reply may take.")] = 5.0,
) -> None:
    """Check that an environment keeps to bindings/PROTOCOL.md: one line a check. One of them waits for 10 seconds.

    A line begins with ok, FAIL (what was expected, what came) or skip (why it does not concern this environment).
    MYOSHU_TOKEN is shown to the environment, if it is set. The exit status is 1 if a check failed.
    """
    from myoshu.client.address import Address
    from myoshu.client.environment_checks import EnvironmentChecks

    where = Address.of(address if "://" in address else f"tcp://{address}")
    counts = {"ok": 0, "FAIL": 0, "skip": 0}
    for outcome in EnvironmentChecks(where, os.environ.get("MYOSHU_TOKEN") or None, seed, timeout).run():
        counts[outcome.result] += 1
        typer.echo(f"{outcome.result:<5} {outcome.name}{f': {outcome.said}' if outcome.said else ''}")
    typer.echo(f"{counts['ok']} right, {counts['FAIL']} wrong, {counts['skip']} not for this environment")
    if counts["FAIL"]:
        raise typer.Exit(1)
