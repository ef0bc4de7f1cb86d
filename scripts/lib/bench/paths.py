"""Ways from raw text to a signature: ours, datasketch's own, rensa's."""

from __future__ import annotations

import importlib.util
from collections.abc import Callable, Iterator

import datasketch
from lib.bench.texts import Documents

from aggregator.dedup import minhash
from aggregator.dedup.fingerprint import Document, analyses, fingerprint, unpack
from aggregator.text import plain_to_paragraphs

Path = Callable[[Documents], None]
THRESHOLD = 0.5  # of datasketch's index: near duplicates as its manual has them


def split(text: str) -> list[str]:
    """Words for the other paths: at spaces; a text almost without them by character."""
    words = text.casefold().split()
    return words if len(words) * 15 > len(text) else list("".join(words))


def ours(documents: Documents) -> None:
    """Paragraphs, datelines, glue, tokens, flags, shingles, signature, keys, evidence: in batches."""
    analyses(Document(title, plain_to_paragraphs(text)) for title, text in documents)


def ours_singly(documents: Documents) -> None:
    """The same, an article at a time."""
    for title, text in documents:
        fingerprint(title, plain_to_paragraphs(text))


def update_batch(documents: Documents, hashfunc: Callable[[bytes], int] | None = None) -> None:
    """datasketch as documented: words, three-word shingles, one ``update_batch`` a document."""
    for _ in batches(documents, hashfunc):
        pass


def batches(
    documents: Documents, hashfunc: Callable[[bytes], int] | None = None
) -> Iterator[datasketch.MinHash]:
    """The signatures that ``update_batch`` gives; permutations are drawn once."""
    first = datasketch.MinHash(num_perm=minhash.PERMUTATIONS, hashfunc=hashfunc)
    for _, text in documents:
        words = split(text)
        made = datasketch.MinHash(
            num_perm=minhash.PERMUTATIONS,
            hashfunc=hashfunc,
            permutations=first.permutations,
            scheme=first.scheme,
        )
        made.update_batch({" ".join(words[i : i + 3]).encode() for i in range(len(words) - 2)})
        yield made


def update_each(documents: Documents) -> None:
    """datasketch's ``update``, one shingle at a time."""
    for _, text in documents:
        words = split(text)
        made = datasketch.MinHash(num_perm=minhash.PERMUTATIONS)
        for shingle in {" ".join(words[i : i + 3]) for i in range(len(words) - 2)}:
            made.update(shingle.encode())


def into_index(documents: Documents) -> None:
    """datasketch's near-duplicate search as documented: ``update_batch``, then query and insert."""
    index = datasketch.MinHashLSH(threshold=THRESHOLD, num_perm=minhash.PERMUTATIONS)
    for number, made in enumerate(batches(documents)):
        index.query(made)
        index.insert(number, made)


def optional_paths() -> dict[str, Path]:
    """Ways through packages that the project does not need; those that are not installed are left out."""
    paths: dict[str, Path] = {}
    if importlib.util.find_spec("rensa"):
        import rensa  # type: ignore[import-untyped]

        def by_rensa(documents: Documents) -> None:
            for _, text in documents:
                words = split(text)
                made = rensa.RMinHash(num_perm=minhash.PERMUTATIONS, seed=minhash.SEED)
                made.update([" ".join(words[i : i + 3]) for i in range(len(words) - 2)])
                made.digest()

        paths["rensa"] = by_rensa
    if importlib.util.find_spec("xxhash"):
        import xxhash

        paths["datasketch update_batch with xxh32"] = lambda d: update_batch(d, xxhash.xxh32_intdigest)
    return paths


def check(documents: Documents) -> None:
    """The kernel's signature is datasketch's, on these documents; ends the program where it is not."""
    for title, text in documents:
        made = fingerprint(title, plain_to_paragraphs(text))
        theirs = minhash.authority(unpack(made.evidence).shingles)
        if minhash.serialise(theirs.hashvalues) != made.signature:
            raise SystemExit("the signature differs from datasketch's")
