"""Explanations: ten kinds of pairs and more, in five languages, read as a person would argue."""

from __future__ import annotations

import math
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from explain_pairs import LANGUAGES, Text, explained, held, pairs
from hypothesis import given
from hypothesis import strategies as st

from aggregator.dedup.decide import MODEL
from aggregator.dedup.explain import Explanation, Said, explain
from aggregator.dedup.memory import Memory
from aggregator.dedup.place import place
from aggregator.dedup.rules import Rules
from aggregator.dedup.said import in_words
from aggregator.dedup.signals import NAMES, Signals
from aggregator.model import Fold

# kind: the step that decides, whether they are one story, and what the sentence must say
EXPECTED = {
    "copy": ("same-text", True, "the same, word for word"),
    "copy with furniture": ("signals", True, "of the shorter text's phrases|of the phrases of both"),
    "cut copy": ("signals", True, "the shorter has no words of its own"),
    "version": ("signals", True, "phrases"),
    "related": ("signals", False, "no three words in a row|of the shorter text's phrases"),
    "partial": ("signals", False, "of the shorter text's phrases stand in the longer"),
    "different": ("signals", False, "no three words in a row|less than|of the shorter"),
    "title only": ("titles", True, "so the titles decide; all"),
    "title only, other title": ("titles", False, "different words of the two|numbers or negations"),
    "one title missing": ("signals", True, "phrases"),
    "same address": ("same-url", True, "the same address"),
    "beyond horizon": ("horizon", False, "20 days apart, and texts are compared within"),
    "same text, beyond horizon": ("same-text", True, "knows no horizon"),
    "never folded": ("rule", False, "are never folded (fold: never). By their texts they would"),
    "asked": ("rule", False, "folded when a person says so (fold: ask). By their texts they would be one"),
    "own group only": ("rule", False, "only within its group (fold: group), and the two are of the groups"),
    "not within the source": ("rule", False, "never fold two articles of Sound Wire (fold: other)"),
    "empty": ("titles", False, "a title is missing"),
}  # fmt: skip


def whole(found: Explanation) -> None:
    """What holds for every explanation, whatever decided."""
    assert found.decided.startswith("One story" if found.one_story else "Not one story")
    assert found.decided.endswith((".", ")"))
    for side in (found.a, found.b):
        ends = 0
        for passage in side.passages:
            assert ends <= passage.start < passage.end <= len(side.text)
            ends = passage.end
        pieces = ["".join(text for _, text in paragraph) for paragraph in side.paragraphs()]
        assert pieces == [part for part in side.text.split("\n\n") if part]
    if found.factors:
        odds = found.intercept + sum(factor.contribution for factor in found.factors)
        if found.step == "signals":
            assert 1 / (1 + math.exp(-odds)) == pytest.approx(found.probability, abs=1e-6)
            decided = {factor.name for factor in found.factors if factor.decided}
            without = sum(factor.contribution for factor in found.factors if factor.name in decided)
            margin = odds - math.log(found.threshold / (1 - found.threshold))
            assert (margin >= 0) == found.alike
            towards = [f for f in found.factors if f.contribution and (f.contribution > 0) == found.alike]
            assert ((margin - without >= 0) != found.alike) or decided == {f.name for f in towards}
    assert all(factor.words for factor in found.factors)


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_kind_is_argued(language: str) -> None:
    """Each kind is decided by the step that decides it, and the sentence says so."""
    for kind, (a, b) in pairs(language).items():
        found = explained(a, b)
        whole(found)
        if kind in EXPECTED:
            step, one_story, said = EXPECTED[kind]
            assert (found.step, found.one_story) == (step, one_story), (kind, found.decided)
            assert any(part in found.decided for part in said.split("|")), (kind, found.decided)


def test_a_rule_does_not_hide_that_the_texts_are_the_same() -> None:
    """Forbidden to fold, yet word for word the same: both are said."""
    a, b = pairs("en")["copy"]
    found = explained(a, replace(b, fold=Fold("never")))
    assert not found.one_story
    assert "never folded" in found.decided
    assert "Their texts are the same, word for word." in found.decided


