"""Candidates, decision and storing by phase: updates of 30 entries into an SQLite store.

``--held``: articles within the horizon that the store has before (made once, and kept in ``--work``).
"""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path
from typing import Any

from lib.bench import report
from lib.bench.fill import BASE, Clock, Filling, held, opened
from lib.bench.news import News
from lib.bench.placing import write_updates

A_DAY = 500_000 / 7  # articles; so a million is what a horizon of fourteen days holds
EACH = 30  # entries of an update
QUICK = (240, 10, 300)  # articles, entries of an update, articles that a filled store is made of


def place(store: Path, scratch: Path, filling: Filling, articles: int, each: int = EACH) -> dict[str, Any]:
    """Place the stream's next articles into a store, in a process of its own; a third of them is warm-up."""
    opened_store = opened(store, Clock())
    first = held(opened_store)
    opened_store.close()
    updates = scratch / "updates"
    write_updates(updates, News(filling.at(first), filling.a_day, first, sources=each), articles, each)
    return {"held": first, **report.apart("placing", store, updates, "--warm-up", articles // (3 * each))}


def main(arguments: list[str]) -> int:
    """Measure and print."""
    parser = report.parser("place", __doc__)
    parser.add_argument("--held", type=int, default=0)
    parser.add_argument("--articles", type=int, default=6_000)
    parser.add_argument("--work", type=Path, help="where filled stores are kept; a copy is placed into")
    asked = parser.parse_args(arguments)
    articles, each, base = QUICK if asked.quick else (asked.articles, EACH, BASE)
    with tempfile.TemporaryDirectory(prefix="bench-") as name:
        scratch, filling = Path(name), Filling(A_DAY, base)
        store = scratch / "store.db"
        if asked.held:
            kept = (asked.work or scratch) / f"held-{asked.held}.db"
            filling.fill(kept, asked.held)
            shutil.copyfile(kept, store)
        found = {"benchmark": "place", **report.where(), **place(store, scratch, filling, articles, each)}
    report.emit("place", found, asked.out, draw)
    return 0


def draw(found: dict[str, Any], file: Path) -> None:
    """The phases as bars."""
    phases = found["phases_us_an_article"]
    plt = report.pyplot()
    figure, axis = plt.subplots(figsize=(7, 2.4), layout="constrained")
    axis.bar_label(axis.barh(list(phases), list(phases.values())), fmt="%g", padding=2)
    axis.set_title(f"CPU µs to place an article into {found['held']:,} stored; {found['date']}", fontsize=9)
    axis.margins(x=0.15)
    axis.invert_yaxis()
    figure.savefig(file, dpi=120)
