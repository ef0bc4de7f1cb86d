"""What templates show of a story or a source, worked out in plain functions of their arguments."""

from __future__ import annotations

import math
import unicodedata
import zlib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from urllib.parse import urlsplit

from aggregator.model import ArticleView, SourceView, StoryView
from aggregator.publish.diff import Change, Summary
from aggregator.publish.view import shown
from aggregator.text import html_to_paragraphs, is_glue
from aggregator.web.content import plain, web_url

LEAD = 260  # characters of a lead
MOST_HTML = 10_000  # characters of a summary that a lead is made of
HUES = 12  # classes .hue-0 … of the style sheet
HEADLINE = 3  # outlets from which a story may lead the front page
FULL = 0.9  # a copy that carries this part of the canonical text counts as full
RTL = frozenset({"ar", "fa", "he", "iw", "ur", "ps", "ckb", "dv", "sd", "ug", "yi"})


@dataclass(frozen=True, slots=True)
class Outlet:
    """An outlet as a small round mark: initials and one of a dozen hues."""

    id: str
    title: str
    initials: str
    hue: int


@dataclass(frozen=True, slots=True)
class Card:
    """A story in a list."""

    story: StoryView
    lead: str
    outlets: tuple[Outlet, ...]  # each once, the canonical one first
    topics: tuple[tuple[str, str], ...]  # id and title

    @property
    def title(self) -> str:
        """The headline; feeds without titles get the beginning of the text."""
        return self.story.title.strip() or self.lead[:80] or "(without a title)"


@dataclass(frozen=True, slots=True)
class Row:
    """One article on the timeline of its story."""

    article: ArticleView
    outlet: Outlet
    at: float  # per cent of the axis, 0…100
    delay: str  # "first", "+12 min"
    canonical: bool  # who is credited
    shown: bool  # whose text stands for the story
    changes: tuple[Change, ...]
    summary: Summary

    @property
    def full(self) -> bool:
        """Whether it carries (nearly) all of the canonical text."""
        return self.summary.share >= FULL

    @property
    def changed(self) -> bool:
        """Whether any word differs."""
        return bool(self.summary.dropped or self.summary.added)


def outlet(source: str, title: str) -> Outlet:
    """The mark of a source."""
    return Outlet(source, title or source, initials(title or source), zlib.crc32(source.encode()) % HUES)


def initials(title: str) -> str:
    """Two letters of a Latin, Cyrillic or Greek name, one of any other script's."""
    words = [word for word in title.split() if word[:1].isalnum()]
    if not words:
        return "•"
    first = words[0][0]
    if not unicodedata.name(first, "").startswith(("LATIN", "CYRILLIC", "GREEK")):
        return first
    second = next((word[0] for word in words[1:] if word[0].isupper()), "")
    return (first + second).upper()


def leading(found: Sequence[StoryView]) -> Sequence[StoryView]:
    """What leads the front page, of the stories that most outlets carry: nothing, where those are few."""
    return found if found and carried_by(found[0]) >= HEADLINE else ()


def carried_by(story: StoryView) -> int:
    """How many outlets carry a story."""
    return len({article.source for article in story.articles})


def carriers(story: StoryView) -> list[tuple[str, str]]:
    """Each outlet with how long after the first one it published, in that order."""
    first = min(article.published for article in story.articles)
    found: dict[str, tuple[str, str]] = {}
    for article in sorted(story.articles, key=lambda one: (one.published, one.id)):
        delay = f"+{span(article.published - first)}" if found else ""
        found.setdefault(article.source, (article.source_title or article.source, delay))
    return list(found.values())


def card(story: StoryView, topics: Mapping[str, str], *, of_topic: str | None = None) -> Card:
    """A story as a list shows it. ``of_topic``: the list's own topic, which its stories need not name."""
    canonical = story.canonical
    found = {canonical.source: outlet(canonical.source, canonical.source_title)}
    for article in story.articles:
        found.setdefault(article.source, outlet(article.source, article.source_title))
    marks = tuple((topic, topics.get(topic, topic)) for topic in story.topics if topic != of_topic)
    return Card(story, lead(shown(story)), tuple(found.values()), marks)


