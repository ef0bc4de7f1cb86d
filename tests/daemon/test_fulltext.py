"""Full text through the real poll: a source of summaries, its pages on a real server, the detector after."""

from __future__ import annotations

import asyncio
import os
import sqlite3
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from aggregator.jobs import Job
from aggregator.model import Source
from aggregator.polling.fulltext import Bodies
from aggregator.sources.extract import Html, article, with_meta
from aggregator.sources.http import Client
from aggregator.sources.robots import Robots
from aggregator.store import Store
from aggregator.workers import Workers
from tests.commands import aggregator, records, write_config
from tests.fileserver import Served, serving

pytest.importorskip("trafilatura", reason="the extra `fulltext` is not installed")

PARAGRAPHS = (
    (
        "The lighthouse keepers of the invented isle of Sorrel asked the assembly for a second boat, "
        "because the only one has been out of the water since its mast broke in the storm of last week."
    ),
    (
        "Without it, they said, lamps on the three outer rocks are lit by whoever passes, and on two nights "
        "of the past seven nobody had passed. The assembly promised an answer within the month."
    ),
    (
        "A boat of the kind that they want costs forty thousand crowns and takes eleven weeks to build at "
        "the yard of Innerhaven, whose owner told this paper that he had oak for one hull and no more."
    ),
    (
        "Fishers of the northern shore have offered to lend a skiff until then, on the condition that its "
        "nets are looked after by the keepers during the months in which the herring stays away."
    ),
)
OTHER = tuple(line.replace("boat", "bridge").replace("lamps", "gates")[::-1].title() for line in PARAGRAPHS)
SUMMARY = "The keepers of Sorrel want a second boat."


def html_of(*paragraphs: str) -> bytes:
    """A page with an article and what sites put around it."""
    inner = "".join(f"<p>{line}</p>" for line in paragraphs)
    around = "".join(f"<li><a href='/{n}'>Section {n}</a></li>" for n in range(12))
    return (
        "<!doctype html><html><head><title>Sorrel Gazette</title></head><body>"
        f"<nav><ul>{around}</ul></nav><article><h1>Keepers ask for a boat</h1>{inner}</article>"
        "<footer><p>Subscribe to our letter</p></footer></body></html>"
    ).encode()


def feed_of(address: str, *items: tuple[str, str, str], content: str = "") -> bytes:
    """RSS of (guid, path, summary); ``content``: of every entry."""
    inner = "".join(
        f"<item><title>Keepers ask for a boat {guid}</title><guid isPermaLink='false'>{guid}</guid>"
        f"<link>{address}/{path}</link><description>{summary}</description>"
        f"<content:encoded><![CDATA[{content}]]></content:encoded></item>"
        for guid, path, summary in items
    )
    space = "xmlns:content='http://purl.org/rss/1.0/modules/content/'"
    return f"<rss version='2.0' {space}><channel><title>Gazette</title>{inner}</channel></rss>".encode()


class PageTypes(dict[str, str]):
    """Feeds are XML, robots.txt is text, everything else is a page."""

    def get(self, name: str, default: Any = None) -> Any:
        """By the name's end."""
        return {"xml": "application/xml", "txt": "text/plain", "pdf": "application/pdf"}.get(
            name.rpartition(".")[2], "text/html; charset=utf-8"
        )


TYPES = PageTypes(by="name")  # not empty: an empty mapping is none


def stories_of(config: Path) -> list[dict[str, Any]]:
    """What `stories --json` says."""
    return records("stories", config=config)


def asked(server: Served) -> list[str]:
    """The paths that were asked for, feeds left out."""
    return [path for path, _ in server.seen if not path.endswith(".xml")]


