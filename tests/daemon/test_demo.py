"""The demo through the real commands and the real server: each story once, in whatever order it is polled."""

from __future__ import annotations

import json
import random
import re
import signal
import subprocess
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from lxml import etree

from aggregator.config import load
from aggregator.dedup.fingerprint import analyse
from aggregator.dedup.memory import Memory
from aggregator.dedup.place import place
from aggregator.dedup.rules import Rules
from aggregator.dedup.views import Views
from aggregator.model import Entry, Held, Source
from aggregator.sources.feed import parse
from aggregator.text import html_to_paragraphs
from aggregator.urls import url_key
from tests.commands import ROOT, aggregator, lines, records
from tests.demo import world
from tests.demo.build import build
from tests.demo.compare import differences, expected_members, key_of, story_ids
from tests.demo.formats import content_type
from tests.demo.server import DemoServer
from tests.demo.stored import polled
from tests.feedcheck import check_atom, check_json, check_rss

CHECKS = {"atom": check_atom, "rss": check_rss, "json": check_json}
BROKEN = {"lighthouse", "nowhere"}
EVERYTHING = ("--limit", "1000")


@dataclass(frozen=True)
class Demo:
    """A built demo, its server, its configuration and what is expected."""

    server: DemoServer
    config: Path
    expected: dict[str, Any]

    def poll(self, *sources: str) -> dict[str, dict[str, Any]]:
        """One pass in a process of its own; its result by source."""
        done = aggregator("poll", *sources, "--all", "--json", config=self.config)
        return {line["source"]: line for line in lines(done)}

    def held(self) -> list[dict[str, Any]]:
        """What the database holds, in the same shape."""
        return records("stories", *EVERYTHING, config=self.config)

    def stories(self, *options: str) -> list[dict[str, Any]]:
        """What `aggregator stories` holds."""
        return lines(aggregator("stories", "--json", *EVERYTHING, *options, config=self.config))


@pytest.fixture
def demo(tmp_path: Path) -> Iterator[Demo]:
    """The demo at its first edition; nothing polled yet."""
    with DemoServer(tmp_path) as server:
        expected = build(datetime.now(UTC).replace(microsecond=0), tmp_path, server.address, interval="1s")
        yield Demo(server, tmp_path / "aggregator.yaml", expected)


def passes(seed: int) -> list[list[str]]:
    """A random order of polling, cut into four passes: one source alone, then seven at a time."""
    order = random.Random(seed).sample(sorted(world.outlets()), len(world.outlets()))
    return [order[:1], *(order[start : start + 7] for start in range(1, len(order), 7))]


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_expected_stories_in_any_order_of_polling(demo: Demo, seed: int) -> None:
    """Whatever is polled first, with a restart between passes, the stories are exactly the expected ones.

    The topic finds every agency text of the visit, in five scripts, and no other minister's.
    """
    now = datetime.now(UTC)
    for sources in passes(seed):
        results = polled(demo.config.parent, 1, now, sources)
        for name in sources:
            count = demo.expected["outlets"][name]["1"]
            one = results[name]
            assert (one.status, one.entries, one.new) == ("fetched", count, count)
    stories = demo.held()
    assert differences(demo.expected, stories, 1) == []
    ids = story_ids(demo.expected, stories, 1)
    held = {story["id"] for story in stories if "tehran-pyongyang" in story["topics"]}
    for story in world.stories():
        if story.kind == "visit" and story.agency:
            assert ids[story.id] <= held, story.id
        elif story.kind == "templates":
            assert not ids[story.id] & held, story.id


def arrivals(demo: Demo, edition: int) -> dict[str, list[Held]]:
    """Every source's entries as the detector meets them, through our parser and text; by source."""
    settings, now, found = load(demo.config, {}), datetime.now(UTC), {}
    for source in settings.sources:
        if source.id in BROKEN:
            continue
        outlet = world.outlets()[source.id]
        body = (demo.config.parent / "editions" / str(edition) / outlet.file).read_bytes()
        url = f"{demo.server.address}/{outlet.file}"
        entries = parse(body, url=url, content_type=content_type(outlet), source=source, now=now).entries
        found[source.id] = [held(entry, source, now) for entry in entries]
    return found


def held(entry: Entry, source: Source, now: datetime) -> Held:
    """An entry about to be placed; its text is in nothing cleaned of what the source repeats."""
    text = html_to_paragraphs(entry.content or entry.summary)
    return Held(
        id=0,
        source=source.id,
        group=source.group,
        title=entry.title,
        effective=min(entry.published or now, now),
        fingerprint=analyse(entry.title, text, language=entry.language, leave_out=frozenset()).fingerprint,
        url_key=url_key(entry.url),
        guid=entry.guid,
        language=entry.language,
        authority=source.authority,
        agency=source.agency,
    )


def test_detector_in_many_orders(demo: Demo) -> None:
    """In 20 random orders of the sources, each placed as it is polled, the stories are the expected ones."""
    edition = world.editions()
    by_source = arrivals(demo, edition)
    wanted = {
        (source, url_key(url)): name
        for (source, url), name in expected_members(demo.expected, edition).items()
    }
    for seed in range(20):
        memory, rules = Memory(Rules()), Rules()
        for name in random.Random(seed).sample(sorted(by_source), len(by_source)):
            batch = [replace(one, id=-number) for number, one in enumerate(by_source[name], 1)]
            views = Views()
            memory.apply(batch, place(batch, memory, rules, views), views)
        have, want = defaultdict(set), defaultdict(set)
        for one in memory.articles.values():
            have[one.story].add((one.source, one.url_key))
            want[wanted[one.source, one.url_key]].add((one.source, one.url_key))
        assert sorted(map(sorted, have.values())) == sorted(map(sorted, want.values())), f"order {seed}"