def lead(article: ArticleView) -> str:
    """The beginning of an article, cut after a sentence if one ends soon enough, else after a word."""
    parts = html_to_paragraphs(article.summary[:MOST_HTML]) or article.text.split("\n\n")
    glued_on = furniture(article)
    prose = " ".join(part for part in parts if not glued_on(part))
    text = " ".join((prose or plain(article.content)).split())
    if text.startswith(article.title) and len(text) > len(article.title):
        text = text[len(article.title) :].lstrip(" .:–—-")
    if len(text) <= LEAD:
        return text
    cut = text[:LEAD]
    stop = max(cut.rfind(mark) for mark in (". ", "! ", "? ", "。", "؟ ", "۔ "))
    if stop > LEAD // 2:
        return cut[: stop + 1]
    space = cut.rfind(" ")
    return cut[: space if space > LEAD // 2 else LEAD].rstrip(" ,;،、") + " …"


def furniture(article: ArticleView) -> Callable[[str], bool]:
    """Tells of a paragraph of an article whether it is glued on: known as such, or learnt of its source."""
    parts = article.text.split("\n\n")
    learnt = {parts[index] for index in article.boilerplate if index < len(parts)}
    return lambda paragraph: paragraph in learnt or is_glue(paragraph)


def timeline(
    story: StoryView, compared: Mapping[int, tuple[tuple[Change, ...], Summary]]
) -> tuple[tuple[Row, ...], tuple[tuple[float, str], ...]]:
    """Rows in time order, and ticks (per cent, label) of a logarithmic axis from the first article on."""
    first = min(article.published for article in story.articles)
    longest = max(article.published for article in story.articles) - first
    rows = tuple(
        Row(
            article=article,
            outlet=outlet(article.source, article.source_title),
            at=_position(article.published - first, longest),
            delay="first" if index == 0 else f"+{span(article.published - first)}",
            canonical=article.id == story.canonical.id,
            shown=article.id == shown(story).id,
            changes=compared[article.id][0],
            summary=compared[article.id][1],
        )
        for index, article in enumerate(sorted(story.articles, key=lambda one: (one.published, one.id)))
    )
    return rows, _ticks(longest)


def _position(delay: timedelta, longest: timedelta) -> float:
    """Minutes on a logarithmic scale: copies come within minutes or within days, both must be seen."""
    if longest <= timedelta(minutes=1):
        return 3.0
    share = math.log1p(delay.total_seconds() / 60) / math.log1p(longest.total_seconds() / 60)
    return round(3 + 94 * share, 2)


def _ticks(longest: timedelta) -> tuple[tuple[float, str], ...]:
    steps = {"0": 0, "10 min": 10, "1 h": 60, "6 h": 360, "1 d": 1_440, "3 d": 4_320, "10 d": 14_400}
    found = [(_position(timedelta(minutes=m), longest), name) for name, m in steps.items()]
    return tuple((at, name) for at, name in found if at <= 97) if longest > timedelta(minutes=1) else ()


def span(delta: timedelta) -> str:
    """A length of time in at most two units: "45 s", "12 min", "3 h 5 min", "2 d 4 h"."""
    seconds = max(0, round(delta.total_seconds()))
    if seconds < 60:
        return f"{seconds} s"
    minutes = seconds // 60
    hours, minutes = divmod(minutes, 60)
    days, hours = divmod(hours, 24)
    if days:
        return f"{days} d {hours} h" if hours else f"{days} d"
    if hours:
        return f"{hours} h {minutes} min" if minutes else f"{hours} h"
    return f"{minutes} min"


def ago(then: datetime | None, now: datetime) -> str:
    """How long ago, roughly; from a week on the date."""
    if then is None:
        return "never"
    delta = now - then
    if delta < timedelta(0):
        return f"in {_rough(-delta)}" if -delta < timedelta(days=7) else day(then)
    if delta < timedelta(minutes=1):
        return "just now"
    return f"{_rough(delta)} ago" if delta < timedelta(days=7) else day(then)


def _rough(delta: timedelta) -> str:
    minutes = int(delta.total_seconds() // 60)
    if minutes < 1:
        return "a moment"
    if minutes < 60:
        return f"{minutes} min"
    if minutes < 24 * 60:
        return f"{minutes // 60} h"
    return f"{minutes // 1440} d"


def day(moment: datetime) -> str:
    """A date in words, without the platform's locale."""
    moment = moment.astimezone(UTC)
    return f"{moment.day} {moment:%B %Y}"


def moment(then: datetime | None) -> str:
    """Date and time in UTC."""
    return "never" if then is None else f"{day(then)}, {then.astimezone(UTC):%H:%M} UTC"


def iso(then: datetime | None) -> str:
    """For ``<time datetime>``."""
    return "" if then is None else then.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def host(url: str | None) -> str:
    """The host of an address, without www, for people."""
    found = urlsplit(web_url(url) or "").hostname or ""
    return found.removeprefix("www.")


def direction(language: str | None) -> str:
    """``rtl`` or ``ltr`` by language, ``auto`` when it is not known."""
    if not language:
        return "auto"
    return "rtl" if language.lower().split("-")[0] in RTL else "ltr"


def by_group(
    views: Sequence[SourceView], groups: Mapping[str, str]
) -> list[tuple[str, str, list[SourceView]]]:
    """Sources by group (id, title, sources), groups in the configuration's order, what fails first."""
    found: dict[str, list[SourceView]] = {name: [] for name in groups}
    for view in views:
        found.setdefault(view.source.group, []).append(view)
    worst = {
        "broken": 0, "failing": 0, "gone": 0, "silent": 1, "new": 1, "ok": 2, "paused": 3, "removed": 4,
    }  # fmt: skip
    return [
        (
            name,
            groups.get(name, name),
            sorted(some, key=lambda v: (worst[v.state], v.source.title.casefold())),
        )
        for name, some in found.items()
        if some
    ]
