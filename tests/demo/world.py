"""The demo's texts and outlets, read from world/, and what each outlet prints of each.

world/README.md describes the files. Times are aware datetimes; ``hours`` count back from the base instant.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML

WORLD = Path(__file__).parent / "world"
_yaml = YAML(typ="safe")


@dataclass(frozen=True)
class Outlet:
    """One feed: how it is written and served. The words are explained at the top of outlets.yaml."""

    id: str
    title: str
    language: str
    group: str
    authority: int
    format: str
    body: str
    guid: str
    validators: str
    encoding: str = "utf-8"
    charset: str = "declared"
    links: str = "absolute"
    dates: str = "zoned"
    escape: str = "once"
    timezone: str | None = None
    agency: bool = False
    moved: bool = False
    glue: Mapping[str, list[str]] = field(default_factory=dict)

    @property
    def file(self) -> str:
        """The feed's path below the server's root."""
        return f"{self.id}/feed.{'json' if self.format.startswith('json') else 'xml'}"


@dataclass(frozen=True)
class Print:
    """How one outlet prints a story; world/README.md has the keys."""

    outlet: str
    after: float = 0.0
    edition: int = 1
    title: str | None = None
    dateline: str | None = None
    order: tuple[int, ...] | None = None
    paragraphs: int | None = None
    words: int | None = None
    replace: tuple[tuple[str, str], ...] = ()
    before: str | None = None
    glue: tuple[str, ...] = ()
    same_guid: bool = False
    relation: str | None = None
    enclosure: Mapping[str, Any] | None = None


@dataclass(frozen=True)
class Story:
    """One underlying text and its prints."""

    id: str
    language: str
    hours: float
    title: str
    text: str
    kind: str  # visit, templates, news
    prints: tuple[Print, ...]
    agency: str | None = None
    author: str | None = None
    family: str | None = None
    apart: Mapping[str, str] | None = None

    @property
    def paragraphs(self) -> list[str]:
        """The text as written, in paragraphs."""
        return [" ".join(part.split()) for part in self.text.strip().split("\n\n")]


@dataclass(frozen=True)
class Item:
    """What one outlet's feed holds of one story: a title, paragraphs, and furniture around them."""

    story: Story
    outlet: Outlet
    slug: str
    title: str
    paragraphs: tuple[str, ...]
    furniture: tuple[str, ...]
    related: tuple[str, ...]  # titles of other items, printed as a list of links
    published: datetime
    updated: datetime
    relation: str
    edition: int
    enclosure: Mapping[str, Any] | None


@cache
def outlets() -> dict[str, Outlet]:
    """All outlets by id."""
    return {raw["id"]: Outlet(**raw) for raw in _yaml.load(WORLD / "outlets.yaml")}


@cache
def stories() -> tuple[Story, ...]:
    """All stories, in the order of their files' names."""
    return tuple(
        _story(raw, kind)
        for kind in ("visit", "templates", "news")
        for path in sorted((WORLD / kind).glob("*.yaml"))
        for raw in _listed(_yaml.load(path))
    )


def _listed(raw: Any) -> list[dict[str, Any]]:
    return raw if isinstance(raw, list) else [raw]


def _story(raw: dict[str, Any], kind: str) -> Story:
    prints = tuple(_print(one) for one in raw.pop("prints"))
    return Story(kind=kind, prints=prints, **raw)


def _print(raw: dict[str, Any]) -> Print:
    pairs = tuple((old, new) for old, new in raw.pop("replace", ()))
    order = raw.pop("order", None)
    return Print(
        replace=pairs,
        order=None if order is None else tuple(order),
        glue=tuple(raw.pop("glue", ())),
        **raw,
    )


def editions() -> int:
    """How many editions the demo has."""
    return max(one.edition for story in stories() for one in story.prints)


def items(base: datetime, edition: int) -> dict[str, list[Item]]:
    """What each outlet's feed holds in an edition, newest first."""
    found: dict[str, dict[str, Item]] = {name: {} for name in outlets()}
    for story in stories():
        for print_ in sorted(story.prints, key=lambda one: one.edition):
            if print_.edition > edition:
                continue
            item = _item(story, print_, base, earlier=found[print_.outlet])
            found[print_.outlet][item.slug] = item
    return {name: _with_related(list(held.values())) for name, held in found.items()}


def _item(story: Story, print_: Print, base: datetime, earlier: Mapping[str, Item]) -> Item:
    first = base - timedelta(hours=story.hours)
    at = first + timedelta(hours=print_.after)
    slug = story.id if print_.same_guid or story.id not in earlier else f"{story.id}-{print_.edition}"
    outlet = outlets()[print_.outlet]
    title = print_.title or story.title
    is_first = print_ is min(story.prints, key=lambda one: one.after)
    return Item(
        story=story,
        outlet=outlet,
        slug=slug,
        title=title,
        paragraphs=tuple(printed(story, print_, first, at)),
        furniture=tuple(
            line.format(title=title)
            for name in print_.glue
            if name != "related"
            for line in outlet.glue[name]
        ),
        related=tuple(outlet.glue["related"]) if "related" in print_.glue else (),
        published=earlier[slug].published if print_.same_guid else at,
        updated=at,
        relation=print_.relation or ("original" if is_first else "copy"),
        edition=print_.edition,
        enclosure=print_.enclosure,
    )


def _with_related(held: list[Item]) -> list[Item]:
    """Newest first; each item that links to others gets the titles of the next two in the list."""
    ordered = sorted(held, key=lambda item: (item.published, item.slug), reverse=True)
    result = []
    for index, item in enumerate(ordered):
        if item.related:
            near = [ordered[(index + step) % len(ordered)].title for step in (1, 2)]
            item = Item(**{**item.__dict__, "related": (*item.related, *near)})
        result.append(item)
    return result


def printed(story: Story, print_: Print, first: datetime, at: datetime) -> list[str]:
    """The paragraphs of a story as a print carries them: corrected, reordered, cut, under its dateline."""
    whole = story.text.replace("{weekday}", f"{first:%A}")
    for old, new in print_.replace:
        if old not in whole:
            raise ValueError(f"{story.id}: {old!r} is not in the text")
        whole = whole.replace(old, new)
    parts = [" ".join(part.split()) for part in whole.strip().split("\n\n")]
    if print_.order is not None:
        if sorted(print_.order) != list(range(len(parts))):
            raise ValueError(f"{story.id}: order of {print_.outlet} is no order of {len(parts)} paragraphs")
        parts = [parts[index] for index in print_.order]
    parts = parts[: print_.paragraphs]
    if print_.words is not None:
        parts = cut_to_words(parts, print_.words)
    if print_.dateline:
        parts[0] = f"{print_.dateline.format(date=date_words(at, story.language))} {parts[0]}"
    return [print_.before, *parts] if print_.before else parts


def cut_to_words(paragraphs: list[str], limit: int) -> list[str]:
    """The first ``limit`` words, with an ellipsis where a sentence breaks off."""
    kept: list[str] = []
    for paragraph in paragraphs:
        words = paragraph.split()
        if len(words) > limit:
            return [*kept, " ".join(words[:limit]) + " …"] if limit else kept
        kept.append(paragraph)
        limit -= len(words)
    return kept


def date_words(at: datetime, language: str) -> str:
    """A day as datelines of the language write it."""
    month = ("Jan.", "Feb.", "March", "April", "May", "June", "July", "Aug.", "Sept.", "Oct.", "Nov.", "Dec.")
    if language == "zh":
        return f"{at.month}月{at.day}日"
    return f"{month[at.month - 1]} {at.day}"
