"""One body, prepared: the work of a worker process, and what goes into it and comes out of it. Pure.

    bytes of a body → parse → the entries that are not known → text and fingerprint of each

`run_flat` is `run` as the pool of processes calls it: what crosses the boundary is tuples, since a dataclass
is asked for its fields, in Python, at each object that is pickled.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from operator import attrgetter
from typing import Any, Final

from aggregator.dedup.boilerplate import Text
from aggregator.errors import ParseError
from aggregator.model import Entry, FeedInfo, Fingerprint, Learnt, Prepared, Source
from aggregator.sources.entries import Read
from aggregator.sources.raw import Parser

Flat = tuple["Parsed", list[tuple[Any, ...]]]


@dataclass(frozen=True, slots=True)
class Parsed:
    """One body as prepared. ``present``: the guids of all its entries; ``prepared``: the new and changed.

    ``learnt``: the source's boilerplate, where it is another than before. ``fast``: read by the fast path;
    ``checked``: by feedparser too; ``differs``: what the two disagreed on. ``left_out``: entries
    that wait for the next polls, since too many were new.
    """

    info: FeedInfo
    present: frozenset[str]
    prepared: tuple[Prepared, ...]
    learnt: tuple[Learnt, ...] | None = None
    fast: bool = False
    checked: bool = False
    differs: str = ""
    left_out: int = 0


@dataclass(frozen=True, slots=True)
class Job:
    """One body, with all that preparing it needs; it crosses the process boundary.

    ``known``: guid → raw_sha256 of the articles that we hold; equal ones are not prepared again.
    ``counted``: the source's texts as kept, from which boilerplate is learnt. ``parser``: the workers' own.
    """

    body: bytes
    url: str
    content_type: str | None
    source: Source
    known: Mapping[str, bytes]
    boilerplate: frozenset[int]
    now: datetime
    counted: Sequence[Text] = ()
    parser: Parser = "auto"


def run(job: Job) -> Parsed:
    """Parse, and prepare the entries that are not known. Raises ParseError. Pure; runs in a worker."""
    return prepare_job(job, *parse_job(job))


def parse_job(job: Job) -> tuple[Read, int]:
    """Only parse: the entries that are not known, and how many were left out. Raises ParseError. Pure."""
    # Imported here: the parent needs no parser, and a worker imports it once, in `_start`.
    from aggregator.sources.feed import parse_changed
    from aggregator.sources.flood import dammed

    with _bounded():
        found = parse_changed(
            job.body,
            url=job.url,
            content_type=job.content_type,
            source=job.source,
            now=job.now,
            known=job.known,
            parser=job.parser,
        )
        return dammed(found, job.known)


def prepare_job(job: Job, found: Read, left_out: int = 0) -> Parsed:
    """Only prepare what was parsed. Raises ParseError. Pure; runs in a worker."""
    from aggregator.prepare import prepare_and_learn
    from aggregator.sources.rules import mark_read

    with _bounded():
        ready, learnt = prepare_and_learn(
            found.entries, boilerplate=job.boilerplate, source=job.source, counted=job.counted
        )
        prepared = [
            dataclasses.replace(one, mark_read=True) if mark_read(one.entry, job.source) else one
            for one in ready
        ]
    return Parsed(
        found.info, found.present, tuple(prepared), learnt, found.fast, found.checked, found.differs, left_out
    )


@contextmanager
def _bounded() -> Iterator[None]:
    """What a feed does to memory and stack is an error of the feed."""
    try:
        yield
    except MemoryError as error:
        raise ParseError("crashed", "the feed needs more memory than a worker may use") from error
    except RecursionError as error:
        raise ParseError("not-a-feed", "the feed is nested too deeply") from error


def run_flat(job: Job) -> Flat:
    """`run`, with its result flattened."""
    return flat(run(job))


def _names(kind: type[Any]) -> tuple[str, ...]:
    return tuple(each.name for each in dataclasses.fields(kind))


_ENTRY: Final = _names(Entry)
_FINGERPRINT: Final = _names(Fingerprint)
_PREPARED: Final = _names(Prepared)  # entry, text, fingerprint, and what is plain values
_OF_ENTRY: Final = attrgetter(*_ENTRY)
_OF_FINGERPRINT: Final = attrgetter(*_FINGERPRINT)
_OF_PREPARED: Final = attrgetter(*_PREPARED[3:])


def flat(parsed: Parsed) -> Flat:
    """A result with its entries as tuples of values."""
    rows = [
        (_OF_ENTRY(one.entry), one.text, _OF_FINGERPRINT(one.fingerprint), _OF_PREPARED(one))
        for one in parsed.prepared
    ]
    return dataclasses.replace(parsed, prepared=()), rows


def whole(flattened: Flat) -> Parsed:
    """The result again."""
    parsed, rows = flattened
    made = [Prepared(Entry(*entry), text, Fingerprint(*found), *rest) for entry, text, found, rest in rows]
    return dataclasses.replace(parsed, prepared=tuple(made))
