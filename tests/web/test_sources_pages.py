"""The sources' pages: days and flows as pictures, pausing and editing through the YAML."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import newsroom
import pytest
from fastapi.testclient import TestClient
from hypothesis import given
from hypothesis import strategies as st
from test_tuning_pages import Desk

from aggregator.errors import UsageError
from aggregator.model import Flow, Fold, Source
from aggregator.web import pictures
from aggregator.web.app import Services
from aggregator.web.settings_form import SourceForm, changes_of, duration, form_of
from tests.web.conftest import token

NAMES = st.sampled_from([f"outlet-{n}" for n in range(30)])
SOURCE = Source("a", "https://a.example/f", "A", authority=2, fold=Fold("ask", 0.7), language="en")


@pytest.fixture
def desk() -> Desk:
    """A configuration file that can be written."""
    return Desk()


@pytest.fixture
def editor(room: newsroom.Newsroom, desk: Desk, make_client: Callable[[Services], TestClient]) -> TestClient:
    """The pages of a server that may write its YAML."""
    return make_client(replace(newsroom.services(room), editing=desk))


def fields(client: TestClient, path: str) -> dict[str, str]:
    """What the form of a source's settings holds, as a browser would send it."""
    form = re.search(r'action="/sources/[^"]+/edit">(.*?)</form>', client.get(path).text, re.DOTALL)
    assert form
    found = dict(re.findall(r'name="(\w+)"[^>]*? value="([^"]*)"', form[1]))
    for name in ("agency", "paywall", "fulltext"):
        found.pop(name)
    for name, options in re.findall(r'<select [^>]*name="(\w+)">(.*?)</select>', form[1], re.DOTALL):
        chosen = re.search(r'<option value="([^"]*)" selected', options)
        assert chosen
        found[name] = chosen[1]
    return found


def test_days_and_flows_are_shown(client: TestClient) -> None:
    """A sparkline a source; the flow as a picture and in words."""
    text = client.get("/sources").text
    assert text.count('class="spark"') == len(newsroom.OUTLETS)
    assert "entries a day, the last 28 days: 0, 0," in text
    assert text.count('<path class="ink-') == 3
    assert "<bdi>Meydan Daily</bdi></a> after <a" in text
    alone = client.get("/sources/caspian-wire").text
    assert "printed 1 after it" in alone
    assert "/edit" not in alone, "without a file nothing can be written"


def test_only_what_was_changed_is_written(editor: TestClient, desk: Desk) -> None:
    """The form as it is changes nothing; a new title and another group are two keys."""
    form = fields(editor, "/sources/meydan")
    assert (form["title"], form["group"], form["seen"]) == ("Meydan Daily", "iran", "state-0")
    changed = form | {"title": "Meydan", "group": "world", "csrf": token(editor)}
    answer = editor.post("/sources/meydan/edit", data=changed)
    assert (answer.status_code, answer.headers["location"]) == (303, "/sources/meydan?done=saved")
    assert desk.written == [("meydan", {"title": "Meydan", "group": "world"})]
    refused = editor.post("/sources/meydan/edit", data=changed | {"language": "fa"})
    assert refused.status_code == 409
    assert "+  language: fa" in refused.text
    assert '<details class="settings" open>' in refused.text
    assert 'value="Meydan"' in refused.text, "what was typed is still there"
    wrong = editor.post("/sources/meydan/edit", data=changed | {"seen": "state-1", "authority": "much"})
    assert "authority is a whole number, not &#39;much&#39;" in wrong.text
    assert editor.post("/sources/meydan/edit", data=form | {"csrf": "x"}).status_code == 403
    assert editor.post("/sources/nobody/edit", data=changed).status_code == 404
    assert len(desk.written) == 1


def test_a_source_is_paused_and_resumed(editor: TestClient, desk: Desk) -> None:
    """In the YAML; from another state of the file it is refused with the patch."""
    form = {"csrf": token(editor), "paused": "true", "seen": "state-0"}
    assert (
        editor.post("/sources/meydan/pause", data=form).headers["location"] == "/sources/meydan?done=paused"
    )
    assert desk.written == [("meydan", {"paused": True})]
    assert editor.post("/sources/meydan/pause", data=form).status_code == 409
    editor.post("/sources/meydan/pause", data=form | {"paused": "false", "seen": "state-1"})
    assert desk.written[-1] == ("meydan", {"paused": False})


def test_changes_of_a_form() -> None:
    """Emptied fields are taken out, flags and the fold are written whole, nonsense is refused."""
    form = form_of(SOURCE, "")
    assert changes_of(SOURCE, form) == {}
    emptied = form.model_copy(update={"language": " ", "threshold": "", "agency": True, "interval": "2h"})
    assert changes_of(SOURCE, emptied) == {
        "language": None, "interval": "2h", "agency": True, "fold": {"scope": "ask"},
    }  # fmt: skip
    assert changes_of(SOURCE, form.model_copy(update={"threshold": "0,8"}))["fold"]["threshold"] == 0.8
    with pytest.raises(UsageError, match="fold scope"):
        changes_of(SOURCE, SourceForm(fold="sometimes", threshold="0.7"))
    with pytest.raises(UsageError, match="from 0 to 1"):
        changes_of(SOURCE, form.model_copy(update={"threshold": "high"}))


@pytest.mark.parametrize(
    ("seconds", "written"), [(1800, "30m"), (5400, "90m"), (7200, "2h"), (86400, "1d"), (61, "61s")]
)
def test_durations_as_the_yaml_has_them(seconds: int, written: str) -> None:
    """The largest unit that says it exactly."""
    assert duration(timedelta(seconds=seconds)) == written


@given(st.lists(st.integers(0, 10_000), max_size=40))
def test_a_sparkline_stays_within_its_frame(days: list[int]) -> None:
    """A bar a day; the highest fills it; nothing sticks out."""
    made = pictures.spark(days)
    assert len(made.bars) == len(days)
    for x, y, width, height in made.bars:
        assert 0 <= x <= x + width <= made.width + 0.02
        assert -0.01 <= y <= y + height <= made.height + 0.02
    if any(days):
        assert max(height for _, _, _, height in made.bars) == pytest.approx(made.height)


@given(st.lists(st.builds(Flow, NAMES, NAMES, st.integers(1, 500), st.just(0)), max_size=80))
def test_ribbons_join_the_outlets_that_they_name(flows: list[Flow]) -> None:
    """At most ten on a side, in a picture that holds them; thick enough to be seen."""
    made = pictures.drawn(flows, {})
    assert (made is None) == (not flows)
    if made is None:
        return
    assert max(len(made.left), len(made.right)) <= pictures.SIDES
    assert all(ribbon.thickness >= 1 for ribbon in made.ribbons)
    heights = [float(y) for ribbon in made.ribbons for y in re.findall(r"[ ](-?[\d.]+)", ribbon.path)[::2]]
    assert all(0 <= stop.y <= made.height for stop in (*made.left, *made.right))
    assert heights
