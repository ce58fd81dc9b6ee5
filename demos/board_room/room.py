"""The window: a menu of four games, and the table at which one is played."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pygame
from boards import BOARDS, FAINT, LAST, SEATS, Board, picture
from table import BUDGET, Level, Table, levels

import myoshu
from myoshu_engines import load_game
from myoshu_engines.agent_file import agent_for
from myoshu_engines.pygame.letters import Letters
from myoshu_engines.pygame.overlay import Overlay

SIZE = (1040, 720)
BACK = (18, 22, 29)
CARD = (34, 41, 53)
LIT = (52, 63, 82)
GO = (62, 120, 190)
INK = (232, 236, 242)
MODES = ("You play first", "You play second", "Agent against agent", "Two people")
PEOPLE = (frozenset({0}), frozenset({1}), frozenset[int](), frozenset({0, 1}))
KEYS = (
    ("H", "hint"),
    ("U", "undo"),
    ("R", "restart"),
    ("O", "what the agent thinks"),
    ("Space", "let the agent move now"),
    ("F11", "full screen"),
    ("Esc", "menu"),
)
BOARD_AREA = pygame.Rect(40, 84, 640, 596)
SIDE = pygame.Rect(724, 84, 280, 320)
AGAIN = pygame.Rect(724, 624, 280, 56)
"""Where a new game is offered once one is over."""


class Room:
    """The program, one frame at a time: :meth:`handle` events, :meth:`update`, :meth:`draw`."""

    def __init__(
        self, surface: pygame.Surface, agents: Path, seed: int, clock: Callable[[], int] = pygame.time.get_ticks
    ) -> None:
        self.surface = surface
        self.seed = seed
        self.clock = clock
        self.running = True
        self.overlaid = True
        self.chosen = 0
        self.mode = 0
        self.table: Table | None = None
        self.board: Board = BOARDS[0](BOARD_AREA)
        self.cursor: int | None = None
        self.agents: list[myoshu.Agent | None] = []
        self.excuses: list[str] = []
        self.level: list[int] = []
        self.pictures = [picture(kind, (150, 130)) for kind in BOARDS]
        for kind in BOARDS:
            agent, excuse = agent_for(kind.string, agents / kind.file, f'myoshu train "{kind.string}"')
            self.agents.append(agent)
            self.excuses.append(excuse)
            self.level.append((len(levels(agent)) - 1) // 2 if agent else 0)
        self.big = Letters(56)
        self.middle = Letters(32)
        self.small = Letters(23)
        self.overlay = Overlay(size=21, back=(30, 37, 49))

    @property
    def idle(self) -> bool:
        """Whether the picture stays until something is pressed or the mouse moves."""
        return self.table is None or self.table.idle

    def handle(self, event: pygame.event.Event) -> None:
        """Handle one Pygame event."""
        if event.type == pygame.QUIT:
            self._leave()
            self.running = False
        elif self.table is None:
            self._handle_menu(event)
        else:
            self._handle_table(event, self.table, self.clock())

    def update(self) -> None:
        """Advance by one frame."""
        if self.table is not None and self.table.update(self.clock()):
            self.cursor = None

    def draw(self) -> None:
        """Draw the frame onto the window's surface."""
        self.surface.fill(BACK)
        if self.table is None:
            self._draw_menu()
        else:
            self._draw_table(self.table)

    def start(self) -> None:
        """Sit down at the chosen game, if there is an agent for it."""
        agent = self.agents[self.chosen]
        if agent is None:
            return
        kind = BOARDS[self.chosen]
        self.board = kind(BOARD_AREA)
        self.cursor = None
        self.table = Table(load_game(kind.string), agent, PEOPLE[self.mode], self._chosen_level(agent), self.seed)

    def watch(self, game: int) -> None:
        """Let agents of the highest level play a game against each other."""
        self.chosen, self.mode = game, MODES.index("Agent against agent")
        agent = self.agents[game]
        if agent is not None:
            self.level[game] = len(levels(agent)) - 1
        self.start()

    # The menu

    def _handle_menu(self, event: pygame.event.Event) -> None:
        if event.type == pygame.KEYDOWN:
            agent = self.agents[self.chosen]
            if event.key in (pygame.K_ESCAPE, pygame.K_q):
                self.running = False
            elif event.key in (pygame.K_LEFT, pygame.K_RIGHT):
                self.chosen = (self.chosen + (1 if event.key == pygame.K_RIGHT else -1)) % len(BOARDS)
            elif pygame.K_1 <= event.key <= pygame.K_4:
                self.chosen = event.key - pygame.K_1
            elif event.key in (pygame.K_UP, pygame.K_DOWN) and agent:
                self._turn_level(1 if event.key == pygame.K_UP else -1)
            elif event.key == pygame.K_TAB:
                self.mode = (self.mode + 1) % len(MODES)
            elif event.key in (pygame.K_RETURN, pygame.K_SPACE):
                self.start()
        elif event.type == pygame.MOUSEBUTTONDOWN and event.button == 1:
            for number, tile in enumerate(self.tiles()):
                if tile.collidepoint(event.pos):
                    self.chosen = number
            mode, level, start = self.buttons()
            if mode.collidepoint(event.pos):
                self.mode = (self.mode + 1) % len(MODES)
            elif level.collidepoint(event.pos):
                self._turn_level(1)
            elif start.collidepoint(event.pos):
                self.start()

    def tiles(self) -> list[pygame.Rect]:
        """Where the games are in the menu."""
        return [pygame.Rect(44 + 244 * number, 170, 220, 250) for number in range(len(BOARDS))]

    def buttons(self) -> tuple[pygame.Rect, pygame.Rect, pygame.Rect]:
        """Where the mode, the level and the start are in the menu."""
        return pygame.Rect(44, 500, 300, 64), pygame.Rect(370, 500, 300, 64), pygame.Rect(696, 500, 300, 64)

    def _draw_menu(self) -> None:
        self._text("Board room", self.big, INK, topleft=(44, 52))
        self._text("Learned by self-play; thinks 2 ms a frame.", self.small, FAINT, topleft=(46, 108))
        mouse = pygame.mouse.get_pos()
        for number, (kind, tile) in enumerate(zip(BOARDS, self.tiles(), strict=True)):
            there = self.agents[number] is not None
            lit = tile.collidepoint(mouse) or number == self.chosen
            pygame.draw.rect(self.surface, LIT if lit else CARD, tile, border_radius=16)
            if number == self.chosen:
                pygame.draw.rect(self.surface, SEATS[1], tile, 2, border_radius=16)
            picture = self.pictures[number]
            picture.set_alpha(255 if there else 90)
            self.surface.blit(picture, picture.get_rect(center=(tile.centerx, tile.top + 95)))
            color = INK if there else FAINT
            self._text(kind.title, self.middle, color, center=(tile.centerx, tile.bottom - 48))
            below = f"press {number + 1}" if there else "no agent yet"
            self._text(below, self.small, FAINT, center=(tile.centerx, tile.bottom - 22))
        agent = self.agents[self.chosen]
        if agent is None:
            self._text(self.excuses[self.chosen], self.small, LAST, topleft=(46, 446))
        level = self._chosen_level(agent).name if agent else "–"
        labels = (MODES[self.mode], f"Strength: {level}", "Play")
        for label, button in zip(labels, self.buttons(), strict=True):
            lit = button.collidepoint(mouse) and agent is not None
            fill = GO if label == "Play" and agent else LIT if lit else CARD
            pygame.draw.rect(self.surface, fill, button, border_radius=14)
            self._text(label, self.middle, INK if agent else FAINT, center=button.center)
        keys = "arrows: game and strength     tab: who plays     enter: play     esc: leave"
        self._text(keys, self.small, FAINT, center=(SIZE[0] // 2, 640))

    def _turn_level(self, step: int) -> None:
        agent = self.agents[self.chosen]
        if agent:
            self.level[self.chosen] = (self.level[self.chosen] + step) % len(levels(agent))

    def _chosen_level(self, agent: myoshu.Agent) -> Level:
        return levels(agent)[self.level[self.chosen]]

    # The table

    def _handle_table(self, event: pygame.event.Event, table: Table, now: int) -> None:
        if event.type == pygame.KEYDOWN:
            if event.key == pygame.K_ESCAPE:
                self._leave()
            elif event.key == pygame.K_u:
                table.undo(now)
                self.cursor = None
            elif event.key == pygame.K_r or (event.key == pygame.K_RETURN and table.over):
                table.restart(now)
                self.cursor = None
            elif event.key == pygame.K_h:
                table.ask_advice()
            elif event.key == pygame.K_o:
                self.overlaid = not self.overlaid
            elif event.key == pygame.K_SPACE:
                table.hurry()
            elif event.key in (pygame.K_LEFT, pygame.K_UP, pygame.K_RIGHT, pygame.K_DOWN) and table.persons_turn:
                self._move_cursor(table, event.key)
            elif event.key == pygame.K_RETURN and table.persons_turn and self.cursor is not None:
                table.play(self.cursor, now)
                self.cursor = None
        elif event.type == pygame.MOUSEMOTION and table.persons_turn:
            self.cursor = self._under(table, event.pos)
        elif event.type == pygame.MOUSEBUTTONDOWN and event.button == 1 and table.persons_turn:
            action = self._under(table, event.pos)
            if action is not None:
                table.play(action, now)
                self.cursor = None
        elif event.type == pygame.MOUSEBUTTONDOWN and table.over and AGAIN.collidepoint(event.pos):
            table.restart(now)

    def _under(self, table: Table, place: tuple[int, int]) -> int | None:
        legal = table.state.legal_actions()
        return next((a for a, cell in self.board.cells().items() if cell.collidepoint(place) and a in legal), None)

    def _move_cursor(self, table: Table, key: int) -> None:
        """Move to the nearest legal action in the arrow's direction; around the edge if there is none."""
        cells = {action: cell.center for action, cell in self.board.cells().items()}
        legal = [action for action in table.state.legal_actions() if action in cells]
        if self.cursor not in legal:
            self.cursor = legal[len(legal) // 2]
            return
        dx, dy = {
            pygame.K_LEFT: (-1, 0),
            pygame.K_RIGHT: (1, 0),
            pygame.K_UP: (0, -1),
            pygame.K_DOWN: (0, 1),
        }[key]
        here = cells[self.cursor]

        def distance(action: int) -> tuple[bool, float]:
            x, y = cells[action][0] - here[0], cells[action][1] - here[1]
            ahead, aside = x * dx + y * dy, abs(x * dy) + abs(y * dx)
            return ahead <= 0, ahead + 2 * aside

        self.cursor = min((action for action in legal if action != self.cursor), key=distance, default=self.cursor)

    def _draw_table(self, table: Table) -> None:
        board = self.board
        score = board.score(table)
        self._text(f"{board.title}{'   ' + score if score else ''}", self.middle, INK, topleft=(40, 26))
        color, words = self._status(table)
        self._text(words, self.middle, color, topright=(SIDE.right, 26))
        board.draw(self.surface, table, self.cursor if table.persons_turn else None)
        if table.over:
            board.mark(self.surface, table)
        for label, middle in board.labels():
            self._text(label, self.small, FAINT, center=middle)
        cells = board.places(table)
        if table.shown is not None and (self.overlaid or table.advice is not None):
            self.overlay.heat(self.surface, table.shown, cells)
        if table.advice is not None and table.advice.action in cells:
            pygame.draw.rect(self.surface, LAST, cells[table.advice.action], 3, border_radius=12)
        if self.overlaid:
            self.overlay.panel(
                self.surface,
                SIDE,
                table.last,
                name=board.name,
                spent=table.spent,
                budget=BUDGET,
                scale=table.agent.game.returns,
                title=self._title(table),
            )
        y = SIDE.bottom + 20
        for key, meaning in KEYS:
            self._text(key, self.small, INK, topleft=(SIDE.left + 6, y))
            self._text(meaning, self.small, FAINT, topleft=(SIDE.left + 76, y))
            y += 28
        if table.over:
            lit = AGAIN.collidepoint(pygame.mouse.get_pos())
            pygame.draw.rect(self.surface, GO if not lit else SEATS[1], AGAIN, border_radius=14)
            self._text("Play again (Enter)", self.middle, INK, center=AGAIN.center)

    @staticmethod
    def _title(table: Table) -> str:
        """Whose thoughts the panel shows."""
        if table.hinted:
            return "Hint for you"
        return f"Agent, {table.level.name}" if table.players else "H asks for a hint"

    def _status(self, table: Table) -> tuple[tuple[int, int, int], str]:
        if table.over:
            first, second = table.returns
            if first == second:
                return INK, "A draw"
            winner = 0 if first > second else 1
            if table.people == {winner}:
                return SEATS[winner], "You win!"
            return SEATS[winner], "The agent wins" if len(table.people) == 1 else f"{self.board.seats[winner]} wins"
        if table.must_pass:
            return SEATS[table.mover], "No move: passes"
        if table.adviser.thinking:
            return LAST, "Looking for a hint…"
        if table.mover in table.people:
            whose = "Your turn" if len(table.people) == 1 else f"{self.board.seats[table.mover]}'s turn"
            return SEATS[table.mover], whose
        return SEATS[table.mover], "The agent thinks…"

    def _leave(self) -> None:
        if self.table is not None:
            self.table.close()
            self.table = None

    def _text(self, text: str, font: Letters, color: tuple[int, int, int], **place: tuple[int, int]) -> pygame.Rect:
        drawn = font.render(text, True, color)
        return self.surface.blit(drawn, drawn.get_rect(**place))
