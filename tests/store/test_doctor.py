"""`aggregator doctor`: each check finds what is wrong; a sound installation is left alone."""

from __future__ import annotations

import json
from pathlib import Path

from click.testing import CliRunner

from aggregator.cli import machine, program
from aggregator.config import load
from aggregator.web.passwords import hash_password
from tests.commands import write_config


def found(tmp_path: Path, **sections: object) -> dict[str, machine.Finding]:
    """The findings about a configuration's machine, by name."""
    settings = load(write_config(tmp_path, [], **sections), {"SECRET": "a secret of the environment"})
    return {each.check: each for each in machine.examine(settings)}


def test_a_sound_installation(tmp_path: Path) -> None:
    """Exit 0, nothing to do; the database that was made on the way is its owner's."""
    config = write_config(tmp_path, [])
    done = CliRunner().invoke(program, ["doctor", "--json", "--config", str(config)], standalone_mode=False)
    told = [json.loads(line) for line in done.stdout.splitlines()]
    assert [one for one in told if not one["well"]] == []
    assert {"configuration", "database", "disk", "permissions", "network", "clock", "passwords", "backups",
            "open files", "proxies", "database's rights"} <= {one["check"] for one in told}  # fmt: skip
    assert done.return_value == 0
    assert (tmp_path / "news.db").stat().st_mode & 0o077 == 0


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
