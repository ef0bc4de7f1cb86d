"""The detector alone, over an archive: documents in, their stories out. What ``aggregator dedup`` runs.

The same code as the daemon's, with `Memory` in the place of the store, so what an evaluation measures is what
readers get.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import numpy as np

from aggregator.dedup import boilerplate
from aggregator.dedup.fingerprint import Analysis, analyses, passages
from aggregator.dedup.fingerprint import Document as Counted
from aggregator.dedup.memory import Memory
from aggregator.dedup.place import place
from aggregator.dedup.rules import Rules
from aggregator.dedup.views import Views
from aggregator.errors import UsageError
from aggregator.model import Held
from aggregator.text import html_to_paragraphs, plain_to_paragraphs, tokenise
from aggregator.urls import url_key

BATCH = 2048  # documents placed at once: what they have for neighbours is asked and set up once
NO_DATE = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Document:
    """A line of the archive, checked. Undated texts are all of one day, in 1970."""

    id: str | int
    source: str
    title: str
    paragraphs: tuple[str, ...]
    url: str | None
    published: datetime
    language: str | None


def dedup(
    documents: Iterable[Mapping[str, Any]],
    rules: Rules | None = None,
    progress: Callable[[int], None] | None = None,
    name: str = "-",
) -> list[dict[str, Any]]:
    """Fold an archive into stories.

    ``documents``: parsed lines ``{"id", "source", "title", "text" or "html", "url"?, "published",
    "language"?}``. Raises `UsageError` that names ``name``, the line (from 1; a document's own ``_line`` goes
    before its position) and the field. ``progress`` is called with the number of documents done, twice over:
    read and placed.

    Returns ``{"id", "story", "canonical", "similarity", "reason"}`` for each document, by published, source
    and id, which is also the order in which they are placed: the order of the lines does not matter. A story
    is named by the id of its first document.
    """
    memory, names = place_all(documents, rules or Rules(), progress, name)
    founders = {story: min(members) for story, members in memory.stories.items()}
    lines: list[dict[str, Any]] = []
    for article, document in sorted(names.items()):
        placed = memory.articles[article]
        assert placed.story is not None
        placement = memory.placements[article]
        lines.append(
            {
                "id": document.id,
                "story": names[founders[placed.story]].id,
                "canonical": placed.canonical,
                "similarity": round(placement.similarity, 3),
                "reason": placement.reason,
            }
        )
    return lines


def place_all(
    documents: Iterable[Mapping[str, Any]],
    rules: Rules,
    progress: Callable[[int], None] | None = None,
    name: str = "-",
    *,
    forget: bool = True,
) -> tuple[Memory, dict[int, Document]]:
    """Read and place an archive. Returns the memory, and the documents by article id.

    ``forget``: drop from the candidate index what is out of reach; without it the memory is complete.
    """
    read = sorted((_read(d, name, n) for n, d in enumerate(documents, 1)), key=_order)
    _unique(read, name)
    learnt = _learn(read)
    memory, views = Memory(rules, forget=forget), Views()
    names: dict[int, Document] = {}
    for start in range(0, len(read), BATCH):
        batch = read[start : start + BATCH]
        read_texts = analyses(Counted(d.title, d.paragraphs, learnt[d.source]) for d in batch)
        arrivals = [
            _held(-n, document, analysis)
            for n, (document, analysis) in enumerate(zip(batch, read_texts, strict=True), 1)
        ]
        ids = memory.apply(arrivals, place(arrivals, memory, rules, views), views)
        for number, article in ids.items():
            names[article] = batch[-number - 1]
        if progress is not None:
            progress(start + len(batch))
    return memory, names


def _order(document: Document) -> tuple[datetime, str, str]:
    return document.published, document.source, str(document.id)


def _unique(read: Sequence[Document], name: str) -> None:
    seen: set[str] = set()
    for document in read:
        if str(document.id) in seen:
            raise UsageError(f"{name}: id: {document.id!r} occurs more than once; ids must be unique")
        seen.add(str(document.id))


def _learn(read: Sequence[Document]) -> dict[str, frozenset[int]]:
    """Learn each source's boilerplate. Paragraphs are counted by their plain text, which is quick; only those
    that recur are hashed as the fingerprint hashes them."""
    by_source: dict[str, list[Document]] = defaultdict(list)
    for document in read:
        by_source[document.source].append(document)
    learnt: dict[str, frozenset[int]] = {}
    for source, documents in by_source.items():
        learnt[source] = frozenset()
        if len(documents) >= boilerplate.LEAST:
            numbers, found = _counted(documents[-boilerplate.RECENT :])
            recurring = boilerplate.learn(boilerplate.count(found), len(documents))
            names = sorted(name for name, number in numbers.items() if number in recurring)
            learnt[source] = frozenset(passages(names)) - {0}
    return learnt


def _counted(documents: Sequence[Document]) -> tuple[dict[str, int], boilerplate.Texts]:
    """Number the paragraphs of these documents, from 1; their length is in characters."""
    numbers: dict[str, int] = {"": 0}
    for document in documents:
        for paragraph in document.paragraphs:
            numbers.setdefault(paragraph, len(numbers))
    return numbers, boilerplate.Texts(
        np.array([numbers[p] for document in documents for p in document.paragraphs], np.int64),
        np.array([len(p) for document in documents for p in document.paragraphs], np.int64),
        np.array([len(document.paragraphs) for document in documents], np.intp),
        lambda index: tokenise(documents[index].title).hashes.tolist(),
    )


def _held(number: int, document: Document, analysis: Analysis) -> Held:
    return Held(
        id=number,
        source=document.source,
        group="default",
        title=document.title,
        effective=document.published,
        fingerprint=analysis.fingerprint,
        url_key=url_key(document.url),
        guid=str(document.id),
        language=document.language,
        credit=analysis.credit,
    )


def _read(line: Mapping[str, Any], name: str, number: int) -> Document:
    number = line.get("_line", number)

    def wrong(field: str, message: str) -> UsageError:
        return UsageError(f"{name}:{number}: {field}: {message}")

    def text(field: str, default: str | None = "") -> str | None:
        value = line.get(field)
        if value is None:
            return default
        if not isinstance(value, str):
            raise wrong(field, f"must be a string, not {type(value).__name__}")
        return value

    identity = line.get("id")
    if isinstance(identity, bool) or not isinstance(identity, str | int) or identity == "":
        raise wrong("id", "missing" if identity is None else "must be a string or a whole number")
    plain, html = text("text", None), text("html", None)
    if plain is None and html is None and not line.get("title"):
        raise wrong("text", "missing; a document needs text, html or at least a title")
    paragraphs = html_to_paragraphs(html) if html is not None else plain_to_paragraphs(plain or "")
    return Document(
        id=identity,
        source=text("source") or "",
        title=text("title") or "",
        paragraphs=tuple(paragraphs),
        url=text("url", None),
        published=_published(text("published", None), wrong),
        language=text("language", None),
    )


def _published(value: str | None, wrong: Callable[[str, str], UsageError]) -> datetime:
    if not value:
        return NO_DATE
    try:
        moment = datetime.fromisoformat(value)
    except ValueError:
        raise wrong("published", f"{value!r} is no ISO 8601 date; 2018-08-09T14:30:00Z would do") from None
    moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    try:
        return moment.astimezone(UTC)
    except OverflowError:
        raise wrong("published", f"{value!r} is out of range") from None
