"""`aggregator doctor`: each check finds what is wrong; a sound installation is left alone."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner
from made import poll, sources, stored

from aggregator import native
from aggregator.cli import machine, program
from aggregator.cli.doctor import kernel
from aggregator.config import load
from aggregator.store import Store
from aggregator.web.passwords import hash_password
from tests.commands import ROOT, write_config
from tests.postgres import Server


def found(tmp_path: Path, **sections: object) -> dict[str, machine.Finding]:
    """The findings about a configuration's machine, by name."""
    settings = load(write_config(tmp_path, [], **sections), {"SECRET": "a secret of the environment"})
    return {each.check: each for each in machine.examine(settings)}


def doctor(config: Path, code: int) -> dict[str, dict[str, object]]:
    """What the command says, by check."""
    done = CliRunner().invoke(program, ["doctor", "--json", "--config", str(config)], standalone_mode=False)
    assert done.return_value == code, done.stdout
    return {one["check"]: one for one in map(json.loads, done.stdout.splitlines())}


def test_a_sound_installation(tmp_path: Path) -> None:
    """Exit 0, nothing to do; no database is made, as another user may have to; it is its owner's."""
    config = write_config(tmp_path, [])
    assert "not there yet" in str(doctor(config, 0)["database"]["found"])
    assert not (tmp_path / "news.db").exists()
    Store.open(f"sqlite:///{tmp_path}/news.db", now=lambda: datetime.now(UTC)).close()
    told = doctor(config, 0)
    assert [one for one in told.values() if not one["well"]] == []
    assert {"configuration", "database", "disk", "permissions", "network", "clock", "passwords", "backups",
            "open files", "proxies", "database's rights"} <= told.keys()  # fmt: skip
    assert (tmp_path / "news.db").stat().st_mode & 0o077 == 0


def test_the_kernel_is_told_of(monkeypatch: pytest.MonkeyPatch) -> None:
    """Compiled or not, all is well; where it is not, what would do."""
    monkeypatch.setattr(native, "kernel", object())
    assert (kernel().found, kernel().advice) == ("compiled", "")
    monkeypatch.setattr(native, "kernel", None)
    told = kernel()
    assert told.well
    assert "numpy" in told.found
    assert "compiler" in told.advice


def test_databases_that_are_not_well(tmp_path: Path) -> None:
    """Older, newer, damaged, something else, away: each says what to do, and is left as it is."""
    config, file = write_config(tmp_path, []), tmp_path / "news.db"
    stored(ROOT / "tests" / "data" / "databases" / "0014.sql", file)
    for script, words in (
        ("PRAGMA journal_mode = WAL", "db upgrade"),
        ("UPDATE alembic_version SET version_num = '9999'", "newer version made it"),
    ):
        with closing(sqlite3.connect(file)) as connection:
            connection.executescript(script)
        before = file.read_bytes()
        assert words in str(doctor(config, 1)["database"]["found"])
        assert file.read_bytes() == before
    file.write_bytes(file.read_bytes()[:4096] + b"\x55" * 40_000)
    assert "restore the last backup" in str(doctor(config, 1)["database"]["found"])
    file.write_text("These are my notes. " * 20)
    assert "not an SQLite database" in str(doctor(config, 1)["database"]["found"])
    away = write_config(tmp_path, [], database="postgresql+psycopg://me:secret@127.0.0.1:1/none")
    found = doctor(away, 1)["database"]
    assert "cannot be reached" in str(found["found"])
    assert "Does the server run" in str(found["advice"])
    assert "secret" not in str(found)


def test_a_wrong_clock(tmp_path: Path) -> None:
    """Behind the last poll that was stored."""
    later = datetime.now(UTC) + timedelta(days=1)
    store = Store.open(f"sqlite:///{tmp_path}/news.db", now=lambda: later)
    store.sync_sources(sources(1), lambda: 0.5)
    poll(store, later, "s0", [])
    store.close()
    listed = [{"id": "s0", "url": sources(1)[0].url}]
    assert "set it by NTP" in str(doctor(write_config(tmp_path, listed), 1)["clock"]["advice"])


@pytest.mark.postgres
def test_another_clock_than_the_server_s(tmp_path: Path, cluster: Server, monkeypatch) -> None:
    """Where daemons share a database, all clocks are to be one."""
    url = cluster.new_database()
    Store.open(url, now=lambda: datetime.now(UTC), upgrade=True).close()
    config = write_config(tmp_path, [], database=url)
    assert doctor(config, 0)["clock"]["well"]
    monkeypatch.setattr("aggregator.cli.doctor.now", lambda: datetime.now(UTC) - timedelta(hours=2))
    assert "7200 s behind" in str(doctor(config, 1)["clock"]["found"])


def test_a_broken_configuration(tmp_path: Path) -> None:
    """Exit 1, and the place in the file."""
    config = tmp_path / "aggregator.yaml"
    config.write_text("pollin: {}\n")
    done = CliRunner().invoke(program, ["doctor", "--config", str(config)], standalone_mode=False)
    assert done.return_value == 1
    assert "polling" in done.stdout


def test_passwords(tmp_path: Path) -> None:
    """As they are in the YAML they are complained of; as hashes or from the environment they are not."""
    assert found(tmp_path)["passwords"].well
    assert not found(tmp_path, web={"password": "as it is"})["passwords"].well
    assert found(tmp_path, web={"password": "${SECRET}"})["passwords"].well
    assert found(tmp_path, web={"password": hash_password("x")})["passwords"].well


def test_proxies(tmp_path: Path) -> None:
    """A public https address without a named proxy."""
    web = {"public_url": "https://news.example", "password": "${SECRET}"}
    assert "trusted_proxies" in found(tmp_path, web=web)["proxies"].advice
    assert found(tmp_path, web={**web, "trusted_proxies": ["127.0.0.1"]})["proxies"].well


def test_rights(tmp_path: Path) -> None:
    """Files that others can get at, where the folders let them through."""
    (tmp_path / "news.db").touch(0o600)
    assert found(tmp_path)["database's rights"].well
    (tmp_path / "news.db").chmod(0o644)
    folders = [each for each in tmp_path.resolve().parents if not each.stat().st_mode & 0o001]
    assert found(tmp_path)["database's rights"].well == bool(folders)
