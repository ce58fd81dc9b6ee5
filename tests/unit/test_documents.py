"""What the README and the pages in docs/ say exists: commands with their options, files, and links."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest
import typer
from tests.pages import blocks

from myoshu.cli import app

ROOT = Path(__file__).resolve().parents[2]
PAGES = [ROOT / "README.md", ROOT / "CONTRIBUTING.md", ROOT / "SECURITY.md", *sorted((ROOT / "docs").glob("*.md"))]


def commands() -> list[str]:
    lines = [line for page in PAGES for block in blocks(page, "sh") for line in block.splitlines()]
    return sorted({line.partition(" #")[0].rstrip() for line in lines if line.startswith("myoshu ")})


@pytest.mark.parametrize("command", commands())
def test_commands_are_understood(command: str) -> None:
    _, verb, *words = shlex.split(command)
    found = typer.main.get_command(app).get_command(None, verb)  # type: ignore[attr-defined]  # a group has commands
    assert found is not None
    found.make_context(verb, words)


def test_there_are_commands() -> None:
    assert len(commands()) > 10


def test_the_check_of_observations_says_what_its_page_shows(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    page = (ROOT / "docs" / "observations.md").read_text("utf-8")
    code, shown = (re.search(rf"^```{kind}\n(.*?)^```$", page, re.M | re.S) for kind in ("python", "text"))
    assert code is not None
    assert shown is not None
    monkeypatch.chdir(ROOT)
    exec(compile(code[1], "observations.md", "exec"), {})
    assert capsys.readouterr().out == shown[1]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_links_lead_somewhere(page: Path) -> None:
    for link in re.findall(r"\]\(([^)#]+)", page.read_text("utf-8")):
        assert link.startswith("https://") or (page.parent / link).exists(), link


def test_the_map_of_training_names_its_files() -> None:
    section = (ROOT / "docs" / "architecture.md").read_text("utf-8").split("## A training run")[1].split("\n## ")[0]
    files = re.findall(r"`(?:training/)?(\w+\.py)`", section)
    assert len(files) > 20
    for file in files:
        assert len(list((ROOT / "sdk" / "myoshu" / "training").rglob(file))) == 1, file


@pytest.mark.parametrize("page", [*PAGES, *sorted((ROOT / "bindings").glob("*/README.md"))], ids=lambda page: page.name)
def test_nothing_of_ours_is_fetched_from_an_index(page: Path) -> None:
    """Until there is a release, its name on an index may be anybody's: what is installed is the clone."""
    text = page.read_text("utf-8")
    for line in re.findall(r"pip install ([^#`\n]+)", text):
        assert "myoshu" not in line, line
    for line in re.findall(r"npm (?:install|i|add) ([^#`\n]+)", text):
        assert line.startswith("./"), line


def test_the_readme_names_every_page() -> None:
    index = (ROOT / "README.md").read_text("utf-8").split("## Documentation\n")[1].split("\n## ")[0]
    linked = set(re.findall(r"\]\(([^)]+)\)", index))
    pages = {f"docs/{page.name}" for page in (ROOT / "docs").glob("*.md")}
    assert linked >= pages | {"bindings/PROTOCOL.md", "bindings/javascript/README.md", "bindings/c/README.md"}


def test_the_readmes_figures_are_the_benchmarks_figures() -> None:
    figures = (ROOT / "README.md").read_text("utf-8").split("## Figures\n")[1].split("\n## ")[0]
    told = (ROOT / "docs" / "benchmarks.md").read_text("utf-8")
    found = re.findall(r"\d[\d,.]*\d", figures.split("\n- ", 1)[1])
    assert len(found) > 8
    derived = {"173"}  # 142 and the 31 of Python's caches
    for figure in set(found) - derived:
        assert figure in told, figure


def test_the_files_that_a_contributor_is_sent_to_exist() -> None:
    text = (ROOT / "CONTRIBUTING.md").read_text("utf-8")
    named = {name for name in re.findall(r"`([\w/]+\.(?:py|hpp|md))", text) if "NAME" not in name}
    assert len(named) > 12
    folders = [
        ROOT,
        ROOT / "sdk" / "myoshu",
        ROOT / "sdk" / "myoshu" / "training" / "networks",
        ROOT / "sdk" / "myoshu" / "protocol",
    ]
    for name in sorted(named):
        assert any((folder / name).is_file() for folder in folders), name
