"""A feed that brings hundreds of new entries at once is taken bit by bit; jumps of the clock are noticed."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from aggregator.daemon.jumps import Jumps
from aggregator.model import Entry, FeedInfo
from aggregator.sources.entries import Read
from aggregator.sources.flood import dammed

NOON = datetime(2026, 11, 25, 12, tzinfo=UTC)


def read(count: int) -> Read:
    """Entries 0 … count-1, the later the newer."""
    entries = [Entry(str(n), None, f"t{n}", published=NOON + timedelta(minutes=n)) for n in range(count)]
    return Read(FeedInfo("rss20"), frozenset(entry.guid for entry in entries), tuple(entries))


def test_the_first_poll_takes_all() -> None:
    """A new source brings what its feed has."""
    assert dammed(read(2_000), {}, 500) == (read(2_000), 0)


def test_a_flood_is_taken_newest_first() -> None:
    """What is left out counts as not there, so that the next poll takes it."""
    whole = read(700)
    some, left = dammed(whole, {"0": b"", "1": b""}, 500)
    assert left == 198
    assert {entry.guid for entry in some.entries} == {"0", "1", *(str(n) for n in range(200, 700))}
    assert some.present == {entry.guid for entry in some.entries}
    known = dict.fromkeys(some.present, b"")
    rest, left = dammed(whole, known, 500)
    assert (rest, left) == (whole, 0)


def test_jumps_are_what_the_steady_clock_does_not_know() -> None:
    """Time that passes is none, nor are the small steps that keep a clock right."""
    wall, steady = [NOON], [0.0]
    jumps = Jumps(lambda: wall[0], lambda: steady[0])
    for step, passed, found in (
        (timedelta(seconds=1), 1.0, None),
        (timedelta(days=1), 1.0, timedelta(days=1, seconds=-1)),
        (timedelta(days=-2), 2.0, timedelta(days=-2, seconds=-2)),
        (timedelta(seconds=11), 1.0, None),
        (timedelta(hours=1), 3_600.0, None),
    ):
        wall[0] += step
        steady[0] += passed
        assert jumps.look() == found
