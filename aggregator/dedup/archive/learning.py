"""Step 1: the boilerplate of each source, learnt over the whole archive."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np

from aggregator.dedup import boilerplate
from aggregator.dedup.archive.documents import Document
from aggregator.dedup.fingerprint import passages
from aggregator.text import tokenise

RECENT = boilerplate.RECENT  # documents of a source that are asked for: the newest
LEAST = boilerplate.LEAST  # documents of a source below which nothing is learnt


def learn(newest: Sequence[Document], number: int) -> frozenset[int]:
    """The passages that are boilerplate of a source, hashed as the fingerprint hashes them.

    ``newest``: the last `RECENT` of its ``number`` documents, in their order. Paragraphs are counted by their
    plain text, which is quick; only those that recur are hashed.
    """
    if number < LEAST:
        return frozenset()
    numbers, found = _counted(newest)
    recurring = boilerplate.learn(boilerplate.count(found), number)
    names = sorted(name for name, no in numbers.items() if no in recurring)
    return frozenset(passages(names)) - {0}


def _counted(documents: Iterable[Document]) -> tuple[dict[str, int], boilerplate.Texts]:
    """Number the paragraphs of these documents, from 1; their length is in characters."""
    documents = list(documents)
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
