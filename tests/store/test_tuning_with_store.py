"""The tuning page's sample out of a real store, and what the pages write into a real file."""

from __future__ import annotations

from datetime import timedelta

import pytest
from made import RULES, poll, prepared, sources, words

from aggregator.config import load
from aggregator.daemon.editing import Editing
from aggregator.daemon.tuner import FRESH, Tuner


@pytest.fixture
def news(store, clock):
    """Three stories: one with a copy, one alone, one whose copy is cut."""
    store.sync_sources(sources(4), lambda: 0.5)
    for n, (title, text) in enumerate(
        [
            ("One", words(1)),
            ("One", words(1)),
            ("Two", words(2)),
            ("Three", words(3)),
            ("Three", words(3)[:400]),
        ]
    ):
        clock.forward(minutes=10)
        poll(store, clock(), f"s{n % 4}", [prepared(f"g{n}", title, text)])
    return store


def test_the_newest_articles_are_placed_anew(news, clock):
    """As they are, and with another threshold; an answer and time read the sample anew, nothing else does."""
    tuner = Tuner(news, lambda: RULES, clock)
    found = tuner.tuning(None)
    assert found.now is found.then
    assert len(found.held) == 5
    assert {pair.together for pair in found.now.scored} == {True}
    assert len(set(found.now.stories.values())) == 3
    assert tuner.tuning(0.3).now is found.now
    clock.forward(minutes=10)
    poll(news, clock(), "s3", [prepared("g9", "Nine", words(9))])
    assert len(tuner.tuning(None).held) == 6, "after ten minutes"
    news.corrections.answer(1, 2, same=True, author="ann")
    assert tuner.tuning(None).said == {(1, 2)}, "at once after an answer"
    news.corrections.undo(author="ann")
    assert tuner.tuning(None).said == frozenset()
    assert timedelta(minutes=10) == FRESH


def test_pages_write_the_yaml(tmp_path):
    """Comments stay, what others wrote meanwhile stays, a form of another state is refused with the patch."""
    path = tmp_path / "aggregator.yaml"
    path.write_text(
        "# mine\ndedup: # how\n  horizon: 3d  # short\nsources:\n"
        '  - {id: a, url: "https://a.example/f"} # first\n'
    )
    editing = Editing(path, {})
    seen = editing.seen()
    assert editing.detector({"threshold": 0.62}, seen).saved
    assert path.read_text().splitlines()[:4] == [
        "# mine",
        "dedup: # how",
        "  horizon: 3d  # short",
        "  threshold: 0.62",
    ]
    refused = editing.source("a", {"paused": True}, seen)
    assert not refused.saved
    assert "was changed since this page was made" in refused.reason
    assert "paused: true" in refused.patch
    assert editing.source("a", {"paused": True, "title": "Ä: b"}, editing.seen()).saved
    settings = load(path, {})
    assert (settings.sources[0].paused, settings.sources[0].title) == (True, "Ä: b")
    assert editing.detector({"threshold": 0.5}, editing.seen()).saved
    assert "# first" in path.read_text()
    wrong = editing.source("a", {"url": "ftp://x"}, editing.seen())
    assert not wrong.saved
    assert "https://" in wrong.reason
    before = path.read_bytes()
    assert editing.detector({"threshold": 0.5}, editing.seen()).saved, "as it is already"
    assert path.read_bytes() == before


def test_a_file_that_may_not_be_written(tmp_path):
    """The patch is there for a person."""
    path = tmp_path / "aggregator.yaml"
    path.write_text("sources: []\n")
    path.chmod(0o444)
    refused = Editing(path, {}).detector({"threshold": 0.7}, "")
    assert (refused.saved, "read-only" in refused.reason) == (False, True)


def test_without_a_file(tmp_path):
    """A daemon of a shared database says where its configuration is changed."""
    editing = Editing(None, {})
    assert editing.seen() == ""
    assert "kept in the database" in editing.detector({"threshold": 0.7}, "").reason


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("sources: []\n", "dedup:"),
        ("dedup:\nsources: []\n", "  threshold: 0.7"),
        ("dedup: {}\nsources: []\n", "  threshold: 0.7"),
        ("dedup: {horizon: 2d} # x\nsources: []\n", "dedup: {horizon: 2d, threshold: 0.7} # x"),
        ("dedup:\n  threshold: 0.4  # old\nsources: []\n", "  threshold: 0.7  # old"),
    ],
)
def test_a_section_in_every_style(tmp_path, text, line):
    """Missing, empty, flow, block: the key goes where it belongs."""
    path = tmp_path / "aggregator.yaml"
    path.write_text(text)
    assert Editing(path, {}).detector({"threshold": 0.7}, "").saved
    assert line in path.read_text().splitlines()
    assert load(path, {}).dedup.threshold == 0.7
