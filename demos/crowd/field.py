"""The window: the meadow in the evening light, its sheep, the wolf, and what their thinking costs."""

from __future__ import annotations

import math

import numpy as np
import pygame
from flock import COLUMNS, ROWS, Flock
from rules import STEPS

import myoshu
from myoshu_engines.pygame.letters import Letters

SCALE = 32
"""Pixels per square."""
BAR = 88
"""Height of the strip of text below the meadow, in pixels."""
SIZE = (COLUMNS * SCALE, ROWS * SCALE + BAR)
BACK, INK, FAINT, GOLD = (20, 26, 24), (236, 240, 232), (140, 156, 142), (250, 220, 130)
EARTH, GRASS = np.array([104.0, 100.0, 62.0]), np.array([66.0, 138.0, 72.0])
WOOL, FACE, SHADE = (244, 240, 228), (62, 56, 54), (34, 62, 38)
FUR, EYE = (58, 60, 72), (255, 176, 66)
NUMBERS = (16, 64, 128, 256)
TALE = "The wolf runs to your mouse, and the sheep run from the wolf."
KEYS = "1 2 3 4: 16 to 256 sheep    P or Space: pause    R: restart    F11: full screen    Esc: leave"


class Field:
    """The program, one frame at a time: :meth:`handle` events, :meth:`update`, :meth:`draw`."""

    def __init__(self, surface: pygame.Surface, agent: myoshu.Agent, number: int, seed: int) -> None:
        self.surface = surface
        self.agent = agent
        self.seed = seed
        self.running = True
        self.paused = False
        self.led: tuple[float, float] | None = None
        """Where the mouse leads the wolf, in squares."""
        self.small = Letters(24)
        self._ground = pygame.Surface((COLUMNS * SCALE, ROWS * SCALE))
        self._tint = np.random.default_rng(0).uniform(0.88, 1.0, (COLUMNS, ROWS, 1))
        self.begin(number)

    def begin(self, number: int) -> None:
        """A new meadow with this many sheep."""
        self.flock = Flock(self.agent, number, self.seed)
        self._facing = np.zeros(number)
        self._hurt = np.zeros(number, np.int64)
        self._wolf = 0.0
        self._before = self.flock.meadow.wolf.copy()

    @property
    def idle(self) -> bool:
        """Whether the picture stays until something is pressed."""
        return self.paused

    def handle(self, event: pygame.event.Event) -> None:
        """Handle one Pygame event."""
        if event.type == pygame.QUIT:
            self.running = False
        elif event.type == pygame.KEYDOWN:
            if event.key in (pygame.K_ESCAPE, pygame.K_q):
                self.running = False
            elif event.key in (pygame.K_p, pygame.K_SPACE):
                self.paused = not self.paused
            elif event.key == pygame.K_r:
                self.seed += 1
                self.begin(len(self.flock.meadow.sheep))
            elif pygame.K_1 <= event.key <= pygame.K_4:
                self.begin(NUMBERS[event.key - pygame.K_1])
        elif event.type == pygame.MOUSEMOTION:
            inside = event.pos[1] < ROWS * SCALE
            self.led = (event.pos[0] / SCALE, event.pos[1] / SCALE) if inside else None
        elif event.type == pygame.WINDOWLEAVE:
            self.led = None

    def update(self) -> None:
        """Advance by one frame."""
        if self.paused:
            return
        flock = self.flock
        flock.update(self.led)
        self._hurt = np.where(flock.meadow.bitten, 40, np.maximum(self._hurt - 1, 0))

    def draw(self) -> None:
        """Draw the frame onto the window's surface."""
        meadow = self.flock.meadow
        if self.flock.frames % 4 == 0 or self.paused:
            self._draw_ground(meadow.grass)
        self.surface.blit(self._ground, (0, 0))
        for number in np.argsort(meadow.sheep[:, 1], kind="stable").tolist():
            self._draw_sheep(number)
        self._draw_wolf()
        self._draw_bar()

    def _draw_ground(self, grass: np.ndarray) -> None:
        height = grass.T[..., None]
        colors = (EARTH + (GRASS - EARTH) * height) * self._tint
        small = pygame.surfarray.make_surface(colors.astype(np.uint8))
        pygame.transform.smoothscale(small, self._ground.get_size(), self._ground)

    def _draw_sheep(self, number: int) -> None:
        meadow = self.flock.meadow
        x, y = (meadow.sheep[number] * SCALE).tolist()
        way = int(meadow.ways[number])
        if way:
            turn = math.atan2(STEPS[way][1], STEPS[way][0]) - self._facing[number]
            self._facing[number] += 0.15 * math.atan2(math.sin(turn), math.cos(turn))
        facing = float(self._facing[number])
        hop = abs(math.sin(self.flock.frames * 0.25 + number)) * 4 if way else 0.0
        pygame.draw.ellipse(self.surface, SHADE, (x - 11, y + 2, 22, 9))
        wool = (240, 130, 120) if self._hurt[number] else WOOL
        head_x, head_y = x + 10 * math.cos(facing), y - 4 - hop + 5 * math.sin(facing)
        if not way:
            head_y += 5 + 1.5 * math.sin(self.flock.frames * 0.2 + 2 * number)
        behind = math.sin(facing) < 0
        if behind:
            pygame.draw.circle(self.surface, FACE, (head_x, head_y), 5)
        for dx, dy, radius in ((-5, 0, 7), (5, 0, 7), (0, -3, 8), (0, 2, 7)):
            pygame.draw.circle(self.surface, wool, (x + dx, y - 4 - hop + dy), radius)
        if not behind:
            pygame.draw.circle(self.surface, FACE, (head_x, head_y), 5)

    def _draw_wolf(self) -> None:
        meadow = self.flock.meadow
        x, y = (meadow.wolf * SCALE).tolist()
        ahead = meadow.goal - meadow.wolf
        if float(np.hypot(*ahead)) > 0.2:
            turn = math.atan2(ahead[1], ahead[0]) - self._wolf
            self._wolf += 0.1 * math.atan2(math.sin(turn), math.cos(turn))
        c, s = math.cos(self._wolf), math.sin(self._wolf)

        def at(forward: float, aside: float) -> tuple[float, float]:
            return x + forward * c - aside * s, y - 6 + 0.7 * (forward * s + aside * c)

        pygame.draw.ellipse(self.surface, SHADE, (x - 17, y + 1, 34, 13))
        wag = 4 * math.sin(self.flock.frames * 0.2)
        pygame.draw.line(self.surface, FUR, at(-10, 0), at(-24, wag), 6)
        for forward, radius in ((-8, 9), (0, 10), (7, 9)):
            pygame.draw.circle(self.surface, FUR, at(forward, 0), radius)
        pygame.draw.circle(self.surface, FUR, at(17, 0), 8)
        pygame.draw.polygon(self.surface, FUR, [at(14, -8), at(18, -12), at(20, -4)])
        pygame.draw.polygon(self.surface, FUR, [at(14, 8), at(18, 12), at(20, 4)])
        pygame.draw.polygon(self.surface, FUR, [at(20, -5), at(29, 0), at(20, 5)])
        for aside in (-4, 4):
            pygame.draw.circle(self.surface, EYE, at(20, aside), 2)

    def _draw_bar(self) -> None:
        top = ROWS * SCALE
        pygame.draw.rect(self.surface, BACK, (0, top, SIZE[0], BAR))
        flock = self.flock
        share = min(flock.crowd.spent / flock.budget, 1.25)
        track = pygame.Rect(20, top + 36, 200, 10)
        pygame.draw.rect(self.surface, (44, 54, 48), track, border_radius=5)
        filled = pygame.Rect(track.left, track.top, max(4, round(track.width * min(share, 1.0))), 10)
        pygame.draw.rect(self.surface, GOLD if share > 1.05 else (110, 190, 120), filled, border_radius=5)
        self._text(f"thinking {1e3 * flock.crowd.spent:.1f} of {1e3 * flock.budget:g} ms", (20, top + 10), INK)
        facts = (
            f"{len(flock.meadow.sheep)} sheep",
            f"{flock.decisions:.0f} decisions a second",
            f"{1e3 * flock.late:.0f} ms until a decision",
            f"{flock.bitten} bitten",
        )
        for number, fact in enumerate(facts):
            self._text(fact, ((260, 380, 600, 840)[number], top + 10), INK)
        if self.paused:
            self._text("Paused. P or Space: resume", (260, top + 36), GOLD)
        else:
            self._text(TALE, (260, top + 36), INK)
        self._text(KEYS, (260, top + 62), FAINT)

    def _text(self, text: str, place: tuple[int, int], color: tuple[int, int, int]) -> None:
        self.surface.blit(self.small.render(text, True, color), place)
