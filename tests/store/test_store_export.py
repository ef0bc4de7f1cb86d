"""Exports for research, citations that hold, and moving house between databases."""

from __future__ import annotations

import csv
import hashlib
import io
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from made import poll, prepared, sources, words
from sqlalchemy import select

from aggregator.cli import run
from aggregator.errors import NotFoundError, StoreError
from aggregator.model import TimelineSpec
from aggregator.store import Store
from aggregator.store.schema import metadata
from aggregator.topics import Topic, Topics

FACT = " The council counted 417 boats in Velmora on Sunday."
TOPICS = Topics([Topic("boats", "Boats", any=("boats",))])


def fill(store: Store, clock: Any) -> None:
    """Copies, revisions, a topic, marks, a split, a merge that was undone, changes, every script."""
    store.sync_sources(sources(3), lambda: 0.5)
    text = words("wire", 180) + FACT + "\n\n" + words("after", 60)
    poll(store, clock(), "s0", [prepared("a", "Boats counted", text, authors=("M. Hale",))], topics=TOPICS)
    poll(store, clock(), "s1", [prepared("b", "=SUM(boats)", text)], topics=TOPICS)
    poll(store, clock(), "s2", [prepared("c", "배를 세다 伊朗", words("c"))], topics=TOPICS)
    clock.forward(minutes=5)
    poll(store, clock(), "s1", [prepared("b", "=SUM(boats)", text.replace("417", "471"))], topics=TOPICS)
    store.mark("mina", [1], read=True, starred=True)
    store.corrections.merge(1, 2, author="mina", reason="no")
    store.corrections.undo(author="mina")
    store.corrections.split(2, author="mina", reason="another harbour")
    store.record.note_changes()


def everything(store: Store) -> dict[str, list[Any]]:
    """The rows of every table but those of running daemons."""
    with store.access.read() as connection:
        return {
            table.name: sorted(map(tuple, connection.execute(select(table))), key=repr)
            for table in metadata.sorted_tables
            if table.name != "daemons"
        }


@pytest.mark.parametrize("url", ["sqlite"], indirect=True)  # the other way is below
def test_moving_house_keeps_everything(store: Store, clock, tmp_path: Path):
    """Into a new SQLite file: the same rows; searches, corrections and new numbers go on."""
    fill(store, clock)
    other = Store.open(f"sqlite:///{tmp_path}/other.db", now=clock)
    try:
        counted = other.upkeep.move_in(store.upkeep.house())
        assert counted["articles"] == 3
        assert everything(other) == everything(store)
        assert other.upkeep.integrity() == []
        assert [one.id for one in other.timeline(TimelineSpec(search="title:배를"))] == [2]
        with pytest.raises(StoreError, match="not empty"):
            other.upkeep.move_in(store.upkeep.house())
    finally:
        other.close()


def test_moving_house_to_another_kind(open_store: Callable[[], Store], clock, tmp_path: Path):
    """From SQLite to whatever database this is: numbers go on after the last."""
    old = Store.open(f"sqlite:///{tmp_path}/old.db", now=clock)
    fill(old, clock)
    new = open_store()
    new.upkeep.move_in(old.upkeep.house())
    assert everything(new) == everything(old)
    assert new.access.database.name in ("sqlite", "postgresql")
    new.corrections.split(1, author="mina") if len(new.story(1).articles) > 1 else new.corrections.merge(
        1, 2, author="mina"
    )
    assert len(new.corrections.listed()) == len(old.corrections.listed()) + 1
    new.sync_sources(sources(5), lambda: 0.5)
    clock.forward(minutes=5)
    poll(new, clock(), "s4", [prepared("d", "A new one", words("d"))])
    assert new.upkeep.integrity() == []
    old.close()


@pytest.mark.parametrize("url", ["sqlite"], indirect=True)  # the databases have no part in it
def test_half_a_house_is_refused(store: Store, clock, tmp_path: Path):
    """Cut, damaged, of another schema, or no house at all: nothing is kept."""
    fill(store, clock)
    lines = list(store.upkeep.house())
    other = Store.open(f"sqlite:///{tmp_path}/other.db", now=clock)
    for given, said in (
        (lines[:-1], "not whole"),
        (lines[:40] + lines[41:], "not whole"),
        (["{}"], "is no file of"),
        (['{"format":"aggregator-house-1","schema":"0001"}'], "written with schema 0001"),
        ([lines[0], "nonsense"], "line 2"),
        ([lines[0], "[1]"], "without a table"),
        ([], "not whole"),
    ):
        with pytest.raises(StoreError, match=said):
            other.upkeep.move_in(given)
        assert other.upkeep.stats()["articles"] == 0
        assert other.instance != store.instance
    other.close()


