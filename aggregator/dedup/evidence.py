"""What the exact decision reads, and its stored form."""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

_HEADER: Final = struct.Struct("<BBHII")  # version, 0, tokens of the title, tokens of the body, shingles
_VERSION: Final = 1


@dataclass(frozen=True, slots=True)
class Evidence:
    """What the exact decision reads.

    ``title``, ``body``: uint32 hashes of the tokens in order; equal words are equal numbers in both. The body
    is without boilerplate and dateline. ``…_flags``: uint8 of aggregator.text.tokens. ``shingles``: uint32,
    sorted, each once, three tokens of the body wide.
    """

    title: NDArray[np.uint32]
    title_flags: NDArray[np.uint8]
    body: NDArray[np.uint32]
    body_flags: NDArray[np.uint8]
    shingles: NDArray[np.uint32]


def pack(evidence: Evidence) -> bytes:
    """Evidence as it is stored: header, then the uint32 arrays, then the flags; little-endian."""
    title, body, shingles = evidence.title, evidence.body, evidence.shingles
    return b"".join(
        (
            _HEADER.pack(_VERSION, 0, len(title), len(body), len(shingles)),
            title.astype("<u4", copy=False).tobytes(),
            body.astype("<u4", copy=False).tobytes(),
            shingles.astype("<u4", copy=False).tobytes(),
            evidence.title_flags.tobytes(),
            evidence.body_flags.tobytes(),
        )
    )


def body_tokens(evidence: bytes) -> int:
    """How many tokens the body has, without unpacking it."""
    return int(_HEADER.unpack_from(evidence)[3])


def different_shingles(evidence: bytes) -> int:
    """How many different shingles the body has, without unpacking it."""
    return int(_HEADER.unpack_from(evidence)[4])


def header(evidence: bytes) -> bytes:
    """What `body_tokens` reads; the texts are gone."""
    return evidence[: _HEADER.size]


def unpack(evidence: bytes) -> Evidence:
    """Stored evidence as arrays that share the bytes' memory (read-only)."""
    version, _, titles, bodies, shingles = _HEADER.unpack_from(evidence)
    if version != _VERSION:
        raise ValueError(f"evidence of version {version}, not {_VERSION}")
    words = titles + bodies
    wide = np.frombuffer(evidence, "<u4", words + shingles, _HEADER.size)
    narrow = np.frombuffer(evidence, np.uint8, words, _HEADER.size + 4 * len(wide))
    return Evidence(wide[:titles], narrow[:titles], wide[titles:words], narrow[titles:], wide[words:])
