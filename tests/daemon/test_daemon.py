"""The running daemon: page and feeds, a changed configuration, faults of the start, a stop in order."""

from __future__ import annotations

import json
import sqlite3
import time
import urllib.request
from pathlib import Path
from typing import Any

import pytest

from tests.commands import aggregator, daemon, lines, log_of, wait_until, web_address, write_config
from tests.fileserver import serving

TEXT = (
    "The harbour council of the invented town of Veldmar agreed on Tuesday to rebuild the eastern quay "
    "before winter, after engineers found that a third of its oak piles had been hollowed out by "
    "shipworm. The work will cost eleven million crowns and close two of the five berths until March, "
    "the harbour master said."
)


def rss(*items: tuple[str, str, str]) -> bytes:
    """A feed of (guid, title, text)."""
    inner = "".join(
        f"<item><title>{title}</title><guid isPermaLink='false'>{guid}</guid>"
        f"<description>{text}</description></item>"
        for guid, title, text in items
    )
    return f"<rss version='2.0'><channel><title>Test</title>{inner}</channel></rss>".encode()


def get(address: str) -> bytes:
    """The body of an answer."""
    with urllib.request.urlopen(address, timeout=10) as answer:
        body: bytes = answer.read()
        return body


def stories_of(address: str) -> list[dict[str, Any]]:
    """What the API lists."""
    listed = json.loads(get(f"{address}/api/v1/stories"))
    found: list[dict[str, Any]] = listed["stories"] if isinstance(listed, dict) else listed
    return found


def test_two_outlets_one_story_on_page_and_in_feeds(tmp_path: Path) -> None:
    """A story that two outlets carry is once on the page and once in each merged feed."""
    files = {
        "a.xml": rss(("1", "Quay to be rebuilt", TEXT)),
        "b.xml": rss(("x", "Shipworm closes two berths", "VELDMAR, Tuesday (VNA) - " + TEXT)),
    }
    with serving(files) as server:
        sources = [{"id": name, "url": f"{server.address}/{name}.xml"} for name in "ab"]
        config = write_config(tmp_path, sources)
        with daemon(config) as process:
            address = web_address(config, process)
            wait_until(lambda: len(stories_of(address)) == 1 and len(stories_of(address)[0]["articles"]) == 2)
            assert b"Veldmar" in get(address + "/")
            assert get(address + "/feed.atom").count(b"<entry") == 1
            assert get(address + "/feed.rss").count(b"<item") == 1
            assert len(json.loads(get(address + "/feed.json"))["items"]) == 1
            assert get(address + "/readyz") == b"ready\n"
            story = stories_of(address)[0]["id"]
            assert b"Shipworm closes two berths" in get(f"{address}/stories/{story}")
            assert b'href="/sources/a"' in get(address + "/sources")
        assert "stopped" in log_of(config)


def test_a_saved_change_acts_within_two_seconds_and_a_broken_one_does_not(tmp_path: Path) -> None:
    """An added source is polled without a restart; an invalid file keeps the old settings and says why."""
    files = {"a.xml": rss(("1", "First", TEXT)), "b.xml": rss(("2", "Second", TEXT.replace("quay", "mole")))}
    with serving(files) as server:
        one = {"id": "one", "url": f"{server.address}/a.xml"}
        two = {"id": "two", "url": f"{server.address}/b.xml"}
        config = write_config(tmp_path, [one], polling={"interval": "1h", "allow_private": True})
        with daemon(config) as process:
            address = web_address(config, process)
            wait_until(lambda: server.seen == [("a.xml", 200)])
            config.write_text("sources: [{id: one, urll: x}]", encoding="utf-8")
            wait_until(lambda: "urll" in log_of(config), within=3)
            assert len(json.loads(get(address + "/api/v1/sources"))["sources"]) == 1
            saved = time.monotonic()
            write_config(tmp_path, [one, two], polling={"interval": "1h", "allow_private": True})
            wait_until(lambda: "2 sources" in log_of(config), within=5, every=0.02)
            assert time.monotonic() - saved < 2.0
            wait_until(lambda: ("b.xml", 200) in server.seen, within=10)


def test_a_source_that_cannot_be_reached_is_a_state(tmp_path: Path) -> None:
    """Refused, missing and no-feed sources have a reason in words; the pass ends well."""
    with serving({"page.html": b"<!doctype html><title>Log in</title>"}) as server:
        sources = [
            {"id": "nobody", "url": "http://127.0.0.1:9/feed"},
            {"id": "missing", "url": f"{server.address}/none.xml"},
            {"id": "page", "url": f"{server.address}/page.html"},
        ]
        config = write_config(tmp_path, sources)
        polled = {line["source"]: line for line in lines(aggregator("poll", "--json", config=config))}
        assert {line["status"] for line in polled.values()} == {"failed"}
        assert "404" in polled["missing"]["error"]
        listed = {line["id"]: line for line in lines(aggregator("sources", "list", "--json", config=config))}
        assert {name: line["state"] for name, line in listed.items()} == dict.fromkeys(polled, "failing")
        assert all(line["error"] for line in listed.values())


