"""Four rules at many numbers of requests, and how long entries wait at equal numbers."""

from __future__ import annotations

import math
from bisect import bisect_left
from collections.abc import Callable
from pathlib import Path
from statistics import fmean
from typing import Any

from lib.bench import report
from lib.simulate import rules
from lib.simulate.replay import Outcome, Times, Window, dice, read, replay

HOUR = 60 * rules.MINUTE
Make = Callable[[float, Callable[[], float]], rules.Rule]
OURS = "aggregator"
FIXED = "fixed interval"
# By rule: how it is made for a setting, its settings, and the one that ships.
RULES: dict[str, tuple[Make, list[float], float]] = {
    FIXED: (lambda one, _: rules.fixed(one * HOUR), [0.25, 0.5, 1, 2, 4, 8], 0.5),
    "Miniflux, entry frequency": (lambda one, _: rules.miniflux(one), [1, 2, 4, 8, 16, 32], 1),
    "CommaFeed, empirical": (
        lambda one, _: rules.commafeed(2 * one, most=4 * HOUR / one), [0.25, 0.5, 1, 2, 4, 8], 1,
    ),
    OURS: (lambda one, roll: rules.Ours(one * HOUR, roll), [0.375, 0.5, 0.75, 1, 2, 4, 8, 16], 0.5),
}  # fmt: skip


def run(archive: Path, *, days: float, rounds: int) -> dict[str, Any]:
    """All rules at all settings; our median wait as a part of each other rule's, at its requests."""
    times = read(archive)
    window = Window.of(times, days)
    found = {
        name: [point(times, window, make, setting, rounds) | {"ships": setting == ships} for setting in many]
        for name, (make, many, ships) in RULES.items()
    }
    versus = {}
    for name, points in found.items():
        theirs = next(one for one in points if one["ships"])
        ours = {
            key: at(found[OURS], theirs["requests_a_day"], key) for key in ("median", "mean", "plain_median")
        }
        if name != OURS:
            versus[name] = {key: round(one / theirs[key], 3) for key, one in ours.items()}
    return {
        "feeds": len(times), "days": days, "rounds": rounds, "waits_in": "minutes", "rules": found,
        "ours_as_part_of": versus, "requests_for_the_median_of_fixed_30m": _requests(found),
    }  # fmt: skip


def point(times: Times, window: Window, make: Make, setting: float, rounds: int) -> dict[str, Any]:
    """One rule at one setting: means over the rounds."""
    outcomes = [
        replay(times, window, make(setting, dice(2 * one)), dice(2 * one + 1)) for one in range(rounds)
    ]
    mean = lambda of: round(fmean(of(one) for one in outcomes), 2)  # noqa: E731
    plain = [Outcome(0, [(wait, 1.0) for wait, _ in one.waits]) for one in outcomes]
    return {
        "setting": setting,
        "requests_a_day": mean(lambda one: one.requests),
        "median": mean(lambda one: one.quantile(0.5)),
        "mean": mean(lambda one: one.mean),
        "p90": mean(lambda one: one.quantile(0.9)),
        "plain_median": round(fmean(one.quantile(0.5) for one in plain), 2),  # each entry once
        "entries": len(outcomes[0].waits),
    }


def at(points: list[dict[str, Any]], requests: float, key: str) -> float:
    """A rule's figure at a number of requests: between two points on a line of the logarithms."""
    ordered = sorted(points, key=lambda one: one["requests_a_day"])
    place = bisect_left([one["requests_a_day"] for one in ordered], requests)
    if place in (0, len(ordered)):
        return float(ordered[min(place, len(ordered) - 1)][key])
    low, high = ordered[place - 1], ordered[place]
    span = math.log(high["requests_a_day"] / low["requests_a_day"])
    part = math.log(requests / low["requests_a_day"]) / span
    return float(math.exp((1 - part) * math.log(low[key]) + part * math.log(high[key])))


def _requests(found: dict[str, list[dict[str, Any]]]) -> int:
    """With how many requests a day our median is that of a fixed 30 minutes."""
    wanted = next(one["median"] for one in found[FIXED] if one["ships"])
    swapped = [{"requests_a_day": one["median"], "requests": one["requests_a_day"]} for one in found[OURS]]
    return round(at(swapped, wanted, "requests"))


def draw(found: dict[str, Any], file: Path) -> None:
    """Median and mean wait over requests a day; the points that ship are large."""
    plt = report.pyplot()
    figure, axes = plt.subplots(1, 2, figsize=(9, 4), layout="constrained", sharey=True)
    for axis, key in zip(axes, ("median", "mean"), strict=True):
        for name, points in found["rules"].items():
            ordered = sorted(points, key=lambda one: one["requests_a_day"])
            shown = [one["requests_a_day"] for one in ordered], [one[key] for one in ordered]
            (line,) = axis.plot(*shown, marker="o", markersize=4, markerfacecolor="white", label=name)
            ships = next(one for one in ordered if one["ships"])
            axis.plot(ships["requests_a_day"], ships[key], "o", color=line.get_color(), markersize=8)
        axis.set(xscale="log", yscale="log", xlabel=f"requests a day for {found['feeds']} feeds")
        axis.set_ylabel(f"{key} wait of an entry, minutes")
        axis.grid(visible=True, which="both", alpha=0.25)
    axes[0].legend(fontsize=8)
    title = f"The last {found['days']:g} days of {found['feeds']} real feeds; large points: as it ships"
    figure.suptitle(title, fontsize=9)
    figure.savefig(file, dpi=120)
