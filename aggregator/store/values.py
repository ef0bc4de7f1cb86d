"""How values are kept: times as integers, addresses and guids by hash, text that every database takes.

Times are microseconds since 1970 in UTC, as signed 64-bit integers: they compare, index and round-trip alike
on every database, and need no type processing on the hot path. Guids and addresses may be of any length, and
PostgreSQL indexes nothing beyond 2,700 bytes; so indexes hold a 64-bit hash, and readers compare the text.
"""

from __future__ import annotations

import json
from collections.abc import Collection
from datetime import UTC, datetime, timedelta
from hashlib import blake2b
from typing import overload

import numpy as np
from numpy.typing import NDArray

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)
DAY = 86_400_000_000  # microseconds

_JSON = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"))  # `json.dumps` makes one at every call

PART = 7 * DAY  # of the candidate index: as long as the usual horizon, so that two hold what is within it

KEY_BITS = 44  # of a candidate key, below its part: see `slot`
_KEY_MASK = (1 << KEY_BITS) - 1
_MIX = 0x9E3779B97F4A7C15 - (1 << 64)  # of the golden ratio, as a signed 64-bit integer
_FIRST_PART, _LAST_PART = -(1 << 19), (1 << 19) - 1


@overload
def micros(moment: datetime) -> int: ...
@overload
def micros(moment: None) -> None: ...
def micros(moment: datetime | None) -> int | None:
    """Microseconds since 1970 of an aware datetime."""
    return None if moment is None else (moment - EPOCH) // MICROSECOND


@overload
def moment(value: int) -> datetime: ...
@overload
def moment(value: None) -> None: ...
def moment(value: int | None) -> datetime | None:
    """Return the aware datetime, in UTC, of microseconds since 1970."""
    return None if value is None else EPOCH + timedelta(microseconds=value)


def hash64(text: str) -> int:
    """Signed 64-bit hash of a guid or an address; not to be guessed at (BLAKE2b, RFC 7693)."""
    digest = blake2b(text.encode("utf-8", "surrogatepass"), digest_size=8).digest()
    return int.from_bytes(digest, "big", signed=True)


def digest64(sha256: bytes) -> int | None:
    """Signed 64-bit beginning of a SHA-256; None of an empty one, which stands for nothing."""
    return int.from_bytes(sha256[:8], "big", signed=True) if sha256 else None


def slot(part: int, key: int, recipe: int) -> int:
    """Where a candidate key lives: the part above, 44 bits of key and recipe below; a signed 64-bit integer.

    ``part``: the article's effective time // `PART`. So the rows of a part lie together (and are dropped by
    one range), a lookup is one equality, and only fingerprints of one recipe meet. Of 4 million keys within
    a horizon (200,000 articles) a wrong one is met once in 4 million lookups, and costs one comparison.
    """
    below = below_part(np.array([key], np.int64), np.array([recipe], np.int64))
    return int(slots_in(np.array([part], np.int64), below)[0])


def below_part(keys: NDArray[np.int64], recipes: NDArray[np.int64]) -> NDArray[np.int64]:
    """What `slot` has below the part, of many keys."""
    mixed = recipes * np.int64(_MIX)  # modulo 2**64
    return (keys ^ (keys >> 20) ^ mixed) & _KEY_MASK


def slots_in(parts: NDArray[np.int64], below: NDArray[np.int64]) -> NDArray[np.int64]:
    """The slots of what is ``below``, in the part beside."""
    return (parts.clip(_FIRST_PART, _LAST_PART) << KEY_BITS) | below


def slots_of(part: int) -> tuple[int, int]:
    """First and last slot of a part."""
    return part << KEY_BITS, (part << KEY_BITS) | _KEY_MASK


def storable(text: str) -> str:
    """Return text that every database takes: without NUL (PostgreSQL) and lone surrogates (UTF-8)."""
    if "\0" in text:
        text = text.replace("\0", "")
    if text.isascii():
        return text
    try:
        text.encode()
    except UnicodeEncodeError:
        return text.encode("utf-8", "replace").decode()
    return text


def storable_or_none(text: str | None) -> str | None:
    """`storable`, of text that may be absent."""
    return None if text is None else storable(text)


def packed(items: Collection[object]) -> str:
    """JSON of a list, "" of an empty one."""
    return storable(_JSON.encode(list(items))) if items else ""


def unpacked(text: str) -> list[object]:
    """The list that `packed` packed."""
    return list(json.loads(text)) if text else []
