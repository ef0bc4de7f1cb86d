"""What the exact decision reads, and its stored form."""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from aggregator.dedup.shingles import WIDTH, shingle_set

_HEADER: Final = struct.Struct("<BBHII")  # version, 0, tokens of the title, tokens of the body, shingles
_VERSION: Final = 2
_WITH_SHINGLES: Final = 1  # an earlier version, which is read for good: they stood between body and flags


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
    """Evidence as it is stored: header, uint32 of title and body, their flags; little-endian.

    The shingles are those of the body, and are made again; how many there are is in the header.
    """
    title, body = evidence.title, evidence.body
    return b"".join(
        (
            _HEADER.pack(_VERSION, 0, len(title), len(body), len(evidence.shingles)),
            title.astype("<u4", copy=False).tobytes(),
            body.astype("<u4", copy=False).tobytes(),
            evidence.title_flags.tobytes(),
            evidence.body_flags.tobytes(),
        )
    )


def with_shingles(evidence: bytes) -> bytes:
    """Evidence as earlier versions stored it, for a downgrade."""
    if evidence[0] == _WITH_SHINGLES:
        return evidence
    found = unpack(evidence)
    flags = _HEADER.size + 4 * (len(found.title) + len(found.body))
    shingles = found.shingles.astype("<u4", copy=False).tobytes()
    return bytes((_WITH_SHINGLES,)) + evidence[1:flags] + shingles + evidence[flags:]


def title_tokens(evidence: bytes) -> NDArray[np.uint32]:
    """The title's tokens, without unpacking the rest."""
    return np.frombuffer(evidence, "<u4", _HEADER.unpack_from(evidence)[2], _HEADER.size)


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
    """Stored evidence as arrays, most of which share the bytes' memory (read-only)."""
    version, _, titles, bodies, shingles = _HEADER.unpack_from(evidence)
    if version not in (_VERSION, _WITH_SHINGLES):
        raise ValueError(f"evidence of version {version}, not {_VERSION}")
    words = titles + bodies
    wide = words + (shingles if version == _WITH_SHINGLES else 0)
    tokens = np.frombuffer(evidence, "<u4", words, _HEADER.size)
    flags = np.frombuffer(evidence, np.uint8, words, _HEADER.size + 4 * wide)
    body = tokens[titles:]
    return Evidence(tokens[:titles], flags[:titles], body, flags[titles:], shingle_set(body, WIDTH))
