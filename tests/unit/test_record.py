"""Game records: one line of JSON, read back as written; played again exactly; damage is named by file, line, field."""

from __future__ import annotations

import gzip
import re
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from myoshu.errors import ArgumentError, RecordError
from myoshu.game import Game, State
from myoshu.record import Ending, GameRecord, encode_record, read_records, record_files, write_records
from myoshu_engines import load_game

WHOLE = GameRecord(
    format=1,
    game="openspiel:tic_tac_toe",
    myoshu="1.2.3",
    seed=7,
    seats=("self-play", "a person"),
    opening=1,
    moves=(0, 3, 1, 4, 2),
    movers=(1, 0, 1, 0),
    policies=({3: 0.75, 5: 0.25}, None, {4: 1.0}, {2: 1.0}),
    values=((0.5, -0.5), None, (0.0, 0.0), (1.0, -1.0)),
    explored=(0, 2),
    seconds=(0.5, 0.1, 0.0, 1.0),
    returns=(1.0, -1.0),
)
LINE = (
    b'{"format":1,"game":"openspiel:tic_tac_toe","myoshu":"1.2.3","seed":7,"seats":["self-play","a person"],'
    b'"opening":1,"moves":[0,3,1,4,2],"movers":[1,0,1,0],"policies":[{"3":0.75,"5":0.25},null,{"4":1.0},{"2":1.0}],'
    b'"values":[[0.5,-0.5],null,[0.0,0.0],[1.0,-1.0]],"explored":[0,2],"seconds":[0.5,0.1,0.0,1.0],'
    b'"returns":[1.0,-1.0]}\n'
)


@pytest.fixture(scope="module")
def game() -> Game:
    return load_game("openspiel:tic_tac_toe")


def changed(**fields: Any) -> GameRecord:
    return msgspec.structs.replace(WHOLE, **fields)


def test_a_record_is_one_line_of_json() -> None:
    assert encode_record(WHOLE) == LINE
    small = GameRecord(format=1, game="x", myoshu="1", seed=0, seats=("me",), moves=(), returns=(0.0,))
    line = b'{"format":1,"game":"x","myoshu":"1","seed":0,"seats":["me"],"moves":[],"returns":[0.0]}\n'
    assert encode_record(small) == line


@pytest.mark.parametrize("name", ["games.jsonl", "games.jsonl.gz"])
def test_files_are_read_as_written(name: str, tmp_path: Path) -> None:
    records = [WHOLE, changed(seed=2**62, ending=Ending.CRASHED, offender=1, reason='"é\n'), changed(seconds=None)]
    write_records(tmp_path / name, records)
    assert list(read_records(tmp_path / name)) == records
    assert [path.name for path in tmp_path.iterdir()] == [name]
    first = (tmp_path / name).read_bytes()
    write_records(tmp_path / name, records)
    assert (tmp_path / name).read_bytes() == first


def test_a_folder_is_read_file_by_file(tmp_path: Path) -> None:
    for name, seed in (("b.jsonl", 2), ("a.jsonl.gz", 1), ("c.jsonl", 3)):
        write_records(tmp_path / name, [changed(seed=seed)])
    (tmp_path / ".d.jsonl").write_text("left by a crash")
    (tmp_path / "notes.txt").write_text("by hand")
    both = [(tmp_path / name).read_bytes() for name in ("a.jsonl.gz", "a.jsonl.gz")]
    (tmp_path / "a.jsonl.gz").write_bytes(b"".join(both))
    assert [record.seed for record in read_records(tmp_path)] == [1, 1, 2, 3]
    assert [path.name for path in record_files(tmp_path)] == ["a.jsonl.gz", "b.jsonl", "c.jsonl"]


