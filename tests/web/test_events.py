"""New stories announce themselves; pieces of pages are made once for as long as nothing changes."""

from __future__ import annotations

import json
import re
import threading
import urllib.request
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import newsroom
import pytest
from fastapi.testclient import TestClient

from aggregator.web.fragments import Fragments
from tests.web.conftest import Server


def lines(address: str) -> Iterator[str]:
    """The lines of a stream, without blank ones."""
    with urllib.request.urlopen(address, timeout=20) as answer:
        assert answer.headers["Content-Type"].startswith("text/event-stream")
        for line in answer:
            if text := line.decode().strip():
                yield text


def test_a_stream_tells_how_many_have_come(server: Server, room: newsroom.Newsroom) -> None:
    """What is there is counted at once, what comes later within a second or two; by topic, too."""
    newest = max(room.stories)
    stream = lines(f"{server.address}/events?after={newest - 2}")
    assert next(stream).startswith("retry: ")
    assert (next(stream), json.loads(next(stream).removeprefix("data: "))) == (
        "event: stories",
        {"count": 2, "more": False},
    )
    topical = lines(f"{server.address}/events?after={newest}&topic=tehran-pyongyang")
    next(topical)
    room.stories[newest + 1] = replace(room.stories[16], id=newest + 1)
    room.changes += 1
    next(stream)
    assert json.loads(next(stream).removeprefix("data: "))["count"] == 3
    next(topical)
    assert json.loads(next(topical).removeprefix("data: "))["count"] == 1
    stream.close()  # type: ignore[attr-defined]
    topical.close()  # type: ignore[attr-defined]


def test_a_stream_ends_when_the_server_does(room: newsroom.Newsroom) -> None:
    """Whoever listens is let go, so that a daemon need not wait for its readers."""
    closing = threading.Event()
    services = replace(newsroom.services(room), closing=closing.is_set)
    with Server(services) as server:
        stream = lines(f"{server.address}/events?after={max(room.stories)}")
        next(stream)
        closing.set()
        assert list(stream) == []


def test_strange_numbers_are_refused(client: TestClient) -> None:
    """A query that cannot be meant is a 422, not a stream."""
    assert client.get("/events?after=-1").status_code == 422
    assert client.get("/events?after=99999999999").status_code == 422


def test_requests_at_once_make_a_piece_once() -> None:
    """Twenty threads ask for a piece that is not there; one makes it. Another version makes it anew."""
    made: list[int] = []
    ready = threading.Barrier(20)
    fragments = Fragments[int]()

    def ask(version: int) -> None:
        ready.wait()
        assert fragments.get("page", lambda: version, lambda: made.append(version) or version) == version

    for version in (1, 2):
        threads = [threading.Thread(target=ask, args=(version,)) for _ in range(20)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert made == [1, 2]


def test_a_version_that_comes_meanwhile_makes_a_piece_once() -> None:
    """Who began under the version before takes what was made under the new one."""
    fragments, made = Fragments[int](), list[int]()
    version, making, go_on = [1], threading.Event(), threading.Event()

    def make() -> int:
        made.append(version[0])
        making.set()
        go_on.wait(5)
        return version[0]

    threads = [
        threading.Thread(target=fragments.get, args=("page", lambda: version[0], make)) for _ in range(8)
    ]
    threads[0].start()
    making.wait(5)
    for thread in threads[1:]:
        thread.start()
    version[0] = 2  # while the first is being made, and the others wait
    go_on.set()
    for thread in threads:
        thread.join()
    assert made == [1, 2]
    assert fragments.peek("page", 1) is None
    assert fragments.peek("page", 2) == 2


def test_the_least_asked_for_goes_first() -> None:
    """The cache is bounded; what is used stays."""
    fragments = Fragments[str](kept=2)
    for key in ("a", "b", "a", "c", "a"):
        fragments.get(key, int, str)
    assert fragments.made == 3
    fragments.get("b", int, lambda: "b")
    assert fragments.made == 4


@pytest.fixture
def counted(room: newsroom.Newsroom, monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """Every timeline that is asked of the newsroom."""
    asked: list[Any] = []
    timeline = room.timeline

    def counting(spec: Any) -> Any:
        asked.append(spec)
        return timeline(spec)

    monkeypatch.setattr(room, "timeline", counting)
    return asked


def test_the_front_page_is_made_once_a_version(
    client: TestClient, room: newsroom.Newsroom, counted: list[Any]
) -> None:
    """Asked for again it costs no query of stories; a mark makes it anew; form tokens are each browser's."""
    first = client.get("/").text
    assert client.get("/").text == first
    assert len(counted) == 1
    client.cookies.clear()
    other = client.get("/").text
    assert len(counted) == 1
    tokens = [set(re.findall(r'name="csrf" value="([^"]+)"', text)) for text in (first, other)]
    assert all(len(found) == 1 for found in tokens)
    assert tokens[0] != tokens[1]
    room.mark("reader", [16], read=True)
    assert 'class="story read' in client.get("/").text
    assert len(counted) == 2
