"""The window: the night sea, what the agent sees of it, and how it learned."""

from __future__ import annotations

import csv
from pathlib import Path
from textwrap import wrap

import numpy as np
import pygame
from rules import ACTIONS, SEEN, SIZE, STACK, STARS, Harvest, harvest

from myoshu import Decision, Limit
from myoshu_engines.agent_file import agent_for
from myoshu_engines.pygame.letters import Letters
from myoshu_engines.pygame.overlay import Overlay
from myoshu_engines.pygame.player import Player

SCALE = 4
"""Pixels of the window per pixel of the scene."""
SCENE = pygame.Rect(24, 24, SIZE * SCALE, SIZE * SCALE)
SIDE = pygame.Rect(SCENE.right + 24, 24, 312, SCENE.height)
WINDOW = (SIDE.right + 24, SCENE.bottom + 24)
BACK, CARD, LIT, GO = (10, 13, 24), (24, 29, 48), (40, 48, 76), (62, 120, 190)
INK, FAINT, GOLD = (236, 238, 244), (132, 142, 170), (255, 226, 140)
LEVELS = (("level 1", 1, 2.0), ("level 2", 1, 1.0), ("level 3", 4, 0.3), ("level 4", 16, 0.0))
"""Names, simulations per decision, temperatures."""
MODES = ("The agent sails", "You sail")
TRAINING = "myoshu train python:demos/pixels/rules.py:harvest --minutes 20"
BUDGET = 0.004
"""Seconds of a frame that the agent may think."""


