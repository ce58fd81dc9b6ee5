"""The four boards: where an action is, and how a position is drawn."""

from __future__ import annotations

from itertools import product
from typing import Any, ClassVar

import numpy as np
import pygame
from table import Table

from myoshu_engines import load_game

Color = tuple[int, int, int]

SEATS: tuple[Color, Color] = ((235, 110, 90), (94, 160, 235))
"""The colours of the first and the second player."""
BOARD: Color = (44, 52, 66)
GROOVE: Color = (30, 36, 46)
LINE: Color = (84, 96, 116)
LAST: Color = (250, 240, 200)
FAINT: Color = (140, 150, 168)


DIRECTIONS = ((0, 1), (1, 0), (1, 1), (1, -1))
"""Rows and columns from one stone of a row to the next."""


def disc(surface: pygame.Surface, color: Color, center: tuple[int, int], radius: int) -> None:
    """A stone with a soft light."""
    dark = (color[0] * 6 // 10, color[1] * 6 // 10, color[2] * 6 // 10)
    pygame.draw.circle(surface, dark, (center[0], center[1] + max(1, radius // 12)), radius)
    pygame.draw.circle(surface, color, center, radius - max(1, radius // 14))


class Board:
    """What all boards share: a rectangle of squares."""

    title = ""
    string = ""
    file = ""
    rows = 3
    columns = 3
    seats: ClassVar[tuple[str, str]] = ("Red", "Blue")
    sample: ClassVar[tuple[int, ...]] = ()
    """Moves of the position that the menu shows."""
    in_a_row = 0
    """Stones in a row that win; 0 where no row does."""

    def __init__(self, area: pygame.Rect) -> None:
        size = min(area.width // self.columns, area.height // self.rows)
        self.size = size
        self.rect = pygame.Rect(0, 0, size * self.columns, size * self.rows)
        self.rect.center = area.center

    def name(self, action: int) -> str:
        """The action in a few letters, by the place that :meth:`labels` names."""
        row, column = divmod(action, self.columns)
        return f"{'abcdefgh'[column]}{row + 1}" if row < self.rows else "pass"

    def labels(self) -> list[tuple[str, tuple[int, int]]]:
        """The names of columns and rows, and the centres at which they are drawn."""
        left, bottom = self.rect.left - 22, self.rect.bottom + 21
        across = [("abcdefgh"[c], (self.square(0, c).centerx, bottom)) for c in range(self.columns)]
        return across + [(str(row + 1), (left, self.square(row, 0).centery)) for row in range(self.rows)]

    def square(self, row: int, column: int) -> pygame.Rect:
        return pygame.Rect(
            self.rect.left + column * self.size, self.rect.top + row * self.size, self.size, self.size
        ).inflate(-6, -6)

    def cells(self) -> dict[int, pygame.Rect]:
        """Where each action is clicked."""
        return {r * self.columns + c: self.square(r, c) for r in range(self.rows) for c in range(self.columns)}

    def places(self, table: Table | Sample) -> dict[int, pygame.Rect]:
        """Where each legal action's probability is shown."""
        legal = table.state.legal_actions()
        return {action: cell for action, cell in self.cells().items() if action in legal}

    def stones(self, table: Table | Sample) -> list[list[str]]:
        """x, o or another letter for each square."""
        return [list(line) for line in str(table.state).split("\n")[: self.rows]]

    def draw(self, surface: pygame.Surface, table: Table | Sample, hover: int | None) -> None:
        pygame.draw.rect(surface, BOARD, self.rect.inflate(20, 20), border_radius=18)
        last = table.moves[-1][1] if table.moves else None
        for row, line in enumerate(self.stones(table)):
            for column, stone in enumerate(line):
                action = row * self.columns + column
                square = self.square(row, column)
                pygame.draw.rect(surface, GROOVE, square, border_radius=10)
                if stone in "xo":
                    self.stone(surface, square, "xo".index(stone))
                elif action == hover:
                    shade = pygame.Surface(square.size, pygame.SRCALPHA)
                    self.stone(shade, shade.get_rect(), table.mover)
                    shade.set_alpha(90)
                    surface.blit(shade, square)
                if action == last:
                    pygame.draw.rect(surface, LAST, square, 2, border_radius=10)

    def stone(self, surface: pygame.Surface, square: pygame.Rect, seat: int) -> None:
        disc(surface, SEATS[seat], square.center, square.width * 2 // 5)

    def winning(self, table: Table | Sample) -> list[tuple[int, int]]:
        """Row and column of the stones that have won, all of them where several rows did."""
        stones = self.stones(table)
        found: dict[tuple[int, int], None] = {}
        for row, column, (down, across) in product(range(self.rows), range(self.columns), DIRECTIONS):
            places = [(row + down * step, column + across * step) for step in range(self.in_a_row)]
            if all(0 <= r < self.rows and 0 <= c < self.columns for r, c in places):
                letters = {stones[r][c] for r, c in places}
                if letters in ({"x"}, {"o"}):
                    found.update(dict.fromkeys(places))
        return list(found)

    def mark(self, surface: pygame.Surface, table: Table | Sample) -> None:
        """Show which stones have won."""
        for row, column in self.winning(table):
            pygame.draw.rect(surface, LAST, self.square(row, column), 5, border_radius=10)

    def score(self, table: Table | Sample) -> str:
        """The score, for games that can be counted."""
        return ""


class TicTacToe(Board):
    """Three in a row on 3 × 3."""

    title, string, file = "Tic-tac-toe", "openspiel:tic_tac_toe", "tic_tac_toe.myoshu"
    sample = (4, 0, 2, 6, 3)
    in_a_row = 3

    def stone(self, surface: pygame.Surface, square: pygame.Rect, seat: int) -> None:
        inner = square.inflate(-square.width // 2, -square.height // 2)
        width = max(3, square.width // 9)
        if seat == 1:
            pygame.draw.circle(surface, SEATS[1], inner.center, inner.width * 3 // 5, width)
            return
        for begin, end in ((inner.topleft, inner.bottomright), (inner.topright, inner.bottomleft)):
            pygame.draw.line(surface, SEATS[0], begin, end, width)
            for point in (begin, end):
                pygame.draw.circle(surface, SEATS[0], point, width // 2)


class ConnectFour(Board):
    """Four in a row; stones fall."""

    title, string, file = "Connect four", "openspiel:connect_four", "connect_four.myoshu"
    rows, columns = 6, 7
    sample = (3, 3, 2, 4, 4, 2, 5, 3, 1, 3)
    in_a_row = 4

    def name(self, action: int) -> str:
        """The number of the action's column, from 1."""
        return str(action + 1)

    def labels(self) -> list[tuple[str, tuple[int, int]]]:
        """The columns' numbers and their centres in pixels."""
        return [(self.name(c), (self.square(0, c).centerx, self.rect.bottom + 24)) for c in range(self.columns)]

    def mark(self, surface: pygame.Surface, table: Table | Sample) -> None:
        """Show which stones have won."""
        for row, column in self.winning(table):
            square = self.square(row, column)
            pygame.draw.circle(surface, LAST, square.center, square.width * 9 // 20, 6)

    def cells(self) -> dict[int, pygame.Rect]:
        return {column: self.square(0, column).unionall([self.square(5, column)]) for column in range(self.columns)}

    def places(self, table: Table | Sample) -> dict[int, pygame.Rect]:
        """Where the stone would land."""
        stones = self.stones(table)
        free = {column: sum(line[column] not in "xo" for line in stones) for column in table.state.legal_actions()}
        return {column: self.square(number - 1, column) for column, number in free.items()}

    def draw(self, surface: pygame.Surface, table: Table | Sample, hover: int | None) -> None:
        pygame.draw.rect(surface, BOARD, self.rect.inflate(20, 20), border_radius=18)
        stones = self.stones(table)
        for row, line in enumerate(stones):
            for column, stone in enumerate(line):
                square = self.square(row, column)
                free = stone not in "xo"
                pygame.draw.circle(surface, GROOVE, square.center, square.width * 9 // 20)
                lands = free and column == hover and (row == self.rows - 1 or stones[row + 1][column] in "xo")
                if not free:
                    disc(surface, SEATS["xo".index(stone)], square.center, square.width * 9 // 20)
                elif lands:
                    pygame.draw.circle(surface, SEATS[table.mover], square.center, square.width * 9 // 20, 3)
                dropped = not free and table.moves and table.moves[-1][1] == column
                if dropped and (row == 0 or stones[row - 1][column] not in "xo"):
                    pygame.draw.circle(surface, LAST, square.center, square.width // 8, 2)


class Othello(Board):
    """Turning stones over on 8 × 8."""

    title, string, file = "Othello", "openspiel:othello", "othello.myoshu"
    rows = columns = 8
    sample = (19, 18, 26, 20, 21, 34, 42, 44)

    def stones(self, table: Table | Sample) -> list[list[str]]:
        lines = [line for line in str(table.state).split("\n") if line[:1].isdigit()]
        return [line.split()[1:9] for line in lines]

    def score(self, table: Table | Sample) -> str:
        letters = [letter for line in self.stones(table) for letter in line]
        return f"{letters.count('x')} : {letters.count('o')}"


class DotsAndBoxes(Board):
    """The player who closes a box owns it and moves again; 2 × 2 boxes."""

    title, string, file = (
        "Dots and boxes",
        "openspiel:dots_and_boxes(num_cols=2,num_rows=2)",
        "dots_and_boxes.myoshu",
    )
    rows = columns = 2
    sample = (0, 9, 6, 2, 7, 8)

    def __init__(self, area: pygame.Rect) -> None:
        super().__init__(area.inflate(-80, -80))

    def name(self, action: int) -> str:
        """A line between two dots by the first of them, and whether it goes across or down."""
        across = action < 6
        row, column = divmod(action if across else action - 6, 2 if across else 3)
        return f"{'abc'[column]}{row + 1} {'across' if across else 'down'}"

    def labels(self) -> list[tuple[str, tuple[int, int]]]:
        """Columns and rows of dots."""
        across = [("abc"[column], (self.dot(2, column)[0], self.rect.bottom + 30)) for column in range(3)]
        return across + [(str(row + 1), (self.rect.left - 30, self.dot(row, 0)[1])) for row in range(3)]

    def dot(self, row: int, column: int) -> tuple[int, int]:
        return self.rect.left + column * self.size, self.rect.top + row * self.size

    def cells(self) -> dict[int, pygame.Rect]:
        across = self.size - 56
        horizontal = [(row, column) for row in range(3) for column in range(2)]
        vertical = [(row, column) for row in range(2) for column in range(3)]
        found = {}
        for action, (row, column) in enumerate(horizontal):
            x, y = self.dot(row, column)
            found[action] = pygame.Rect(x + 28, y - 24, across, 48)
        for action, (row, column) in enumerate(vertical, start=len(horizontal)):
            x, y = self.dot(row, column)
            found[action] = pygame.Rect(x - 24, y + 28, 48, across)
        return found

    @staticmethod
    def sides(row: int, column: int) -> set[int]:
        """The four lines around a box."""
        return {2 * row + column, 2 * row + column + 2, 6 + 3 * row + column, 6 + 3 * row + column + 1}

    def owners(self, table: Table | Sample) -> dict[tuple[int, int], int]:
        """Who closed which box."""
        drawn: set[int] = set()
        owners: dict[tuple[int, int], int] = {}
        for seat, action in table.moves:
            drawn.add(action)
            for box in ((row, column) for row in range(2) for column in range(2)):
                if self.sides(*box) <= drawn:
                    owners.setdefault(box, seat)
        return owners

    def draw(self, surface: pygame.Surface, table: Table | Sample, hover: int | None) -> None:
        pygame.draw.rect(surface, BOARD, self.rect.inflate(100, 100), border_radius=18)
        for (row, column), seat in self.owners(table).items():
            box = pygame.Rect(self.dot(row, column), (self.size, self.size)).inflate(-24, -24)
            shade = pygame.Surface(box.size, pygame.SRCALPHA)
            pygame.draw.rect(shade, (*SEATS[seat], 110), shade.get_rect(), border_radius=14)
            surface.blit(shade, box)
        drawn = {action: seat for seat, action in table.moves}
        for action, cell in self.cells().items():
            width = 6 if cell.width > cell.height else 0
            bar = cell.inflate(20, -36) if width else cell.inflate(-36, 20)
            if action in drawn:
                pygame.draw.rect(surface, SEATS[drawn[action]], bar, border_radius=6)
                if table.moves[-1][1] == action:
                    pygame.draw.rect(surface, LAST, bar, 2, border_radius=6)
            else:
                color = SEATS[table.mover] if action == hover and not table.over else GROOVE
                pygame.draw.rect(surface, color, bar.inflate(-4, -4), border_radius=4)
        for row in range(3):
            for column in range(3):
                pygame.draw.circle(surface, LAST, self.dot(row, column), 9)

    def score(self, table: Table | Sample) -> str:
        owners = list(self.owners(table).values())
        return f"{owners.count(0)} : {owners.count(1)}"


BOARDS: tuple[type[Board], ...] = (TicTacToe, ConnectFour, Othello, DotsAndBoxes)


class Sample:
    """A position for show, with the attributes of a :class:`table.Table` that boards read.

    Args:
        kind: the board whose :attr:`Board.sample` it shows.
    """

    def __init__(self, kind: type[Board]) -> None:
        self.state: Any = load_game(kind.string).new_state(np.random.default_rng(0))
        self.moves: list[tuple[int, int]] = []
        for action in kind.sample:
            self.moves.append((self.mover, action))
            self.state.apply(action)

    @property
    def mover(self) -> int:
        return int(self.state.to_play())


def picture(kind: type[Board], size: tuple[int, int]) -> pygame.Surface:
    """A small picture of a board with a few moves played."""
    whole = pygame.Surface((900, 900), pygame.SRCALPHA)
    board = kind(whole.get_rect().inflate(-260, -260))
    board.draw(whole, Sample(kind), None)
    part = whole.subsurface(whole.get_bounding_rect())
    width, height = part.get_size()
    scale = min(size[0] / width, size[1] / height)
    return pygame.transform.smoothscale(part, (round(width * scale), round(height * scale)))
