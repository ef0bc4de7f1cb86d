"""rss2email and feed2exec, the real programs, take the merged feeds: each story once, over ten polls.

Between the polls come new stories, copies that are late, a text that changes, a merge and its undoing. Each
poll starts a program, so the suite has the first few, and ten are long.
"""

from __future__ import annotations

import mailbox
import os
import shutil
import subprocess
from collections import Counter
from collections.abc import Iterator
from email.header import decode_header, make_header
from pathlib import Path

import pytest
from syncroom import FERRY, ICE, Room, filled

from aggregator.dedup.rules import Rules
from aggregator.web.accounts import Account
from tests.web.conftest import Server

R2E = """\
[DEFAULT]
from = reader@localhost
to = reader@localhost
email-protocol = maildir
maildir-path = {mail}
maildir-mailbox = inbox
"""


@pytest.fixture
def room(tmp_path: Path) -> Iterator[Room]:
    """Four stories for whoever asks from this machine."""
    made = filled(tmp_path)
    made.readers = [Account("mina")]
    yield made
    made.store.close()


@pytest.fixture
def server(room: Room) -> Iterator[Server]:
    """Them over HTTP."""
    with Server(room.services()) as running:
        yield running


def program(name: str) -> str:
    """Where it is; missing, the test skips at home and fails in continuous integration."""
    found = shutil.which(name)
    if found is None:
        if os.environ.get("CI"):
            pytest.fail(f"{name} is missing; scripts/test installs it")
        pytest.skip(f"{name} is missing")
    return found


def subjects(folder: Path) -> Counter[str]:
    """The subjects of a maildir's messages, how often each came."""
    if not folder.exists():
        return Counter()
    return Counter(
        str(make_header(decode_header(message["subject"])))
        for message in mailbox.Maildir(folder, create=False)
    )


def happen(room: Room, turn: int) -> int:
    """What happens before a poll; returns how many new stories that brings."""
    room.clock.forward(minutes=20)
    match turn:
        case 1:
            room.tell("valley", "Ferry: winter timetable stays", FERRY)  # a late copy
        case 2:
            room.tell(
                "harbour", "Lamp room for rent", ["The lighthouse lets its lamp room.", "It is bright."]
            )
            return 1
        case 3:
            more = [*ICE, "By noon the jetty's café had sold its waffles and sent for flour."]
            room.tell("pier", "Ice carries on the upper lake", more)  # the text changes
        case 4:
            room.tell("harbour", "Ice carries, skaters say", ICE)
        case 5:
            room.store.corrections.merge(*sorted(room.ids().values())[:2], author="mina", rules=Rules())
        case 6:
            room.store.corrections.undo(author="mina", rules=Rules())
        case 7:
            room.tell("pier", "A ladder is missing", ["The pier's ladder was last seen at low tide."])
            return 1
    return 0


class Poll:
    """One poll by a program."""

    def __init__(self, *command: str, environ: dict[str, str]) -> None:
        self.command, self.environ = command, environ

    def __call__(self) -> None:
        """Run it."""
        run(*self.command, environ=self.environ)


def polls(room: Room, poll: Poll, inbox: Path, times: int) -> None:
    """Every story came once, and nothing else."""
    stories = 4
    poll()
    assert sum(subjects(inbox).values()) == stories
    for turn in range(1, times):
        stories += happen(room, turn)
        poll()
        came = subjects(inbox)
        assert sum(came.values()) == stories, (turn, came)
    assert set(came.values()) == {1}


def run(*command: str, environ: dict[str, str]) -> None:
    """Run a program that must end well."""
    done = subprocess.run(command, env=environ, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stdout + done.stderr


def at_home(folder: Path) -> dict[str, str]:
    """An environment with a home of its own."""
    folder.mkdir()
    kept = {name: value for name, value in os.environ.items() if not name.lower().endswith("_proxy")}
    return {**kept, "HOME": str(folder), "XDG_CONFIG_HOME": str(folder), "XDG_DATA_HOME": str(folder),
            "XDG_CACHE_HOME": str(folder), "PYTHONPATH": "", "LANG": "C.UTF-8"}  # fmt: skip


TEN = pytest.mark.long


@pytest.mark.parametrize(
    ("kind", "times"),
    [("atom", 4), pytest.param("atom", 10, marks=TEN), pytest.param("rss", 10, marks=TEN)],
)
def test_rss2email_sends_each_story_once(
    kind: str, times: int, room: Room, server: Server, tmp_path: Path
) -> None:
    """Into a maildir."""
    r2e, environ = program("r2e"), at_home(tmp_path / "home")
    config, data = tmp_path / "r2e.cfg", tmp_path / "r2e.json"
    mail = tmp_path / "mail"
    mail.mkdir()
    mailbox.Maildir(mail / "inbox")
    config.write_text(R2E.format(mail=mail), encoding="utf-8")
    at = (r2e, "-c", str(config), "-d", str(data))
    run(*at, "add", "merged", f"{server.address}/feed.{kind}", environ=environ)
    polls(room, Poll(*at, "run", environ=environ), mail / "inbox", times)


@pytest.mark.parametrize(
    ("kind", "times"),
    [("atom", 2), pytest.param("atom", 10, marks=TEN), pytest.param("rss", 10, marks=TEN)],
)
def test_feed2exec_sends_each_story_once(
    kind: str, times: int, room: Room, server: Server, tmp_path: Path
) -> None:
    """Into a maildir."""
    feed2exec, environ = program("feed2exec"), at_home(tmp_path / "home")
    mail = tmp_path / "mail"
    mail.mkdir()
    at = (feed2exec, "--config", str(tmp_path / "f.ini"), "--database", str(tmp_path / "f.db"))
    run(*at, "add", "merged", f"{server.address}/feed.{kind}", "--mailbox", str(mail), environ=environ)
    polls(room, Poll(*at, "fetch", environ=environ), mail / "merged", times)
