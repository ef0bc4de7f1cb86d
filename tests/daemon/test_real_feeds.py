"""A hundred real feeds as they were served, from a real server on loopback, through the real commands."""

from __future__ import annotations

import io
import json
import sqlite3
import tarfile
from collections import Counter
from pathlib import Path

import feedparser
import pytest

from tests.commands import SHARED, aggregator, lines, write_config
from tests.fileserver import serving

pytestmark = [pytest.mark.shared, pytest.mark.timeout(280)]
ARCHIVE = SHARED / "data" / "feeds.tar.xz"


def read_archive() -> dict[str, bytes]:
    """Every feed of the archive by its name."""
    if not ARCHIVE.exists():
        pytest.skip("../shared/data/feeds.tar.xz is not here")
    with tarfile.open(ARCHIVE) as archive:
        members = [member for member in archive if member.isfile()]
        return {Path(one.name).name: archive.extractfile(one).read() for one in members}  # type: ignore[union-attr]


def authority(body: bytes) -> int:
    """How many different entries feedparser finds, which reads no JSON Feed."""
    if body.lstrip().startswith(b"{"):
        return len(json.loads(body)["items"])
    found = feedparser.parse(io.BytesIO(body), sanitize_html=False, resolve_relative_uris=False)
    return len({json.dumps(entry, sort_keys=True, default=str) for entry in found.entries})


def test_every_entry_of_a_hundred_real_feeds_is_stored_once(tmp_path: Path) -> None:
    """No source in error, as many entries as feedparser finds, and a second pass that stores nothing."""
    files = read_archive()
    with serving(files) as server:
        sources = [{"id": name[:-4], "url": f"{server.address}/{name}"} for name in sorted(files)]
        config = write_config(tmp_path, sources)
        first = lines(aggregator("poll", "--all", "--json", config=config, timeout=250))
        assert {line["source"]: line["error"] for line in first if line["status"] != "fetched"} == {}
        found = {line["source"]: line["entries"] for line in first}
        expected = {name[:-4]: authority(body) for name, body in files.items()}
        assert {
            name: (found.get(name), count) for name, count in expected.items() if found.get(name) != count
        } == {}

        with sqlite3.connect(tmp_path / "news.db") as database:
            stored = Counter(
                dict(
                    database.execute(
                        "select s.id, count(*) from articles a join sources s on s.no = a.source group by 1"
                    )
                )
            )
        assert stored == Counter({name: count for name, count in expected.items() if count})

        second = lines(aggregator("poll", "--all", "--json", config=config, timeout=250))
        assert Counter(line["status"] for line in second if line["status"] != "unchanged") == {}
        with sqlite3.connect(tmp_path / "news.db") as database:
            assert sum(stored.values()) == database.execute("select count(*) from articles").fetchone()[0]
        aggregator("db", "check", config=config)