def test_a_pass_over_everything_polls_each_source_once(tmp_path: Path) -> None:
    """`poll --all` asks each of 150 sources once, also right after a pass, when none of them is due."""
    files = {f"{number}.xml": rss((str(number), f"Note {number}", "")) for number in range(150)}
    with serving(files) as server:
        sources = [{"id": f"s{name[:-4]}", "url": f"{server.address}/{name}"} for name in files]
        config = write_config(
            tmp_path, sources, polling={"interval": "1h", "allow_private": True, "per_host": 64}
        )
        for status in (200, 304):
            server.seen.clear()
            polled = lines(aggregator("poll", "--all", "--json", config=config))
            assert sorted(server.seen) == sorted((name, status) for name in files)
            assert sorted(line["source"] for line in polled) == sorted(one["id"] for one in sources)


def test_a_port_in_use_is_one_line_and_exit_2(tmp_path: Path) -> None:
    """No traceback: what is wrong and what to do."""
    with serving({}) as server:
        port = int(server.address.rpartition(":")[2])
        config = write_config(tmp_path, [], web={"port": port})
        done = aggregator("run", config=config, code=2)
        assert len(done.stderr.strip().splitlines()) == 1
        assert "--port" in done.stderr


def test_an_address_of_the_network_needs_a_password(tmp_path: Path) -> None:
    """The daemon does not start for strangers."""
    config = write_config(tmp_path, [], web={"port": 0, "host": "0.0.0.0"})
    assert "password" in aggregator("run", config=config, code=2).stderr


@pytest.mark.long
def test_an_edited_article_is_a_revision_and_not_a_story(tmp_path: Path) -> None:
    """The same guid with another text updates the story; its id and its guid in feeds stay."""
    files = {"a.xml": rss(("1", "Quay to be rebuilt", TEXT))}
    with serving(files) as server:
        config = write_config(tmp_path, [{"id": "a", "url": f"{server.address}/a.xml"}])
        aggregator("poll", "--all", config=config)
        before = lines(aggregator("stories", "--json", config=config))
        files["a.xml"] = rss(("1", "Quay to be rebuilt", TEXT.replace("eleven million", "twelve million")))
        time.sleep(1.1)
        polled = lines(aggregator("poll", "--all", "--json", config=config))
        assert [(line["new"], line["updated"]) for line in polled] == [(0, 1)]
        after = lines(aggregator("stories", "--json", config=config))
        assert [story["id"] for story in after] == [story["id"] for story in before]
        assert after[0]["published"] == before[0]["published"]
        assert after[0]["updated"] > before[0]["updated"]
        with sqlite3.connect(tmp_path / "news.db") as database:
            assert database.execute("select count(*) from revisions").fetchone() == (1,)


@pytest.mark.long
def test_split_merge_and_undo(tmp_path: Path) -> None:
    """A person's corrections hold against the detector, and are taken back."""
    files = {"a.xml": rss(("1", "Quay", TEXT)), "b.xml": rss(("2", "Quay again", TEXT))}
    with serving(files) as server:
        sources = [{"id": name, "url": f"{server.address}/{name}.xml"} for name in "ab"]
        config = write_config(tmp_path, sources)
        aggregator("poll", "--all", config=config)
        (story,) = lines(aggregator("stories", "--json", config=config))
        assert len(story["articles"]) == 2
        copy = next(one for one in story["articles"] if one["id"] != story["canonical"]["id"])
        aggregator("split", str(copy["id"]), "--reason", "test", config=config)
        assert len(lines(aggregator("stories", "--json", config=config))) == 2
        aggregator("undo", config=config)
        (again,) = lines(aggregator("stories", "--json", config=config))
        assert again["id"] == story["id"]
        said = aggregator("explain", *(str(one["id"]) for one in story["articles"]), config=config).stdout
        assert said.strip()
        assert "Quay" in aggregator("show", str(story["id"]), "--diff", config=config).stdout


def test_wrong_use_is_one_line_and_exit_2(tmp_path: Path) -> None:
    """Unknown commands, topics and sources name the nearest known one."""
    config = write_config(tmp_path, [{"id": "veldmar", "url": "http://127.0.0.1:9/"}])
    assert "stories" in aggregator("storys", code=2).stderr
    assert "veldmar" in aggregator("poll", "veldmr", config=config, code=2).stderr
    assert "topic" in aggregator("stories", "--topic", "x", config=config, code=2).stderr
    assert aggregator("show", "99", config=config, code=1).stderr.count("\n") == 1
    assert "2h" in aggregator("stories", "--since", "soon", config=config, code=2).stderr
