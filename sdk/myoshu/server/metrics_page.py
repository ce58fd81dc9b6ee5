"""The metrics over HTTP: as much of it as a scraper needs."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable

__all__ = ["serve_metrics"]

PATIENCE = 5.0
"""Seconds that a request may take."""


async def serve_metrics(host: str, port: int, text: Callable[[], str]) -> asyncio.Server:
    """Answer ``GET /metrics``."""

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError, TimeoutError, asyncio.IncompleteReadError, asyncio.LimitOverrunError):
            async with asyncio.timeout(PATIENCE):
                head = await reader.readuntil(b"\r\n\r\n")
                words = head.split(b"\r\n", 1)[0].split(b" ")
                found = len(words) == 3 and words[0] == b"GET" and words[1].split(b"?")[0] == b"/metrics"
                body = text().encode() if found else b"GET /metrics\n"
                status = "200 OK" if found else "404 Not Found"
                kind = "text/plain; version=0.0.4; charset=utf-8"
                start = f"HTTP/1.1 {status}\r\nContent-Type: {kind}\r\nContent-Length: {len(body)}\r\n"
                writer.write(start.encode() + b"Connection: close\r\n\r\n" + body)
                await writer.drain()
        writer.close()
        with contextlib.suppress(OSError):
            await writer.wait_closed()

    return await asyncio.start_server(answer, host, port, limit=1 << 14)
