"""The REST API, its description, and the metrics."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any

import jsonschema
import newsroom
import pytest
from fastapi.testclient import TestClient

STORY = {"id", "title", "url", "published", "updated", "topics", "canonical", "articles"}
ARTICLE = {"id", "source", "guid", "url", "title", "published", "first_seen", "similarity", "reason"}


def test_stories_have_the_shape_of_the_design(client: TestClient) -> None:
    """Every member that DESIGN.md names, times in RFC 3339."""
    story = next(one for one in client.get("/api/v1/stories").json()["stories"] if one["id"] == 16)
    assert story.keys() >= STORY
    assert story["published"] == "2018-08-07T13:30:00Z"
    assert [one["id"] for one in story["articles"]] == [1, 2, 3, 4]
    assert all(one.keys() >= ARTICLE for one in story["articles"])


def test_pages_follow_each_other(client: TestClient) -> None:
    """``next`` keeps the filters and ends with null."""
    path, seen = "/api/v1/stories?limit=2&unread=true", []
    while path:
        page = client.get(path).json()
        seen += [one["id"] for one in page["stories"]]
        path = page["next"]
    assert seen == [18, 17, 16, 15, 14, 12]


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("topic=tehran-pyongyang", [18, 17, 16]),
        ("group=korea", [18]),
        ("source=old-quay", [16, 12]),
        ("search=brass", [12]),
        ("starred=true", [13]),
        ("since=2018-08-07T16:30:00Z", [18, 17]),
    ],
)
def test_filters(client: TestClient, query: str, expected: list[int]) -> None:
    """The filters of the timeline."""
    assert [one["id"] for one in client.get(f"/api/v1/stories?{query}").json()["stories"]] == expected


def test_nothing_new_is_304(room: newsroom.Newsroom, client: TestClient) -> None:
    """The validator is the data's version."""
    tag = client.get("/api/v1/stories").headers["etag"]
    assert client.get("/api/v1/stories", headers={"If-None-Match": tag}).status_code == 304
    room.mark("reader", [16], read=True)
    assert client.get("/api/v1/stories", headers={"If-None-Match": tag}).status_code == 200


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("stories/999", 404),
        ("stories/99999999999999", 404),
        ("stories/x", 422),
        ("stories?limit=0", 422),
        ("stories?topic=no", 404),
        ("stories?since=yesterday", 422),
        ("stories?since=2018-08-07T16:30:00", 422),
        ("none", 404),
        ("explain", 422),
        ("explain?a=1&b=0", 422),
        ("explain?a=1&b=1", 400),
        ("explain?a=1&b=999", 404),
    ],
)
def test_errors_are_problems(client: TestClient, path: str, status: int) -> None:
    """RFC 9457, for people and machines."""
    answer = client.get(f"/api/v1/{path}")
    assert answer.status_code == status
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.json()["status"] == status


def test_answers_fit_their_description(client: TestClient) -> None:
    """Every answer is valid by the schema that /api/openapi.json gives for it."""
    description = client.get("/api/openapi.json").json()
    checked = set()
    for path, operations in description["paths"].items():
        success = operations.get("get", {}).get("responses", {}).get("200", {}).get("content", {})
        if "application/json" not in success or "{revision}" in path:
            continue  # JSON Lines, events, what only writes, and what needs a store
        query = "?a=1&b=3" if path.endswith("/explain") else ""
        answer = client.get(path.replace("{story}", "16").replace("{article}", "1") + query)
        schema = {**success["application/json"]["schema"], "components": description["components"]}
        jsonschema.Draft202012Validator(schema).validate(answer.json())
        checked.add(path.removeprefix("/api/v1"))
    assert checked == {
        "/stories", "/stories/{story}", "/sources", "/explain", "/corrections", "/lists", "/folded",
        "/changes", "/articles/{article}",
    }  # fmt: skip


def test_a_story_has_what_is_around_it(client: TestClient) -> None:
    """Links, earlier texts, and the passages behind the marks."""
    story = client.get("/api/v1/stories/16").json()
    assert [(one["relation"], one["story"], one["asked"]) for one in story["links"]] == [
        ("copy", 12, True), ("partial", 13, False), ("related", 18, False),
    ]  # fmt: skip
    by_id = {one["id"]: one for one in story["articles"]}
    assert [one["no"] for one in by_id[2]["revisions"]] == [1]
    (passage,) = by_id[3]["passages"]
    assert (passage["kind"], passage["text"], passage["instead"]) == ("differs", "40", "20")
    assert by_id[3]["text"][passage["start"] : passage["end"]] == "40"


def test_an_explanation_is_whole(client: TestClient) -> None:
    """What decided, every signal with value and weight, both texts marked."""
    found = client.get("/api/v1/explain?a=1&b=2").json()
    assert found["decided"].startswith("One story")
    assert all({"value", "weight", "contribution", "words"} <= one.keys() for one in found["factors"])
    assert {one["kind"] for one in found["a"]["passages"]} == {"shared"}


