"""The window: a menu, and the court on which the duel is fought."""

from __future__ import annotations

import math
from collections import deque
from pathlib import Path

import numpy as np
import pygame
from match import BUDGET, LEVELS, POINTS, Hands, Match
from rules import ACTIONS, GAP, HALF, HEIGHT, RADIUS, WIDTH

from myoshu_engines.agent_file import agent_for
from myoshu_engines.pygame.letters import Letters
from myoshu_engines.pygame.overlay import Overlay

SIZE = (1040, 720)
SCALE = 62.0
"""Pixels per unit of the court."""
COURT = pygame.Rect((SIZE[0] - round(WIDTH * SCALE)) // 2, 70, round(WIDTH * SCALE), round(HEIGHT * SCALE))
BACK, FLOOR, WALL = (13, 16, 24), (20, 25, 37), (46, 56, 78)
CARD, LIT, GO = (30, 37, 52), (47, 58, 80), (62, 120, 190)
INK, FAINT, GOLD = (232, 236, 242), (132, 144, 166), (250, 224, 150)
SEATS = ((240, 118, 94), (96, 168, 240))
BALL = (250, 246, 232)
MODES: tuple[tuple[str, tuple[Hands, Hands]], ...] = (
    ("You against the agent", (Hands.PERSON, Hands.AGENT)),
    ("Agent against agent", (Hands.AGENT, Hands.AGENT)),
    ("Agent against script", (Hands.AGENT, Hands.SCRIPT)),
    ("You against the script", (Hands.PERSON, Hands.SCRIPT)),
    ("Two people", (Hands.PERSON, Hands.PERSON)),
)
KEYS = "H hint     O thoughts     P or Space pause     R restart     F11 full screen     Esc menu"
TRAIL = 14
"""Past places of the ball that are still shown."""
TRAINING = "myoshu train python:demos/duel/rules.py:duel --minutes 8"


class Spark:
    """A spark that flies off where the ball hit something."""

    def __init__(self, place: tuple[float, float], color: tuple[int, int, int], rng: np.random.Generator) -> None:
        angle, speed = rng.uniform(0, 2 * math.pi), rng.uniform(0.5, 4.0)
        self.x, self.y = place
        self.dx, self.dy = speed * math.cos(angle), speed * math.sin(angle)
        self.life = self.most = int(rng.integers(12, 28))
        self.color = color

    def move(self) -> bool:
        """Advance by one frame. Whether it still glows."""
        self.x, self.y, self.life = self.x + self.dx, self.y + self.dy, self.life - 1
        self.dx, self.dy = 0.92 * self.dx, 0.92 * self.dy
        return self.life > 0


class Stage:
    """The program, one frame at a time: :meth:`handle` events, :meth:`update`, :meth:`draw`."""

    def __init__(self, surface: pygame.Surface, file: Path, seed: int) -> None:
        self.surface = surface
        self.seed = seed
        self.running = True
        self.paused = False
        self.overlaid = False
        self.mode = 0
        self.level = 4
        self.match: Match | None = None
        self.agent, self.excuse = agent_for("duel", file, TRAINING)
        if self.agent is None:
            self.mode = 3
        self.sparks: list[Spark] = []
        self.trail: deque[tuple[float, float]] = deque(maxlen=TRAIL)
        self.shake = 0
        self._light = np.random.default_rng(0)
        self._glow = self._lamp(34, BALL, 70)
        self.huge = Letters(220)
        self.big = Letters(64)
        self.middle = Letters(34)
        self.small = Letters(24)
        self.overlay = Overlay(size=20, back=(24, 30, 43))

    @property
    def idle(self) -> bool:
        """Whether the picture stays until something is pressed or the mouse moves."""
        if self.sparks or self.shake:
            return False
        return self.match is None or self.paused or self.match.winner is not None

    def handle(self, event: pygame.event.Event) -> None:
        """Handle one Pygame event."""
        if event.type == pygame.QUIT:
            self.leave()
            self.running = False
        elif self.match is None:
            self._handle_menu(event)
        else:
            self._handle_match(event, self.match)

    def update(self) -> None:
        """Advance by one frame."""
        self.sparks = [spark for spark in self.sparks if spark.move()]
        self.shake = max(0, self.shake - 1)
        match = self.match
        if match is None or self.paused:
            return
        court, score = match.court, sum(match.score)
        match.update()
        if match.court is not court:
            self.trail.clear()
            return
        if not match.waits:
            self.trail.append(self._place(court.x, court.y))
        if court.bounced and match.frame:
            seat = 0 if court.x < 2 else 1 if court.x > WIDTH - 2 else None
            color = WALL if seat is None else SEATS[seat]
            self._burst(self._place(court.x, court.y), color, 8 if seat is None else 16)
        if sum(match.score) > score and court.winner is not None:
            self._burst(self._place(min(max(court.x, 0.1), WIDTH - 0.1), court.y), SEATS[court.winner], 60)
            self.shake = 10

    def draw(self) -> None:
        """Draw the frame onto the window's surface."""
        self.surface.fill(BACK)
        if self.match is None:
            self._draw_menu()
        else:
            self._draw_match(self.match)

    def start(self) -> None:
        """Begin a match, if its players are there."""
        hands = MODES[self.mode][1]
        if self.agent is None and Hands.AGENT in hands:
            return
        self.leave()
        self.match = Match(hands, self.agent, LEVELS[self.level], self.seed)
        self.paused = False

    def watch(self) -> None:
        """Let agents of the highest level play each other, or the built-in opponent play a person who does nothing."""
        if self.agent is not None:
            self.mode, self.level = 1, len(LEVELS) - 1
        self.start()

    def leave(self) -> None:
        """Back to the menu, whatever was happening."""
        if self.match is not None:
            self.match.close()
            self.match = None
        self.sparks.clear()
        self.trail.clear()

    # The menu

    def buttons(self) -> tuple[pygame.Rect, pygame.Rect, pygame.Rect]:
        """Where the mode, the level and the start are."""
        return pygame.Rect(300, 262, 440, 66), pygame.Rect(300, 346, 440, 66), pygame.Rect(300, 446, 440, 74)

    def _handle_menu(self, event: pygame.event.Event) -> None:
        if event.type == pygame.KEYDOWN:
            if event.key in (pygame.K_ESCAPE, pygame.K_q):
                self.running = False
            elif event.key in (pygame.K_TAB, pygame.K_LEFT, pygame.K_RIGHT):
                self.mode = (self.mode + (-1 if event.key == pygame.K_LEFT else 1)) % len(MODES)
            elif event.key in (pygame.K_UP, pygame.K_DOWN):
                self._turn_level(1 if event.key == pygame.K_UP else -1)
            elif event.key in (pygame.K_RETURN, pygame.K_SPACE):
                self.start()
        elif event.type == pygame.MOUSEBUTTONDOWN and event.button in (1, 3):
            mode, level, start = self.buttons()
            step = 1 if event.button == 1 else -1
            if mode.collidepoint(event.pos):
                self.mode = (self.mode + step) % len(MODES)
            elif level.collidepoint(event.pos):
                self._turn_level(step)
            elif start.collidepoint(event.pos):
                self.start()

    def _turn_level(self, step: int) -> None:
        self.level = (self.level + step) % len(LEVELS)

    def _draw_menu(self) -> None:
        center = SIZE[0] // 2
        self._text("DUEL", self.huge, SEATS[0], center=(center - 4, 112))
        self._text("DUEL", self.huge, SEATS[1], center=(center + 4, 116))
        self._text("DUEL", self.huge, INK, center=(center, 114))
        words = "The agent learned by playing. It decides twelve times a second."
        self._text(words, self.small, FAINT, center=(center, 212))
        mouse = pygame.mouse.get_pos()
        name, hands = MODES[self.mode]
        ready = self.agent is not None or Hands.AGENT not in hands
        leveled = Hands.AGENT in hands
        labels = ((name, True), (f"Level {self.level + 1} of {len(LEVELS)}", leveled), ("Play", ready))
        for (label, live), button in zip(labels, self.buttons(), strict=True):
            lit = live and button.collidepoint(mouse)
            fill = GO if label == "Play" and ready else LIT if lit else CARD
            pygame.draw.rect(self.surface, fill, button, border_radius=16)
            self._text(label, self.middle, INK if live else FAINT, center=button.center)
        if leveled:
            track = self.buttons()[1].inflate(-40, 0)
            for number in range(len(LEVELS)):
                dot = (track.left + number * track.width // (len(LEVELS) - 1), track.bottom - 9)
                pygame.draw.circle(self.surface, GOLD if number <= self.level else LIT, dot, 4)
        if self.agent is None:
            self._text(self.excuse, self.small, GOLD, center=(center, 556))
        keys = "left and right: who plays     up and down: level     enter: play     esc: leave"
        self._text(keys, self.small, FAINT, center=(center, 620))
        paddles = "your paddle: mouse, or the arrow keys, or W and S (with two people: W and S left, arrows right)"
        self._text(paddles, self.small, FAINT, center=(center, 652))

    # The match

    def _handle_match(self, event: pygame.event.Event, match: Match) -> None:
        if event.type == pygame.KEYDOWN:
            if event.key == pygame.K_ESCAPE:
                self.leave()
            elif event.key in (pygame.K_p, pygame.K_SPACE):
                self.paused = not self.paused and match.winner is None
            elif event.key == pygame.K_r or (event.key == pygame.K_RETURN and match.winner is not None):
                self.seed += 1
                self.start()
            elif event.key == pygame.K_h:
                match.hinted = not match.hinted
            elif event.key == pygame.K_o:
                self.overlaid = not self.overlaid
            else:
                self._hold(match, event.key, True)
        elif event.type == pygame.KEYUP:
            self._hold(match, event.key, False)
        elif event.type == pygame.MOUSEMOTION and match.hands.count(Hands.PERSON) == 1:
            match.pointed[match.hands.index(Hands.PERSON)] = (event.pos[1] - COURT.top) / SCALE
        elif event.type in (pygame.WINDOWFOCUSLOST, pygame.WINDOWMINIMIZED):
            self.paused = match.winner is None

    @staticmethod
    def _hold(match: Match, key: int, down: bool) -> None:
        """A person's key: W and S are the left seat's, the arrows the right's; both, where there is one person."""
        people = [seat for seat in (0, 1) if match.hands[seat] is Hands.PERSON]
        left = {pygame.K_w: 0, pygame.K_s: 2}
        right = {pygame.K_UP: 0, pygame.K_DOWN: 2}
        for seat, keys in ((0, left), (1, right)):
            if key in keys and people:
                seat = seat if len(people) == 2 else people[0]
                if down:
                    match.held[seat], match.pointed[seat] = keys[key], None
                elif match.held[seat] == keys[key]:
                    match.held[seat] = 1

    def _draw_match(self, match: Match) -> None:
        court = match.court
        jolt = (int(self._light.integers(-3, 4)), int(self._light.integers(-3, 4))) if self.shake else (0, 0)
        area = COURT.move(jolt)
        pygame.draw.rect(self.surface, FLOOR, area, border_radius=18)
        for seat in (0, 1):
            half = area.width // 4 * (1 if seat == 0 else 3)
            self._text(str(match.score[seat]), self.huge, (29, 36, 52), center=(area.left + half, area.centery))
        for number in range(18):
            y = area.top + 16 + number * (area.height - 32) // 17
            pygame.draw.circle(self.surface, WALL, (area.centerx, y), 3)
        pygame.draw.rect(self.surface, WALL, area, 3, border_radius=18)
        for spark in self.sparks:
            share = spark.life / spark.most
            color = tuple(
                round(share * part + (1 - share) * floor) for part, floor in zip(spark.color, FLOOR, strict=True)
            )
            pygame.draw.circle(self.surface, color, (spark.x, spark.y), 1 + 3 * share)
        for number, place in enumerate(self.trail):
            share = number / TRAIL
            color = tuple(
                round(0.45 * share * part + (1 - 0.45 * share) * f) for part, f in zip(BALL, FLOOR, strict=True)
            )
            pygame.draw.circle(self.surface, color, place, max(2.0, RADIUS * SCALE * share))
        if 0.0 <= court.x <= WIDTH and (match.frame == 0 or match.waits == 0):
            place = self._place(court.x, court.y)
            self.surface.blit(self._glow, self._glow.get_rect(center=place))
            pygame.draw.circle(self.surface, BALL, place, RADIUS * SCALE)
        for seat in (0, 1):
            self._draw_paddle(match, seat)
        for seat, hand in enumerate(match.hands):
            name = f"Agent, level {self.level + 1}" if hand is Hands.AGENT else "You"
            if hand is Hands.SCRIPT:
                name = "Built-in opponent"
            elif hand is Hands.PERSON and match.hands.count(Hands.PERSON) == 2:
                name = ("Left", "Right")[seat]
            place = {"topleft": (COURT.left, 24)} if seat == 0 else {"topright": (COURT.right, 24)}
            self._text(name, self.middle, SEATS[seat], **place)
        self._text(f"{match.score[0]} : {match.score[1]}", self.big, INK, center=(SIZE[0] // 2, 36))
        self._text(KEYS, self.small, FAINT, center=(SIZE[0] // 2, COURT.bottom + 56))
        self._text(f"first to {POINTS}", self.small, FAINT, center=(SIZE[0] // 2, COURT.bottom + 26))
        if self.overlaid:
            self._draw_thoughts(match)
        if self.words(match):
            self._banner(self.words(match), match)

    def words(self, match: Match) -> str:
        """The message across the court, if any."""
        if match.winner is not None:
            hand = match.hands[match.winner]
            if hand is Hands.PERSON:
                two = match.hands.count(Hands.PERSON) == 2
                return f"{('Left', 'Right')[match.winner]} wins" if two else "You win!"
            if match.hands == (Hands.AGENT, Hands.AGENT):
                return f"The {('left', 'right')[match.winner]} agent wins"
            return "The agent wins" if hand is Hands.AGENT else "The built-in opponent wins"
        return "Paused" if self.paused else ""

    def _banner(self, words: str, match: Match) -> None:
        veil = pygame.Surface(COURT.size, pygame.SRCALPHA)
        pygame.draw.rect(veil, (*BACK, 170), veil.get_rect(), border_radius=18)
        self.surface.blit(veil, COURT)
        color = INK if match.winner is None else SEATS[match.winner]
        self._text(words, self.big, color, center=(SIZE[0] // 2, COURT.centery - 18))
        below = "P or Space: resume" if match.winner is None else "Enter: play again     Esc: menu"
        self._text(below, self.small, FAINT, center=(SIZE[0] // 2, COURT.centery + 34))

    def _draw_paddle(self, match: Match, seat: int) -> None:
        x = COURT.left + round(SCALE * (GAP if seat == 0 else WIDTH - GAP))
        y = COURT.top + SCALE * match.court.paddles[seat]
        paddle = pygame.Rect(0, 0, 14, round(2 * HALF * SCALE))
        paddle.center = (x - 7 if seat == 0 else x + 7, round(y))
        pygame.draw.rect(self.surface, SEATS[seat], paddle, border_radius=7)
        advice = match.advice(seat)
        if advice is not None:
            aside = paddle.centerx + (34 if seat == 0 else -34)
            for action, direction in ((0, -1), (2, 1)):
                share = float(advice.policy[action])
                color = tuple(
                    round(share * part + (1 - share) * floor) for part, floor in zip(GOLD, FLOOR, strict=True)
                )
                tip = (aside, paddle.centery + 46 * direction)
                base = paddle.centery + 22 * direction
                pygame.draw.polygon(self.surface, color, [tip, (aside - 14, base), (aside + 14, base)])
            if advice.action == 1:
                pygame.draw.circle(self.surface, GOLD, (aside, paddle.centery), 8)

    def _draw_thoughts(self, match: Match) -> None:
        for number, seat in match.seats.items():
            rect = pygame.Rect(0, COURT.top + 24, 236, 226)
            rect.left = COURT.left + 70 if number == 0 else COURT.right - 70 - rect.width
            self.overlay.panel(
                self.surface,
                rect,
                seat.last,
                name=lambda action: ACTIONS[action],
                spent=seat.spent,
                budget=BUDGET,
                title="What the agent thinks",
            )

    def _burst(self, place: tuple[float, float], color: tuple[int, int, int], number: int) -> None:
        self.sparks += [Spark(place, color, self._light) for _ in range(number)]

    @staticmethod
    def _place(x: float, y: float) -> tuple[float, float]:
        return COURT.left + x * SCALE, COURT.top + y * SCALE

    @staticmethod
    def _lamp(radius: int, color: tuple[int, int, int], strength: int) -> pygame.Surface:
        """A soft disc of light, as a surface."""
        lamp = pygame.Surface((2 * radius, 2 * radius), pygame.SRCALPHA)
        for ring in range(radius, 0, -1):
            pygame.draw.circle(lamp, (*color, round(strength * (1 - ring / radius) ** 2)), (radius, radius), ring)
        return lamp

    def _text(self, text: str, font: Letters, color: tuple[int, int, int], **place: tuple[int, int]) -> pygame.Rect:
        drawn = font.render(text, True, color)
        return self.surface.blit(drawn, drawn.get_rect(**place))