def test_the_detector_sees_the_page_and_people_the_summary(tmp_path: Path) -> None:
    """A summary whose page carries another outlet's text is one story with it; the page is asked for once."""
    whole = "".join(f"<p>{line}</p>" for line in PARAGRAPHS)
    with serving({}, types=TYPES) as server:
        server.files |= {
            "whole.xml": feed_of("http://elsewhere.example", ("w", "w", SUMMARY), content=whole),
            "short.xml": feed_of(server.address, ("s", "s.html", SUMMARY)),
            "s.html": html_of(*PARAGRAPHS),
        }
        config = write_config(
            tmp_path,
            [
                {"id": "whole", "url": f"{server.address}/whole.xml", "fulltext": True},
                {"id": "short", "url": f"{server.address}/short.xml", "fulltext": True},
            ],
        )
        aggregator("poll", "--all", config=config)
        (story,) = stories_of(config)
        assert {one["source"] for one in story["articles"]} == {"whole", "short"}
        assert asked(server) == ["robots.txt", "s.html"]
        with sqlite3.connect(tmp_path / "news.db") as database:
            kept = dict(database.execute("SELECT summary, text FROM texts WHERE content = ''"))
        assert list(kept) == [SUMMARY]
        assert kept[SUMMARY].split("\n\n")[-4:] == list(PARAGRAPHS)
        # Another entry joins the feed: only its page is asked for.
        server.files["short.xml"] = feed_of(server.address, ("s", "s.html", SUMMARY), ("t", "t.html", "Two."))
        server.files["t.html"] = html_of(*OTHER)
        aggregator("poll", "--all", config=config)
        assert len(stories_of(config)) == 2
        assert [path for path in asked(server) if path != "robots.txt"] == ["s.html", "t.html"]


@pytest.mark.long
def test_no_page_loses_no_entry(tmp_path: Path) -> None:
    """Forbidden by robots.txt, missing, no page at all, a wall, a private host: each keeps its summary."""
    wall = html_of(*(f"Before you read on, tell us {n} times whether we may follow you." for n in range(30)))
    with serving({}, types=TYPES) as server:
        items = [
            ("forbidden", "private/a.html", "One entry that is about herring."),
            ("missing", "missing.html", "A second one that tells of oak."),
            ("paper", "paper.pdf", "The third is on lamps and wicks."),
            ("wall1", "wall1.html", "Number four concerns the yard."),
            ("wall2", "wall2.html", "Five: nets and who mends them."),
        ]
        inside = feed_of(server.address, *items).replace(
            b"</channel>",
            b"<item><guid>inner</guid><title>Inner</title><link>http://10.1.2.3/x</link>"
            b"<description>Six has a private address.</description></item></channel>",
        )
        server.files |= {
            "feed.xml": inside,
            "robots.txt": b"User-agent: *\nDisallow: /private/\n",
            "private/a.html": html_of(*PARAGRAPHS),
            "paper.pdf": b"%PDF-1.4",
            "wall1.html": wall,
            "wall2.html": wall,
        }
        config = write_config(
            tmp_path,
            [{"id": "s", "url": f"{server.address}/feed.xml", "fulltext": True}],
            polling={"interval": "1h", "private_hosts": ["127.0.0.1"]},
        )
        aggregator("poll", "--all", config=config)
        assert len(stories_of(config)) == 6
        assert "private/a.html" not in asked(server)
        with sqlite3.connect(tmp_path / "news.db") as database:
            reasons = dict(database.execute("SELECT guid, error FROM pages"))
        assert reasons.keys() == {"forbidden", "missing", "paper", "wall1", "wall2", "inner"}
        assert "robots.txt" in reasons["forbidden"]
        assert "404" in reasons["missing"]
        assert "application/pdf" in reasons["paper"]
        assert "same as another" in reasons["wall1"] + reasons["wall2"]
        assert "robots.txt" in reasons["inner"]  # the guard stood before its robots.txt already