def test_a_form_names_what_was_filled_in() -> None:
    """Two fillings of one form: the first fact that differs stands in the sentence."""
    form = (
        "The sluice at {} stayed {} hours open, the keeper {} wrote, and let {} boats through to {} harbour. "
    )
    more = "The next opening is on {} at {} when {} keeps the gate and {} sells the tickets."
    first = (form + more).format("Marsund", "11", "Berit", "34", "Aldmere", "Monday", "9", "Olaf", "Kirsten")
    second = (form + more).format(
        "Tornby", "15", "Gustav", "71", "Velmora", "Friday", "6", "Ingrid", "Henrik"
    )
    found = explained(
        Text("wire", "Sluice at Marsund", [first]), Text("wire", "Sluice at Tornby", [second], 2)
    )
    assert not found.one_story
    assert ("Berit", "Gustav") in found.differs
    assert found.step == "form"
    assert "one form, filled in twice" in found.decided
    assert "“Marsund stayed 11” in the one, “Tornby stayed 15” in the other" in found.decided


def test_two_languages_are_said() -> None:
    """A translation is no copy, and that is why."""
    a, b = pairs("en")["other language"]
    found = explained(a, b)
    assert not found.one_story
    assert any("two languages (en, fa)" in note for note in found.notes)


def test_a_persons_word_comes_first() -> None:
    """On these two: named, with day and reason; and what would hold without it."""
    a, b = pairs("en")["cut copy"]
    no = Said(1, 2, False, "ann", datetime(2026, 5, 5, tzinfo=UTC), "read both")
    found = explained(a, b, said=[no], stories=[1, 2])
    assert (found.one_story, found.alike, found.step) == (False, True, "person")
    assert found.decided.startswith("Not one story: ann said so of these two on 5 May 2026 (“read both”)")
    assert "By itself the pair would be one story" in found.decided
    a, b = pairs("en")["different"]
    found = explained(a, b, said=[no, Said(1, 2, True, "bob")], stories=[1, 1])
    assert (found.one_story, found.alike, found.step) == (True, False, "person")
    assert "bob said so of these two" in found.decided
    assert "By itself the pair would be two stories: no three words in a row" in found.decided


def test_a_word_on_their_stories_counts_too() -> None:
    """A late copy of an article that was split off stays apart from the story it was split from."""
    a, b = pairs("en")["copy with furniture"]
    late = replace(a, source="quay", paragraphs=a.paragraphs[:3], hours=4)
    found = explained(a, late, b, said=[Said(1, 2, False, "ann")], stories=[2, 1, 2])
    assert (found.one_story, found.alike, found.step) == (False, True, "person")
    assert "ann parted articles 1 and 2" in found.decided
    other = pairs("en")["different"][1]
    found = explained(other, late, a, said=[Said(1, 2, True, "ann")], stories=[1, 1, 1])
    assert (found.one_story, found.alike, found.step) == (True, False, "person")
    assert "ann made the stories of articles 1 and 2 one, and both are of it" in found.decided


def test_one_story_through_another_article() -> None:
    """Two cuts of one report that share nothing are of one story through the whole report."""
    wire = pairs("en")["copy"][0]
    first = replace(wire, source="post", paragraphs=wire.paragraphs[:2], hours=1)
    second = replace(wire, source="quay", paragraphs=wire.paragraphs[2:], hours=2)
    found = explained(first, second, wire)
    whole(found)
    assert (found.one_story, found.alike, found.step) == (True, False, "story")
    assert "not by these two alone: both are like article 1 of Sound Wire, which speaks" in found.decided


def test_never_compared_is_said() -> None:
    """Alike, and apart since no candidate key brought them together: the sentence says which."""
    a, b = pairs("en")["cut copy"]
    memory = Memory(Rules())
    for key, text in enumerate((a, b)):
        arrival = held(1, text)
        arrival = replace(arrival, fingerprint=replace(arrival.fingerprint, keys=(key,), text_sha256=b""))
        memory.apply([arrival], place([arrival], memory, Rules()))
    one, two = memory.articles[1], memory.articles[2]
    found = explain(one, two, a.paragraphs, b.paragraphs, memory, Rules())
    assert (found.one_story, found.alike, found.met) == (False, True, "no-key")
    assert "never compared, since they share none of the keys" in found.decided
    shared = [replace(h, fingerprint=replace(h.fingerprint, keys=(7,))) for h in (one, two)]
    found = explain(shared[0], shared[1], a.paragraphs, b.paragraphs, memory, Rules(hot_keys=1))
    assert found.met == "hot-key"
    assert "never compared, since more than 1 article near by have" in found.decided


