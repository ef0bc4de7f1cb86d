"""newsboat, the real program, reads and marks through the Miniflux and the Google Reader API."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from syncroom import ICE, PASSWORD, Room, filled
from terminal import Terminal

from tests.commands import wait_until
from tests.web.conftest import Server

NEWSBOAT = shutil.which("newsboat")
MINIFLUX = """\
urls-source "miniflux"
miniflux-url "{address}/"
miniflux-login "mina"
miniflux-password "{password}"
"""
GREADER = """\
urls-source "feedhq"
feedhq-url "{address}"
feedhq-login "mina"
feedhq-password "{password}"
feedhq-show-special-feeds no
feedhq-flag-star "b"
"""


@pytest.fixture
def room(tmp_path: Path) -> Iterator[Room]:
    """Four stories that have settled."""
    made = filled(tmp_path)
    yield made
    made.store.close()


@pytest.fixture
def server(room: Room) -> Iterator[Server]:
    """Them over HTTP."""
    with Server(room.services()) as running:
        yield running


class Newsboat:
    """One person's newsboat, with a home of its own."""

    def __init__(self, home: Path, config: str) -> None:
        folder = home / ".newsboat"
        folder.mkdir(parents=True)
        (folder / "config").write_text(config, encoding="utf-8")
        self.home = home
        self.environ = {**os.environ, "HOME": str(home), "TERM": "xterm", "LANG": "C.UTF-8", "no_proxy": "*"}

    def run(self, *commands: str) -> str:
        """What it prints without a terminal."""
        done = subprocess.run(
            ["newsboat", "-x", *commands],
            env=self.environ,
            capture_output=True,
            text=True,
            timeout=60,
            cwd=self.home,
        )
        return done.stdout + done.stderr

    def terminal(self) -> Terminal:
        """It, in a terminal."""
        return Terminal(["newsboat"], self.environ, self.home)


@pytest.fixture(params=["miniflux", "greader"])
def newsboat(request: pytest.FixtureRequest, tmp_path: Path, server: Server) -> Newsboat:
    """newsboat with an account of ours, by either protocol."""
    if NEWSBOAT is None:
        if os.environ.get("CI"):
            pytest.fail("newsboat is missing; scripts/test installs it")
        pytest.skip("newsboat is missing")
    config = MINIFLUX if request.param == "miniflux" else GREADER
    return Newsboat(tmp_path / request.param, config.format(address=server.address, password=PASSWORD))


def test_it_reads_and_marks(newsboat: Newsboat, room: Room) -> None:
    """Every story once; a story that is opened there is read here, and the other way round."""
    assert "4 unread articles" in newsboat.run("reload", "print-unread")
    with newsboat.terminal() as screen:
        screen.wait_for("Pier Post")
        screen.press("n\r")  # the next feed with something unread …
        screen.wait_for("Articles in feed")
        screen.press("\r")  # … and its first article
        screen.wait_for("Link: ")
        screen.press("q")  # it is marked when one has read it
        wait_until(lambda: sum(read for read, _ in room.marks().values()) == 1, 20)
    assert "3 unread articles" in newsboat.run("reload", "print-unread")
    room.store.mark("mina", [room.ids()["Goats"], room.ids()["Bell"]], read=True)
    left = 4 - sum(read for read, _ in room.marks().values())
    assert f"{left} unread articles" in newsboat.run("reload", "print-unread")
    assert set(room.marks("ole").values()) == {(False, False)}


def test_it_marks_everything_and_takes_what_is_new(newsboat: Newsboat, room: Room) -> None:
    """`C` marks all feeds; a copy that comes late is nothing new, another story is."""
    newsboat.run("reload")
    with newsboat.terminal() as screen:
        screen.wait_for("Pier Post")
        screen.press("C")
        screen.wait_for("mark all feeds as read")
        screen.press("y")
        wait_until(lambda: all(read for read, _ in room.marks().values()), 20)
    assert "0 unread articles" in newsboat.run("reload", "print-unread")
    room.tell("harbour", "Ice carries, skaters say", ICE)
    room.tell(
        "valley", "A sledge is found", ["It had been lost for a winter.", "It is red again, its owner said."]
    )
    room.clock.forward(minutes=10)
    assert "1 unread articles" in newsboat.run("reload", "print-unread")
