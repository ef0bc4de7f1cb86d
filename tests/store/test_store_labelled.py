"""Corrections as labelled pairs: what is exported, and that scripts/fit's reader takes it."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest
from made import RULES, poll, prepared, sources, words

sys.path.insert(0, str(Path(__file__).resolve().parents[2] / "scripts"))

from lib import corrections as exported

from aggregator.dedup.place import compare


@pytest.fixture
def filled(store, clock):
    """Story 1: articles 1, 3 and 4; story 2: article 2."""
    store.sync_sources(sources(5), lambda: 0.5)
    text = words("wire")
    poll(store, clock(), "s0", [prepared("a", "Wire", text)])
    poll(store, clock(), "s1", [prepared("b", "Other", words("other"))])
    poll(store, clock(), "s2", [prepared("c", "Wire again", text + "\n\n" + words("tail", 12))])
    poll(store, clock(), "s3", [prepared("d", "Wire once more", text)])
    return store


def test_pairs_of_what_stands(filled):
    """A split labels its article against each that stays, and all weigh one pair; undone ones nothing."""
    filled.corrections.split(3, author="ann", reason="an interview")
    filled.corrections.merge(1, 2, author="ann")
    pairs = filled.corrections.labelled_pairs()
    name = filled.instance.partition("-")[0]
    assert [(p["a"], p["b"], p["label"], p["weight"]) for p in pairs] == [
        (f"{name}:1", f"{name}:3", "different", 0.5),
        (f"{name}:3", f"{name}:4", "different", 0.5),
        (f"{name}:1", f"{name}:2", "copy", 1.0),
    ]
    assert "ann" not in json.dumps(pairs)
    filled.corrections.undo(author="ann")
    assert {p["label"] for p in filled.corrections.labelled_pairs()} == {"different"}


def test_the_last_word_of_a_pair_counts(filled):
    """What was split and later merged again is exported once, as a copy."""
    new = filled.corrections.split(3, author="ann")
    filled.corrections.merge(1, new, author="ann")
    labels = {(p["a"][-1], p["b"][-1]): p["label"] for p in filled.corrections.labelled_pairs()}
    assert labels[("1", "3")] == "copy"
    assert labels[("3", "4")] == "different"


def test_an_undo_names_its_correction(filled):
    """Not the last one, but the one that is named; and only once."""
    filled.corrections.split(3, author="ann")
    filled.corrections.merge(1, 2, author="ann")
    first = filled.corrections.listed()[-1]
    assert (first.kind, first.article) == ("split", 3)
    filled.corrections.undo(author="bob", correction=first.id)
    assert [c.undone_by for c in filled.corrections.listed()] == [None, "bob"]
    with pytest.raises(Exception, match=f"no correction {first.id} that still stands"):
        filled.corrections.undo(author="bob", correction=first.id)
    assert filled.upkeep.integrity() == []


def test_documents_give_the_signals_without_the_database(filled, tmp_path):
    """An export with texts, placed anew as an archive, gives the pair the probability that it had."""
    filled.corrections.merge(1, 2, author="ann")
    path = tmp_path / "mine.jsonl"
    lines = [*filled.corrections.labelled_documents(RULES), *filled.corrections.labelled_pairs()]
    path.write_text("\n".join(json.dumps(line) for line in lines), encoding="utf-8")
    found = exported.load([path])
    assert found.complete == found.pairs
    assert len(found.documents) == 4, "the texts near the pair are there, too"
    memory, ids = found.archive(RULES)
    (pair,) = found.of(ids)
    assert (pair.one_story, pair.corpus, pair.stratum) == (True, "corrections", "merge")
    decision = compare(memory.articles[ids[pair.a]], memory.articles[ids[pair.b]], memory, RULES)
    assert decision.probability < 0.1
    assert decision.signals is not None


@pytest.mark.parametrize(
    ("line", "message"),
    [
        ('{"a": 1, "b": 2, "label": "twin"}', "label 'twin'"),
        ('{"a": 1, "b": 1, "label": "copy"}', "with itself"),
        ('{"a": 1, "b": 2, "label": "copy", "weight": 0}', "weight"),
        ('{"text": "x"}', "neither a pair"),
        ("[]", "not a JSON object"),
        ("{", "not JSON"),
    ],
)
def test_a_wrong_line_is_named(tmp_path, line, message):
    """File, line and what is wrong."""
    path = tmp_path / "pairs.jsonl"
    path.write_text('{"a": 1, "b": 2, "label": "copy"}\n\n' + line, encoding="utf-8")
    with pytest.raises(ValueError, match=message) as caught:
        exported.load([path])
    assert "pairs.jsonl:3: " in str(caught.value)
