"""TLS with a certificate made here, and the web pages that may connect."""

from __future__ import annotations

import asyncio
import ssl
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from websockets.exceptions import InvalidStatus
from websockets.sync.client import connect as connect_websocket

import myoshu
from myoshu import client as remote
from myoshu.errors import ConnectionLostError

Serve = Callable[..., Any]
LIMIT = myoshu.Limit(simulations=5)


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with ``cert.pem``, which signs itself for 127.0.0.1, and ``key.pem``."""
    folder = tmp_path_factory.mktemp("tls")
    command = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]
    command += ["-days", "2", "-subj", "/CN=myoshu", "-addext", "subjectAltName=IP:127.0.0.1"]
    command += ["-keyout", str(folder / "key.pem"), "-out", str(folder / "cert.pem")]
    subprocess.run(command, check=True, capture_output=True)
    return folder


@pytest.fixture
def running(serve: Serve, certificate: Path) -> Any:
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(certificate / "cert.pem", certificate / "key.pem")
    return serve(tls=context)


def urls(running: Any) -> tuple[str, str]:
    return running.url.replace("tcp:", "tcps:"), running.ws_url.replace("ws:", "wss:")


def test_both_clients_over_tls_play_the_same_moves(running: Any, certificate: Path, observations: Any) -> None:
    trusted = ssl.create_default_context(cafile=str(certificate / "cert.pem"))

    async def asynchronously(url: str) -> list[int]:
        async with await remote.connect_async(url, tls=trusted) as client:
            session = await client.new_session(seed=1)
            return (await session.play(observations[0], limit=LIMIT)).visits.tolist()

    found = []
    for url in urls(running):
        with remote.connect(url, tls=trusted) as client:
            found.append(client.new_session(seed=1).play(observations[0], limit=LIMIT).visits.tolist())
        found.append(asyncio.run(asynchronously(url)))
    assert found == found[:1] * 4


def test_a_certificate_that_nobody_vouches_for_is_refused(running: Any) -> None:
    for url in urls(running):
        with pytest.raises(ConnectionLostError, match=r"expected a server, got: .*CERTIFICATE_VERIFY_FAILED"):
            remote.connect(url, timeout=10.0, patience=0.0)
        with pytest.raises(ConnectionLostError, match=r"expected a server, got: .*CERTIFICATE_VERIFY_FAILED"):
            asyncio.run(remote.connect_async(url, timeout=10.0, patience=0.0))


def test_without_tls_nothing_is_understood(running: Any) -> None:
    with pytest.raises(ConnectionLostError):
        remote.connect(running.url, timeout=10.0, patience=0.0)


def test_only_pages_of_this_machine_and_those_named_may_connect(serve: Serve) -> None:
    url = serve(origins=("https://play.example.org",)).ws_url
    for origin in (None, "http://localhost:8000", "http://127.0.0.1", "https://play.example.org"):
        connect_websocket(url, origin=origin, subprotocols=["myoshu.v1"], proxy=None).close()  # type: ignore[arg-type]
    for origin in ("https://example.org", "http://localhost.example.org", "https://play.example.org:8443", "null"):
        with pytest.raises(InvalidStatus, match="403"):
            connect_websocket(url, origin=origin, subprotocols=["myoshu.v1"], proxy=None)  # type: ignore[arg-type]
