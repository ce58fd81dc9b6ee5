"""The metrics over HTTP: as much of HTTP as a scraper needs."""

from __future__ import annotations

import asyncio
import contextlib
import hmac
import re
from collections.abc import Callable

__all__ = ["serve_metrics"]

PATIENCE = 5.0
"""Seconds that a request may take."""
OWN = re.compile(rb"(localhost|127\.0\.0\.1|\[::1\])(:\d+)?", re.IGNORECASE)


async def serve_metrics(host: str, port: int, text: Callable[[], str], token: str | None) -> asyncio.Server:
    """Answer ``GET /metrics``.

    Args:
        host: the address to listen on.
        port: 0 for any free one.
        text: returns the page.
        token: what ``Authorization: Bearer`` must show. Without one the page is served to this machine alone, under
            its own names: a web page whose host name was pointed here is refused.
    """

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError, TimeoutError, asyncio.IncompleteReadError, asyncio.LimitOverrunError):
            async with asyncio.timeout(PATIENCE):
                head = await reader.readuntil(b"\r\n\r\n")
                first, *lines = head.split(b"\r\n")
                words = first.split(b" ")
                fields = {
                    name.strip().lower(): value.strip() for name, _, value in (line.partition(b":") for line in lines)
                }
                found = len(words) == 3 and words[0] == b"GET" and words[1].split(b"?")[0] == b"/metrics"
                if token is not None and not hmac.compare_digest(
                    fields.get(b"authorization", b""), b"Bearer " + token.encode()
                ):
                    status, body = "401 Unauthorized", b"Authorization: Bearer TOKEN\n"
                elif token is None and not OWN.fullmatch(fields.get(b"host", b"localhost")):
                    status, body = "403 Forbidden", b"Host: localhost\n"
                elif not found:
                    status, body = "404 Not Found", b"GET /metrics\n"
                else:
                    status, body = "200 OK", text().encode()
                kind = "text/plain; version=0.0.4; charset=utf-8"
                start = f"HTTP/1.1 {status}\r\nContent-Type: {kind}\r\nContent-Length: {len(body)}\r\n"
                writer.write(start.encode() + b"Connection: close\r\n\r\n" + body)
                await writer.drain()
        writer.close()
        with contextlib.suppress(OSError):
            await writer.wait_closed()

    return await asyncio.start_server(answer, host, port, limit=1 << 14)