def test_citations_hold(store: Store, clock):
    """Each text of an article by number, from when to when; after a split it is of another story."""
    fill(store, clock)
    first, second = store.record.cited(2, 1), store.record.cited(2, 2)
    assert ("417" in first.text, "471" in second.text) == (True, True)
    assert (first.until, second.since, second.until) == (clock(), clock(), None)
    assert (first.story, first.last) == (3, 2)
    assert first.text_sha256 != second.text_sha256
    with pytest.raises(NotFoundError, match="text 3 of article 2"):
        store.record.cited(2, 3)
    with pytest.raises(NotFoundError, match="no article 9"):
        store.record.cited(9, 1)
    for n in range(25):
        clock.forward(minutes=1)
        poll(store, clock(), "s0", [prepared("a", "Boats counted", words(("again", n)))])
    assert store.record.cited(1, 1).title == "Boats counted"
    assert store.record.cited(1, 26).until is None
    assert store.record.cited(1, 10).since is not None
    with pytest.raises(NotFoundError, match="the first and the last twenty are kept"):
        store.record.cited(1, 3)


@pytest.fixture
def config(tmp_path: Path, clock) -> str:
    """The same behind a configuration."""
    url = f"sqlite:///{tmp_path}/news.db"
    store = Store.open(url, now=clock)
    fill(store, clock)
    store.close()
    path = tmp_path / "aggregator.yaml"
    listed = [{"id": one.id, "url": one.url} for one in sources(3)]
    topics = {"boats": {"any": ["boats"]}}
    path.write_text(json.dumps({"database": url, "sources": listed, "topics": topics}), encoding="utf-8")
    return str(path)


def test_exports_for_research(config: str, capsys: pytest.CaptureFixture[str], tmp_path: Path):
    """As JSON Lines, CSV and CSL-JSON: hashes, times, revisions, decisions, citations."""
    assert run(["export", "--topic", "boats", "--config", config]) == 0
    made = [json.loads(line) for line in capsys.readouterr().out.splitlines()]
    assert {one["id"] for one in made} == {1, 3}
    split = next(one for one in made if one["id"] == 3)
    (article,) = split["articles"]
    assert (article["revision"], article["cite"]) == (2, "/stories/3@2.2")
    assert article["revisions"][0]["cite"] == "/stories/3@2.1"
    assert len(article["text_sha256"]) == len(article["revisions"][0]["raw_sha256"]) == 64
    assert article["first_seen"] == "2026-11-24T12:00:00Z"
    assert [one["kind"] for one in split["corrections"]] == ["split"]
    out = tmp_path / "out.csv"
    assert run(["export", "--format", "csv", "-o", str(out), "--config", config]) == 0
    rows = list(csv.DictReader(io.StringIO(out.read_text(encoding="utf-8"))))
    assert {row["title"] for row in rows} == {"Boats counted", "'=SUM(boats)", "배를 세다 伊朗"}
    assert "471" in next(row for row in rows if row["article"] == "2")["text"]
    assert run(["export", "--format", "csl-json", "--search", "title:counted", "--config", config]) == 0
    (item,) = json.loads(capsys.readouterr().out)
    assert (item["author"], item["issued"]) == ([{"literal": "M. Hale"}], {"date-parts": [[2026, 11, 24]]})
    assert item["archive_location"] == "http://127.0.0.1:8787/stories/1@1.1"
    assert run(["export", "--topic", "none", "--config", config]) == 2


def test_moving_house_on_the_command_line(config: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    """Through a compressed file that only its owner reads; into a database that is not empty it goes not."""
    house, new = tmp_path / "house.jsonl.gz", tmp_path / "new.yaml"
    assert run(["export", "--all", str(house), "--config", config]) == 0
    assert house.stat().st_mode & 0o077 == 0
    settings = json.loads(Path(config).read_text(encoding="utf-8"))
    new.write_text(json.dumps(settings | {"database": f"sqlite:///{tmp_path}/new.db"}), encoding="utf-8")
    assert run(["import", str(house), "--config", str(new)]) == 0
    assert "3 stories, 3 articles: moved in" in capsys.readouterr().err
    assert run(["import", str(house), "--config", str(new)]) == 1
    house.write_bytes(hashlib.sha256(b"no").digest())
    assert run(["import", str(house), "--config", str(new)]) == 1
    assert run(["export", "--all", str(house), "--topic", "boats", "--config", config]) == 2
    assert not list(tmp_path.glob("*.part"))
