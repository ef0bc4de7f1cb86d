"""A feed in which everything is new at each poll must not drown the others. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime

from aggregator.sources.entries import Read

MAX_NEW = 500  # entries that one poll of a source takes that it was not polled with before


def dammed(read: Read, known: Mapping[str, bytes], limit: int = MAX_NEW) -> tuple[Read, int]:
    """``read`` with at most ``limit`` entries that are not ``known``, the newest, and how many were left out.

    Only where something is known: the first poll of a source is of all that its feed has. What is left out is
    taken at the next polls, if it is still there.
    """
    new = [entry for entry in read.entries if entry.guid not in known]
    if not known or len(new) <= limit:
        return read, 0
    never = datetime.min.replace(tzinfo=UTC)
    order = sorted(range(len(new)), key=lambda i: (new[i].published or never, -i), reverse=True)
    left = {new[i].guid for i in order[limit:]}
    kept = tuple(entry for entry in read.entries if entry.guid not in left)
    return replace(read, entries=kept, present=read.present - left), len(left)
