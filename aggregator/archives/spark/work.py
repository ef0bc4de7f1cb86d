"""What executors do: the pure functions of the five steps, over batches and groups of Arrow rows.

What only goes from one of these functions to another is pickled into a column of bytes, since its form is of
no matter between them.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import pyarrow as pa

from aggregator.archives.files import rows_of
from aggregator.archives.lines import document_of
from aggregator.archives.packing import pack, unpack
from aggregator.dedup.archive import candidates, exact
from aggregator.dedup.archive.candidates import Keys, Pairs
from aggregator.dedup.archive.deciding import Seen, hear
from aggregator.dedup.archive.documents import Document, order
from aggregator.dedup.archive.learning import learn
from aggregator.dedup.archive.looking import look_at
from aggregator.dedup.archive.prints import Numbered, fingerprints, outline
from aggregator.dedup.rules import Rules
from aggregator.errors import UsageError
from aggregator.model import Tie

Batches = Iterator[pa.RecordBatch]
Learnt = Mapping[str, frozenset[int]]

# The columns between the steps, as Spark writes them down.
DOCUMENTS = (
    "moment long, source binary, id binary, document binary, wrong string, file string, block long, row long"
)
BOILERPLATE = "source binary, learnt binary"
PRINTS = (
    "number long, moment long, address string, sha256 binary, keys array<long>, held binary, outline binary"
)
PAIRS = "later long, earlier long"
SEEN = "earlier long, later long, one boolean, seen binary"
TIES = "a long, b long, tie binary"
MANY = "many binary"
TOGETHER = 1024  # things that are pickled together on their way to the driver


def read_lines(batches: Batches) -> Batches:
    """Rows ``raw, file, block, row`` to `DOCUMENTS`."""
    for batch in batches:
        places = zip(*(batch[name].to_pylist() for name in ("file", "block", "row")), strict=True)
        yield _documents(zip(batch["raw"].to_pylist(), places, strict=True))


def read_rows(batches: Batches) -> Batches:
    """Rows ``cells`` (the columns of a document), ``file, block, row`` to `DOCUMENTS`."""
    for batch in batches:
        cells = pa.RecordBatch.from_struct_array(batch["cells"])
        places = zip(*(batch[name].to_pylist() for name in ("file", "block", "row")), strict=True)
        yield _documents(zip(rows_of(cells), places, strict=True))


def _documents(lines: Iterable[tuple[bytes | Mapping[str, Any], tuple[str, int, int]]]) -> pa.RecordBatch:
    """Good ones have no place, wrong ones nothing else. The order of names as bytes is their order."""
    made: list[tuple[Any, ...]] = []
    for line, place in lines:
        try:
            document = document_of(line, "")
        except UsageError as error:
            made.append((None, None, None, None, str(error), *place))
            continue
        if document is not None:
            moment, source, identity = order(document)
            row = candidates.microseconds(moment), source.encode(), identity.encode(), pack(document)
            made.append((*row, None, None, None, None))
    return _batch(_DOCUMENTS, made)


def learn_source(group: pa.Table) -> pa.Table:
    """The newest documents of one source (``count``: of how many) to `BOILERPLATE`."""
    newest = sorted(map(unpack, group["document"].to_pylist()), key=order)
    learnt = learn(newest, group["count"][0].as_py())
    return _table(_BOILERPLATE, [(group["source"][0].as_py(), pack(learnt))])


def make_prints(first: Callable[[], int], learnt: Callable[[], Learnt]) -> Callable[[Batches], Batches]:
    """``document`` in order to `PRINTS`. ``first``: the number of the partition's first document."""

    def run(batches: Batches) -> Batches:
        number, boilerplate = first(), learnt()
        for batch in batches:
            documents: list[Document] = list(map(unpack, batch["document"].to_pylist()))
            made = fingerprints(
                [
                    Numbered(n, each, boilerplate.get(each.source, frozenset()))
                    for n, each in enumerate(documents, number)
                ]
            )
            number += len(documents)
            rows = []
            for each in made:
                held = each.held
                rows.append((
                    held.id, candidates.microseconds(held.effective), held.url_key or None,
                    held.fingerprint.text_sha256 or None, list(held.fingerprint.keys), pack(held),
                    pack(outline(each)),
                ))  # fmt: skip
            yield _batch(_PRINTS, rows)

    return run


