"""The clock that daemons share: the server's, whatever the machine's own says."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from aggregator.engine.clock import SharedClock

NOON = datetime(2026, 11, 24, 12, tzinfo=UTC)


@given(
    st.timedeltas(timedelta(days=-400), timedelta(days=400)),
    st.floats(0, 5, allow_nan=False),
    st.floats(0, 10_000, allow_nan=False),
)
def test_a_wrong_clock_is_right_once_it_is_set(wrong, asking, later):
    """Right to half of what asking took, while the steady clock goes; steps of the wall move nothing."""
    steady = [1000.0]
    wall = [NOON + wrong]
    clock = SharedClock(lambda: wall[0], lambda: steady[0])
    assert clock() == NOON + wrong

    def ask() -> datetime:
        steady[0] += asking
        return NOON + timedelta(seconds=asking / 2)

    clock.set(ask)
    steady[0] += later
    wall[0] += timedelta(hours=5)
    true = NOON + timedelta(seconds=asking + later)
    assert abs(clock() - true) <= timedelta(seconds=asking / 2, microseconds=10)
