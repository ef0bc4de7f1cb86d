"""Entries of a feed made ready for placing: text, fingerprint, key of the address. Pure.

Titles are cleaned, and include and exclude rules applied, before (aggregator.sources.rules).

Entry → paragraphs (content, else summary) → boilerplate found → fingerprint → Prepared
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from aggregator.dedup.fingerprint import Analysis, Document, analyses
from aggregator.model import Entry, Prepared, Source
from aggregator.text import html_to_paragraphs
from aggregator.urls import url_key

MOST_HTML = 2_000_000  # characters of one entry's HTML that are read


def prepare(entry: Entry, *, boilerplate: frozenset[int], source: Source) -> Prepared:
    """One entry with its text and fingerprint. ``boilerplate``: passages learnt for the source."""
    return prepare_all([entry], boilerplate=boilerplate, source=source)[0]


def prepare_all(
    entries: Sequence[Entry], *, boilerplate: frozenset[int], source: Source
) -> tuple[Prepared, ...]:
    """The same for all entries of a feed, in their order; several times faster than one by one."""
    texts = [paragraphs(entry) for entry in entries]
    documents = [
        Document(entry.title, text, boilerplate, _matching(text, source.boilerplate))
        for entry, text in zip(entries, texts, strict=True)
    ]
    return tuple(
        _prepared(entry, text, analysis)
        for entry, text, analysis in zip(entries, texts, analyses(documents), strict=True)
    )


def paragraphs(entry: Entry) -> list[str]:
    """The text of an entry: of its content, or of its summary where the content holds no words."""
    return html_to_paragraphs(entry.content[:MOST_HTML]) or html_to_paragraphs(entry.summary[:MOST_HTML])


def _matching(text: Sequence[str], patterns: Sequence[str]) -> frozenset[int]:
    """Indexes of the paragraphs that the source's own expressions match."""
    if not patterns:
        return frozenset()
    return frozenset(
        index for index, line in enumerate(text) if any(re.search(pattern, line) for pattern in patterns)
    )


def _prepared(entry: Entry, text: Sequence[str], analysis: Analysis) -> Prepared:
    return Prepared(
        entry=entry,
        text="\n\n".join(text),
        fingerprint=analysis.fingerprint,
        url_key=url_key(entry.url),
        passages=analysis.passages,
        boilerplate=analysis.left_out,
        credit=analysis.credit,
    )