def find_pairs(rules: Rules) -> Callable[[Batches], Batches]:
    """All rows ``key, number, moment`` of some keys to `PAIRS`, each once."""

    def run(batches: Batches) -> Batches:
        columns = [np.concatenate(each) for each in zip(*map(_numbers, batches), strict=True)]
        if columns:
            pairs = candidates.all_pairs([candidates.pairs_of(Keys(*columns), rules)])
            yield pa.RecordBatch.from_arrays([pa.array(pairs.later), pa.array(pairs.earlier)], schema=_PAIRS)

    return run


def look_group(rules: Rules) -> Callable[[pa.Table, pa.Table], pa.Table]:
    """A block's articles and their candidates (``number, held``), with its `PAIRS`, to `SEEN`."""

    def run(articles: pa.Table, pairs: pa.Table) -> pa.Table:
        packed = articles["held"]
        place = {number: i for i, number in enumerate(articles["number"].to_pylist())}
        whole = candidates.all_pairs([Pairs(pairs["later"].to_numpy(), pairs["earlier"].to_numpy())])
        seen = look_at(whole, lambda number: unpack(packed[place[number]].as_py()), rules)
        return _table(_SEEN, [(each.earlier, each.later, each.one, pack(tuple(each))) for each in seen])

    return run


def tie_texts(batches: Batches) -> Batches:
    """All rows ``sha256, number`` of some texts to `TIES`."""
    texts = [
        exact.Text(sha256, number)
        for batch in batches
        for sha256, number in zip(batch["sha256"].to_pylist(), batch["number"].to_pylist(), strict=True)
    ]
    yield _ties(exact.by_text(texts))


def tie_addresses(group: pa.Table) -> pa.Table:
    """The articles (``held``) of one address to `TIES`."""
    return pa.Table.from_batches([_ties(exact.by_address(list(map(unpack, group["held"].to_pylist()))))])


def prefer(batches: Batches) -> Batches:
    """All exact ties of some articles to one an article."""
    ties = [unpacked for batch in batches for unpacked in map(unpack, batch["tie"].to_pylist())]
    made = [Tie(*tie) for tie in ties]
    by_texts = [tie for tie in made if tie.kind == "same-text"]
    yield _ties(exact.preferred((tie for tie in made if tie.kind != "same-text"), by_texts))


def hear_group(seen: pa.Table, one: pa.Table) -> pa.Table:
    """`SEEN` pairs with what is ``one`` with their earlier articles (``article, other``) to `MANY` ties."""
    others: dict[int, set[int]] = defaultdict(set)
    for article, other in zip(one["article"].to_pylist(), one["other"].to_pylist(), strict=True):
        others[article].add(other)
    pairs = (Seen(*unpack(each)) for each in seen["seen"].to_pylist())
    ties = [tuple(hear(pair, others.get(pair.earlier, ()))) for pair in pairs]
    return _table(_MANY, [(pack(ties),)] if ties else [])


def together(column: str) -> Callable[[Batches], Batches]:
    """Packed things of a column to `MANY`, which costs less to send."""

    def run(batches: Batches) -> Batches:
        for batch in batches:
            values = batch[column].to_pylist()
            for start in range(0, len(values), TOGETHER):
                things = list(map(unpack, values[start : start + TOGETHER]))
                yield _batch(_MANY, [(pack(things),)])

    return run


def _numbers(batch: pa.RecordBatch) -> tuple[candidates.Numbers, ...]:
    return tuple(batch[name].to_numpy() for name in ("key", "number", "moment"))


def _ties(ties: Iterable[Tie]) -> pa.RecordBatch:
    return _batch(_TIES, [(tie.a, tie.b, pack(tuple(tie))) for tie in ties])


def _batch(schema: pa.Schema, rows: Sequence[tuple[Any, ...]]) -> pa.RecordBatch:
    columns = zip(*rows, strict=True) if rows else [()] * len(schema)
    return pa.RecordBatch.from_arrays(
        [pa.array(column, field.type) for column, field in zip(columns, schema, strict=True)], schema=schema
    )


def _table(schema: pa.Schema, rows: Sequence[tuple[Any, ...]]) -> pa.Table:
    return pa.Table.from_batches([_batch(schema, rows)])


def _schema(columns: str) -> pa.Schema:
    kinds = {
        "long": pa.int64(), "binary": pa.binary(), "string": pa.string(), "boolean": pa.bool_(),
        "array<long>": pa.list_(pa.int64()),
    }  # fmt: skip
    return pa.schema([(name, kinds[kind]) for name, kind in map(str.split, columns.split(", "))])


_DOCUMENTS, _BOILERPLATE, _PRINTS = map(_schema, (DOCUMENTS, BOILERPLATE, PRINTS))
_PAIRS, _SEEN, _TIES, _MANY = map(_schema, (PAIRS, SEEN, TIES, MANY))
