"""The icons of outlets, one a site: when each is asked for, weekly at most, and what was found."""

from __future__ import annotations

from datetime import datetime, timedelta
from urllib.parse import urlsplit

from sqlalchemy import Connection, select, update

from aggregator.model import Icon
from aggregator.store.among import among_strings
from aggregator.store.database import Database
from aggregator.store.schema import icons, sources
from aggregator.store.values import micros, storable

EVERY = timedelta(days=7)

I = icons.c  # noqa: E741


def site_of(url: str | None) -> str | None:
    """The scheme and host of an outlet's page; None when it is no web address."""
    try:
        parts = urlsplit(url or "")
    except ValueError:
        return None
    if parts.scheme not in ("http", "https") or not parts.netloc or "@" in parts.netloc:
        return None
    return f"{parts.scheme}://{parts.netloc.lower()}"


def take(connection: Connection, database: Database, now: datetime, limit: int) -> list[tuple[str, str, str]]:
    """Claim sites that are due: the next time is written before any request goes out."""
    at, column = micros(now), sources.c
    rows = connection.execute(
        select(column.id, column.site_url)
        .where(
            column.site_url.is_not(None), column.last_success.is_not(None), column.removed.is_(False),
            column.paused.is_(False),
        )
        .order_by(column.no)
    ).all()  # fmt: skip
    pages: dict[str, tuple[str, str]] = {}
    for row in rows:
        site = site_of(row.site_url)
        if site is not None:
            pages.setdefault(site, (row.site_url, row.id))
    held = dict(connection.execute(select(I.site, I.due)).all())
    fresh = [site for site in pages if site not in held]
    due = sorted((held[site], site) for site in pages if site in held and held[site] <= at)
    chosen = sorted([*fresh, *(site for _, site in due)][:limit])
    if not chosen:
        return []
    new = [{"site": site, "due": at} for site in chosen if site not in held]
    if new:
        connection.execute(database.insert(icons).on_conflict_do_nothing(), new)
    # Whoever writes first has it: another daemon that chose the same finds it due no more.
    taken = connection.execute(
        update(icons)
        .where(among_strings(I.site, "sites"), I.due <= at)
        .values(due=micros(now + EVERY))
        .returning(I.site),
        {"sites": chosen},
    ).scalars()
    return [(site, *pages[site]) for site in sorted(taken)]


def keep(connection: Connection, site: str, icon: Icon | None, error: str | None, now: datetime) -> None:
    """Keep what was found. A failure keeps the icon that we had."""
    values: dict[str, object] = {
        "fetched": micros(now), "error": None if error is None else storable(error[:500])
    }  # fmt: skip
    if icon is not None:
        values |= {"url": storable(icon.url), "type": icon.type, "content": icon.content}
    connection.execute(update(icons).where(I.site == site).values(values))


def holders(connection: Connection) -> frozenset[str]:
    """The ids of the sources whose site has an icon."""
    sites = set(connection.execute(select(I.site).where(I.content.is_not(None))).scalars())
    if not sites:
        return frozenset()
    rows = connection.execute(select(sources.c.id, sources.c.site_url).where(sources.c.site_url.is_not(None)))
    return frozenset(row.id for row in rows if site_of(row.site_url) in sites)


def of(connection: Connection, source: str) -> Icon | None:
    """The icon of a source's site."""
    url = connection.execute(select(sources.c.site_url).where(sources.c.id == source)).scalar()
    site = site_of(url)
    if site is None:
        return None
    row = connection.execute(select(icons).where(I.site == site, I.content.is_not(None))).one_or_none()
    return None if row is None else Icon(row.url, row.type, row.content)
