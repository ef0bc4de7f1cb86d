"""Why one story, what is around a story, and corrections: the pages."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import newsroom
import pytest
from fastapi.testclient import TestClient
from markup_tree import parse, select, words


def test_a_copy_says_why_it_is_of_the_story(client: TestClient) -> None:
    """Beside every copy a link to the argument, which has verdict, signals and both texts."""
    page = parse(client.get("/stories/16").text)
    links = [one.get("href") for one in select(page, ".copies .why")]
    assert links == ["/explain/1/2", "/explain/1/3", "/explain/1/4"]
    told = parse(client.get("/explain/1/3").text)
    assert words(select(told, "h1")[0]) == "Why this is one story"
    assert words(select(told, ".verdict")[0]).startswith("One story (probability 0.9")
    assert [words(one) for one in select(told, ".differs bdi")] == ["20", "40"]
    rows = select(told, ".signals tbody tr")
    assert "containment" in words(rows[0].getparent())
    assert select(told, ".signals .decided")
    assert [words(one) for one in select(told, ".side mark.differs")] == ["20", "40"]
    assert [words(one) for one in select(told, ".side .left-out")] == ["Sign up for our letter."]


def test_articles_that_were_not_folded_are_argued_too(client: TestClient) -> None:
    """Two languages: two stories, and why."""
    told = parse(client.get("/explain/1/6").text)
    assert words(select(told, "h1")[0]) == "Why these are two stories"
    assert "two languages (en, ko)" in words(select(told, ".remarks")[0])
    assert [one.get("lang") for one in select(told, ".side h3")] == ["en", "ko"]


@pytest.mark.parametrize(
    ("a", "b", "target"),
    [
        ("1", "a3", "/explain/1/3"),
        ("#2", " 4 ", "/explain/2/4"),
        ("story 16", "http://localhost/stories/18", "/explain/1/6"),
        ("/stories/16#a3", "s17", "/explain/3/5"),
    ],
)
def test_any_two_can_be_compared(client: TestClient, a: str, b: str, target: str) -> None:
    """By number, by a story, by an address of ours."""
    answer = client.get("/explain", params={"a": a, "b": b})
    assert (answer.status_code, answer.headers["location"]) == (302, target)


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("/explain/1/1", 400),
        ("/explain/1/999", 404),
        ("/explain/0/1", 404),
        ("/explain/1/99999999999", 404),
        ("/explain?a=1&b=what", 400),
        ("/explain?a=1&b=/stories/999", 404),
        ("/explain?a=1", 200),
    ],
)
def test_what_cannot_be_compared_is_said(client: TestClient, path: str, status: int) -> None:
    """In words, on a page."""
    assert client.get(path).status_code == status


def test_the_story_shows_what_is_around_it(client: TestClient) -> None:
    """The question, passages shared, the event told otherwise, marks with passages, earlier texts."""
    page = parse(client.get("/stories/16").text)
    question = select(page, ".question")[0]
    assert "Is this the same story?" in words(question)
    assert [one.get("value") for one in select(question, "button")] == ["true", "false"]
    headings = [words(one) for one in select(page, ".links h2")]
    assert headings == ["Shares passages with", "On the same event"]
    assert [one.get("href") for one in select(page, ".links .why")] == ["/explain/2/9", "/explain/1/6"]
    marked = select(page, "#a3 .passages li")
    assert [words(one) for one in marked] == ["says 40 for 20"]
    earlier = select(page, "#a2 .revisions")[0]
    assert "1 earlier text of this outlet" in words(earlier)
    assert [words(one) for one in select(earlier, "del")] == ["Monday"]
    assert [words(one) for one in select(earlier, "ins")] == ["Tuesday"]
    assert select(parse(client.get("/stories/17").text), ".question, .links, .revisions, .passages") == []


def test_an_answer_is_remembered(room: newsroom.Newsroom, post: Callable[..., Any]) -> None:
    """From the question, or from the argument; back to where the button was."""
    answer = post("/articles/1/answer", other="10", same="false", next="/stories/16")
    assert answer.headers["location"] == "/stories/16?done=answer"
    post("/articles/1/answer", other="3", same="true", next="/explain/1/3?done=answer")
    assert room.answers == [(1, 10, False), (1, 3, True)]
    assert post("/articles/1/answer", other="x", same="true").status_code == 422


def test_an_undo_names_its_correction(
    room: newsroom.Newsroom, client: TestClient, post: Callable[..., Any]
) -> None:
    """Two corrections, of two people perhaps: each page takes back its own, not the last one overall."""
    split = post("/articles/2/split", reason="another text").headers["location"]
    post("/stories/17/merge", other="18")
    form = select(parse(client.get(split).text), "form[action=/undo]")[0]
    assert select(form, "input[name=correction]")[0].get("value") == "1"
    assert "article 2 taken out of story 16" in words(form)
    listed = select(parse(client.get("/corrections").text), ".corrections > li")
    assert [words(one)[:9] for one in listed] == ["2 stories", "1 article"]
    assert post("/undo", correction="1", next="/corrections").headers["location"] == "/corrections?done=undo"
    assert [one.undone is None for one in room.corrections()] == [True, False]
    assert post("/undo", correction="1").status_code == 404
    page = parse(client.get("/corrections?done=undo").text)
    assert "is taken back" in words(select(page, "[role=status]")[0])
    assert "undone" in str(select(page, "#c1")[0].get("class"))
