"""The JavaScript binding in a real browser: headless Chromium, driven over its own debugging protocol."""

from __future__ import annotations

import base64
import json
import shutil
import subprocess
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from websockets.sync.client import connect

from myoshu.testing.networks import mlp, write_bundle

PACKAGE = Path(__file__).resolve().parents[2] / "bindings" / "javascript"
PATIENCE = 60.0
pytestmark = pytest.mark.slow


class Page:
    """One page of a browser: what a person would do there, and what they would see."""

    def __init__(self, address: str) -> None:
        self._socket = connect(address, max_size=None)
        self._next = 0
        self.faults: list[str] = []
        """Exceptions that nobody caught, and what was written to the console as an error."""
        for domain in ("Page", "Runtime", "Log"):
            self.call(f"{domain}.enable")

    def call(self, method: str, **params: Any) -> Any:
        self._next += 1
        self._socket.send(json.dumps({"id": self._next, "method": method, "params": params}))
        while True:
            said = json.loads(self._socket.recv(PATIENCE))
            if said.get("method") == "Runtime.exceptionThrown":
                self.faults.append(json.dumps(said["params"]["exceptionDetails"])[:500])
            elif said.get("method") == "Log.entryAdded" and said["params"]["entry"]["level"] == "error":
                self.faults.append(said["params"]["entry"]["text"])
            if said.get("id") == self._next:
                assert "error" not in said, said
                return said["result"]

    def value(self, expression: str) -> Any:
        """What an expression comes to, once it is settled."""
        found = self.call("Runtime.evaluate", expression=expression, awaitPromise=True, returnByValue=True)
        assert "exceptionDetails" not in found, found["exceptionDetails"]
        return found["result"].get("value")

    def wait(self, expression: str) -> None:
        """Until an expression is true."""
        end = time.monotonic() + PATIENCE
        while not self._is(expression):
            assert time.monotonic() < end, f"{expression}: still not true; {self.value('document.body.innerText')}"
            time.sleep(0.05)

    def _is(self, expression: str) -> bool:
        """Whether it is true; not while one page takes another's place."""
        try:
            return bool(self.value(expression))
        except AssertionError:
            return False

    def click(self, x: float, y: float) -> None:
        for kind in ("mouseMoved", "mousePressed", "mouseReleased"):
            self.call("Input.dispatchMouseEvent", type=kind, x=x, y=y, button="left", clickCount=1)

    def press(self, key: str) -> None:
        self.call("Input.dispatchKeyEvent", type="keyDown", key=key, text=key)
        self.call("Input.dispatchKeyEvent", type="keyUp", key=key)

    def picture(self, path: Path) -> None:
        path.write_bytes(base64.b64decode(self.call("Page.captureScreenshot")["data"]))

    def close(self) -> None:
        self._socket.close()


@pytest.fixture(scope="module")
def browse(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[str], Page]]:
    """Opens an address in a browser."""
    chromium = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if chromium is None:
        pytest.skip("no chromium here; on Debian: apt install chromium")
    command = [chromium, "--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run"]
    command += ["--disable-background-networking", "--window-size=980,760", "--remote-debugging-port=0"]
    folder = tmp_path_factory.mktemp("chromium")
    command += [f"--user-data-dir={folder}", "about:blank"]
    pages: list[Page] = []
    with subprocess.Popen(command, stderr=subprocess.DEVNULL) as process:
        note, end = folder / "DevToolsActivePort", time.monotonic() + PATIENCE
        while not (note.is_file() and "\n" in note.read_text()):
            assert time.monotonic() < end, "chromium does not say where it listens"
            time.sleep(0.05)
        port = int(note.read_text().splitlines()[0])

        def browse(url: str) -> Page:
            new = urllib.request.Request(f"http://127.0.0.1:{port}/json/new?{quote(url, safe='')}", method="PUT")
            with urllib.request.urlopen(new, timeout=PATIENCE) as answer:
                page = Page(json.load(answer)["webSocketDebuggerUrl"])
            pages.append(page)
            page.wait("location.href !== 'about:blank' && document.readyState === 'complete'")
            return page

        try:
            yield browse
        finally:
            for page in pages:
                page.close()
            process.terminate()