@pytest.mark.timeout(300)
@pytest.mark.long
def test_editions_states_and_feeds(demo: Demo) -> None:
    """A corrected version updates its story, late copies join theirs, ids stay, and nothing comes twice."""
    first = demo.poll()
    assert {name for name, result in first.items() if result["status"] == "failed"} == BROKEN
    assert all(first[name]["error"] for name in BROKEN)
    members = expected_members(demo.expected, 1)
    assert sum(result["copies"] for result in first.values()) == len(members) - len(set(members.values()))
    stories = demo.stories()
    assert differences(demo.expected, stories, 1) == []
    ids = story_ids(demo.expected, stories, 1)

    again = demo.poll()
    assert {result["status"] for name, result in again.items() if name not in BROKEN} == {"unchanged"}
    assert sum(result["new"] + result["updated"] + result["copies"] for result in again.values()) == 0
    assert demo.server.statuses[301] >= 2
    assert demo.server.statuses[304] >= len(world.outlets()) - 1  # one outlet has no validators

    demo.server.publish(2)
    second = demo.poll()
    assert sum(result["updated"] for result in second.values()) == 0
    assert differences(demo.expected, demo.stories(), 2) == []

    demo.server.publish(3)
    third = demo.poll()
    revised = {
        one.outlet for story in world.stories() for one in story.prints if one.edition == 3 and one.same_guid
    }
    assert {name for name, result in third.items() if result["updated"]} == revised
    assert all(third[name]["updated"] == 1 for name in revised)
    stories = demo.stories()
    assert differences(demo.expected, stories, 3) == []
    corrected = text_of(demo, stories, "harbour", "en-speaker")
    assert "55 minutes" in corrected
    assert "75 minutes" not in corrected

    demo.server.publish(4)
    demo.poll()
    stories = demo.stories()
    assert differences(demo.expected, stories, 4) == []
    last = story_ids(demo.expected, stories, 4)
    assert {name: last[name] for name in ids} == ids, "ids are never given anew"
    merged_feeds_hold_each_story_once(demo, stories)


def text_of(demo: Demo, stories: list[dict[str, Any]], outlet: str, slug: str) -> str:
    """The text that the daemon holds of an article."""
    wanted = (outlet, f"{demo.server.address}/{outlet}/articles/{slug}.html")
    (story,) = [one for one in stories if wanted in {key_of(a["source"], a["url"]) for a in one["articles"]}]
    (shown,) = lines(aggregator("show", str(story["id"]), "--json", config=demo.config))
    (article,) = [one for one in shown["articles"] if key_of(one["source"], one["url"]) == wanted]
    return str(article["text"])


def merged_feeds_hold_each_story_once(demo: Demo, stories: list[dict[str, Any]]) -> None:
    """All three formats: valid, one entry a story, under the story's guid, with every copy's link in it."""
    for kind, check in CHECKS.items():
        done = aggregator("feed", "--format", kind, *EVERYTHING, config=demo.config)
        document = done.stdout.encode()
        assert check(document) == []
        assert sorted(guids(kind, document)) == sorted(story["guid"] for story in stories)
        told = document.decode()
        for story in stories:
            for article in story["articles"]:
                assert re.search(re.escape(article["url"].split("?")[0]), told), article["url"]


def guids(kind: str, document: bytes) -> list[str]:
    """The guids of a merged feed's entries."""
    if kind == "json":
        return [item["id"] for item in json.loads(document)["items"]]
    tree = etree.fromstring(document)
    path = "{*}entry/{*}id" if kind == "atom" else "channel/item/guid"
    return [element.text or "" for element in tree.findall(path)]


@pytest.mark.timeout(300)
def test_the_script_checks_itself() -> None:
    """`scripts/demo --check` runs the daemon on all editions, finds what is expected, exits with 0."""
    done = subprocess.run(
        [ROOT / "scripts" / "demo", "--check"], capture_output=True, text=True, timeout=280, cwd=ROOT
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.split() == " ".join(f"edition {number}: as expected" for number in range(1, 5)).split()


@pytest.mark.timeout(120)
@pytest.mark.long
def test_the_script_ends_on_ctrl_c() -> None:
    """`scripts/demo` shows its table and, when interrupted, ends its daemon and exits with 0."""
    process = subprocess.Popen(
        [ROOT / "scripts" / "demo", "--port", "0"], stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        text=True, cwd=ROOT, start_new_session=True,
    )  # fmt: skip
    try:
        assert process.stdout is not None
        said = ""
        while "Ctrl-C" not in said:
            line = process.stdout.readline()
            assert line, said
            said += line
        assert "copies folded" in said
        process.send_signal(signal.SIGINT)
        rest, _ = process.communicate(timeout=30)
        assert process.returncode == 0, said + rest
    finally:
        if process.poll() is None:
            process.terminate()
            process.wait(20)
