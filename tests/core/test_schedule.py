"""When a source is polled next."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aggregator.model import Hints, Source
from aggregator.schedule import DAY, HINDERED, MAX_RETRY_AFTER, Outcome, first_poll, next_poll, words

NOW = datetime(2018, 8, 9, 14, 0, tzinfo=UTC)  # a Thursday
SOURCE = Source(id="a", url="https://a.example/feed", title="A")
MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)


def plan(outcome=Outcome.CHANGED, *, roll=0.0, source=SOURCE, now=NOW, **about):
    """A plan with a fixed roll."""
    return next_poll(now, source=source, outcome=outcome, roll=lambda: roll, **about)


def test_interval():
    """Without hints the source's interval holds, jitter adds up to a tenth."""
    assert plan().due == NOW + 30 * MINUTE
    assert plan(roll=1.0).due == NOW + 33 * MINUTE
    assert plan().not_before == NOW


def test_longest_wish_wins():
    """The longest of interval, max-age and ttl counts, and the reason names it."""
    asked = plan(max_age=HOUR, hints=Hints(ttl=2 * HOUR))
    assert (asked.due, asked.not_before) == (NOW + 2 * HOUR, NOW + 2 * HOUR)
    assert "ttl" in asked.reason
    assert "max-age" in plan(Outcome.UNCHANGED, max_age=HOUR).reason


def test_wishes_are_capped():
    """A server that asks for a year is asked again after a day."""
    assert plan(max_age=timedelta(days=365), roll=1.0).due == NOW + DAY


def test_own_long_interval_is_respected():
    """A person may choose an interval of more than a day."""
    week = Source(id="a", url="https://a.example/", title="A", interval=timedelta(days=7))
    assert plan(source=week).due == NOW + timedelta(days=7)


def test_back_off_doubles_up_to_a_day():
    """Each failure in a row doubles the wait, up to a day."""
    delays = [plan(Outcome.FAILED, failures=n).due - NOW for n in range(1, 40)]
    assert delays[:4] == [30 * MINUTE, HOUR, 2 * HOUR, 4 * HOUR]
    assert delays[-1] == DAY
    assert plan(Outcome.FAILED, failures=1, status=403).due == NOW + HOUR


def test_retry_after():
    """Retry-After holds us and a person's refresh, beyond a day, capped at seven."""
    held = plan(Outcome.FAILED, failures=1, status=503, retry_after=3 * 86_400)
    assert held.due == held.not_before == NOW + timedelta(days=3)
    assert plan(Outcome.FAILED, failures=1, retry_after=1e12).due == NOW + MAX_RETRY_AFTER
    assert plan(Outcome.FAILED, failures=1, retry_after=-5).due == NOW + 30 * MINUTE


def test_gone_is_confirmed():
    """A 410 is asked once more, after an hour."""
    assert plan(Outcome.GONE, failures=1, status=410).due == NOW + HOUR


def test_skip_hours_and_days():
    """Hours and days (GMT) that the feed asks to skip are skipped; all of them means none."""
    assert plan(hints=Hints(skip_hours=frozenset({14, 15}))).due == NOW + 2 * HOUR
    assert plan(hints=Hints(skip_days=frozenset({3, 4}))).due == datetime(2018, 8, 11, tzinfo=UTC)
    assert plan(hints=Hints(skip_hours=frozenset(range(24)))).due == NOW + 30 * MINUTE
    assert plan(hints=Hints(skip_days=frozenset(range(7)))).due == NOW + 30 * MINUTE


def test_first_polls_are_spread():
    """Sources that were never polled start somewhere within the spread."""
    assert first_poll(NOW, spread=HOUR, roll=lambda: 0.5).due == NOW + 30 * MINUTE


@pytest.mark.parametrize(
    ("delay", "text"), [(45, "45 s"), (1200, "20 min"), (5400, "1.5 h"), (86_400, "24 h"), (259_200, "3 d")]
)
def test_words(delay, text):
    """Durations are written for people."""
    assert words(timedelta(seconds=delay)) == text


DELAYS = st.none() | st.timedeltas(min_value=timedelta(days=-1), max_value=timedelta(days=400))


@settings(max_examples=60, deadline=None)
@given(
    outcome=st.sampled_from(Outcome),
    roll=st.floats(0, 1),
    max_age=DELAYS,
    ttl=DELAYS,
    hours=st.frozensets(st.integers(0, 23)),
    days=st.frozensets(st.integers(0, 6)),
    failures=st.integers(0, 10_000),
    retry_after=st.none() | st.floats(),
    interval=st.timedeltas(min_value=timedelta(seconds=1), max_value=timedelta(days=30)),
    minimum=st.timedeltas(min_value=timedelta(seconds=1), max_value=timedelta(days=3)),
)
def test_bounds_hold(outcome, roll, max_age, ttl, hours, days, failures, retry_after, interval, minimum):
    """Never under the minimum or a server's wish, never in a skipped hour, never later than asked."""
    source = Source(id="a", url="https://a.example/", title="A", interval=interval, min_interval=minimum)
    hints = Hints(ttl, hours, days)
    got = plan(
        outcome,
        roll=roll,
        source=source,
        max_age=max_age,
        hints=hints,
        failures=failures,
        retry_after=retry_after,
    )
    wish = min(max(max_age or timedelta(0), ttl or timedelta(0)), DAY)
    if outcome is Outcome.HINDERED:  # nobody was asked
        assert got.due - NOW >= min(max(minimum, interval), HINDERED)
    else:
        assert got.due - NOW >= max(minimum, interval, wish)
    if len(hours) < 24 and len(days) < 7:
        assert got.due.hour not in hours
        assert got.due.weekday() not in days
    held = (
        min(timedelta(seconds=retry_after), MAX_RETRY_AFTER) if retry_after and 0 < retry_after < 1e9 else DAY
    )
    assert got.due - NOW <= max(DAY, interval, minimum, held, MAX_RETRY_AFTER) * 1.1 + timedelta(days=8)
    assert NOW <= got.not_before <= got.due
