"""The picture of the scores: coordinates for an SVG, worked out here so that the template only writes them.

Heights are logarithms: nearly all pairs score close to 0 or 1, and the few between are those that matter.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

WIDTH, HEIGHT = 1000.0, 220.0  # of the plot, in the picture's own units
GAP = 2.0  # between two bars


@dataclass(frozen=True, slots=True)
class Bar:
    """One part of 0…1: pairs apart at the bottom, pairs together on them; tops and heights in units."""

    x: float
    width: float
    apart_y: float
    apart_height: float
    together_y: float
    together_height: float
    words: str


@dataclass(frozen=True, slots=True)
class Picture:
    """What the SVG is drawn from. ``lines``: heights with a number of pairs. ``in_force``, ``chosen``: x."""

    bars: tuple[Bar, ...]
    lines: tuple[tuple[float, int], ...]
    in_force: float
    chosen: float
    width: float = WIDTH
    height: float = HEIGHT


def drawn(counts: Sequence[tuple[int, int]], in_force: float, chosen: float) -> Picture:
    """The picture of a histogram over 0…1: (apart, together) of each bar."""
    most = max((apart + together for apart, together in counts), default=0)
    width = WIDTH / max(1, len(counts))
    bars = []
    for i, (apart, together) in enumerate(counts):
        total = _height(apart + together, most)
        lower = total * apart / max(1, apart + together)
        bars.append(
            Bar(
                x=round(i * width + GAP / 2, 2),
                width=round(width - GAP, 2),
                apart_y=round(HEIGHT - lower, 2),
                apart_height=round(lower, 2),
                together_y=round(HEIGHT - total, 2),
                together_height=round(total - lower, 2),
                words=f"{i / len(counts):.3g} to {(i + 1) / len(counts):.3g}: "
                f"{apart} apart, {together} together",
            )
        )
    ticks = [10**power for power in range(6) if 10**power <= most]
    lines = tuple((round(HEIGHT - _height(tick, most), 2), tick) for tick in ticks)
    return Picture(tuple(bars), lines, in_force * WIDTH, chosen * WIDTH)


def tabled(counts: Sequence[tuple[int, int]]) -> list[tuple[str, int, int]]:
    """The same as rows, for whoever does not see the picture."""
    return [
        (f"{i / len(counts):.1f} to {(i + 1) / len(counts):.1f}", apart, together)
        for i, (apart, together) in enumerate(counts)
    ]


def _height(count: int, most: int) -> float:
    return HEIGHT * math.log1p(count) / math.log1p(most) if most else 0.0
