"""The rhythm of a source: what is learnt, how requests are shared out, and when the next poll is best."""

import math
from collections import Counter
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aggregator import rhythm
from aggregator.model import Source
from aggregator.rhythm import Bounds, Rhythm, gap, learn, pace_of, packed, rate, tempo, unpacked
from aggregator.schedule import Outcome, next_poll

NOW = datetime(2018, 8, 9, 14, 0, tzinfo=UTC)  # a Thursday
DAY = timedelta(days=1)
FREE = Bounds(1e-6, 1e6)
TIMES = st.lists(
    st.integers(1_451_606_400, 1_546_300_800).map(lambda at: datetime.fromtimestamp(at, UTC)), max_size=40
)


def every(step, count, end=NOW):
    """So many times, ``step`` apart, the last at ``end``."""
    return [end - step * one for one in range(count)]


def office(days=40):
    """Entries every half hour from 8 to 12 of each working day."""
    begin = NOW.replace(hour=0) - days * DAY
    return [
        begin + day * DAY + timedelta(minutes=480 + 30 * slot)
        for day in range(days)
        for slot in range(8)
        if (begin + day * DAY).weekday() < 5
    ]


def test_rate_of_a_steady_source():
    """Twelve entries a day, for a month or seen in one look at a feed: about twelve a day."""
    assert rate(learn(None, every(2 * DAY / 24, 400), NOW), NOW) == pytest.approx(12, rel=0.05)
    assert rate(learn(None, every(2 * DAY / 24, 30), NOW), NOW) == pytest.approx(12, rel=0.1)


def test_a_source_that_stops_is_expected_to_bring_less():
    """The rate falls with silence, to nearly nothing after months."""
    held = learn(None, every(DAY / 12, 200), NOW)
    later = [rate(held, NOW + days * DAY) for days in (0, 7, 28, 200)]
    assert later == sorted(later, reverse=True)
    assert later[-1] < 0.02 * later[0]


def test_learning_in_steps_is_learning_at_once():
    """Polls that each bring a part teach what one poll does that brings all."""
    times = every(DAY / 5, 60)
    held = learn(None, times[40:], times[40])
    for time in reversed(times[:40]):
        held = learn(held, [time], time)
    whole = learn(None, times, NOW)
    assert rate(held, NOW) == pytest.approx(rate(whole, NOW), rel=1e-6)
    assert held.hours == pytest.approx(whole.hours)
    assert held.newest == whole.newest == NOW.timestamp()


def test_dates_without_a_time_tell_no_hour():
    """Midnight sharp is a day, not an hour: it counts, and in no hour."""
    held = learn(None, every(DAY, 30, NOW.replace(hour=0)), NOW)
    assert sum(held.hours) == sum(held.weekdays) == 0
    assert rate(held, NOW) == pytest.approx(1, rel=0.1)


@given(TIMES, TIMES)
def test_what_is_kept_is_small_and_comes_back(first, then):
    """148 bytes whatever was learnt; the same rhythm comes out; nonsense is no rhythm."""
    held = learn(learn(None, first, NOW), then, NOW + DAY)
    kept = packed(held)
    assert len(kept) == 148
    back = unpacked(kept)
    assert back is not None
    assert rate(back, NOW + DAY) == pytest.approx(rate(held, NOW + DAY), rel=1e-5)
    assert unpacked(kept[1:]) is None
    assert unpacked(None) is None


@settings(max_examples=50, deadline=None)
@given(st.lists(st.floats(1e-3, 1e3), min_size=1, max_size=30), st.floats(0.01, 1.0))
def test_no_sharing_out_of_the_same_requests_waits_less(rates, interval):
    """The pace spends the budget, and moving requests between sources makes the mean wait longer."""
    classes = [tempo(one) for one in rates]
    pace = pace_of(Counter(classes), interval, FREE)
    exact = [2 ** (one / rhythm.STEPS) for one in classes]
    polls = [pace * math.sqrt(one) for one in exact]
    assert sum(polls) == pytest.approx(len(rates) / interval, rel=1e-6)
    wait = sum(one / (2 * often) for one, often in zip(exact, polls, strict=True))
    for move in (0.05, -0.05):
        other = list(polls)
        other[0], other[-1] = polls[0] * (1 + move), polls[-1] - polls[0] * move
        if len(rates) > 1 and min(other) > 0:
            assert sum(one / (2 * often) for one, often in zip(exact, other, strict=True)) >= wait * (
                1 - 1e-9
            )


def test_bounds_hold_while_the_budget_is_shared():
    """Fast sources stop at the minimum, and what they cannot use is the others'."""
    bounds = Bounds(15 / 1440, 1.0)
    pace = pace_of({tempo(200.0): 10, tempo(0.2): 90}, 30 / 1440, bounds)
    fast, slow = (min(max(pace * math.sqrt(one), 1), 96) for one in (200.0, 0.2))
    assert fast == 96
    assert 10 * fast + 90 * slow == pytest.approx(4_800, rel=0.05)