def test_corrections_are_listed_and_exported(client: TestClient, post: Callable[..., Any]) -> None:
    """As objects, and as JSON Lines of pairs, with documents on request."""
    post("/stories/17/merge", other="18", reason="one visit")
    listed = client.get("/api/v1/corrections").json()["corrections"]
    assert [(one["kind"], one["reason"], one["undone"]) for one in listed] == [("merge", "one visit", None)]
    answer = client.get("/api/v1/corrections/export")
    assert answer.headers["content-type"].startswith("application/jsonl")
    assert [json.loads(line)["label"] for line in answer.text.splitlines()] == ["copy"]
    lines = client.get("/api/v1/corrections/export?texts=true").text.splitlines()
    assert "text" in json.loads(lines[0])


def test_sources_keep_secrets(client: TestClient) -> None:
    """What the configuration holds for signing in at a source does not leave."""
    text = client.get("/api/v1/sources").text
    assert "password" not in text
    assert "headers" not in text


def test_docs_name_every_operation(client: TestClient) -> None:
    """The page of the API works without scripts and without a CDN."""
    page = client.get("/api/docs").text
    for path in ("/api/v1/stories", "/api/v1/stories/{story}", "/api/v1/sources"):
        assert path in page
    assert "cdn" not in page
    marked = page[page.index("PATCH /api/v1/stories</code>") :].partition("</section>")[0]
    assert re.findall(r"<dt><code>(\w+)</code>.*?body, ([^<]*)<", marked, re.DOTALL) == [
        ("read", "boolean or null"), ("starred", "boolean or null"),
        ("stories", "array of integers, required"),
    ]  # fmt: skip
    polled = page[page.index("POST /api/v1/sources/{source}/poll") :].partition("</section>")[0]
    assert "The body is <code>{}</code>" in polled


def test_metrics_are_prometheus_text(client: TestClient) -> None:
    """A type for every name, then the value."""
    answer = client.get("/metrics")
    assert answer.headers["content-type"].startswith("text/plain; version=0.0.4")
    lines = answer.text.splitlines()
    assert "aggregator_polls_total 7.0" in lines
    assert "# TYPE aggregator_polls_total counter" in lines
    assert 'aggregator_sources_by_state{state="failing"} 1.0' in lines


def test_everything_is_written_over_the_api(room: newsroom.Newsroom, client: TestClient) -> None:
    """Marks, splits, merges, answers and undoing, as JSON; a form of a page is not taken."""
    assert client.patch("/api/v1/stories/16", json={"read": True}).json() == {"marked": 1}
    assert (room.stories[16].read, room.stories[16].starred) == (True, False)
    assert client.patch("/api/v1/stories", json={"stories": [16, 17], "starred": True}).json() == {
        "marked": 2
    }
    made = client.post("/api/v1/articles/4/split", json={"reason": "no"}).json()["story"]
    assert client.get(f"/api/v1/stories/{made}").json()["canonical"]["id"] == 4
    assert client.post("/api/v1/corrections/1/undo", json={}).status_code == 200
    assert client.post("/api/v1/stories/17/merge", json={"other": 18}).json() == {"story": 17}
    assert client.post("/api/v1/answers", json={"a": 1, "b": 2, "same": True}).json() == {"story": 16}
    assert client.post("/api/v1/sources/old-quay/poll", json={}).json() == {"polling": True}
    assert client.post("/api/v1/articles/4/split", data={"reason": "no"}).status_code == 422
    foreign = {"Origin": "https://elsewhere.example"}
    assert client.post("/api/v1/articles/4/split", json={}, headers=foreign).status_code == 403
    for path, body, status in (
        ("stories/17/merge", {"other": 17}, 400),
        ("answers", {"a": 1, "b": 1, "same": True}, 400),
        ("articles/999/split", {}, 404),
        ("sources/none/poll", {}, 404),
        ("corrections/99/undo", {}, 404),
        ("stories/17/merge", {"other": 0}, 422),
        ("stories/17/merge", {"other": 18, "more": 1}, 422),
    ):
        answer = client.post(f"/api/v1/{path}", json=body)
        assert (answer.status_code, answer.headers["content-type"]) == (status, "application/problem+json")


def test_events_tell_stories(client: TestClient) -> None:
    """What came after a story, the oldest first; ids let a client go on where it was."""
    told = client.get("/api/v1/events?after=16&once=true")
    assert told.headers["content-type"].startswith("text/event-stream")
    events = [dict(line.split(": ", 1) for line in one.splitlines()) for one in told.text.split("\n\n")[1:-1]]
    assert [(one["event"], one["id"]) for one in events] == [("story", "17-0"), ("story", "18-0")]
    assert json.loads(events[0]["data"])["title"].startswith("رئیس")
    again = client.get("/api/v1/events?once=true", headers={"Last-Event-ID": events[0]["id"]})
    assert again.text.count("event: story") == 1
    assert client.get("/api/v1/events?topic=none").status_code == 404