@settings(max_examples=200, deadline=None)
@given(end=st.integers(0, 3 * len(LINE)), compressed=st.booleans())
def test_a_torn_end_is_passed_over(end: int, compressed: bool, tmp_path_factory: pytest.TempPathFactory) -> None:
    folder = tmp_path_factory.mktemp("torn")
    path = folder / ("games.jsonl.gz" if compressed else "games.jsonl")
    write_records(path, [WHOLE] * 3)
    data = path.read_bytes()
    cut = data[: end * len(data) // (3 * len(LINE))]
    path.write_bytes(cut)
    left = list(read_records(path))
    assert left == [WHOLE] * len(left)
    if not compressed:
        assert len(left) == cut.count(b"\n") + cut.endswith(LINE[:-1])


@pytest.mark.parametrize(
    ("line", "message"),
    [
        (b"", "expected a game as JSON"),
        (b"{", "expected a game as JSON"),
        (b"\xff\xfe", "expected a game as JSON"),
        (b"[]", "expected `object`, got `array`"),
        (b"{}", "missing required field `format`"),
        (LINE.replace(b'"format":1', b'"format":2'), "format: expected 1, got 2: a newer myoshu wrote it"),
        (LINE.replace(b"[0,3,1,4,2]", b'[0,3,"b"]'), r"moves\[2\]: expected `int`, got `str`"),
        (LINE.replace(b'"seed"', b'"sead"'), "unknown field `sead`|missing required field `seed`"),
        (LINE.replace(b'"seconds":[0.5,', b'"seconds":['), "seconds: expected 4, one for each move .* got 3"),
        (LINE.replace(b'"opening":1', b'"opening":6'), "opening: expected a number from 0 to the 5 moves, got 6"),
        (LINE.replace(b'"returns":[1.0,', b'"returns":['), "returns: expected 2, one for each seat, got 1"),
        (LINE.replace(b'"explored":[0,2]', b'"explored":[4]'), r"explored: expected numbers of the 4 moves, got \[4\]"),
        (LINE.replace(b'{"3":0.75', b'{"x":0.75'), r"policies\[0\]|key in `\$\.policies"),
    ],
)
def test_damage_is_named_by_file_line_and_field(line: bytes, message: str, tmp_path: Path) -> None:
    path = tmp_path / "games.jsonl"
    path.write_bytes(LINE + line.rstrip(b"\n") + b"\n" + LINE)
    with pytest.raises(RecordError, match=rf"games.jsonl: line 2: .*({message})"):
        list(read_records(path))


def test_files_that_are_none(tmp_path: Path) -> None:
    with pytest.raises(RecordError, match="expected a folder with files of games"):
        list(read_records(tmp_path))
    with pytest.raises(RecordError, match=r"none.jsonl: expected to read a file of games, got: No such file"):
        list(read_records(tmp_path / "none.jsonl"))
    with pytest.raises(RecordError, match=r"whose name ends in .jsonl or .jsonl.gz"):
        list(read_records(tmp_path / "games.json"))
    for damaged in (b"no gzip", gzip.compress(LINE)[:12] + b"\xff" * 30):
        (tmp_path / "games.jsonl.gz").write_bytes(damaged)
        with pytest.raises(
            RecordError, match=r"games.jsonl.gz: expected a file of games, compressed by gzip, got a damaged one"
        ):
            list(read_records(tmp_path / "games.jsonl.gz"))
    with pytest.raises(RecordError, match="expected to write a file of games, got: No such file"):
        write_records(tmp_path / "nowhere" / "games.jsonl", [WHOLE])


def test_a_record_is_played_again(game: Game) -> None:
    seen: list[tuple[int, str]] = []

    def visit(ply: int, state: State) -> None:
        seen.append((ply, str(state)))

    rewards = WHOLE.replay(game, visit)
    assert rewards.tolist() == [[0, 0]] * 4 + [[1, -1]]
    assert [ply for ply, _ in seen] == [0, 1, 2, 3, 4]
    assert seen[4][1].replace("\n", "").startswith("xx.oo")


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"game": "openspiel:chess"}, "game: expected 'openspiel:tic_tac_toe', got 'openspiel:chess'"),
        ({"seats": ("a",), "returns": (1.0,)}, "seats: expected 2, got 1"),
        ({"moves": (0, 3, 3, 4, 2)}, r"moves\[2\]: expected a legal action, one of \[1, 2, 4, 5, 6, 7, 8\], got 3"),
        ({"movers": (1, 1, 1, 0)}, r"movers\[1\]: expected 0, got 1"),
        ({"moves": (0, 3, 1, 4, 5)}, "expected a whole game, got one not over after 5 moves"),
        (
            {"moves": (0, 3, 1, 4, 2, 8), "opening": 2, "movers": None},
            r"moves\[5\]: expected a legal action, one of \[\], got 8",
        ),
        ({"returns": (-1.0, 1.0)}, r"returns: expected \[1.0, -1.0\], as the moves bring, got \[-1.0, 1.0\]"),
    ],
)
def test_a_record_that_the_rules_contradict_is_refused(fields: dict[str, Any], message: str, game: Game) -> None:
    with pytest.raises(RecordError, match=message):
        changed(**fields).replay(game)


def test_a_game_that_was_broken_off_may_stop_anywhere(game: Game) -> None:
    broken = changed(moves=(0, 3, 1, 4, 5), ending=Ending.ILLEGAL, returns=(1.0, -1.0), offender=1)
    assert not broken.replay(game).any()


def test_columns_that_do_not_fit_the_moves_are_refused() -> None:
    with pytest.raises(ArgumentError, match="movers: expected 4, one for each move after the opening, got 3"):
        GameRecord(
            format=1, game="x", myoshu="1", seed=0, seats=("a",), moves=(1, 2, 3, 4), movers=(0,) * 3, returns=(0.0,)
        )


def test_chance_is_the_seeds() -> None:
    backgammon = load_game("openspiel:pig")
    state, moves, paid = backgammon.new_state(np.random.default_rng(11)), [], np.zeros(2)
    rng = np.random.default_rng(0)
    while not state.is_terminal():
        moves.append(int(rng.choice(state.legal_actions())))
        paid += state.apply(moves[-1])
    record = GameRecord(
        format=1, game="openspiel:pig", myoshu="1", seed=11, seats=("a", "b"), moves=tuple(moves), returns=tuple(paid)
    )
    assert record.replay(backgammon).shape == (len(moves), 2)
    with pytest.raises(RecordError):
        msgspec.structs.replace(record, seed=12).replay(backgammon)


def test_the_page_says_what_the_format_is() -> None:
    page = (Path(__file__).parents[2] / "docs" / "records.md").read_text(encoding="utf-8")
    fields = re.findall(r"^\| `(\w+)` \|", page, re.MULTILINE)
    assert fields == [field.name for field in msgspec.structs.fields(GameRecord)]
    example = page.partition("```json\n")[2].partition("```")[0].replace("\n", "")
    record = msgspec.json.decode(example.encode(), type=GameRecord)
    assert all(ending.value in page for ending in Ending)
    record.replay(load_game("openspiel:tic_tac_toe"))