@pytest.fixture(scope="module")
def site(node: str) -> Iterator[str]:
    """Address of the example's page, served from this machine."""
    with subprocess.Popen(
        [node, "examples/connect_four/site.js"], cwd=PACKAGE, stdout=subprocess.PIPE, text=True
    ) as it:
        assert it.stdout is not None
        try:
            yield it.stdout.readline().split("?")[0].strip()
        finally:
            it.terminate()


def test_a_page_plays_the_same_moves_as_python(browse: Callable[[str], Page], site: str, given: dict[str, Any]) -> None:
    page = browse(f"{site}?server={quote(given['ws'])}")
    page.wait("document.readyState === 'complete'")
    played = page.value(
        f"""(async () => {{
          const {{ connect }} = await import("/src/browser.js");
          const given = {json.dumps({key: given[key] for key in ("observations", "legal", "ws", "token", "seed")})};
          const client = await connect(given.ws, {{ token: given.token }});
          const session = await client.newSession({{ seed: given.seed, temperature: 1 }});
          const moves = [], visits = [];
          for (const [i, observation] of given.observations.entries()) {{
            const decision = await session.think(observation, {{ legal: given.legal[i], simulations: 30 }});
            moves.push(decision.action);
            visits.push([...decision.visits]);
          }}
          const infos = [];
          const abort = new AbortController();
          const onInfo = (info) => infos.push(info) === 2 && abort.abort();
          const simulations = client.limits.simulations;
          const endless = {{ simulations, every: 0.01, onInfo, signal: abort.signal }};
          const long = await session.think(given.observations[0], endless);
          const refused = await connect(given.ws, {{ token: "wrong" }}).catch((error) => error.code);
          const nowhere = await connect("ws://127.0.0.1:9").catch((error) => error.name);
          client.close();
          return {{ moves, visits, stop: long.stop, infos: infos.length, refused, nowhere }};
        }})()"""
    )
    assert played["moves"] == given["moves"]
    assert played["visits"] == given["visits"]
    assert played["stop"] == "stopped"
    assert played["infos"] >= 2
    assert (played["refused"], played["nowhere"]) == ("unauthorized", "ConnectionLostError")


def test_a_person_plays_connect_four(
    browse: Callable[[str], Page],
    site: str,
    serving: Callable[..., AbstractContextManager[dict[str, Any]]],
    tmp_path: Path,
) -> None:
    bundle = write_bundle(tmp_path / "four.myoshu", mlp((3, 4, 5), 5, 16))
    with serving(tmp_path, bundle) as there:
        page = browse(f"{site}?server={quote(there['ws'])}")
        mine = "!document.getElementById('hint').disabled"
        stones = "document.querySelectorAll('.stone').length"
        over = "/win|draw/.test(document.getElementById('said').textContent)"
        page.wait(mine)
        box = page.value("JSON.parse(JSON.stringify(document.querySelector('.plate').getBoundingClientRect()))")
        column = lambda number: (box["left"] + (number + 0.5) * box["width"] / 5, box["top"] + box["height"] / 2)  # noqa: E731
        page.click(*column(2))
        page.wait(f"{stones} === 2 && {mine}")
        page.press("u")
        page.wait(f"{stones} === 0 && {mine}")
        page.press("h")
        page.wait("document.querySelector('.hinted') !== null")
        assert "looks best" in page.value("document.getElementById('said').textContent")
        assert page.value("[...document.querySelectorAll('.share')].some((each) => each.getAttribute('width') > 0)")
        assert page.value("document.getElementById('count').textContent") == "400 simulations"
        for number in range(40):
            page.wait(f"{mine} || {over}")
            if page.value(over):
                break
            page.press(str(1 + number % 5))
        assert page.value(over)
        page.picture(tmp_path / "over.png")
        page.click(*page.value("(() => { const b = document.getElementById('restart').getBoundingClientRect();"
                               " return [b.x + b.width / 2, b.y + b.height / 2]; })()"))  # fmt: skip
        page.wait(f"{stones} === 0 && {mine}")
        page.value("document.getElementById('seat').value = '1'; document.getElementById('seat').onchange()")
        page.wait(f"{stones} === 1 && {mine}")
        page.value("document.getElementById('seat').value = '2'; document.getElementById('seat').onchange()")
        page.wait(f"{stones} >= 3")
        assert page.faults == []
    page.wait("/closed|lost|end of the connection|expected/.test(document.getElementById('said').textContent)")
