"""Several daemons on one PostgreSQL: each source once, hosts spared, one result, whoever dies."""

from __future__ import annotations

import json
import os
import sqlite3
import time
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest
from ruamel.yaml import YAML

from aggregator import cli
from aggregator.cli import polling
from aggregator.config import Settings, load
from aggregator.engine.sharing import begin
from aggregator.errors import ConfigError
from aggregator.jobs import Job
from aggregator.jobs import run as run_job
from aggregator.model import Update
from aggregator.store import Daemon, Store
from tests.cluster import Cluster, FeedServer, agreement, cluster, feed, serving_feeds
from tests.commands import ROOT, log_of, wait_until, write_config
from tests.commands import daemon as run_daemon
from tests.postgres import MISSING, Server, postgres, server_programs

pytestmark = pytest.mark.postgres


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    """A private PostgreSQL."""
    if server_programs() is None:
        if os.environ.get("CI"):
            pytest.fail(MISSING)
        pytest.skip(MISSING)
    with postgres() as started:
        yield started


def everything_once(daemons: Cluster, feeds: FeedServer, per_host: int) -> None:
    """No source twice, no host beyond its limit, every article there and sound."""
    assert set(feeds.asked().values()) == {1}
    assert len(feeds.asked()) == feeds.sources
    assert feeds.most_at_once() <= per_host
    assert len(daemons.partition()) == feeds.sources * feeds.entries


def alone(tmp_path: Path, feeds: FeedServer) -> dict[tuple[str, str], int]:
    """The partition that one process on SQLite makes of the same feeds, one after the other."""
    now = datetime.now(UTC)
    settings = load(
        write_config(tmp_path, feeds.listed(), database=f"sqlite:///{tmp_path}/alone.db"), os.environ
    )
    store = Store.open(settings.database, now=lambda: now)
    store.sync_sources(settings.sources, lambda: 0.5)
    for n, source in enumerate(settings.sources):
        body = feed(n, feeds.entries, feeds.at)
        parsed = run_job(Job(body, source.url, "application/rss+xml", source, {}, frozenset(), now))
        update = Update(
            source.id, now, "fetched", now, prepared=parsed.prepared, present=parsed.present, info=parsed.info
        )
        store.arrivals.apply(update, rules=settings.rules(), topics=settings.topics)
    store.close()
    with closing(sqlite3.connect(tmp_path / "alone.db")) as connection:
        rows = connection.execute("SELECT s.id, guid, story FROM articles JOIN sources s ON s.no = source")
        return {(source, guid): story for source, guid, story in rows}


def look(daemons: Cluster) -> tuple[list[str], list[Daemon]]:
    """What is wrong with the database, and who says that it lives."""
    store = Store.open(daemons.url, now=lambda: datetime.now(UTC))
    try:
        return store.upkeep.integrity(), store.daemons.listed()
    finally:
        store.close()


def test_two_daemons_share_the_work_and_the_configuration(
    tmp_path: Path, server: Server, capsys: pytest.CaptureFixture[str]
) -> None:
    """One places and polls with the file, one only polls, with the database's address and nothing else."""
    with (
        serving_feeds(FeedServer(sources=24, hosts=6)) as feeds,
        cluster(tmp_path, server.new_database()) as daemons,
    ):
        config = daemons.configure(feeds, concurrency=4)
        first = daemons.start("--config", str(config))
        second = daemons.start("--roles", "poll", env={"AGGREGATOR_DATABASE": daemons.url})
        wait_until(lambda: daemons.placed() == feeds.sources, within=60)
        everything_once(daemons, feeds, per_host=2)
        assert cli.run(["daemons", "--database", daemons.url, "--json"]) == 0
        listed = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
        assert {(each["alive"], *each["roles"]) for each in listed} == {
            (True, "place", "poll", "web"),
            (True, "poll"),
        }
        # A saved change reaches the daemon without the file, and what is new is polled, once.
        feeds.sources += 2
        daemons.configure(feeds, concurrency=4)
        for each in (first, second):
            wait_until(lambda each=each: "took the changed configuration: 26" in each.said(), within=20)
        wait_until(lambda: daemons.placed() == feeds.sources, within=30)
        everything_once(daemons, feeds, per_host=2)
        assert look(daemons)[0] == []
        daemons.stop()
        did = [each.did() for each in (first, second)]
        assert sum(each["polls"] for each in did) == feeds.sources
        assert did[1]["polls"] > 0
        assert (did[0]["new"], did[1]["new"]) == (feeds.sources * feeds.entries, 0)
        assert look(daemons) == ([], [])
        assert agreement(daemons.partition(), alone(tmp_path, feeds)) >= 0.995


