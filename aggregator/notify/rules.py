"""Which stories a rule tells of, and when it may. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

from aggregator.model import StoryView

NEWS = timedelta(days=2)  # what was last printed before that is none, though it may reach us now


@dataclass(frozen=True, slots=True)
class Rule:
    """A story is told once it has articles of so many outlets of so many groups, ``within`` its first one.

    ``topic``, ``source``, ``group`` (None: any) bound which stories. ``to``: names of targets. ``urgent``:
    in quiet hours, too.
    """

    name: str
    to: tuple[str, ...]
    topic: str | None = None
    source: str | None = None
    group: str | None = None
    outlets: int = 1
    groups: int = 1
    within: timedelta = timedelta(days=1)
    urgent: bool = False

    def tells(self, story: StoryView, now: datetime) -> bool:
        """Whether the story, as it is now, is to be told: while it is news, not when an archive brings it."""
        if self.topic is not None and self.topic not in story.topics:
            return False
        first = min(article.published for article in story.articles)
        early = [article for article in story.articles if article.published - first <= self.within]
        if self.source is not None and all(article.source != self.source for article in early):
            return False
        if self.group is not None and all(article.group != self.group for article in early):
            return False
        if max(article.published for article in early) < now - NEWS:
            return False
        outlets = {article.source for article in early}
        return len(outlets) >= self.outlets and len({one.group for one in early}) >= self.groups


@dataclass(frozen=True, slots=True)
class Target:
    """Where to: an Apprise address, or a webhook with the key that signs. Secrets are in no log."""

    name: str
    apprise: str | None = field(default=None, repr=False)
    webhook: str | None = field(default=None, repr=False)
    secret: str | None = field(default=None, repr=False)
    allow_private: bool = False


@dataclass(frozen=True, slots=True)
class Quiet:
    """Hours of every day in which nothing is sent; over midnight where ``start`` is after ``end``."""

    start: time
    end: time
    timezone: str = "UTC"

    def until(self, now: datetime) -> datetime | None:
        """When the quiet hours end that it is in now; None outside of them."""
        local = now.astimezone(ZoneInfo(self.timezone))
        clock, over = local.time(), self.start > self.end
        inside = (clock >= self.start or clock < self.end) if over else self.start <= clock < self.end
        if not inside:
            return None
        day = local.date() + timedelta(days=1 if over and clock >= self.start else 0)
        return datetime.combine(day, self.end, local.tzinfo).astimezone(UTC)


@dataclass(frozen=True, slots=True)
class Mail:
    """An SMTP server, and who writes. ``security``: starttls, tls or none."""

    host: str
    sender: str
    port: int = 587
    security: str = "starttls"
    user: str | None = None
    password: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class Digest:
    """The stories of a day that most outlets carry, every day ``at`` that time: by mail, and as a feed."""

    at: time
    timezone: str = "UTC"
    topic: str | None = None
    stories: int = 20
    to: tuple[str, ...] = ()

    def last(self, now: datetime) -> datetime:
        """The last time that it was due, in its own zone, whose date names it."""
        local = now.astimezone(ZoneInfo(self.timezone))
        moment = datetime.combine(local.date(), self.at, local.tzinfo)
        return moment if moment <= local else moment - timedelta(days=1)  # a day of that zone: 23 to 25 hours


@dataclass(frozen=True, slots=True)
class Alerts:
    """Everything that is to be told."""

    rules: tuple[Rule, ...] = ()
    targets: Mapping[str, Target] = field(default_factory=dict)
    quiet: Quiet | None = None
    digest: Digest | None = None
    mail: Mail | None = None


RETRIES = 12  # attempts, over about two days
FIRST_WAIT = timedelta(minutes=1)
LONGEST_WAIT = timedelta(hours=8)


def again(attempts: int, roll: float, asked: float | None = None) -> timedelta | None:
    """How long to wait after so many failed attempts (from 1); None: give up.

    ``roll``: uniform in 0…1, so that many do not come back at once. ``asked``: seconds, by the server.
    """
    if attempts >= RETRIES:
        return None
    wait: timedelta = min(FIRST_WAIT * int(3 ** (attempts - 1)), LONGEST_WAIT) * (0.75 + roll / 2)
    return max(wait, timedelta(seconds=asked or 0))
