"""The pictures of the sources' pages as coordinates: sparklines, and the flow of stories between outlets."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from aggregator.model import Flow
from aggregator.web import show

SPARK = (112.0, 26.0)  # width and height of a sparkline, in pixels
SIDES = 10  # outlets on each side of the picture
WIDTH = 1000.0  # of the picture, in its own units
EDGE = 250.0  # where the ribbons begin: names stand outside
ROW = 34.0  # least height of an outlet
THICK = 150.0  # of all ribbons together
LABEL = 26  # characters of a name


@dataclass(frozen=True, slots=True)
class Spark:
    """A bar a day: x, y, width, height; and the same in words."""

    bars: tuple[tuple[float, float, float, float], ...]
    words: str
    width: float = SPARK[0]
    height: float = SPARK[1]


@dataclass(frozen=True, slots=True)
class Stop:
    """An outlet at a side of the picture."""

    outlet: show.Outlet
    label: str
    y: float
    stories: int


@dataclass(frozen=True, slots=True)
class Ribbon:
    """Stories from one outlet to another: an SVG path, its thickness, one of the badges' hues."""

    path: str
    thickness: float
    hue: int
    words: str


@dataclass(frozen=True, slots=True)
class River:
    """Who had it first on the left, who printed it later on the right."""

    left: tuple[Stop, ...]
    right: tuple[Stop, ...]
    ribbons: tuple[Ribbon, ...]
    height: float
    width: float = WIDTH
    edge: float = EDGE


def spark(days: Sequence[int]) -> Spark:
    """The bars of so many days; the highest fills the height, an empty day leaves a dot of a line."""
    width, height = SPARK
    step, most = width / max(1, len(days)), max(days, default=0)
    bars = []
    for i, count in enumerate(days):
        tall = max(1.5 if count else 0.75, height * count / most) if most else 0.75
        bars.append((round(i * step, 2), round(height - tall, 2), round(step - 1, 2), round(tall, 2)))
    return Spark(tuple(bars), f"entries a day, the last {len(days)} days: {', '.join(map(str, days))}")


def drawn(flows: Sequence[Flow], titles: Mapping[str, str]) -> River | None:
    """The strongest flows, between the outlets that most begins and ends with; None when there is none."""
    out, into = _totals(flows)
    left = sorted(out, key=lambda one: (-out[one], one))[:SIDES]
    right = sorted(into, key=lambda one: (-into[one], one))[:SIDES]
    shown = [flow for flow in flows if flow.first in left and flow.later in right]
    out, into = _totals(shown)
    total = sum(flow.stories for flow in shown)
    if not total:
        return None
    unit = THICK / total
    stops_left, at_left = _stops([one for one in left if out[one]], out, unit, titles)
    stops_right, at_right = _stops([one for one in right if into[one]], into, unit, titles)
    ribbons = []
    order = {one.outlet.id: i for i, one in enumerate(stops_right)}
    for flow in sorted(shown, key=lambda one: (-out[one.first], one.first, order[one.later])):
        thick = unit * flow.stories
        y1, y2 = at_left[flow.first] + thick / 2, at_right[flow.later] + thick / 2
        at_left[flow.first] += thick
        at_right[flow.later] += thick
        middle = WIDTH / 2
        path = f"M{EDGE} {y1:.1f}C{middle} {y1:.1f} {middle} {y2:.1f} {WIDTH - EDGE} {y2:.1f}"
        first, later = (titles.get(one, one) for one in (flow.first, flow.later))
        words = f"{later} printed {flow.stories} after {first}"
        ribbons.append(Ribbon(path, round(max(1.0, thick), 2), show.outlet(flow.first, first).hue, words))
    height = ROW * max(len(stops_left), len(stops_right)) + THICK
    return River(stops_left, stops_right, tuple(ribbons), round(height, 1))


def _totals(flows: Sequence[Flow]) -> tuple[dict[str, int], dict[str, int]]:
    out: dict[str, int] = defaultdict(int)
    into: dict[str, int] = defaultdict(int)
    for flow in flows:
        out[flow.first] += flow.stories
        into[flow.later] += flow.stories
    return out, into


def _stops(
    names: Sequence[str], totals: Mapping[str, int], unit: float, titles: Mapping[str, str]
) -> tuple[tuple[Stop, ...], dict[str, float]]:
    """The outlets of a side from top to bottom, and where each one's ribbons begin."""
    stops, begins, y = [], {}, 0.0
    for name in names:
        thick = unit * totals[name]
        begins[name] = y + ROW / 2
        title = titles.get(name, name)
        label = title if len(title) <= LABEL else f"{title[: LABEL - 1]}…"
        stops.append(Stop(show.outlet(name, title), label, round(y + ROW / 2 + thick / 2, 1), totals[name]))
        y += ROW + thick
    return tuple(stops), begins
