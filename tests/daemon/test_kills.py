"""kill -9 at random moments during polling: nothing twice, nothing half, polling goes on where it was due."""

from __future__ import annotations

import random
import sqlite3
import time
from pathlib import Path

import pytest

from tests.commands import aggregator, daemon, wait_until, write_config
from tests.fileserver import serving

WORDS = (  # noqa: SIM905
    "harbour council bridge winter market engine letter garden minister railway signal copper island "
    "school meadow orchard lantern chapel ferry quarry mill station tower valley forest glacier"
).split()


def feed(number: int, edition: int) -> bytes:
    """A feed of eight invented reports; the newer edition has four more. Odd feeds copy even ones."""
    items = []
    for item in range(8 + 4 * edition):
        chance = random.Random(f"{number // 2}:{item}")
        text = " ".join(chance.choices(WORDS, k=120))
        items.append(
            f"<item><title>{' '.join(chance.choices(WORDS, k=6))}</title>"
            f"<guid isPermaLink='false'>{number}-{item}</guid>"
            f"<link>http://outlet{number}.example/{item}</link><description>{text}</description></item>"
        )
    return (
        f"<rss version='2.0'><channel><title>Outlet {number}</title>{''.join(items)}</channel></rss>".encode()
    )


def invariants(database: Path, sources: int, per_source: int | None) -> int:
    """No guid twice, no half article, no story without exactly one canonical member; returns the articles."""
    with sqlite3.connect(database) as connection:
        one = lambda query: connection.execute(query).fetchone()[0]  # noqa: E731
        assert one("pragma integrity_check") == "ok"
        twice = connection.execute(
            "select source, guid from articles group by 1, 2 having count(*) > 1"
        ).fetchall()
        assert twice == []
        if per_source is not None:
            counts = dict(
                connection.execute(
                    "select s.id, count(*) from articles a join sources s on s.no = a.source group by 1"
                )
            )
            assert counts == {f"s{number}": per_source for number in range(sources)}
        return int(one("select count(*) from articles"))


def survive(tmp_path: Path, kills: int, seed: int) -> None:
    """Kill the daemon ``kills`` times while it polls slow sources, then let it finish."""
    chance = random.Random(seed)
    sources = 24
    files = {f"{number}.xml": feed(number, 0) for number in range(sources)}
    with serving(files, delay=0.05) as server:
        listed = [{"id": f"s{number}", "url": f"{server.address}/{number}.xml"} for number in range(sources)]
        config = write_config(tmp_path, listed)
        before = 0
        for round_ in range(kills):
            if round_ == kills // 2:
                files.update({f"{number}.xml": feed(number, 1) for number in range(sources)})
            with daemon(config, kill=True):
                time.sleep(chance.uniform(1.0, 4.0))
            if (tmp_path / "news.db").exists():
                try:
                    now = invariants(tmp_path / "news.db", sources, None)
                except sqlite3.OperationalError as error:  # killed before the first migration was committed
                    assert "no such table" in str(error)  # noqa: PT017
                    now = 0
                assert now >= before, "articles were lost"
                before = now
        files.update({f"{number}.xml": feed(number, 1) for number in range(sources)})

        def complete() -> bool:
            try:
                with sqlite3.connect(tmp_path / "news.db") as connection:
                    total: int = connection.execute("select count(*) from articles").fetchone()[0]
            except sqlite3.OperationalError:  # the daemon has not made it yet
                return False
            return total == sources * 12

        with daemon(config):
            wait_until(complete, within=400)
        invariants(tmp_path / "news.db", sources, 12)
        aggregator("db", "check", config=config)


@pytest.mark.timeout(450)
def test_three_kills(tmp_path: Path) -> None:
    """Three random kills leave a sound database, and what was due is polled."""
    survive(tmp_path, kills=3, seed=1)


@pytest.mark.long
@pytest.mark.timeout(1800)
def test_thirty_kills(tmp_path: Path) -> None:
    """Thirty random kills leave a sound database, and what was due is polled."""
    survive(tmp_path, kills=30, seed=2)