@pytest.mark.long
def test_without_the_extra_summaries_go_on_and_one_line_says_so(tmp_path: Path) -> None:
    """`poll` works without trafilatura, and says once which extra is missing; so does `doctor`."""
    (tmp_path / "sitecustomize.py").write_text("import sys\nsys.modules['trafilatura'] = None\n")
    paths = os.pathsep.join([str(tmp_path), os.environ.get("PYTHONPATH", "")])
    with serving({}, types=TYPES) as server:
        server.files["a.xml"] = feed_of(server.address, ("s", "s.html", SUMMARY))
        config = write_config(tmp_path, [{"id": "a", "url": f"{server.address}/a.xml", "fulltext": True}])
        done = aggregator("poll", config=config, env={"PYTHONPATH": paths})
        assert done.stderr.count("feed-aggregator[fulltext]") == 1
        assert asked(server) == []
        told = aggregator("doctor", config=config, code=1, env={"PYTHONPATH": paths}).stdout
        assert "✗ full text" in told


@pytest.fixture(scope="module")
def workers() -> Any:
    """One worker process for the tests below."""
    pool = Workers(1)
    yield pool
    pool.close()


def test_a_page_that_failed_is_asked_for_again_and_its_article_changed(
    tmp_path: Path, workers: Workers
) -> None:
    """A 503 is tried again an hour later when the feed has news, and not before; then never again."""
    clock = [datetime(2026, 11, 25, 12, tzinfo=UTC)]
    store = Store.open(f"sqlite:///{tmp_path}/t.db", now=lambda: clock[0])

    async def go() -> None:
        client = Client(now=lambda: clock[0])

        async def change(fn: Any) -> Any:
            return await asyncio.to_thread(fn)

        now, robots = lambda: clock[0], Robots(client.fetch, lambda: clock[0])
        bodies = Bodies(workers, client, store.pages, now, change, lambda: timedelta(0), robots)
        with serving({"robots.txt": b""}, types=TYPES) as server:
            source = Source(
                id="s", url=f"{server.address}/f.xml", title="S", fulltext=True, allow_private=True
            )
            store.sync_sources([source], lambda: 0.5)

            async def read(known: dict[str, bytes]) -> Any:
                feed = feed_of(server.address, ("g", "late.html", SUMMARY))
                return await bodies.prepare_feed(
                    Job(feed, source.url, "application/xml", source, known, frozenset(), clock[0])
                )

            server.statuses = {"late.html": 503}
            (one,) = (await read({})).prepared
            assert one.text == SUMMARY
            assert not one.reread
            known = {"g": one.entry.raw_sha256}
            server.files["late.html"] = html_of(*PARAGRAPHS)
            server.statuses = {}
            assert (await read(known)).prepared == ()
            clock[0] += timedelta(hours=1)
            (two,) = (await read(known)).prepared
            assert two.text.endswith(PARAGRAPHS[-1])
            assert two.reread
            assert two.entry.summary == SUMMARY
            assert (two.entry.content, two.entry.raw_sha256) == ("", known["g"])
            clock[0] += timedelta(days=1)
            assert (await read(known)).prepared == ()
            # The entry came back unknown (its poll was never stored): the page comes from the database.
            (three,) = (await read({})).prepared
            assert three.text == two.text
            assert asked(server) == ["robots.txt", "late.html", "late.html"]
        await client.close()

    asyncio.run(go())
    store.close()


def test_pages_in_the_encodings_of_real_sites() -> None:
    """The server's charset counts before the page's own, which counts before a guess."""
    korean = (
        "등대지기들은 월요일에 두 번째 배를 의회에 요청했다. 지난주 폭풍으로 하나뿐인 배의 돛대가 부러졌다."
    )
    page = f"<html><head><meta charset='euc-kr'></head><body><article><p>{korean}</p></article></body></html>"
    body = page.encode("euc-kr")
    assert with_meta("text/html", body) == "text/html; charset=euc-kr"
    assert with_meta("text/html; charset=utf-8", body) == "text/html; charset=utf-8"
    assert korean in article(Html(body, "text/html", "http://x.example/"))
    assert article(Html(b"", None, "http://x.example/")) == ""