@pytest.mark.long
def test_a_second_daemon_on_one_sqlite_file_is_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """One clear line; a page beside the daemon is fine; half a daemon is wrong use."""
    config = write_config(tmp_path, [])
    with run_daemon(config), cluster(tmp_path, "") as beside:
        wait_until(lambda: "page:" in log_of(config), within=60)
        page = beside.start("--config", str(config), "--roles", "web")
        assert cli.run(["run", "--config", str(config)]) == 1
        refused = capsys.readouterr().err.splitlines()[-1]
        assert "another daemon (process" in refused
        assert "PostgreSQL" in refused
        assert cli.run(["run", "--roles", "poll", "--config", str(config)]) == 2
        assert "both roles" in capsys.readouterr().err
        wait_until(lambda: "page:" in page.said(), within=60)
    assert cli.run(["run", "--roles", "pull", "--config", str(config)]) == 2
    assert "none of: place, poll, web" in capsys.readouterr().err


@pytest.mark.long
@pytest.mark.timeout(400)
def test_ten_restarts_cause_no_request_more(tmp_path: Path, server: Server) -> None:
    """Killed while its requests are under way and started again, a daemon asks nothing twice within a lease.

    (The suite holds the store to the same: `test_losses_in_a_row_are_tried_ever_later` and its neighbours.)
    """
    with (
        serving_feeds(FeedServer(sources=6, hosts=3, delay=900)) as feeds,
        cluster(tmp_path, server.new_database()) as daemons,
    ):
        config = daemons.configure(feeds, lease="10m")
        for number in range(10):
            one = daemons.start("--config", str(config), "--roles", "poll,place", name=f"start {number}")
            wait_until(lambda one=one: "sources from" in one.said(), within=60)
            wait_until(lambda: len(feeds.seen) == feeds.sources, within=20)
            time.sleep(1.2)  # a tick, at least
            one.kill()
        assert set(feeds.asked().values()) == {1}


def test_the_file_that_changed_last_holds_for_all(tmp_path: Path, server: Server) -> None:
    """A daemon with another file takes it to all; one that comes back with its old file changes nothing."""
    url = server.new_database()
    now = lambda: datetime.now(UTC)  # noqa: E731
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    feeds = FeedServer(sources=2, hosts=1, port=9)
    mine = write_config(tmp_path / "a", feeds.listed()[:1], database=url, include=["more/*.yaml"])
    (tmp_path / "a" / "more").mkdir()
    (tmp_path / "a" / "more" / "t.yaml").write_text("terms: {x: [y, '${WORD}']}", encoding="utf-8")
    theirs = write_config(tmp_path / "b", feeds.listed(), database=url)
    environ = {"WORD": "z"}
    one = begin(mine, environ, None, now)
    assert one is not None
    assert one.settings.terms == {"x": ("y", "z")}
    only = begin(None, {"WORD": "w"}, url, now)
    assert only is not None
    assert (only.settings.database, only.settings.terms) == (url, {"x": ("y", "w")})
    with pytest.raises(ConfigError, match="WORD is not set"):
        begin(None, {}, url, now)
    two = begin(theirs, environ, None, now)
    assert two is not None
    store = Store.open(url, now=now)
    for each in (one, only):
        assert each.sharing is not None
        news = each.sharing.news(store)
        assert isinstance(news, Settings)
        assert news.sources == two.settings.sources
        assert each.sharing.news(store) is None
    store.close()
    again = begin(mine, environ, None, now)
    assert again is not None
    assert again.settings.sources == two.settings.sources
    assert begin(None, environ, server.new_database(), now) is None
    with pytest.raises(ConfigError, match="SQLite"):
        begin(None, environ, f"sqlite:///{tmp_path}/x.db", now)


