"""Pairs of every kind that an explanation is asked for, in the languages of tests/data/explain.

A file there has, written for the project: ``wire``, a report of four paragraphs; ``related``, the same event
in other words; ``other``, another matter; ``form``, a notice with places for a town, a number and a day;
``furniture``, lines that a source glues on.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace

from aggregator.dedup.explain import Explanation, Said, explain
from aggregator.dedup.fingerprint import Document, analyses
from aggregator.dedup.memory import Memory
from aggregator.dedup.place import place
from aggregator.dedup.rules import Rules
from aggregator.model import Fold, Held

FOLDER = Path(__file__).parents[1] / "data" / "explain"
LANGUAGES = {
    path.stem: SimpleNamespace(**json.loads(path.read_text(encoding="utf-8")))
    for path in sorted(FOLDER.glob("*.json"))
}
ANY = Fold()
START = datetime(2026, 5, 5, 8, tzinfo=UTC)
NAMES = {"wire": "Sound Wire", "post": "Elverum Post", "quay": "The Quay"}


@dataclass(frozen=True)
class Text:
    """An article to be: where, when (hours), what; ``silent``: indexes of paragraphs that do not count."""

    source: str
    title: str
    paragraphs: Sequence[str]
    hours: float = 0
    language: str = "en"
    url: str | None = None
    fold: Fold = ANY
    silent: Sequence[int] = ()
    group: str = "default"


def held(number: int, text: Text) -> Held:
    """The article as the detector reads it."""
    made = analyses([Document(text.title, text.paragraphs, skip=text.silent)])[0]
    return Held(
        id=-number, source=text.source, group=text.group, title=text.title,
        effective=START + timedelta(hours=text.hours), fingerprint=made.fingerprint, url_key=text.url,
        guid=f"{text.source}-{number}", language=text.language, fold=text.fold,
    )  # fmt: skip


def explained(
    a: Text, b: Text, *more: Text, said: Sequence[Said] | None = None, stories: Sequence[int] | None = None
) -> Explanation:
    """Place the articles, ``more`` first, then explain the two, which have the last ids.

    ``stories``: of which story each of the articles is in the end, as after corrections; the first of a story
    is canonical. ``said``: what persons said.
    """
    rules, texts = Rules(), (*more, a, b)
    memory = Memory(rules)
    for text in texts:
        arrival = held(1, text)
        memory.apply([arrival], place([arrival], memory, rules))
    if stories is not None:
        for number, story in enumerate(stories, 1):
            first = story not in stories[: number - 1]
            memory.articles[number] = replace(memory.articles[number], story=story, canonical=first)
        memory.stories = {
            story: [number for number, of in enumerate(stories, 1) if of == story] for story in stories
        }
    one, two = memory.articles[len(texts) - 1], memory.articles[len(texts)]
    return explain(
        one, two, a.paragraphs, b.paragraphs, memory, rules,
        left_out_a=a.silent, left_out_b=b.silent, said=said, names=NAMES,
    )  # fmt: skip


def pairs(language: str) -> dict[str, tuple[Text, Text]]:
    """By kind: two articles."""
    t = LANGUAGES[language]
    wire = Text("wire", t.title, t.wire, language=language)
    forms = [
        Text("wire", t.form_title.format(f[0]), (t.form.format(*f),), hours=i, language=language)
        for i, f in enumerate(t.fillings)
    ]
    other = Text("quay", t.other_title, t.other, hours=2, language=language)
    silent = (len(t.wire), len(t.wire) + 1)
    return {
        "copy": (wire, Text("post", t.retitled, t.wire, 1, language)),
        "copy with furniture": (
            wire,
            replace(wire, source="post", paragraphs=(*t.wire[:3], *t.furniture), hours=1, silent=(3, 4)),
        ),
        "cut copy": (wire, Text("post", t.title, t.wire[:2], 1, language)),
        "version": (wire, replace(wire, paragraphs=(*t.wire[:3], t.other[2]), hours=3)),
        "template": (forms[0], forms[1]),
        "related": (wire, Text("quay", t.related_title, t.related, 4, language)),
        "partial": (wire, Text("quay", t.other_title, (*t.other, t.wire[1], *t.related), 4, language)),
        "different": (wire, other),
        "title only": (replace(wire, paragraphs=()), replace(wire, source="post", paragraphs=(), hours=2)),
        "title only, other title": (replace(wire, paragraphs=()), replace(other, paragraphs=())),
        "no titles": (replace(wire, title=""), replace(wire, title="", source="post", hours=1)),
        "one title missing": (wire, replace(wire, title="", paragraphs=t.wire[:3], source="post", hours=1)),
        "one sentence": (
            replace(wire, paragraphs=t.wire[:1]),
            replace(wire, source="post", paragraphs=t.wire[:1], hours=1),
        ),
        "same address": (
            replace(wire, url="h.example/1"),
            replace(wire, source="post", paragraphs=(*t.wire[:2], *t.other), hours=1, url="h.example/1"),
        ),
        "address reused": (replace(wire, url="h.example/1"), replace(other, url="h.example/1")),
        "beyond horizon": (wire, Text("post", t.retitled, t.wire[:3], 24 * 20, language)),
        "same text, beyond horizon": (wire, replace(wire, source="post", hours=24 * 40)),
        "never folded": (wire, Text("post", t.title, t.wire[:3], 1, language, fold=Fold("never"))),
        "asked": (wire, Text("post", t.title, t.wire[:3], 1, language, fold=Fold("ask"))),
        "own group only": (
            wire, Text("post", t.title, t.wire[:3], 1, language, fold=Fold("group"), group="press"),
        ),
        "not within the source": (
            replace(wire, fold=Fold("other")),
            replace(wire, fold=Fold("other"), paragraphs=t.wire[:3], hours=1),
        ),
        "other language": (wire, _elsewhere(language)),
        "empty": (wire, Text("post", "", (), 1, language)),
        "silent": (wire, replace(wire, source="post", paragraphs=(*t.wire, *t.furniture), silent=silent)),
    }  # fmt: skip


def _elsewhere(language: str) -> Text:
    other = "fa" if language == "en" else "en"
    t = LANGUAGES[other]
    return Text("quay", t.title, t.wire, 1, other)
