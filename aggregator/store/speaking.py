"""Who speaks for stories: reading and writing it, and marking anew what says something else than it."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, bindparam, select, update

from aggregator.dedup.canonical import Voices
from aggregator.dedup.marks import marks
from aggregator.dedup.rules import Rules
from aggregator.dedup.views import Views
from aggregator.model import Held
from aggregator.store.among import among
from aggregator.store.database import Database
from aggregator.store.schema import articles, stories

_VOICES = select(stories.c.id, stories.c.canonical, stories.c.text, stories.c.link).where(
    among(stories.c.id, "ids")
)
_WRITE = (
    update(stories)
    .where(stories.c.id == bindparam("the_id"))
    .values({name: bindparam(f"the_{name}") for name in ("canonical", "text", "link")})
)
_MARK = update(articles).where(articles.c.id == bindparam("the_id")).values(marks=bindparam("the_marks"))


def read(connection: Connection, database: Database, numbers: Collection[int]) -> dict[int, Voices]:
    """Return who speaks for these stories."""
    if not numbers:
        return {}
    found = database.fetch(connection, _VOICES, {"ids": numbers})
    return {story: _voices(canonical, text, link) for story, canonical, text, link in found}


def of(row: Any) -> Voices:
    """Who speaks for a story, of its row."""
    return _voices(row.canonical, row.text, row.link)


def _voices(canonical: int, text: int | None, link: int | None) -> Voices:
    """Where none is named it is the canonical article."""
    return Voices(canonical, canonical if text is None else text, canonical if link is None else link)


def columns(voices: Voices) -> dict[str, int | None]:
    """The columns of ``stories`` that hold them."""
    return {
        "canonical": voices.canonical,
        "text": None if voices.text == voices.canonical else voices.text,
        "link": None if voices.link == voices.canonical else voices.link,
    }


def write(connection: Connection, story: int, voices: Voices, updated: int | None = None) -> None:
    """Write who speaks for a story. ``updated``: when its text changed by that, for those who read it."""
    values: dict[str, Any] = dict(columns(voices))
    if updated is not None:
        values["updated"] = updated
    connection.execute(update(stories).where(stories.c.id == story).values(values))


def write_all(connection: Connection, database: Database, spoken: Mapping[int, Voices]) -> None:
    """Write who speaks for each of these stories, none of which is updated by that."""
    rows = [
        {"the_id": story, **{f"the_{name}": value for name, value in columns(voices).items()}}
        for story, voices in spoken.items()
    ]
    database.many(connection, _WRITE, rows)


def retold(members: Iterable[Held], before: int, now: int) -> bool:
    """Whether the story's text is a newer one of the same outlet, not another outlet's copy of it."""
    if before == now:
        return False
    sources = {held.id: held.source for held in members}
    return before in sources and sources[before] == sources.get(now)


def remark(
    connection: Connection,
    database: Database,
    members: Sequence[Held],
    text: int,
    rules: Rules,
    only: Collection[int] | None = None,
    views: Views | None = None,
) -> None:
    """Mark the articles of a story (or ``only`` these) anew against the text that is shown.

    ``views``: of texts that are unpacked already.
    """
    write_marks(connection, database, marked(members, text, rules, only, views))


def marked(
    members: Sequence[Held], text: int, rules: Rules, only: Collection[int] | None = None,
    views: Views | None = None,
) -> list[dict[str, Any]]:  # fmt: skip
    """What `remark` writes."""
    by_id = {held.id: held for held in members}
    views = views or Views(len(members) + 2)
    shown = views.of(by_id[text])
    values = []
    for number, held in by_id.items():
        if only is not None and number not in only:
            continue
        found: tuple[str, ...] = ()
        if number != text and held.fingerprint.recipe == by_id[text].fingerprint.recipe:
            found = marks(shown, views.of(held), rules.additions)
        values.append({"the_id": number, "the_marks": " ".join(found)})
    return values


def write_marks(connection: Connection, database: Database, values: Sequence[dict[str, Any]]) -> None:
    """Write what `marked` found."""
    database.many(connection, _MARK, values)
