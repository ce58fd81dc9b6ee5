"""What an agent thinks, drawn over a Pygame game.

::

    overlay = Overlay()
    overlay.heat(screen, decision, {action: rectangle_of(action) for action in legal})
    overlay.panel(screen, pygame.Rect(700, 20, 260, 300), decision, name=lambda action: f"column {action}")
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

import numpy as np
import pygame

from myoshu import Decision
from myoshu_engines.pygame.letters import Letters

__all__ = ["Overlay"]

Color = tuple[int, int, int]

MARGIN = 12
LINE = 1.35
"""Height of a line of text, in heights of its letters."""
ROWS = 6
"""Most actions listed."""
FAINTEST = 0.02
"""Actions with a smaller probability are not drawn over the board."""


class Overlay:
    """Draws a decision: probabilities over the board or as a list, value, expected line, cost. Needs ``pygame.font``.

    Args:
        font: a Pygame font; Pygame's default, evenly spaced, of ``size`` if not given.
        size: height of its letters in pixels, where no font is given.
        low: the colour for the worst value.
        high: the colour for the best value.
        ink: the colour of the text.
        back: the colour behind the text.

    Raises:
        ArgumentError: the size is not an integer from 1.
    """

    def __init__(
        self,
        font: pygame.font.Font | Letters | None = None,
        *,
        size: int = 18,
        low: Color = (214, 90, 80),
        high: Color = (86, 190, 140),
        ink: Color = (232, 236, 242),
        back: Color = (22, 26, 34),
    ) -> None:
        letters = Letters(size)
        self.font = font or letters
        """What the text is drawn with."""
        self.low, self.high, self.ink, self.back = low, high, ink, back

    def heat(
        self, surface: pygame.Surface, decision: Decision, cells: Mapping[int, pygame.Rect], *, numbers: bool = True
    ) -> None:
        """Draw the policy as a heat map: each action's probability over its place on the board.

        Args:
            surface: the surface to draw on.
            decision: the decision to show.
            cells: where each action is; an action that has no place is not shown.
            numbers: whether to write the percentages where they fit.
        """
        policy = decision.policy
        most = max(float(policy.max()), 1e-9)
        for action, cell in cells.items():
            share = float(policy[action])
            if share < FAINTEST:
                continue
            shade = pygame.Surface(cell.size, pygame.SRCALPHA)
            strength = share / most
            pygame.draw.rect(
                shade,
                (*self.high, int(40 + 150 * strength)),
                shade.get_rect(),
                border_radius=max(2, min(cell.size) // 6),
            )
            surface.blit(shade, cell)
            if numbers:
                text = self.font.render(f"{100 * share:.0f}", True, self.ink)
                if text.get_width() <= cell.width and text.get_height() <= cell.height:
                    surface.blit(text, text.get_rect(center=cell.center))

    def panel(
        self,
        surface: pygame.Surface,
        rect: pygame.Rect,
        decision: Decision | None,
        *,
        name: Callable[[int], str] = str,
        spent: float | None = None,
        budget: float | None = None,
        scale: tuple[float, float] = (-1.0, 1.0),
        title: str = "",
    ) -> None:
        """Draw a panel: value bar, likeliest actions, expected line, simulations, time, provider.

        Args:
            surface: the surface to draw on.
            rect: the panel's place; what does not fit is left out.
            decision: the decision to show; a note that there is none yet if not given.
            name: an action as a person would write it.
            spent: seconds used in this frame, to be shown if given.
            budget: seconds it may use, likewise.
            scale: the least and the greatest that the game pays. The bar begins at 0, or at the end that is nearest to
                it; an estimate beyond the scale, which a network can make, is clipped to its end.
            title: the heading.
        """
        clip = surface.get_clip()
        surface.set_clip(rect.clip(clip))
        plate = pygame.Surface(rect.size, pygame.SRCALPHA)
        pygame.draw.rect(plate, (*self.back, 235), plate.get_rect(), border_radius=10)
        surface.blit(plate, rect)
        line = int(self.font.get_height() * LINE)
        inner = rect.inflate(-2 * MARGIN, -2 * MARGIN)
        y = inner.top
        if title:
            self._text(surface, title, inner.left, y)
            y += line
        if decision is None:
            self._text(surface, "no decision yet", inner.left, y, faint=True)
            surface.set_clip(clip)
            return
        y = self._value(surface, pygame.Rect(inner.left, y, inner.width, line), decision.value, scale) + line // 2
        y = self._actions(surface, inner, y, line, decision, name) + line // 3
        y = self._line_of_play(surface, inner, y, line, decision, name) + line // 3
        facts = [("simulations", f"{decision.simulations:,}"), ("thought for", f"{1e3 * decision.elapsed:.0f} ms")]
        if spent is not None:
            allowed = "" if budget is None else f" of {1e3 * budget:g}"
            facts.append(("this frame", f"{1e3 * spent:.1f}{allowed} ms"))
        facts.append(("computed on", decision.provider))
        for label, fact in facts:
            self._text(surface, label, inner.left, y, faint=True)
            self._text(surface, fact, inner.right, y, right=True)
            y += line
        surface.set_clip(clip)

    def _value(self, surface: pygame.Surface, bar: pygame.Rect, value: float, scale: tuple[float, float]) -> int:
        """The value bar: from the mark at 0, gains to the right in green, losses to the left in red."""
        low, high = scale
        value = min(max(value, low), high)
        zero = min(max(0.0, low), high)
        told = f"{value:.2f} of {high:g}" if low == 0.0 else f"{value:+.2f}"
        self._text(surface, "expects", bar.left, bar.top, faint=True)
        self._text(surface, told, bar.right, bar.top, right=True)
        track = pygame.Rect(bar.left, bar.bottom, bar.width, max(6, bar.height // 3))
        radius = track.height // 2
        pygame.draw.rect(surface, self._blend(self.back, self.ink, 0.15), track, border_radius=radius)
        mark, end = (
            track.left + round((x - low) / (high - low) * track.width) if high > low else track.centerx
            for x in (zero, value)
        )
        filled = pygame.Rect(min(mark, end), track.top, abs(end - mark), track.height)
        color = self.high if value >= zero else self.low
        pygame.draw.rect(surface, color, filled, border_radius=min(radius, filled.width // 2))
        pygame.draw.line(surface, self.ink, (mark, track.top - 2), (mark, track.bottom + 1))
        return track.bottom

    def _actions(
        self,
        surface: pygame.Surface,
        inner: pygame.Rect,
        y: int,
        line: int,
        decision: Decision,
        name: Callable[[int], str],
    ) -> int:
        policy = decision.policy
        best = [int(action) for action in np.argsort(-policy, kind="stable")[:ROWS] if policy[action] > 0.0]
        label = max((self.font.size(name(action))[0] for action in best), default=0) + MARGIN
        label = min(label, inner.width // 2)
        number = self.font.size("100 %")[0] + MARGIN // 2
        room = max(inner.width - label - number, 0)
        for action in best:
            chosen = action == decision.action
            self._text(surface, name(action), inner.left, y, faint=not chosen)
            share = float(policy[action])
            bar = pygame.Rect(inner.left + label, y + line // 6, max(2, round(room * share)), line // 2)
            color = self.high if chosen else self._blend(self.back, self.high, 0.5)
            pygame.draw.rect(surface, color, bar, border_radius=3)
            self._text(surface, f"{100 * share:.0f} %", inner.right, y, right=True, faint=not chosen)
            y += line
        return y

    def _line_of_play(
        self,
        surface: pygame.Surface,
        inner: pygame.Rect,
        y: int,
        line: int,
        decision: Decision,
        name: Callable[[int], str],
    ) -> int:
        """The expected line, as many moves of it as fit."""
        text = ""
        for action in decision.principal_variation:
            longer = f"{text}  {name(action)}" if text else name(action)
            if self.font.size(f"line  {longer}")[0] > inner.width:
                break
            text = longer
        if not text:
            return y
        self._text(surface, "line", inner.left, y, faint=True)
        self._text(surface, text, inner.right, y, right=True)
        return y + line

    def _text(
        self, surface: pygame.Surface, text: str, x: int, y: int, *, right: bool = False, faint: bool = False
    ) -> None:
        color = self._blend(self.back, self.ink, 0.6) if faint else self.ink
        drawn = self.font.render(text, True, color)
        surface.blit(drawn, (x - drawn.get_width() if right else x, y))

    @staticmethod
    def _blend(first: Color, second: Color, share: float) -> Color:
        red, green, blue = (round((1 - share) * a + share * b) for a, b in zip(first, second, strict=True))
        return red, green, blue
