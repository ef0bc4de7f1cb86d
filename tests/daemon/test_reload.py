"""The configuration changes while the daemon polls: all of it acts, and what runs goes on."""

from __future__ import annotations

import asyncio
import json
from pathlib import Path

import pytest

from aggregator.workers import Workers
from tests.commands import daemon, log_of, wait_until, write_config
from tests.conduct_server import Answer, World, rss, world
from tests.fileserver import serving


def test_sources_come_go_and_change(tmp_path: Path, workers: Workers) -> None:
    """An added source is polled at once, a removed or paused one not again; a changed interval counts from
    the last poll, what a server asked for holds; a fetch that runs is not cut."""

    async def scene(on: World) -> None:
        for name in ("slow", "quick", "gone", "rests", "late"):
            headers = ["Cache-Control: max-age=14400"] if name == "rests" else []
            on.server.answers[f"/{name}"] = Answer(rss(name), headers=headers)
            on.add(name, interval="6h" if name in ("slow", "rests", "late") else "30m")
        async with on.daemon() as parts:
            await on.at(parts, 0)
            on.server.answers["/gone"] = Answer(rss("gone", "more"), wait=0.4)
            on.clock.forward(minutes=40)
            await parts.poller.tick()
            # Until only the slow answer is awaited: what else was polled is stored.
            while parts.poller.activity.polls < 6 or not on.server.at_once["127.0.0.1"]:  # noqa: ASYNC110
                await asyncio.sleep(0.005)
            on.server.answers["/new"] = Answer(rss("new"))
            on.add("new")
            kept = {"new": None, "slow": "45m", "quick": "8h", "rests": "1h", "late": "6h"}
            on.sources = [
                one | ({"interval": kept[one["id"]]} if kept[one["id"]] else {})
                for one in on.sources
                if one["id"] in kept
            ]
            await parts.configure(on.settings())
            await on.poll(parts)
            assert parts.store.upkeep.stats()["articles"] == 7, "the fetch that ran came to its end"
            assert on.server.times("/new") == [40]
            await on.at(parts, 44, 46, 50, 80, 120, 239, 266)
            assert on.server.times("/slow")[:2] == [0, 46]
            assert on.server.times("/quick") == [0, 40]
            assert on.server.times("/gone") == [0, 40]
            assert on.server.times("/rests") == [0, 266]
            assert on.server.times("/late") == [0]
            on.sources = [one | {"paused": True} for one in on.sources]
            await parts.configure(on.settings())
            before = len(on.server.log)
            await on.at(parts, 900)
            assert len(on.server.log) == before
            on.sources = [one | {"paused": False} for one in on.sources]
            await parts.configure(on.settings())
            await on.poll(parts)
            assert len(on.server.log) == before + 5

    async def go() -> None:
        async with world(tmp_path, workers) as on:
            await scene(on)

    asyncio.run(go())


@pytest.mark.long
def test_a_yaml_edit_under_a_running_daemon(tmp_path: Path) -> None:
    """Through the command line: an edit of the file adds one source, takes one away and makes one quicker."""
    files = {f"{name}.xml": rss(name) for name in "abc"}
    with serving(files) as server:
        every = lambda name, interval: {  # noqa: E731
            "id": name, "url": f"{server.address}/{name}.xml", "interval": interval,
        }  # fmt: skip
        polling = {"interval": "1h", "min_interval": "1s", "allow_private": True}
        config = write_config(tmp_path, [every("a", "1s"), every("b", "1h")], polling=dict(polling))
        with daemon(config):
            wait_until(lambda: [name for name, _ in server.seen].count("a.xml") >= 2, within=60)
            assert [name for name, _ in server.seen].count("b.xml") == 1
            write_config(tmp_path, [every("b", "1s"), every("c", "1h")], polling=dict(polling))
            wait_until(lambda: [name for name, _ in server.seen].count("b.xml") >= 3)
            wait_until(lambda: ("c.xml", 200) in server.seen)
            server.seen.clear()
            wait_until(lambda: [name for name, _ in server.seen].count("b.xml") >= 2)
            assert {name for name, _ in server.seen} == {"b.xml"}
        assert "took the changed configuration: 2 sources" in log_of(config)
        assert json.loads(config.read_text())["sources"][0]["id"] == "b"
