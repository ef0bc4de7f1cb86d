"""PostgreSQL is stopped for a while under a polling daemon: a few lines, nothing lost, nothing twice."""

from __future__ import annotations

import time
from pathlib import Path

import psycopg
import pytest

from tests.commands import daemon, log_of, wait_until, web_address, write_config
from tests.hostile_server import Answer, hostile, http, item, rss
from tests.postgres import MISSING, postgres, server_programs

pytestmark = [pytest.mark.long, pytest.mark.postgres, pytest.mark.timeout(300)]

SOURCES = 12


def feeds(edition: int) -> dict[str, Answer]:
    """Every source's feed with one more entry in each edition."""
    return {
        f"{n}.xml": http(rss(*(item(e, words=f"{'abcdefghijkl'[n]}pier") for e in range(edition + 1))))
        for n in range(SOURCES)
    }


def test_the_server_is_away_for_a_while(tmp_path: Path) -> None:
    """What was fetched when it went is stored when it is back; the daemon says so and needs nobody."""
    if server_programs() is None:
        pytest.skip(MISSING)
    with postgres() as server, hostile([], feeds(0)) as served:
        url = server.new_database()
        listed = [
            {"id": f"s{n}", "url": f"{served.address}/{n}.xml", "allow_private": True} for n in range(SOURCES)
        ]
        polling = {"interval": "1s", "min_interval": "1s", "lease": "3s", "per_host": 50}
        config = write_config(tmp_path, listed, polling=polling, database=url)

        def stored() -> int:
            with psycopg.connect(url.replace("+psycopg", "")) as connection:
                row = connection.execute(
                    "select count(*), count(distinct (source, guid)) from articles"
                ).fetchone()
            assert row is not None
            assert row[0] == row[1], "an article is there twice"
            return int(row[0])

        with daemon(config) as process:
            web_address(config, process, within=60)
            wait_until(lambda: stored() == SOURCES, within=60)
            lines = len(log_of(config).splitlines())
            served.extra.update(feeds(1))
            time.sleep(0.5)
            server.control("stop", "-m", "immediate")
            time.sleep(25)
            assert process.poll() is None
            server.control("start")
            served.extra.update(feeds(2))
            wait_until(lambda: stored() == SOURCES * 3, within=90, every=0.5)
            said = log_of(config).splitlines()[lines:]
        assert len(said) <= 15, "\n".join(said)
        assert not any("Traceback" in line for line in said), "\n".join(said)
