"""Speed from raw text to fingerprint, beside datasketch's own path and rensa, in one run, one core.

    python scripts/bench_detector.py [--documents 400] [--words 378] [--repeats 7] [--script latin|arabic|han]

Texts are drawn by seed from a made-up vocabulary with Zipf's frequencies, in paragraphs and sentences. Paths
take turns, and each one's best round counts, so that whatever else the machine does hits all alike. Prints
one JSON object: documents a second by path, and how many times datasketch's ``update_batch`` each is.
"""

from __future__ import annotations

import argparse
import importlib.util
import json
import platform
import random
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

import datasketch
import numpy as np

from aggregator.dedup import minhash
from aggregator.dedup.fingerprint import RECIPE, Document, analyses, fingerprint, unpack
from aggregator.text import plain_to_paragraphs

LETTERS = {
    "latin": "abcdefghijklmnopqrstuvwxyz",
    "arabic": "ابتثجحخدذرزسشصضطظعغفقكلمنهويأإآةى",
    "han": "".join(chr(c) for c in range(0x4E00, 0x4E00 + 1500)),
}


def made_up(documents: int, words: int, script: str, seed: int = 1) -> list[tuple[str, str]]:
    """Titles and texts of about ``words`` tokens."""
    roll = random.Random(seed)
    letters = LETTERS[script]
    joint, lengths = ("", (1,)) if script == "han" else (" ", (2, 3, 4, 4, 5, 6, 7, 8, 10))
    vocabulary = ["".join(roll.choices(letters, k=roll.choice(lengths))) for _ in range(20_000)]
    weights = [1 / rank for rank in range(1, len(vocabulary) + 1)]
    made = []
    for _ in range(documents):
        drawn = roll.choices(vocabulary, weights, k=words + 8)
        title, sentences = joint.join(drawn[:8]), []
        at = 8
        while at < len(drawn):
            sentence = drawn[at : at + roll.randint(8, 30)]
            at += len(sentence)
            sentence[0] = sentence[0].capitalize()
            if roll.random() < 0.3:
                sentence[-1] = f"{roll.randint(1, 99)},{roll.randint(100, 999)}"
            sentences.append(joint.join(sentence) + ".")
        text = "".join(s + ("\n\n" if roll.random() < 0.4 else " ") for s in sentences)
        made.append((title, text))
    return made


def split(text: str) -> list[str]:
    """Words for the other paths: at spaces; a text almost without them by character."""
    words = text.casefold().split()
    return words if len(words) * 15 > len(text) else list("".join(words))


def ours(documents: list[tuple[str, str]]) -> None:
    """Paragraphs, datelines, glue, tokens, flags, shingles, signature, keys, evidence: in batches."""
    analyses(Document(title, plain_to_paragraphs(text)) for title, text in documents)


def ours_singly(documents: list[tuple[str, str]]) -> None:
    """The same, an article at a time."""
    for title, text in documents:
        fingerprint(title, plain_to_paragraphs(text))


def update_batch(documents: list[tuple[str, str]], hashfunc: Callable[[bytes], int] | None = None) -> None:
    """datasketch as documented: words, three-word shingles, one ``update_batch`` a document."""
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


def update_each(documents: list[tuple[str, str]]) -> None:
    """datasketch's ``update``, one shingle at a time."""
    for _, text in documents:
        words = split(text)
        made = datasketch.MinHash(num_perm=minhash.PERMUTATIONS)
        for shingle in {" ".join(words[i : i + 3]) for i in range(len(words) - 2)}:
            made.update(shingle.encode())


def optional_paths() -> dict[str, Callable[[list[tuple[str, str]]], None]]:
    """Paths through packages that the project does not need."""
    paths: dict[str, Callable[[list[tuple[str, str]]], None]] = {}
    if importlib.util.find_spec("rensa"):
        import rensa

        def by_rensa(documents: list[tuple[str, str]]) -> None:
            for _, text in documents:
                words = split(text)
                made = rensa.RMinHash(num_perm=minhash.PERMUTATIONS, seed=minhash.SEED)
                made.update([" ".join(words[i : i + 3]) for i in range(len(words) - 2)])
                made.digest()

        paths["rensa"] = by_rensa
    if importlib.util.find_spec("xxhash"):
        import xxhash

        paths["datasketch update_batch, xxh32"] = lambda d: update_batch(d, xxhash.xxh32_intdigest)
    return paths


def measure(
    documents: list[tuple[str, str]],
    paths: dict[str, Callable[[list[tuple[str, str]]], None]],
    repeats: int,
) -> dict[str, float]:
    """Documents a second by path: the best of ``repeats`` rounds in which the paths take turns."""
    best = dict.fromkeys(paths, float("inf"))
    for _ in range(repeats):
        for name, path in paths.items():
            start = time.perf_counter()
            path(documents)
            best[name] = min(best[name], time.perf_counter() - start)
    return {name: round(len(documents) / seconds, 1) for name, seconds in best.items()}


def check(documents: list[tuple[str, str]]) -> None:
    """The kernel's signature is datasketch's, on every document that is timed."""
    for title, text in documents:
        made = fingerprint(title, plain_to_paragraphs(text))
        theirs = minhash.authority(unpack(made.evidence).shingles)
        if minhash.serialise(theirs.hashvalues) != made.signature:
            raise SystemExit("the signature differs from datasketch's")


def report(documents: int, words: int, repeats: int, script: str) -> dict[str, Any]:
    """Everything that is printed."""
    texts = made_up(documents, words, script)
    check(texts[:50])
    paths = {
        "fingerprints": ours,
        "fingerprint, one at a time": ours_singly,
        "datasketch update_batch": update_batch,
        **optional_paths(),
    }
    speeds = measure(texts, paths, repeats)
    speeds.update(measure(texts[: max(1, documents // 8)], {"datasketch update": update_each}, 2))
    base = speeds["datasketch update_batch"]
    return {
        "benchmark": "raw text to fingerprint, one core",
        "documents": documents,
        "words": words,
        "script": script,
        "recipe": RECIPE,
        "documents_a_second": speeds,
        "times_update_batch": {name: round(speed / base, 2) for name, speed in speeds.items()},
        "python": platform.python_version(),
        "numpy": np.__version__,
        "datasketch": datasketch.__version__,
        "machine": platform.machine(),
    }


def main(arguments: list[str] | None = None) -> int:
    """Print the report."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--documents", type=int, default=400)
    parser.add_argument("--words", type=int, default=378)
    parser.add_argument("--repeats", type=int, default=7)
    parser.add_argument("--script", choices=sorted(LETTERS), default="latin")
    options = parser.parse_args(arguments)
    print(json.dumps(report(options.documents, options.words, options.repeats, options.script), indent=2))
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
