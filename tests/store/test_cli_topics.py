"""topics list and test, and searches on the command line."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from made import poll, prepared, sources, words

from aggregator.cli import run
from aggregator.store import Store
from aggregator.topics import Topic, Topics

TOPICS = {"boats": {"title": "Boats", "any": ["ferry"]}}


@pytest.fixture
def config(tmp_path: Path, clock: Any, monkeypatch: pytest.MonkeyPatch) -> str:
    """Three stories, one of which is in the topic of the YAML."""
    url = f"sqlite:///{tmp_path}/news.db"
    store = Store.open(url, now=clock)
    store.sync_sources(sources(1), lambda: 0.5)
    topics = Topics([Topic("boats", "Boats", any=("ferry",))])
    for title in ("Ferry sails", "Barge sails", "Train leaves"):
        poll(store, clock(), "s0", [prepared(title, title, words(title))], topics=topics)
    store.close()
    monkeypatch.setattr("aggregator.cli.topics.now", clock)
    path = tmp_path / "aggregator.yaml"
    listed = [{"id": one.id, "url": one.url} for one in sources(1)]
    path.write_text(json.dumps({"database": url, "sources": listed, "topics": TOPICS}), encoding="utf-8")
    return str(path)


def test_topics_on_the_terminal(config: str, capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    """What there is; what a file with other words would change; nothing is changed."""
    assert run(["topics", "list", "--config", config]) == 0
    assert "one of (ferry); in title, lead, text" in capsys.readouterr().out
    other = tmp_path / "other.yaml"
    other.write_text("terms: {slow: [barge]}\ntopics: {boats: {any: [$slow]}}\n", encoding="utf-8")
    for _ in range(2):
        assert run(["topics", "test", "boats", "--with", str(other), "--config", config]) == 0
        said = capsys.readouterr()
        assert [line.split()[:2] for line in said.out.splitlines()] == [["+", "2"], ["-", "1"]]
        assert "1 stories more, 1 fewer" in said.err
    assert run(["topics", "test", "boats", "--config", config, "--json"]) == 0
    assert capsys.readouterr().out == ""
    assert run(["topics", "test", "boat", "--config", config]) == 2
    assert "did you mean 'boats'" in capsys.readouterr().err
    other.write_text("topics: {boats: {any: [$none]}}\n", encoding="utf-8")
    assert run(["topics", "test", "boats", "--with", str(other), "--config", config]) == 2
    assert "other.yaml:1: topics.boats.any" in capsys.readouterr().err


def test_searches_on_the_terminal(config: str, capsys: pytest.CaptureFixture[str]) -> None:
    """The language of the search box, and its explanations."""
    assert run(["stories", "--search", "sails -ferry", "--json", "--config", config]) == 0
    assert [json.loads(line)["id"] for line in capsys.readouterr().out.splitlines()] == [2]
    assert run(["stories", "--search", 'sails "fer', "--config", config]) == 2
    assert "is never closed" in capsys.readouterr().err
    assert run(["stories", "--search", "topic:boat", "--config", config]) == 2
    assert "did you mean boats" in capsys.readouterr().err
