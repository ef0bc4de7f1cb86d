"""What a sync client subscribes to, renames, moves and drops goes into the YAML, comments and all."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from fastapi.testclient import TestClient
from syncroom import Room, filled
from test_greader import API, Reader

from aggregator.config import load
from aggregator.daemon.subscribing import SourceEditor
from tests.web.conftest import client_of

YAML = """\
# Ours; the coast first.
groups:
  coast: {title: The coast}
  hills: {title: Hills}
sources:
  - {id: harbour, url: "https://harbour.example/feed", title: Harbour Wire, group: coast}  # the agency
  - {id: pier, url: "https://pier.example/feed", title: Pier Post, group: coast}
  - {id: valley, url: "https://valley.example/feed", title: Valley Voice, group: hills}
"""


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A configuration."""
    made = tmp_path / "aggregator.yaml"
    made.write_text(YAML, encoding="utf-8")
    return made


@pytest.fixture
def room(tmp_path: Path, path: Path) -> Iterator[Room]:
    """Four stories, and what writes that file."""
    made = filled(tmp_path)
    made.subscribing = SourceEditor(path, {})
    yield made
    made.store.close()


@pytest.fixture
def client(room: Room) -> Iterator[TestClient]:
    """The application."""
    with client_of(room.services()) as made:
        yield made


@pytest.fixture
def reader(client: TestClient) -> Reader:
    """Mina, an admin."""
    return Reader(client)


def test_quickadd_adds_a_source(reader: Reader, path: Path) -> None:
    """By its address; the answer names its stream; adding it again is the same one."""
    answer = reader.post(f"{API}/subscription/quickadd", quickadd="https://new.example/rss").json()
    assert answer["numResults"] == 1
    assert answer["streamId"].startswith("feed/")
    assert load(path, {}).source("new-example").url == "https://new.example/rss"  # type: ignore[union-attr]
    again = reader.post(f"{API}/subscription/quickadd", quickadd="feed/https://new.example/rss").json()
    assert again["streamId"] == answer["streamId"]
    assert path.read_text().startswith("# Ours; the coast first.")


def test_an_address_that_is_none_is_refused_in_words(reader: Reader, path: Path) -> None:
    """And the file stays as it was."""
    answer = reader.post(f"{API}/subscription/quickadd", quickadd="javascript:alert(1)").json()
    assert answer["numResults"] == 0
    assert "url" in answer["error"]
    assert path.read_text() == YAML


def test_subscribe_edit_and_unsubscribe(reader: Reader, path: Path) -> None:
    """With title and folder; a folder is a group by its title; a new one is made for a new source."""
    edit = f"{API}/subscription/edit"
    added = reader.post(
        edit, ac="subscribe", s="feed/https://moor.example/atom", t="Moor Mail", a="user/-/label/The moor"
    )
    assert added.text == "OK"
    held = load(path, {}).source("moor-mail")
    assert held is not None
    assert (held.title, held.group) == ("Moor Mail", "the-moor")
    pier = reader.feeds()["Pier Post"]
    assert reader.post(edit, ac="edit", s=pier, t="The Pier", a="user/-/label/Hills").text == "OK"
    held = load(path, {}).source("pier")
    assert held is not None
    assert (held.title, held.group) == ("The Pier", "hills")
    assert reader.post(edit, ac="unsubscribe", s=pier).text == "OK"
    assert load(path, {}).source("pier") is None
    assert "# the agency" in path.read_text()
    assert reader.post(edit, ac="unsubscribe", s="feed/99").status_code == 404
    assert reader.post(edit, ac="dance", s=reader.feeds()["Harbour Wire"]).status_code == 400


def test_who_may_not_is_told(reader: Reader, client: TestClient, room: Room, path: Path) -> None:
    """A reader who is no admin; a file that is read-only; a daemon without a file."""
    edit = f"{API}/subscription/edit"
    ole = Reader(client, "ole", "another kettle")
    answer = ole.post(edit, ac="unsubscribe", s=ole.feeds()["Pier Post"])
    assert (answer.status_code, path.read_text()) == (403, YAML)
    path.chmod(0o444)
    answer = reader.post(edit, ac="unsubscribe", s=reader.feeds()["Pier Post"])
    assert answer.status_code == 400
    assert "read-only" in answer.text
    assert path.read_text() == YAML
    room.subscribing = None
    with client_of(room.services()) as other:
        answer = Reader(other).post(edit, ac="unsubscribe", s=reader.feeds()["Pier Post"])
    assert answer.status_code == 400
    assert "YAML" in answer.text
