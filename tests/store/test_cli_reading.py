"""show, explain and corrections over a real database, in this process."""

from __future__ import annotations

import json

import pytest
from made import poll, prepared, sources, words
from test_store_surroundings import asking

from aggregator.cli import run
from aggregator.store import Store

FACTS = " The council counted 417 boats in the harbour of Velmora on Sunday evening."


@pytest.fixture
def config(tmp_path, clock):
    """A wire text, a copy with another number that was corrected since, and a larger report."""
    url = f"sqlite:///{tmp_path}/news.db"
    store = Store.open(url, now=clock)
    store.sync_sources(asking(4), lambda: 0.5)
    text = words("wire", 180) + FACTS + "\n\n" + words("after", 60)
    poll(store, clock(), "s0", [prepared("a", "Wire", text)])
    poll(store, clock(), "s1", [prepared("b", "Wire again", text.replace("417", "471"))])
    long = words("other", 120) + "\n\n" + words("wire", 120) + "\n\n" + words("more", 120)
    poll(store, clock(), "s2", [prepared("d", "A larger report", long)])
    clock.forward(minutes=30)
    poll(store, clock(), "s1", [prepared("b", "Wire again", text.replace("417", "714"))])
    store.close()
    path = tmp_path / "aggregator.yaml"
    listed = [{"id": one.id, "url": one.url, "title": one.title} for one in sources(4)]
    path.write_text(json.dumps({"database": url, "sources": listed}), encoding="utf-8")
    return str(path)


def test_a_story_on_the_terminal(config, capsys):
    """The marks' passages, earlier texts, and the stories near by with the command that says why."""
    assert run(["show", "1", "--config", config]) == 0
    said = capsys.readouterr().out
    assert "differs: 714 for 417" in said
    assert "until 2026-11-24 12:30, text 1: Wire again" in said
    assert "shares passages: story 2  Outlet 2: A larger report  aggregator explain" in said
    assert run(["show", "1", "--diff", "--config", config]) == 0
    said = capsys.readouterr().out
    assert "[-417-]{+714+}" in said or "[-417 -]{+714 +}" in said, "in a pipe signs stand for colours"
    assert "\x1b" not in said
    assert run(["show", "1", "--json", "--config", config]) == 0
    shape = json.loads(capsys.readouterr().out)
    assert [one["relation"] for one in shape["links"]] == ["partial"]
    assert [p["text"] for one in shape["articles"] for p in one["passages"]] == ["714"]


def test_explain_and_corrections(config, capsys, tmp_path):
    """An argument, a split, its explanation, the list, the export, and an undo by number."""
    assert run(["explain", "1", "2", "--config", config]) == 0
    assert capsys.readouterr().out.startswith("One story (probability")
    assert run(["split", "2", "--reason", "read both", "--config", config]) == 0
    assert run(["explain", "1", "2", "--json", "--config", config]) == 0
    found = json.loads(capsys.readouterr().out)
    assert (found["one_story"], found["alike"], found["step"]) == (False, True, "person")
    assert "“read both”" in found["decided"]
    assert run(["corrections", "list", "--config", config]) == 0
    assert "article 2 taken out of story 1; it is story 3 now" in capsys.readouterr().out
    path = tmp_path / "pairs.jsonl"
    assert run(["corrections", "export", "-o", str(path), "--with-texts", "--config", config]) == 0
    lines = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    assert [line["label"] for line in lines if "a" in line] == ["different"]
    assert {line["title"] for line in lines if "id" in line} >= {"Wire", "Wire again"}
    assert run(["undo", "1", "--config", config]) == 0
    assert run(["undo", "1", "--config", config]) == 1
    assert run(["explain", "1", "1", "--config", config]) == 2
    assert run(["explain", "1", "99", "--config", config]) == 1
    assert "there is no article 99" in capsys.readouterr().err