def test_without_hours_the_next_poll_is_the_mean_gap():
    """With a constant rate, 1 / (pace · √λ)."""
    held = learn(None, every(DAY / 24, 48), NOW)
    assert gap(held, NOW, 10, FREE) == pytest.approx(1 / (10 * math.sqrt(rate(held, NOW))))
    assert gap(None, NOW, 10, FREE) == pytest.approx(
        1 / (10 * math.sqrt(rhythm.PRIOR_COUNT / rhythm.PRIOR_DAYS))
    )


def test_polls_follow_the_hours():
    """In the busy hours a source is asked more often than in quiet ones, on Thursday more than Sunday."""
    held = learn(None, office(), NOW)
    assert rhythm.busiest(held) == "08–12 h UTC"
    at = lambda day, hour: gap(held, datetime(2018, 8, day, hour, tzinfo=UTC), 8, FREE)  # noqa: E731
    assert at(9, 9) < 0.6 * at(9, 20)
    assert at(9, 9) < at(12, 9)


def test_slow_polls_come_after_the_busy_hours():
    """Where one poll a day is all there is, it comes when the day's news is out, not before."""
    held = learn(None, office(), NOW)
    at, hours = NOW, Counter()
    for _ in range(12):
        at += gap(held, at, 0.45, FREE) * DAY
        hours[at.hour] += at.weekday() < 5
    assert sum(count for hour, count in hours.items() if 11 <= hour <= 16) >= 0.6 * sum(hours.values()), hours


@given(TIMES, st.floats(1e-3, 1e3), st.integers(0, 168))
def test_the_gap_keeps_its_bounds(times, pace, hours):
    """Whatever was learnt, the next poll lies between the bounds."""
    bounds = Bounds(15 / 1440, 0.5)
    found = gap(learn(None, times, NOW), NOW + timedelta(hours=hours), pace, bounds)
    assert bounds.least <= found <= bounds.most


def test_silence():
    """A week and twenty entries overdue, or half a year: silent. A rare source is not, for a month."""
    daily = learn(None, every(DAY, 30), NOW)
    rare = learn(None, every(30 * DAY, 5), NOW)
    busy = learn(None, every(DAY / 50, 100), NOW)
    silent = lambda held, days: rhythm.is_silent(held, NOW + days * DAY)  # noqa: E731
    assert [silent(daily, days) for days in (10, 30)] == [False, True]
    assert [silent(rare, days) for days in (60, 181)] == [False, True]
    assert [silent(busy, days) for days in (2, 8)] == [False, True]
    assert not rhythm.is_silent(None, NOW)


def test_words():
    """Rates in words."""
    assert rhythm.a_day(12.3) == "about 12 entries a day"
    assert rhythm.a_day(1.1) == "about one entry a day"
    assert rhythm.a_day(0.1) == "about one entry in 10 days"


SOURCE = Source(id="a", url="https://a.example/feed", title="A", learns=True)


def plan(learnt: Rhythm | None, pace: float, **more):
    """The next poll of a source that learns, without jitter."""
    return next_poll(
        NOW, source=SOURCE, outcome=more.pop("outcome", Outcome.CHANGED), roll=lambda: 0.0, learnt=learnt,
        pace=pace, **more,
    )  # fmt: skip


def test_the_plan_says_why():
    """Busy sources come after the minimum, quiet ones later; the reason tells the rhythm."""
    busy, quiet = learn(None, every(DAY / 48, 96), NOW), learn(None, every(9 * DAY, 20), NOW)
    assert plan(busy, 20).due - NOW == SOURCE.min_interval
    assert "about 43 entries a day" in plan(busy, 20).reason
    assert plan(quiet, 20).due - NOW > timedelta(hours=1)
    assert "one entry in 7 days" in plan(quiet, 20).reason
    assert "not known yet" in plan(None, 20).reason


def test_servers_failures_and_fixed_intervals_win():
    """A server's wish, failures and an interval that a person set stand above what was learnt."""
    busy = learn(None, every(DAY / 48, 96), NOW)
    asked = plan(busy, 20, max_age=timedelta(hours=3))
    assert (asked.due, "max-age" in asked.reason) == (NOW + timedelta(hours=3), True)
    assert plan(busy, 20, outcome=Outcome.FAILED, failures=3).due == NOW + 4 * SOURCE.min_interval
    fixed = Source(id="a", url="https://a.example/feed", title="A", interval=timedelta(minutes=40))
    set_by_hand = next_poll(
        NOW, source=fixed, outcome=Outcome.CHANGED, roll=lambda: 0.0, learnt=busy, pace=20
    )  # fmt: skip
    assert set_by_hand.due - NOW == timedelta(minutes=40)
    assert plan(busy, 0).reason == "every 30 min"
