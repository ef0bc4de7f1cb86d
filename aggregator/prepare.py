"""Entries of a feed made ready for placing: text, fingerprint, key of the address. Pure.

Titles are cleaned, and include and exclude rules applied, before (aggregator.sources.rules).

Entry → paragraphs (content, else summary) → boilerplate learnt and found → fingerprint → Prepared
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass

from aggregator.dedup.boilerplate import LEAST, RECENT, Text, count
from aggregator.dedup.boilerplate import learn as learnt_from
from aggregator.dedup.boilerplate import texts as counting
from aggregator.dedup.fingerprint import Analysis, Document, analyses
from aggregator.model import Entry, Learnt, Prepared, Source
from aggregator.search.indexing import indexed_early
from aggregator.text import html_to_paragraphs
from aggregator.urls import url_key

MOST_HTML = 2_000_000  # characters of one entry's HTML that are read
SAMPLE = 300  # characters of a learnt passage that are kept to be shown


def prepare(entry: Entry, *, boilerplate: frozenset[int], source: Source) -> Prepared:
    """One entry with its text and fingerprint. ``boilerplate``: passages learnt for the source."""
    return prepare_all([entry], boilerplate=boilerplate, source=source)[0]


def prepare_all(
    entries: Sequence[Entry], *, boilerplate: frozenset[int], source: Source
) -> tuple[Prepared, ...]:
    """The same for all entries of a feed, in their order; several times faster than one by one."""
    return _prepare(entries, boilerplate, source, None)


def prepare_and_learn(
    entries: Sequence[Entry], *, boilerplate: frozenset[int], source: Source, counted: Sequence[Text] = ()
) -> tuple[tuple[Prepared, ...], tuple[Learnt, ...] | None]:
    """The same, with the source's boilerplate learnt anew before anything is fingerprinted.

    ``counted``: what is kept of the source's texts, the newest first; a first poll learns from the feed
    alone. Returns the boilerplate too, where it is another than before.
    """
    counts: dict[int, int] = {}
    now = boilerplate

    def learn(texts: Sequence[Text]) -> Collection[int]:
        nonlocal counts, now
        every = [*texts, *counted][:RECENT]
        if len(every) >= LEAST:
            counts = count(found := counting(every))
            now = learnt_from(counts, len(found.sizes), boilerplate)
        return now

    made = _prepare(entries, frozenset(), source, learn) if entries else ()
    if now == boilerplate:
        return made, None
    samples = _samples(made, now - boilerplate)
    return made, tuple(Learnt(each, counts[each], samples.get(each, "")) for each in sorted(now))


def _prepare(
    entries: Sequence[Entry],
    boilerplate: frozenset[int],
    source: Source,
    learn: Callable[[Sequence[Text]], Collection[int]] | None,
) -> tuple[Prepared, ...]:
    texts = [paragraphs(entry) for entry in entries]
    documents = [
        Document(entry.title, text, boilerplate, matching(text, source.boilerplate))
        for entry, text in zip(entries, texts, strict=True)
    ]
    return tuple(
        _prepared(entry, text, analysis)
        for entry, text, analysis in zip(entries, texts, analyses(documents, learn), strict=True)
    )


@dataclass(frozen=True, slots=True)
class Stored:
    """Stored texts of one source (title, paragraphs), and what is left out of them, as in `prepare_all`."""

    texts: tuple[tuple[str, tuple[str, ...]], ...]
    boilerplate: frozenset[int]
    patterns: tuple[str, ...] = ()


def read_again(stored: Stored) -> list[Analysis]:
    """Fingerprint stored texts as they are when they come, in their order. Runs in a worker."""
    return analyses(
        Document(title, text, stored.boilerplate, matching(text, stored.patterns))
        for title, text in stored.texts
    )


def _samples(made: Iterable[Prepared], wanted: frozenset[int]) -> dict[int, str]:
    """The words of these passages, of the first of the entries that has them."""
    found: dict[int, str] = {}
    for each in made:
        if not wanted.isdisjoint(each.passages):
            for passage, line in zip(each.passages, each.text.split("\n\n"), strict=False):
                if passage in wanted:
                    found.setdefault(passage, line[:SAMPLE])
    return found


def paragraphs(entry: Entry) -> list[str]:
    """The text of an entry: of its content, or of its summary where the content holds no words."""
    return html_to_paragraphs(entry.content[:MOST_HTML]) or html_to_paragraphs(entry.summary[:MOST_HTML])


def matching(text: Sequence[str], patterns: Sequence[str]) -> frozenset[int]:
    """Indexes of the paragraphs that the source's own expressions match."""
    if not patterns:
        return frozenset()
    return frozenset(
        index for index, line in enumerate(text) if any(re.search(pattern, line) for pattern in patterns)
    )


def _prepared(entry: Entry, text: Sequence[str], analysis: Analysis) -> Prepared:
    joined = "\n\n".join(text)
    return Prepared(
        entry=entry,
        text=joined,
        fingerprint=analysis.fingerprint,
        url_key=url_key(entry.url),
        passages=analysis.passages,
        boilerplate=analysis.left_out,
        credit=analysis.credit,
        words=analysis.words,
        tokens=indexed_early(entry.title, joined),
    )