class Sea:
    """The program, one frame at a time: :meth:`handle` events, :meth:`update`, :meth:`draw`.

    Args:
        surface: the window.
        file: the agent's file.
        curve: its learning curve, a run's ``evaluations.csv``; none is shown if it is not there.
        seed: of where stars fall.
    """

    def __init__(self, surface: pygame.Surface, file: Path, curve: Path, seed: int) -> None:
        self.surface = surface
        self.seed = seed
        self.running = True
        self.paused = False
        self.menu = True
        self.mode = 0
        self.level = len(LEVELS) - 1
        self.hinted = False
        self.held = [False, False]
        """Whether left and right are held."""
        self.pointed: float | None = None
        """Where the mouse points, in the scene's pixels."""
        self.game = harvest()
        self.agent, self.excuse = agent_for("harvest", file, TRAINING)
        self.curve = read_curve(curve)
        self.big = Letters(72)
        self.middle = Letters(32)
        self.small = Letters(23)
        self.overlay = Overlay(size=20, back=CARD)
        self._scene = pygame.Surface((SIZE, SIZE), depth=32)
        self.player: Player | None = None
        self.begin()

    @property
    def scene(self) -> Harvest:
        """The game's own object."""
        return self.state.scene

    def begin(self) -> None:
        """Begin a new game."""
        if self.player is not None:
            self.player.close()
        self.state = self.game.new_state(np.random.default_rng(self.seed))
        self.decision: Decision | None = None
        self.player = None
        if self.agent is not None:
            temperature = LEVELS[self.level][2] if self.mode == 0 else 0.0
            session = self.agent.new_session(seed=self.seed, temperature=temperature, keep_tree=False)
            self.player = Player(session)

    def watch(self) -> None:
        """Let the agent sail at once, if there is one."""
        self.mode = 0
        self._start()

    @property
    def idle(self) -> bool:
        """Whether the picture stays until something is pressed or the mouse moves."""
        return self.menu or self.paused or self.state.is_terminal()

    def handle(self, event: pygame.event.Event) -> None:
        """Handle one Pygame event."""
        if event.type == pygame.QUIT:
            self.running = False
        elif self.menu:
            self._handle_menu(event)
        elif event.type == pygame.KEYDOWN:
            if event.key == pygame.K_ESCAPE:
                self.menu = True
            elif event.key in (pygame.K_p, pygame.K_SPACE):
                self.paused = not self.paused
            elif event.key == pygame.K_r or (event.key == pygame.K_RETURN and self.scene.over):
                self.seed += 1
                self.begin()
            elif event.key == pygame.K_h:
                self.hinted = not self.hinted
            elif event.key in (pygame.K_LEFT, pygame.K_RIGHT):
                self.held[event.key == pygame.K_RIGHT], self.pointed = True, None
        elif event.type == pygame.KEYUP and event.key in (pygame.K_LEFT, pygame.K_RIGHT):
            self.held[event.key == pygame.K_RIGHT] = False
        elif event.type == pygame.MOUSEMOTION:
            self.pointed = (event.pos[0] - SCENE.left) / SCALE
        elif event.type in (pygame.WINDOWFOCUSLOST, pygame.WINDOWMINIMIZED):
            self.paused = True

    def update(self) -> None:
        """Advance by one frame."""
        if self.menu or self.paused or self.state.is_terminal():
            return
        person = self._steer() if self.mode == 1 else None
        if self.state.due:
            if self.player is not None and (self.mode == 0 or self.hinted):
                self.decision = self._think()
            decided = 1 if self.decision is None else self.decision.action
            self.state.choose(decided if person is None else person)
        self.state.frame(person)

    def draw(self) -> None:
        """Draw the frame onto the window's surface."""
        self.surface.fill(BACK)
        self.scene.draw(self._scene)
        pygame.transform.scale(self._scene, SCENE.size, self.surface.subsurface(SCENE))
        pygame.draw.rect(self.surface, LIT, SCENE.inflate(4, 4), 2, border_radius=6)
        self._draw_side()
        if self.menu:
            self._draw_menu()
            return
        self._draw_score()
        if self.hinted and self.mode == 1 and self.decision is not None:
            words = f"hint: {ACTIONS[self.decision.action]}"
            self._text(words, self.middle, GOLD, midbottom=(SCENE.centerx, SCENE.bottom - 24))
        if self.scene.over or self.paused:
            caught = sum(self.scene.caught)
            best = " — the best there is" if caught == STARS else ""
            words = f"{caught} of {STARS}{best}" if self.scene.over else "Paused"
            self._text(words, self.big if not best else self.middle, INK, center=(SCENE.centerx, SCENE.centery - 20))
            below = "Enter: play again     Esc: menu" if self.scene.over else "P or Space: resume"
            self._text(below, self.small, FAINT, center=(SCENE.centerx, SCENE.centery + 28))

    # The menu

    def buttons(self) -> tuple[pygame.Rect, pygame.Rect, pygame.Rect]:
        """Where the mode, the level and the start are."""
        place = pygame.Rect(0, 0, 340, 58)
        place.center = SCENE.center
        return place.move(0, -20), place.move(0, 54), place.move(0, 138)

    def _handle_menu(self, event: pygame.event.Event) -> None:
        if event.type == pygame.KEYDOWN:
            if event.key in (pygame.K_ESCAPE, pygame.K_q):
                self.running = False
            elif event.key in (pygame.K_TAB, pygame.K_LEFT, pygame.K_RIGHT):
                self.mode = 1 - self.mode
            elif event.key in (pygame.K_UP, pygame.K_DOWN):
                self.level = (self.level + (1 if event.key == pygame.K_UP else -1)) % len(LEVELS)
            elif event.key in (pygame.K_RETURN, pygame.K_SPACE):
                self._start()
        elif event.type == pygame.MOUSEBUTTONDOWN and event.button == 1:
            mode, level, start = self.buttons()
            if mode.collidepoint(event.pos):
                self.mode = 1 - self.mode
            elif level.collidepoint(event.pos):
                self.level = (self.level + 1) % len(LEVELS)
            elif start.collidepoint(event.pos):
                self._start()

    def _start(self) -> None:
        if self.agent is not None or self.mode == 1:
            self.menu, self.paused, self.pointed = False, False, None
            self.begin()

    def _draw_menu(self) -> None:
        veil = pygame.Surface(SCENE.size, pygame.SRCALPHA)
        veil.fill((*BACK, 150))
        self.surface.blit(veil, SCENE)
        self._text("Star harvest", self.big, INK, center=(SCENE.centerx, SCENE.top + 110))
        words = "Catch every star. The agent learned it from the image alone."
        self._text(words, self.small, FAINT, center=(SCENE.centerx, SCENE.top + 164))
        ready = self.agent is not None or self.mode == 1
        mouse = pygame.mouse.get_pos()
        for label, button in zip((MODES[self.mode], LEVELS[self.level][0], "Play"), self.buttons(), strict=True):
            fill = GO if label == "Play" and ready else LIT if button.collidepoint(mouse) else CARD
            pygame.draw.rect(self.surface, fill, button, border_radius=14)
            self._text(label, self.middle, INK if ready else FAINT, center=button.center)
        if self.excuse:
            for number, line in enumerate(wrap(self.excuse, 64, break_on_hyphens=False)):
                self._text(line, self.small, GOLD, center=(SCENE.centerx, SCENE.bottom - 96 + 24 * number))
        keys = "left and right: who sails    up and down: level    enter: play"
        self._text(keys, self.small, FAINT, center=(SCENE.centerx, SCENE.bottom - 28))

    # The side

    def _draw_score(self) -> None:
        for number in range(STARS):
            caught = self.scene.caught
            color = GOLD if number < len(caught) and caught[number] else (90, 60, 70) if number < len(caught) else LIT
            pygame.draw.circle(self.surface, color, (SCENE.left + 24 + 26 * number, SCENE.top + 24), 8)

    def _draw_side(self) -> None:
        self._text("What the agent sees", self.small, INK, topleft=(SIDE.left, SIDE.top))
        size = SIDE.width // STACK - 8
        for number, image in enumerate(self.state.observation()):
            gray = np.repeat((255 * image.T).astype(np.uint8)[..., None], 3, 2)
            seen = pygame.transform.scale(pygame.surfarray.make_surface(gray), (size, size))
            self.surface.blit(seen, (SIDE.left + number * (size + 16), SIDE.top + 26))
        words = f"{SEEN[0]} × {SEEN[1]} pixels, then and now"
        self._text(words, self.small, FAINT, topleft=(SIDE.left, SIDE.top + size + 34))
        panel = pygame.Rect(SIDE.left, SIDE.top + size + 66, SIDE.width, 226)
        player = self.player
        self.overlay.panel(
            self.surface,
            panel,
            self.decision,
            name=lambda action: ACTIONS[action],
            spent=None if player is None else player.spent,
            budget=BUDGET,
            scale=(0.0, 1.0),
            title="What it thinks",
        )
        self._draw_curve(pygame.Rect(SIDE.left, panel.bottom + 16, SIDE.width, SIDE.bottom - panel.bottom - 72))
        for number, line in enumerate(("H hint    P or Space pause", "R restart    Esc menu    F11 full screen")):
            self._text(line, self.small, FAINT, topleft=(SIDE.left, SIDE.bottom - 42 + 22 * number))

    def _draw_curve(self, rect: pygame.Rect) -> None:
        """The mean score over the minutes learned."""
        if len(self.curve) < 2:
            return
        self._text("How it learned", self.small, INK, topleft=rect.topleft)
        plot = pygame.Rect(rect.left + 34, rect.top + 28, rect.width - 42, rect.height - 52)
        for share in (0.0, 0.5, 1.0):
            y = plot.bottom - round(share * plot.height)
            pygame.draw.line(self.surface, LIT, (plot.left, y), (plot.right, y))
            self._text(f"{share:g}", self.small, FAINT, midright=(plot.left - 6, y))
        last = self.curve[-1][0]
        points = [
            (plot.left + plot.width * minute / last, plot.bottom - plot.height * min(max(score, 0.0), 1.0))
            for minute, score in self.curve
        ]
        pygame.draw.lines(self.surface, GOLD, False, points, 3)
        for point in points:
            pygame.draw.circle(self.surface, GOLD, point, 4)
        self._text(f"{last:.0f} minutes", self.small, FAINT, topright=(plot.right, plot.bottom + 6))

    def _think(self) -> Decision | None:
        assert self.player is not None
        simulations = LEVELS[self.level][1] if self.mode == 0 else LEVELS[-1][1]
        self.player.think(self.state.observation(), limit=Limit(simulations=simulations))
        decision = self.player.step(BUDGET)
        if decision is None:  # out of time: the best so far
            self.player.hurry()
            decision = self.player.poll()
        return decision

    def _steer(self) -> int:
        """The action that a person holds in this frame."""
        if self.pointed is None:
            return 1 + self.held[1] - self.held[0]
        ahead = self.pointed - self.scene.boat - 2.0 * self.scene.speed
        return 1 if abs(ahead) < 2.0 else 2 if ahead > 0 else 0

    def _text(self, text: str, font: Letters, color: tuple[int, int, int], **place: tuple[int, int]) -> pygame.Rect:
        drawn = font.render(text, True, color)
        return self.surface.blit(drawn, drawn.get_rect(**place))


def read_curve(path: Path) -> list[tuple[float, float]]:
    """Minutes learned and the mean score then, of a run's ``evaluations.csv``; nothing if there is none."""
    if not path.exists():
        return []
    with path.open(encoding="utf-8", newline="") as file:
        rows = [row for row in csv.DictReader(file) if row["mean_return"]]
    return [(float(row["seconds"]) / 60.0, float(row["mean_return"])) for row in rows]
