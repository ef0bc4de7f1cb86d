"""Which stories a rule tells of, quiet hours, the digest's hour, and how long to wait."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from itertools import pairwise

import pytest

from aggregator.model import ArticleView, StoryView
from aggregator.notify.rules import RETRIES, Digest, Quiet, Rule, again
from aggregator.notify.words import digest

NOON = datetime(2026, 11, 24, 12, tzinfo=UTC)


def story(*carriers: tuple[str, str, int]) -> StoryView:
    """A story with an article of each outlet: id, group, minutes after the first."""
    articles = tuple(
        ArticleView(
            id=n, source=source, source_title=source.title(), guid="", url=None, title="<b>Ferry</b>",
            published=NOON + timedelta(minutes=minutes), first_seen=NOON, similarity=1, reason="",
            group=group,
        )
        for n, (source, group, minutes) in enumerate(carriers)
    )  # fmt: skip
    return StoryView(1, "g", "<b>Ferry</b>", None, NOON, NOON, NOON, articles[0], articles, topics=("boats",))


WIDE = story(("a", "x", 0), ("b", "x", 5), ("b", "x", 6), ("c", "y", 90))


@pytest.mark.parametrize(
    ("rule", "told"),
    [
        ({}, True),
        ({"topic": "boats"}, True),
        ({"topic": "trains"}, False),
        ({"source": "c"}, True),
        ({"source": "d"}, False),
        ({"group": "y"}, True),
        ({"outlets": 3}, True),
        ({"outlets": 4}, False),
        ({"outlets": 3, "groups": 2}, True),
        ({"outlets": 3, "within": timedelta(hours=1)}, False),
        ({"outlets": 2, "groups": 2, "within": timedelta(hours=1)}, False),
        ({"source": "c", "within": timedelta(hours=1)}, False),
    ],
)
def test_a_rule_counts_outlets_and_groups_in_time(rule: dict[str, object], told: bool) -> None:
    """Each outlet once, of the articles within its time of the first."""
    assert Rule("r", ("t",), **rule).tells(WIDE, NOON) is told  # type: ignore[arg-type]


def test_what_is_old_is_no_news() -> None:
    """What an archive or a new source's first poll brings; another print of it today is news again."""
    rule, days = Rule("r", ("t",), outlets=2, within=timedelta(days=7)), 24 * 60
    old = story(("a", "x", -20 * days), ("b", "x", -19 * days))
    assert not rule.tells(old, NOON)
    assert rule.tells(old, NOON - timedelta(days=18))
    assert rule.tells(story(("a", "x", -5 * days), ("b", "x", -10)), NOON)


@pytest.mark.parametrize(
    ("start", "end", "now", "until"),
    [
        ((22, 0), (7, 0), "2026-11-24T21:30", "2026-11-25T06:00"),
        ((22, 0), (7, 0), "2026-11-24T02:00", "2026-11-24T06:00"),
        ((22, 0), (7, 0), "2026-11-24T12:00", None),
        ((12, 0), (14, 0), "2026-11-24T11:30", "2026-11-24T13:00"),
        ((12, 0), (14, 0), "2026-11-24T13:00", None),
    ],
)
def test_quiet_hours(start: tuple[int, int], end: tuple[int, int], now: str, until: str | None) -> None:
    """By the clock of a place, over midnight too."""
    quiet = Quiet(time(*start), time(*end), "Europe/Berlin")
    wanted = None if until is None else datetime.fromisoformat(f"{until}+00:00")
    assert quiet.until(datetime.fromisoformat(f"{now}+00:00")) == wanted


def test_a_digest_is_due_once_a_day() -> None:
    """At its hour in its place, also on the day when the clocks change."""
    due = Digest(time(7), "Europe/Berlin")
    assert due.last(datetime(2026, 11, 24, 6, tzinfo=UTC)) == datetime(2026, 11, 24, 6, tzinfo=UTC)
    assert due.last(datetime(2026, 11, 24, 5, 59, tzinfo=UTC)) == datetime(2026, 11, 23, 6, tzinfo=UTC)
    assert due.last(datetime(2026, 10, 25, 6, tzinfo=UTC)) == datetime(2026, 10, 25, 6, tzinfo=UTC)
    assert due.last(datetime(2026, 10, 24, 6, tzinfo=UTC)) == datetime(2026, 10, 24, 5, tzinfo=UTC)


def test_a_digest_has_the_date_of_its_place() -> None:
    """One for every day there, also where the clocks change over midnight in UTC; none is left out."""
    due = Digest(time(1, 30), "Europe/Berlin")
    noons = [datetime(2026, 3, day, 12, tzinfo=UTC) for day in (28, 29, 30)]
    assert [due.last(noon).day for noon in noons] == [28, 29, 30]
    assert [due.last(noon).astimezone(UTC) for noon in noons] == [
        datetime(2026, 3, 28, 0, 30, tzinfo=UTC), datetime(2026, 3, 29, 0, 30, tzinfo=UTC),
        datetime(2026, 3, 29, 23, 30, tzinfo=UTC),
    ]  # fmt: skip


def test_attempts_come_ever_later_and_end() -> None:
    """From a minute to hours, about two days in all; a server's own wish is kept."""
    waits = [again(n, 0.5) for n in range(1, RETRIES)]
    assert waits[0] == timedelta(minutes=1)
    assert all(a is not None and b is not None and a <= b for a, b in pairwise(waits))
    assert timedelta(days=1) < sum((w for w in waits if w), timedelta()) < timedelta(days=4)
    assert again(RETRIES, 0.5) is None
    assert again(1, 0.5, 600) == timedelta(minutes=10)


def test_a_digest_is_safe_to_read() -> None:
    """Nothing of a headline becomes markup; the plain text has every address."""
    body = digest([WIDE, replace(WIDE, title="")], NOON, "https://news.example")
    assert "&lt;b&gt;Ferry&lt;/b&gt;" in body["html"]
    assert "<b>" not in body["html"]
    assert "https://news.example/stories/1" in body["text"]
    assert "3 outlets: A, B, C" in body["text"]
