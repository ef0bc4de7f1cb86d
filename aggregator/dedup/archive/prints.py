"""Step 2: documents to fingerprints, each by itself once its source's boilerplate is known."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace
from typing import NamedTuple

from aggregator.dedup.archive.documents import Document
from aggregator.dedup.evidence import header
from aggregator.dedup.fingerprint import Analysis, analyses
from aggregator.dedup.fingerprint import Document as Counted
from aggregator.model import Fingerprint, Held


class Numbered(NamedTuple):
    """A document by its place in the order of the archive, from 1, with its source's boilerplate."""

    number: int
    document: Document
    boilerplate: Collection[int]


class Printed(NamedTuple):
    """An article of the archive: its id there, and what the detector needs (``held.id``: its number)."""

    id: str | int
    held: Held


def fingerprints(documents: Sequence[Numbered]) -> list[Printed]:
    """Fingerprint these; more at a time is faster and gives the same."""
    made = analyses(Counted(d.title, d.paragraphs, left_out) for _, d, left_out in documents)
    return [
        Printed(each.document.id, held(each.number, each.document, analysis))
        for each, analysis in zip(documents, made, strict=True)
    ]


def held(number: int, document: Document, analysis: Analysis) -> Held:
    """A document as the detector needs it."""
    return Held(
        id=number,
        source=document.source,
        group="default",
        title=document.title,
        effective=document.published,
        fingerprint=analysis.fingerprint,
        url_key=document.url_key,
        guid=str(document.id),
        language=document.language,
        credit=analysis.credit,
    )


def outline(printed: Printed) -> Printed:
    """What stories are assembled from: the same without title, keys, signature and text."""
    held = printed.held
    fingerprint = Fingerprint(
        recipe=held.fingerprint.recipe,
        keys=(),
        signature=b"",
        evidence=header(held.fingerprint.evidence),
        text_sha256=held.fingerprint.text_sha256,
        tokens=held.fingerprint.tokens,
    )
    return Printed(printed.id, replace(held, title="", url_key=None, fingerprint=fingerprint))
