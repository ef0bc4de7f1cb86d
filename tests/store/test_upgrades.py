"""Upgrades from every earlier schema, of databases that the programs of their time stored, on both kinds.

`tests/data/databases/make.py` made them, and says how the next one is made.
"""

from __future__ import annotations

import sqlite3
from contextlib import closing

import psycopg
import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from made import poll, prepared, sources, stored, words

from aggregator.errors import StoreError
from aggregator.model import TimelineSpec
from aggregator.store import Store, schema
from tests.commands import ROOT

DATABASES = ROOT / "tests" / "data" / "databases"
FILES = sorted(DATABASES.glob("*.sql"))
DUMPS = sorted((DATABASES / "postgres").glob("*.sql"))
VERSIONS = sorted((ROOT / "aggregator" / "store" / "migrations" / "versions").glob("v*.py"))
# PostgreSQL's take longer: the first, those with a step that it takes in another way, and the last.
SOON = ("0001", "0007", "0014", "0017")


def check(store: Store) -> None:
    """The schema is ours, and nothing is lost: stories, marks, corrections that can be undone."""
    with store.access.read() as connection:
        ours = {"include_object": lambda thing, name, kind, *_: not (kind == "table" and "search" in name)}
        context = MigrationContext.configure(connection, opts={**ours, "compare_type": False})
        assert compare_metadata(context, schema.metadata) == []
    assert store.upkeep.integrity() == []
    found = store.timeline(TimelineSpec())
    assert len(found) == 4
    assert {story.id: (story.read, story.starred) for story in found if story.read or story.starred} == {
        1: (True, True), 2: (True, False),
    }  # fmt: skip
    assert [story.id for story in store.timeline(TimelineSpec(search="bell"))] == [4, 1]
    assert [one.kind for one in store.corrections.listed()] == ["split"]
    store.corrections.undo(author="anna")
    assert len(store.timeline(TimelineSpec())) == 3
    assert store.upkeep.integrity() == []


@pytest.mark.parametrize("script", FILES, ids=lambda path: path.stem)
def test_sqlite(script, tmp_path, clock, caplog):
    """Whoever opens it upgrades it, and a copy of before is kept."""
    file = tmp_path / "news.db"
    stored(script, file)
    store = Store.open(f"sqlite:///{file}", now=clock)
    check(store)
    store.close()
    kept = tmp_path / f"news.db.schema-{script.stem}.bak"
    if script.stem == schema.REVISION:
        assert not kept.exists()
        return
    assert str(kept) in caplog.text
    with closing(sqlite3.connect(kept)) as connection:
        assert connection.execute("SELECT version_num FROM alembic_version").fetchone() == (script.stem,)


@pytest.mark.postgres
@pytest.mark.parametrize(
    "script",
    [pytest.param(each, marks=[] if each.stem in SOON else [pytest.mark.long]) for each in DUMPS],
    ids=lambda path: path.stem,
)
def test_postgresql(script, clock, cluster):
    """A daemon that meets an older schema says what to do; `db upgrade` does it."""
    url = cluster.new_database()
    with psycopg.connect(url.replace("+psycopg", ""), autocommit=True) as connection:
        connection.execute(script.read_bytes())
    if script.stem != schema.REVISION:
        with pytest.raises(StoreError, match=rf"schema {script.stem}.*run `aggregator db upgrade`"):
            Store.open(url, now=clock)
    store = Store.open(url, now=clock, upgrade=True, copy=False)
    check(store)
    store.close()


def test_an_older_program_can_read_evidence_again(store: Store, open_store, clock):
    """Downgraded, it has its shingles, as what was stored before; the detector finds copies by either."""
    store.sync_sources(sources(2), lambda: 0.5)
    poll(store, clock(), "s0", [prepared("a", "Report", words(1))])
    with store.access.database.write(person=True) as connection:
        migrations = Config()
        migrations.set_main_option("script_location", "aggregator:store/migrations")
        migrations.attributes["connection"] = connection
        command.downgrade(migrations, "0019")
        evidence = bytes(connection.exec_driver_sql("SELECT evidence FROM fingerprints").scalar_one())
    assert evidence[0] == 1
    again = open_store()
    poll(again, clock(), "s1", [prepared("b", "Copied", words(1))])
    assert len(again.timeline(TimelineSpec())) == 1


def test_every_schema_is_stored_but_the_last():
    """A revision that was in use needs its stored database here, to be upgraded by all later versions."""
    wanted = {path.stem[1:5] for path in VERSIONS} - {schema.REVISION}
    for found in (FILES, DUMPS):
        assert wanted <= {path.stem for path in found}, "tests/data/databases/make.py says how it is stored"


def test_a_newer_schema_is_refused(url, open_store):
    """With what to do; nothing is touched."""
    store = open_store()
    with store.access.database.write(person=True) as connection:
        connection.exec_driver_sql("UPDATE alembic_version SET version_num = '9999'")
    with pytest.raises(StoreError, match=r"newer version made it.*db restore"):
        open_store()
