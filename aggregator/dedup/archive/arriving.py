"""An archive placed as the daemon places what arrives: batch by batch, with `Memory` in the place of a store.

It also says what each article adds, differs in and is linked to. For evaluations and for the tuning page;
`dedup` takes the five steps, and gives the same stories.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from aggregator.dedup.archive.documents import Document
from aggregator.dedup.archive.prints import Numbered, fingerprints
from aggregator.dedup.archive.whole import arrange, learn_each, read_all
from aggregator.dedup.memory import Memory
from aggregator.dedup.place import place
from aggregator.dedup.rules import Rules
from aggregator.dedup.views import Views

BATCH = 2048  # documents placed at once: what they have for neighbours is asked and set up once


def place_all(
    documents: Iterable[Mapping[str, Any]], rules: Rules, name: str = "-", *, forget: bool = True
) -> tuple[Memory, dict[int, Document]]:
    """Read and place an archive. Returns the memory, and the documents by article id.

    ``forget``: drop from the candidate index what is out of reach; without it the memory is complete.
    """
    found = arrange(read_all(documents, name), list[Document](), name)
    read, learnt = found.documents(), learn_each(found)
    memory, views = Memory(rules, forget=forget), Views()
    names: dict[int, Document] = {}
    for start in range(0, len(read), BATCH):
        batch = read[start : start + BATCH]
        numbered = [Numbered(-n, each, learnt[each.source]) for n, each in enumerate(batch, 1)]
        arrivals = [printed.held for printed in fingerprints(numbered)]
        ids = memory.apply(arrivals, place(arrivals, memory, rules, views), views)
        for number, article in ids.items():
            names[article] = batch[-number - 1]
    return memory, names
