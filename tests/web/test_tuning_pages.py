"""The tuning page and the questions: scores, what would change, answers, and the YAML."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import newsroom
import pytest
from fastapi.testclient import TestClient

from aggregator.web.app import Services
from aggregator.web.services import Edited
from tests.web.conftest import token


class Desk:
    """Keeps what it is told; refuses what comes from another state of the file."""

    def __init__(self) -> None:
        self.written: list[tuple[str, Mapping[str, Any]]] = []

    def seen(self) -> str:
        """The state of the file: how often it was written."""
        return f"state-{len(self.written)}"

    def source(self, name: str, changes: Mapping[str, Any], seen: str, /) -> Edited:
        """Keep a change of a source."""
        return self._keep(name, changes, seen)

    def detector(self, changes: Mapping[str, Any], seen: str, /) -> Edited:
        """Keep a change of the detector."""
        return self._keep("dedup", changes, seen)

    def _keep(self, name: str, changes: Mapping[str, Any], seen: str) -> Edited:
        patch = "".join(f"+  {key}: {value}\n" for key, value in changes.items())
        if seen != self.seen():
            return Edited(saved=False, reason="the file was changed since <this page> was made", patch=patch)
        self.written.append((name, changes))
        return Edited(saved=True, reason="aggregator.yaml", patch=patch)


@pytest.fixture
def desk() -> Desk:
    """A configuration file that can be written."""
    return Desk()


@pytest.fixture
def editor(room: newsroom.Newsroom, desk: Desk, make_client: Callable[[Services], TestClient]) -> TestClient:
    """The pages of a server that may write its YAML."""
    return make_client(replace(newsroom.services(room), editing=desk))


def test_scores_are_shown_as_picture_and_table(client: TestClient) -> None:
    """The bars and the rows say the same, the threshold in force is named."""
    text = client.get("/dedup").text
    assert "6 pairs of them were near enough" in text
    assert "<strong>0.50</strong>" in text
    assert text.count('<rect class="together"') >= 1
    assert "<td>0</td><td>6</td>" in text
    assert "Move the slider" in text
    assert "The whole argument" in text


def test_a_threshold_is_looked_at_before_anything_changes(
    client: TestClient, room: newsroom.Newsroom
) -> None:
    """What would be split is listed; nothing is written; without a file to write there is no button."""
    before = room.changes
    text = client.get("/dedup?threshold=1").text
    assert "With 1.00 in place of 0.50" in text
    assert "would be split" in text
    assert "Write 1.00 into the YAML" not in text
    assert room.changes == before


@pytest.mark.parametrize("value", ["0", "1.5", "nan", "x", "-1"])
def test_no_threshold_outside_of_probabilities(client: TestClient, value: str) -> None:
    """A number that cannot be meant is refused."""
    assert client.get(f"/dedup?threshold={value}").status_code == 422


def test_saving_writes_the_yaml_or_shows_the_patch(editor: TestClient, desk: Desk) -> None:
    """From the file's present state it is written; from another one the change is printed, escaped."""
    assert "Write 0.70 into the YAML" in editor.get("/dedup?threshold=0.7").text
    form = {"threshold": "0.7", "seen": "state-0", "csrf": token(editor)}
    answer = editor.post("/dedup", data=form)
    assert (answer.status_code, answer.headers["location"]) == (303, "/dedup?threshold=0.7&done=saved")
    saved = editor.get(answer.headers["location"]).text
    assert "The threshold 0.70 is written into the YAML" in saved
    assert "Write 0.70 into the YAML" not in saved, "once is enough, though it is not in force yet"
    assert desk.written == [("dedup", {"threshold": 0.7})]
    refused = editor.post("/dedup", data=form)
    assert refused.status_code == 409
    assert "since &lt;this page&gt; was made" in refused.text
    assert "+  threshold: 0.7" in refused.text
    assert len(desk.written) == 1
    assert editor.post("/dedup", data={"threshold": "0.7"}).status_code == 403


def test_without_a_file_nothing_is_written(client: TestClient, post: Callable[..., Any]) -> None:
    """A server that was handed no editing says so."""
    assert post("/dedup", threshold="0.7").status_code == 404


def test_an_answer_comes_back_to_the_threshold(
    client: TestClient, post: Callable[..., Any], room: newsroom.Newsroom
) -> None:
    """It is kept, the pair is not shown again, and the page is as it was."""
    assert "/explain/1/" in client.get("/dedup?threshold=0.95").text
    answer = post("/articles/1/answer", other="4", same="true", next="/dedup?threshold=0.95&done=answer")
    assert answer.headers["location"] == "/dedup?threshold=0.95&done=answer"
    assert room.answers == [(1, 4, True)]
    assert "/explain/1/4" not in client.get("/dedup?threshold=0.95").text


def test_questions_have_a_page(client: TestClient, post: Callable[..., Any], room: newsroom.Newsroom) -> None:
    """What is asked is listed until it is answered."""
    assert client.get("/asked").text.count('name="same" value="true"') == 1
    assert "Asked (1)" in client.get("/dedup").text
    post("/articles/1/answer", other="10", same="false", next="/asked")
    text = client.get("/asked?done=answer").text
    assert "Your answer is remembered" in text
    assert "Nothing is asked" in text


def test_nothing_stored_is_said(make_client: Callable[[Services], TestClient]) -> None:
    """An empty database has nothing to tune by."""
    text = make_client(newsroom.services(newsroom.Newsroom([]))).get("/dedup").text
    assert "Nothing to tune by yet" in text
