"""Intervals that are fixed or learnt, and pauses with an end, from the YAML."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from aggregator.config import Settings, load
from aggregator.errors import ConfigError

MINUTE = timedelta(minutes=1)
FILE = """
polling: {interval: 40m, max_interval: 6h}
groups:
  slow: {interval: 2h}
sources:
  - {id: learns, url: "https://a.example/f"}
  - {id: fixed, url: "https://b.example/f", interval: 20m}
  - {id: grouped, url: "https://c.example/f", group: slow}
  - {id: again, url: "https://d.example/f", group: slow, interval: auto, max_interval: 3h}
  - {id: away, url: "https://e.example/f", paused: 2027-01-31}
  - {id: hours, url: "https://e.example/g", paused: "2027-01-31T12:00:00+02:00"}
  - {id: off, url: "https://f.example/f", paused: true}
"""


def loaded(folder: Path, text: str) -> Settings:
    """The settings of such a file."""
    file = folder / "aggregator.yaml"
    file.write_text(text)
    return load(file, {})


def test_an_interval_of_its_own_is_fixed(tmp_path: Path) -> None:
    """What a source or its group says is fixed; the rest learns, and auto learns again."""
    found = {
        one.id: (one.learns, one.interval, one.max_interval) for one in loaded(tmp_path, FILE).sources[:4]
    }
    assert found == {
        "learns": (True, 40 * MINUTE, 360 * MINUTE),
        "fixed": (False, 20 * MINUTE, 360 * MINUTE),
        "grouped": (False, 120 * MINUTE, 360 * MINUTE),
        "again": (True, 40 * MINUTE, 180 * MINUTE),
    }


def test_a_pause_may_end(tmp_path: Path) -> None:
    """A date is the midnight with which it begins (UTC), a time is taken with its zone; true has no end."""
    away, hours, off = loaded(tmp_path, FILE).sources[4:]
    assert (away.paused, away.paused_until) == (False, datetime(2027, 1, 31, tzinfo=UTC))
    assert hours.paused_until == datetime(2027, 1, 31, 10, tzinfo=UTC)
    assert (off.paused, off.paused_until) == (True, None)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (
            'sources: [{id: a, url: "https://a.example/f", paused: sometimes}]',
            "neither true nor false nor a date",
        ),
        (
            "polling: {interval: 2h, max_interval: 1h}",
            "polling.max_interval is shorter than polling.interval",
        ),
        ('sources: [{id: a, url: "https://a.example/f", interval: often}]', "interval"),
    ],
)
def test_mistakes_are_told(tmp_path: Path, text: str, said: str) -> None:
    """A pause that is no date, a longest interval below the mean, an interval that is none."""
    with pytest.raises(ConfigError, match=said):
        loaded(tmp_path, text)
