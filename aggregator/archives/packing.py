"""Things as bytes, on their way to scratch files and other processes of this program; kept by no one."""

from __future__ import annotations

import pickle
from typing import Any


def pack(thing: Any) -> bytes:
    """A thing as bytes."""
    return pickle.dumps(thing, pickle.HIGHEST_PROTOCOL)


def unpack(packed: Any) -> Any:
    """What `pack` made; only ever of this program's own bytes."""
    return pickle.loads(packed)  # noqa: S301
