"""Speed of the detector, one core, CPU time: (a) from raw text to fingerprint, beside datasketch's own ways
(``update``, ``update_batch``, ``MinHashLSH``) and rensa, in turn, each one's best round; (b) candidates and
decision alone, without a database; (c) placing into an empty SQLite store.
"""

from __future__ import annotations

import importlib.util
import sys
import tempfile
import time
from datetime import timedelta
from pathlib import Path
from typing import Any

import datasketch
import numpy as np
from lib.bench import paths, report
from lib.bench.fill import START, Filling, made_ready
from lib.bench.news import News
from lib.bench.place import A_DAY, EACH, QUICK, place
from lib.bench.texts import LETTERS, Documents, made_up

from aggregator.dedup.fingerprint import RECIPE
from aggregator.dedup.memory import Memory
from aggregator.dedup.place import place as decide
from aggregator.dedup.rules import Rules
from aggregator.dedup.views import Views
from aggregator.model import Fold, Held
from aggregator.store.rows import held
from aggregator.store.sources import Facts

BASE = "datasketch update_batch"  # what the others are set against


def main(arguments: list[str]) -> int:
    """Measure and print."""
    parser = report.parser("detector", __doc__)
    parser.add_argument("--documents", type=int, default=400)
    parser.add_argument("--words", type=int, default=378)
    parser.add_argument("--repeats", type=int, default=7)
    parser.add_argument("--script", choices=sorted(LETTERS), default="latin")
    parser.add_argument("--articles", type=int, default=6_000, help="of a made-up stream, to be placed")
    asked = parser.parse_args(arguments)
    each = EACH
    if asked.quick:
        asked.documents, asked.repeats, (asked.articles, each, _) = 32, 1, QUICK
    found = {
        "benchmark": "detector",
        **report.where(),
        "recipe": RECIPE,
        "numpy": np.__version__,
        "datasketch": datasketch.__version__,
        "fingerprint": fingerprinting(asked.documents, asked.words, asked.repeats, asked.script),
        "deciding": deciding(asked.articles),
    }
    with tempfile.TemporaryDirectory(prefix="bench-") as name:
        folder = Path(name)
        found["placing"] = place(folder / "store.db", folder, Filling(A_DAY), asked.articles, each)
    report.emit("detector", found, asked.out, draw)
    return 0


def fingerprinting(documents: int, words: int, repeats: int, script: str) -> dict[str, Any]:
    """Documents a second by way, and how many times datasketch's ``update_batch`` each is."""
    texts = made_up(documents, words, script)
    paths.check(texts[:50])
    ways = {
        "aggregator, in batches": paths.ours,
        "aggregator, one at a time": paths.ours_singly,
        BASE: paths.update_batch,
        "datasketch update_batch, MinHashLSH": paths.into_index,
        **paths.optional_paths(),
    }
    missing = [name for name in ("rensa", "xxhash") if not importlib.util.find_spec(name)]
    for name in missing:
        print(f"{name} is not installed: left out", file=sys.stderr)
    speeds = rounds(texts, ways, repeats)
    speeds |= rounds(
        texts[: max(1, documents // 8)], {"datasketch update": paths.update_each}, min(2, repeats)
    )
    return {
        "documents": documents,
        "words": words,
        "script": script,
        "documents_a_second": speeds,
        "times_update_batch": {name: round(speed / speeds[BASE], 2) for name, speed in speeds.items()},
        "left_out": missing,
    }


def rounds(texts: Documents, ways: dict[str, paths.Path], repeats: int) -> dict[str, float]:
    """Documents a CPU second by way: the best of ``repeats`` rounds in which the ways take turns."""
    best = dict.fromkeys(ways, float("inf"))
    for _ in range(repeats):
        for name, way in ways.items():
            start = time.process_time()
            way(texts)
            best[name] = min(best[name], time.process_time() - start)
    return {name: round(len(texts) / seconds, 1) for name, seconds in best.items()}


def deciding(articles: int) -> dict[str, Any]:
    """CPU of candidates and decision, with fingerprints made before and everything in memory."""
    arrivals = stream(articles)
    rules = Rules()
    memory, views = Memory(rules, forget=True), Views()
    start = time.process_time()
    for at in range(0, len(arrivals), EACH):
        batch = arrivals[at : at + EACH]
        memory.apply(batch, decide(batch, memory, rules, views), views)
    spent = time.process_time() - start
    return {
        "articles": len(arrivals),
        "copies": len(arrivals) - len(memory.stories),
        "cpu_us_an_article": round(spent / len(arrivals) * 1e6, 1),
        "articles_a_second": round(len(arrivals) / spent),
    }


def stream(articles: int) -> list[Held]:
    """Arrivals of the made-up stream, fingerprinted; numbered within their batch as arrivals are."""
    news = News(START, A_DAY)
    items = [next(news) for _ in range(articles)]
    made = []
    for number, (item, each) in enumerate(zip(items, made_ready(items), strict=True)):
        seen = (item.entry.published or START) + timedelta(minutes=10)
        facts = Facts(
            no=1, id=item.source, title="", group="default", language=None, authority=0, agency=False,
            paywall=False, fold=Fold(), site_url=None,
        )  # fmt: skip
        made.append(held(each, -(number % EACH) - 1, facts, seen))
    return made


def draw(found: dict[str, Any], file: Path) -> None:
    """Documents a second by way, as bars."""
    speeds = dict(sorted(found["fingerprint"]["documents_a_second"].items(), key=lambda one: -one[1]))
    colours = ["C0" if name.startswith("aggregator") else "C7" for name in speeds]
    plt = report.pyplot()
    figure, axis = plt.subplots(figsize=(8, 3), layout="constrained")
    axis.bar_label(axis.barh(list(speeds), list(speeds.values()), color=colours), fmt="{:,.0f}", padding=2)
    axis.set_title(
        f"Texts of {found['fingerprint']['words']} words to fingerprint: documents a CPU second, one core",
        fontsize=9,
    )
    axis.tick_params(labelsize=8)
    axis.margins(x=0.12)
    axis.invert_yaxis()
    figure.suptitle(f"{found['machine']}; {found['date']}", fontsize=7)
    figure.savefig(file, dpi=110)
