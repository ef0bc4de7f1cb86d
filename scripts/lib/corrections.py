"""Exported corrections (`aggregator corrections export`), as scripts/fit and scripts/evaluate read them.

A file holds lines of two kinds: pairs ``{"a", "b", "label", "weight"?, "kind"?}`` and, with ``--with-texts``,
documents ``{"id", "source", "title", "text", "published"}`` as `aggregator dedup` reads them. Pairs alone are
of use where their articles are known otherwise, as those of ../shared/data are.
"""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from lib.labelled import Pair

from aggregator.dedup.archive import place_all
from aggregator.dedup.memory import Memory
from aggregator.dedup.rules import Rules

LABELS = ("copy", "version", "template", "quote", "related", "different", "partial")
CORPUS = "corrections"


@dataclass
class Corrections:
    """``pairs`` in the order of the files; ``documents`` by id, each once."""

    pairs: list[Pair] = field(default_factory=list)
    documents: dict[str, dict[str, Any]] = field(default_factory=dict)

    def archive(self, rules: Rules) -> tuple[Memory, dict[str, int]]:
        """Place the documents as an archive; the memory, and the article ids by document id."""
        memory, documents = place_all(list(self.documents.values()), rules, name=CORPUS, forget=False)
        return memory, {str(document.id): article for article, document in documents.items()}

    @property
    def complete(self) -> list[Pair]:
        """The pairs of which both documents are here."""
        return [pair for pair in self.pairs if pair.a in self.documents and pair.b in self.documents]

    def of(self, ids: dict[str, int]) -> list[Pair]:
        """The pairs of another archive's articles, by its ids."""
        return [pair for pair in self.pairs if pair.a in ids and pair.b in ids]


def load(paths: Sequence[Path]) -> Corrections:
    """Read exports. Raises ValueError that names file, line and what is wrong with it."""
    found = Corrections()
    for path in paths:
        for where, line in _lines(path):
            if "a" in line and "b" in line:
                found.pairs.append(_pair(line, where))
            elif "id" in line:
                found.documents.setdefault(str(line["id"]), line)
            else:
                raise ValueError(f'{where}: neither a pair ("a", "b", "label") nor a document ("id", "text")')
    return found


def _pair(line: dict[str, Any], where: str) -> Pair:
    label = line.get("label")
    if label is not None and label not in LABELS:
        raise ValueError(f"{where}: label {label!r} is none of {', '.join(LABELS)}")
    a, b = str(line["a"]), str(line["b"])
    if a == b:
        raise ValueError(f"{where}: a pair of {a} with itself")
    weight = float(line.get("weight", 1.0))
    if not weight > 0:
        raise ValueError(f"{where}: weight {weight} is not above 0")
    return Pair(a, b, CORPUS, str(line.get("kind", CORPUS)), label, weight)


def _lines(path: Path) -> Iterator[tuple[str, dict[str, Any]]]:
    open_ = gzip.open if path.suffix == ".gz" else open
    with open_(path, "rt", encoding="utf-8") as file:
        for number, line in enumerate(file, 1):
            where = f"{path}:{number}"
            if not line.strip():
                continue
            try:
                made = json.loads(line)
            except json.JSONDecodeError as error:
                raise ValueError(f"{where}: not JSON: {error}") from error
            if not isinstance(made, dict):
                raise ValueError(f"{where}: not a JSON object")  # noqa: TRY004
            yield where, made
