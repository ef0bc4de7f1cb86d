"""Writes: only by our own forms, and each with its effect."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import newsroom
import pytest
from fastapi.testclient import TestClient

from tests.web.conftest import token

WRITES = [
    "/stories/16/state",
    "/read",
    "/articles/2/split",
    "/stories/16/merge",
    "/undo",
    "/sources/meydan/poll",
]


@pytest.mark.parametrize("path", WRITES)
def test_nothing_is_written_without_a_token(room: newsroom.Newsroom, client: TestClient, path: str) -> None:
    """No token, another browser's token, and no cookie: all refused."""
    fields = {"read": "true", "stories": "16", "other": "12"}
    assert client.post(path, data=fields).status_code == 403
    other = token(client)
    client.cookies.clear()
    assert client.post(path, data={**fields, "csrf": other}).status_code == 403
    client.get("/")
    assert client.post(path, data={**fields, "csrf": other}).status_code == 403
    assert room.changes == 1


@pytest.mark.parametrize("path", WRITES)
def test_writes_are_never_get(client: TestClient, path: str) -> None:
    """A link or a picture cannot change anything."""
    assert client.get(path).status_code in {404, 405}


@pytest.mark.parametrize(
    "headers", [{"Origin": "https://evil.example"}, {"Origin": "null"}, {"Sec-Fetch-Site": "cross-site"}]
)
def test_foreign_pages_are_refused_even_with_a_token(client: TestClient, headers: dict[str, str]) -> None:
    """The browser says where a form came from."""
    answer = client.post("/read", data={"stories": "16", "csrf": token(client)}, headers=headers)
    assert answer.status_code == 403


def test_mark_and_star(room: newsroom.Newsroom, post: Callable[..., Any]) -> None:
    """A form goes back to its page; the state follows the story."""
    answer = post("/stories/16/state", read="true", next="/topics/tehran-pyongyang")
    assert (answer.status_code, answer.headers["location"]) == (303, "/topics/tehran-pyongyang")
    assert room.stories[16].read
    post("/stories/16/state", starred="true")
    assert room.stories[16].starred
    assert room.stories[16].read
    post("/stories/16/state", read="false")
    assert not room.stories[16].read


def test_mark_all_marks_what_was_shown(room: newsroom.Newsroom, post: Callable[..., Any]) -> None:
    """A story that came after the page was made stays unread."""
    post("/read", stories="17,16,15")
    assert [number for number, story in room.stories.items() if story.read] == [17, 16, 15, 13]


def test_redirect_target_cannot_leave(post: Callable[..., Any]) -> None:
    """The hidden field is no open redirect."""
    assert post("/read", stories="16", next="//evil.example").headers["location"] == "/"


def test_split_merge_and_undo(room: newsroom.Newsroom, client: TestClient, post: Callable[..., Any]) -> None:
    """Each shows where things are now, and offers to take it back."""
    answer = post("/articles/2/split", reason="another text")
    assert answer.headers["location"] == "/stories/19?done=split"
    page = client.get("/stories/19?done=split").text
    assert "is a story of its own now" in page
    assert 'action="/undo"' in page
    assert post("/undo", next="/stories/16").headers["location"] == "/stories/16?done=undo"
    assert len(room.stories[16].articles) == 4
    answer = post("/stories/18/merge", other="http://localhost/stories/16#carried")
    assert answer.headers["location"] == "/stories/16?done=merge"
    assert client.get("/stories/18").headers["location"] == "/stories/16"


@pytest.mark.parametrize(("other", "status"), [("", 422), ("abc", 400), ("16", 400), ("999", 404)])
def test_merge_with_nothing_sensible(post: Callable[..., Any], other: str, status: int) -> None:
    """An error in words, not a defect."""
    assert post("/stories/16/merge", other=other).status_code == status


def test_poll_now(room: newsroom.Newsroom, post: Callable[..., Any]) -> None:
    """Goes through, or says that the server asked us to wait."""
    assert post("/sources/old-quay/poll").headers["location"] == "/sources/old-quay?done=polling"
    assert post("/sources/meydan/poll").headers["location"] == "/sources/meydan?done=waiting"
    assert post("/sources/none/poll").status_code == 404
    assert room.polled == ["old-quay", "meydan"]