@pytest.mark.long
@pytest.mark.timeout(300)
def test_four_daemons_one_of_which_is_killed(tmp_path: Path, server: Server) -> None:
    """Its sources are polled by the others within the lease, and nothing is lost."""
    lease = 6.0
    with (
        serving_feeds(FeedServer(sources=120, hosts=30, delay=1.0)) as feeds,
        cluster(tmp_path, server.new_database()) as daemons,
    ):
        config = daemons.configure(feeds, lease="6s")
        daemons.start("--config", str(config), "--roles", "poll,place")
        for roles in ("poll,place", "poll,place", "poll"):
            daemons.start("--database", daemons.url, "--roles", roles)
        wait_until(lambda: len(feeds.seen) >= 100, within=90)
        victim = daemons.running[1]
        held = "SELECT id FROM sources WHERE lease_until IS NOT NULL AND lease_owner LIKE '%%:{}:%%'"
        victim.kill()
        killed = time.monotonic()
        lost = {source for (source,) in daemons.query(held.format(victim.process.pid))}
        assert lost
        (longest,) = daemons.query("SELECT max(lease_until) - 1e6 * extract(epoch FROM now()) FROM sources")
        assert float(longest[0]) / 1e6 <= lease
        wait_until(lambda: daemons.placed() == feeds.sources, within=60)
        asked = feeds.asked()
        assert {source for source, count in asked.items() if count > 1} <= lost
        assert max(asked.values()) <= 2
        again = [each.at for each in feeds.seen if f"s{each.path[1:-4]}" in lost and each.at > killed]
        assert max(again) - killed < lease + 4.0  # ticks, and a free place
        assert feeds.most_at_once() <= 2
        assert len(daemons.partition()) == feeds.sources * feeds.entries
        assert agreement(daemons.partition(), alone(tmp_path, feeds)) >= 0.995
        assert look(daemons)[0] == []


@pytest.mark.long
@pytest.mark.timeout(300)
def test_the_server_restarts_while_four_daemons_work(tmp_path: Path, server: Server) -> None:
    """A PostgreSQL that is restarted costs a pause; one that crashes, the last results, which come again."""
    with (
        serving_feeds(FeedServer(sources=120, hosts=30, delay=0.5)) as feeds,
        cluster(tmp_path, server.new_database()) as daemons,
    ):
        config = daemons.configure(feeds, concurrency=4, lease="6s")
        daemons.start("--config", str(config), "--roles", "poll,place")
        for roles in ("poll,place", "poll", "place"):
            daemons.start("--database", daemons.url, "--roles", roles)
        wait_until(lambda: len(feeds.seen) >= 40, within=60)
        server.control("restart", "-m", "fast")
        wait_until(lambda: len(feeds.seen) >= 80, within=60)
        assert set(feeds.asked().values()) == {1}
        server.control("restart", "-m", "immediate")
        wait_until(lambda: daemons.placed() == feeds.sources, within=90)
        assert all(each.process.poll() is None for each in daemons.running)
        assert len(daemons.partition()) == feeds.sources * feeds.entries
        assert max(feeds.asked().values()) <= 2
        assert look(daemons)[0] == []


def test_the_compose_file_asks_for_what_there_is(tmp_path: Path) -> None:
    """It is not run here; but its commands are accepted, and its configuration loads with the shipped one."""
    text = (ROOT / "compose.yaml").read_text(encoding="utf-8")
    composed = YAML(typ="safe", pure=True).load(text)
    daemons = {name: each for name, each in composed["services"].items() if name != "database"}
    assert len(daemons) == 3
    config = tmp_path / "cluster.yaml"
    # Compose writes $$ for a plain $.
    config.write_text(composed["configs"]["cluster"]["content"].replace("$$", "$"), encoding="utf-8")
    (tmp_path / "yours").symlink_to(ROOT / "config")
    settings = load(config, {"AGGREGATOR_PASSWORD": "p"})
    assert settings.web.password == "p"
    assert settings.sources
    roles = set()
    for each in daemons.values():
        name, *arguments = each["command"]
        assert name == "run"
        with polling.run.make_context("run", arguments) as context:
            roles |= context.params["roles"]
            given = context.params["config_path"] is not None
        assert given == bool(each.get("configs"))
        assert set(each["environment"]) == {"AGGREGATOR_DATABASE", "AGGREGATOR_PASSWORD"}
    assert roles == {"poll", "place", "web"}
