"""An entry that was read: its text, its fingerprint, the page behind it, what is boilerplate in it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from aggregator.model.entry import Entry


@dataclass(frozen=True, slots=True)
class Fingerprint:
    """What the detector keeps of a text.

    Two are comparable only when ``recipe`` is equal. It names the rules by which a text is read, the same for
    every source. The version of a source's boilerplate is no part of it, and is kept with the article: what
    is left out of a text changes which shingles it has, never what a shingle is. So texts of two sources, or
    of one before and after, stay comparable, and an older fingerprint is only less exact.

    ``keys``: at most 20 candidate keys (signed 64-bit, the slot mixed in, so that equal keys mean the same
    band and the same value). ``signature``: datasketch's MinHash values, 128 little-endian uint32.
    ``evidence``: what the exact decision reads (token and shingle hashes); its format belongs to
    ``aggregator.dedup``. ``text_sha256``: of the normalised text, b"" when the text is too short to stand for
    itself. ``tokens``: number of tokens of title and text that count.
    """

    recipe: str
    keys: tuple[int, ...]
    signature: bytes
    evidence: bytes
    text_sha256: bytes
    tokens: int


@dataclass(frozen=True, slots=True)
class Prepared:
    """An entry with its text and fingerprint, as a worker process returns it.

    ``text``: plain text of the article, paragraphs parted by "\\n\\n", boilerplate still in. ``passages``:
    64-bit hashes of its paragraphs, for learning boilerplate. ``boilerplate``: indexes of paragraphs left
    out of the fingerprint. ``credit``: the agency that the text credits, if it does.
    ``url_key``: the address in canonical form (aggregator.urls), for "same article" across feeds.
    ``words``: how many words each paragraph has. ``tokens``: of title and text, for the full-text index
    (aggregator.search.indexing); None: not made yet.
    """

    entry: Entry
    text: str
    fingerprint: Fingerprint
    url_key: str | None = None
    passages: tuple[int, ...] = ()
    boilerplate: tuple[int, ...] = ()
    credit: str | None = None
    mark_read: bool = False
    words: tuple[int, ...] = ()
    tokens: tuple[str, str] | None = None
    reread: bool = False  # its text may differ though its bytes do not: the linked page was read at last


@dataclass(frozen=True, slots=True)
class Page:
    """What the page behind an entry gave, kept so that no page is fetched twice for one entry revision.

    ``text``: its article, paragraphs parted by "\\n\\n"; None where there is none, for the reason in
    ``error``. ``attempts``: how many came to nothing; ``retry_at``: when another may be made, None: never.
    """

    guid: str
    raw_sha256: bytes
    url: str
    at: datetime
    text: str | None = None
    attempts: int = 0
    retry_at: datetime | None = None
    error: str = ""


@dataclass(frozen=True, slots=True)
class Learnt:
    """A passage that is boilerplate of a source.

    ``texts``: different texts that had it when it was counted. ``sample``: its words, "" where they are not
    at hand.
    """

    passage: int  # 64-bit hash
    texts: int
    sample: str = ""
