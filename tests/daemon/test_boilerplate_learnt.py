"""Boilerplate in the real daemon: an outlet that glues the same lines under everything, and a clean one."""

from __future__ import annotations

import json
import sqlite3
import urllib.request
from pathlib import Path

import pytest

from tests.commands import aggregator, daemon, lines, wait_until, web_address, write_config
from tests.daemon.test_kills import feed
from tests.fileserver import serving

EVERY_KEY = """SELECT slot, article FROM candidate_keys UNION ALL SELECT slot, article FROM gathered_keys
    UNION ALL SELECT slot, article FROM fresh_keys ORDER BY 1, 2"""

REPORT = (
    "The harbour council of the invented town of Veldmar agreed on Tuesday to rebuild the eastern quay.",
    "It must be ready before winter: engineers found that shipworm had hollowed out a third of its piles.",
)
GLUED = (
    "Subscribe to the letter that the Courier sends out on every working day before breakfast",
    "What do you think about this? Leave a reply under your own name and we print the best of them",
    "Related: why the lamps of the old mole burn all night, and who it is that pays for their oil",
    "Follow the Courier where you are, by post, by pigeon, or at the board outside our door",
)


def rss(items: dict[str, tuple[str, ...]]) -> bytes:
    """A feed of title → paragraphs."""
    inner = "".join(
        f"<item><title>{title}</title><guid isPermaLink='false'>{title}</guid><description>"
        f"{''.join(f'&lt;p&gt;{line}&lt;/p&gt;' for line in body)}</description></item>"
        for title, body in items.items()
    )
    return f"<rss version='2.0'><channel><title>Courier</title>{inner}</channel></rss>".encode()


def briefs(count: int) -> dict[str, tuple[str, ...]]:
    """Short texts of their own, each with more glued on than it says."""
    towns = "Arl Bode Cant Dorn Elm Forn Gant Holm Ilm Jorn Kell Lund".split()  # noqa: SIM905
    things = "mill ferry chapel market school orchard tower bridge well barn forge inn".split()  # noqa: SIM905
    return {
        f"{town} and its {thing}": (
            f"In {town} the {thing} was opened again by {number + 3} people after {number + 20} days.",
            *GLUED,
        )
        for number, (town, thing) in enumerate(list(zip(towns, things, strict=True))[:count])
    }


@pytest.mark.long
def test_glued_lines_do_not_part_a_story_nor_make_one(tmp_path: Path) -> None:
    """The first poll learns; a clean copy joins, briefs stay apart, and what was learnt is listed."""
    files = {
        "courier.xml": rss(briefs(12) | {"Quay to be rebuilt": (*REPORT, *GLUED)}),
        "clean.xml": rss({"Shipworm: eastern quay to be rebuilt": REPORT}),
    }
    with serving(files) as server:
        sources = [{"id": name, "url": f"{server.address}/{name}.xml"} for name in ("courier", "clean")]
        config = write_config(tmp_path, sources)
        with daemon(config) as process:
            address = web_address(config, process)

            def stories() -> list[int]:
                with urllib.request.urlopen(f"{address}/api/v1/stories", timeout=10) as answer:
                    return sorted(len(story["articles"]) for story in json.load(answer)["stories"])

            wait_until(lambda: sum(stories()) == 14)
            assert stories() == [1] * 12 + [2]
        learnt = lines(aggregator("sources", "boilerplate", "courier", "--json", config=config))
        assert {(one["texts"], one["text"]) for one in learnt} == {(13, line) for line in GLUED}
        assert GLUED[0] in aggregator("sources", "boilerplate", "courier", config=config).stdout
        assert lines(aggregator("sources", "boilerplate", "clean", "--json", config=config)) == []


@pytest.mark.long
@pytest.mark.timeout(120)
def test_a_kill_during_fingerprinting_anew_loses_nothing(tmp_path: Path) -> None:
    """What a killed daemon had not made anew, the next one does; every article keeps its story."""
    one = "SELECT count(*) FROM article_passages WHERE version < 0"
    with serving({f"{number}.xml": feed(number, 8) for number in range(12)}) as server:
        sources = [{"id": f"s{number}", "url": f"{server.address}/{number}.xml"} for number in range(12)]
        config = write_config(tmp_path, sources)
        aggregator("poll", "--all", config=config)
        with sqlite3.connect(tmp_path / "news.db") as database:
            ask = lambda sql: database.execute(sql).fetchall()  # noqa: E731
            stories = ask("SELECT id, story FROM articles ORDER BY id")
            keys = ask(EVERY_KEY)
            prints = ask("SELECT article, signature, evidence, bands FROM fingerprints ORDER BY 1")
            assert len(stories) == 12 * 40
            database.execute("UPDATE instance SET recipe = 'older'")  # as a version before ours left it
            database.execute("UPDATE article_passages SET version = -1")
            database.commit()

            def left() -> int:
                return int(ask(one)[0][0])

            with daemon(config, kill=True):
                wait_until(lambda: left() < len(stories), within=60, every=0.005)
            assert 0 < left() < len(stories), "it was killed in the middle"
            with daemon(config):
                wait_until(lambda: left() == 0, within=60)
            assert ask("SELECT id, story FROM articles ORDER BY id") == stories
            assert ask(EVERY_KEY) == keys
            assert ask("SELECT article, signature, evidence, bands FROM fingerprints ORDER BY 1") == prints
    aggregator("db", "check", config=config)