def test_a_story_is_joined_by_its_canonical_text() -> None:
    """Alike, and yet of two stories, since the story's canonical text is another: it is named."""
    a, b = pairs("en")["cut copy"]
    other = pairs("en")["different"][1]
    found = explained(a, b, other, stories=[1, 1, 2])
    assert (found.one_story, found.alike, found.step) == (False, True, "story")
    assert "not like article 1 of The Quay, which speaks for the story of the other" in found.decided


@pytest.mark.parametrize("language", LANGUAGES)
def test_passages_are_marked_where_they_stand(language: str) -> None:
    """What is shared is marked in both texts, glued-on lines and datelines as left out, with why."""
    t = LANGUAGES[language]
    a, b = pairs(language)["copy with furniture"]
    found = explained(a, b)
    marked = [found.b.text[p.start : p.end] for p in found.b.passages if p.kind == "left-out"]
    assert marked == list(t.furniture)
    assert {part.why for part in found.b.left_out} <= {"usual", "recurs"}
    for side in (found.a, found.b):
        shared = "".join(side.text[p.start : p.end] for p in side.passages if p.kind == "shared")
        assert t.wire[0][:40] in shared
        assert t.wire[2][-20:].rstrip(".。") in shared
        assert t.furniture[0] not in shared
    assert t.wire[3][5:30] not in "".join(
        found.a.text[p.start : p.end] for p in found.a.passages if p.kind == "shared"
    )


def test_a_dateline_is_left_out_and_shown() -> None:
    """The text keeps it, the mark says why it does not count."""
    a, b = pairs("en")["cut copy"]
    b = replace(b, paragraphs=("ELVERUM (Reuters) - " + b.paragraphs[0], *b.paragraphs[1:]))
    found = explained(a, b)
    assert [part.why for part in found.b.left_out] == ["dateline"]
    assert found.b.left_out[0].text.startswith("ELVERUM (Reuters)")
    assert found.b.paragraphs()[0][0][0] == "left-out"
    assert found.b.paragraphs()[0][1][0] == "shared"


def test_the_words_fit_the_values() -> None:
    """Statements at both ends of each signal's range are true of it."""
    nothing = Signals(**dict.fromkeys(NAMES, 0.0))
    assert in_words("slots", nothing) == "they share no passage that could be looked at"
    assert in_words("containment", nothing).startswith("none of")
    none = replace(nothing, containment=0.5)
    full = replace(
        none, containment=1.0, jaccard=1.0, title_found=1.0, same_source=1.0, untitled=0.0, own=1.0
    )
    assert in_words("containment", full).startswith("all of")
    assert in_words("title_found", full) == "every word of either title is found in the other article"
    assert "not two titles" in in_words("title_found", replace(full, untitled=1.0))
    assert in_words("missing", replace(none, missing=math.log1p(1))) == "the shorter has 1 word of its own"
    assert "about 3 times in a hundred" in in_words("fact_slots", replace(none, fact_slots=math.log1p(3)))
    assert in_words("same_source", full) == "one outlet published both"
    assert {
        name for name in MODEL.weights if in_words(name, none).startswith(name.replace("_", " ") + " is ")
    } == set()


@given(
    st.lists(st.text(max_size=120), max_size=4), st.lists(st.text(max_size=120), max_size=4),
    st.text(max_size=30), st.text(max_size=30),
)  # fmt: skip
def test_any_texts_can_be_explained(a: list[str], b: list[str], title_a: str, title_b: str) -> None:
    """Whatever stands in them, there is a sentence, and the passages lie within the texts."""
    clean = [[" ".join(part.split()) for part in some] for some in (a, b)]
    whole(explained(Text("wire", title_a, clean[0]), Text("post", title_b, clean[1], 1)))
