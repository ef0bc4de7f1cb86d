"""Subscriptions at WebSub hubs: which are wanted, what was asked, what was confirmed, what was missed.

A request to a hub is claimed as a poll is: when the next one is due is committed before it goes out. So
restarts cause none, and several daemons ask once.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Any, Literal

from sqlalchemy import Connection, delete, select, update

from aggregator.model import HubAsk, HubSays, Subscription
from aggregator.store.among import among
from aggregator.store.database import Database
from aggregator.store.schema import sources, subscriptions
from aggregator.store.values import micros, storable

RENEW_AT = 0.75  # of a lease
RETRY = timedelta(minutes=15)  # after a request that was not confirmed; twice as long each time …
MOST_RETRY = timedelta(days=1)  # … up to this
SOONEST = timedelta(minutes=1)  # between two requests, whatever lease a hub gives
GIVEN_UP = 3  # requests to end a subscription that a hub does not confirm
BELIEVED = 2  # polls that found what was not pushed, from which on a hub is not relied upon

S = subscriptions.c


def take(
    connection: Connection,
    database: Database,
    now: datetime,
    limit: int,
    token: Callable[[], str],
    *,
    wanted: bool,
) -> list[HubAsk]:
    """Claim what hubs must be asked now. ``wanted``: whether anything shall be pushed at all."""
    at = micros(now)
    _adopt(connection, database, at, token, wanted=wanted)
    rows = connection.execute(
        select(subscriptions, sources.c.id)
        .join(sources, sources.c.no == S.source)
        .where(S.due <= at)
        .order_by(S.due, S.source)
        .limit(limit)
        .with_for_update(of=subscriptions, skip_locked=True)
    ).all()
    asks: list[HubAsk] = []
    for row in rows:
        mode: Literal["subscribe", "unsubscribe"] = (
            "unsubscribe" if row.pending == "unsubscribe" else "subscribe"
        )
        if mode == "unsubscribe" and row.tries >= GIVEN_UP:
            connection.execute(delete(subscriptions).where(S.source == row.source))
            continue
        wait = min(RETRY * 2 ** min(row.tries, 10), MOST_RETRY)
        values = {"pending": mode, "tries": row.tries + 1, "due": micros(now + wait)}
        connection.execute(update(subscriptions).where(S.source == row.source).values(values))
        asks.append(HubAsk(row.id, mode, row.hub, row.topic, row.token, row.secret))
    return asks


def _adopt(
    connection: Connection, database: Database, at: int, token: Callable[[], str], *, wanted: bool
) -> None:
    """Bring the table to what the sources name now."""
    column = sources.c
    held = {row.source: row for row in connection.execute(select(subscriptions)).all()}
    naming: Sequence[Any] = []
    if wanted:
        naming = connection.execute(
            select(column.no, column.hub, column.self_url, column.url).where(
                column.hub.is_not(None), column.last_success.is_not(None),
                column.removed.is_(False), column.paused.is_(False), column.gone.is_(False),
            )
        ).all()  # fmt: skip
    for row in naming:
        topic, before = row.self_url or row.url, held.pop(row.no, None)
        if before is not None and (before.hub, before.topic, before.pending) in (
            (row.hub, topic, None), (row.hub, topic, "subscribe"),
        ):  # fmt: skip
            continue
        # Another hub or topic: an address of its own, so that what the old hub still sends is nobody's.
        values = {
            "token": token(), "secret": token(), "hub": row.hub, "topic": topic, "pending": None, "due": at,
            "lease_until": None, "tries": 0, "missed": 0, "error": None,
        }  # fmt: skip
        if before is None:
            fresh = database.insert(subscriptions).on_conflict_do_nothing()  # another daemon may be first
            connection.execute(fresh, {"source": row.no, **values})
        else:
            connection.execute(update(subscriptions).where(S.source == row.no).values(values))
    for no, row in held.items():  # no longer wanted
        if row.lease_until is None or row.lease_until <= at:
            connection.execute(delete(subscriptions).where(S.source == no))
        elif row.pending != "unsubscribe":
            values = {"pending": "unsubscribe", "tries": 0, "due": at}
            connection.execute(update(subscriptions).where(S.source == no).values(values))


def trouble(connection: Connection, token: str, error: str | None) -> None:
    """Keep why a hub could not be asked, or that it could."""
    values = {"error": None if error is None else storable(error)}
    connection.execute(update(subscriptions).where(S.token == token).values(values))


def verify(connection: Connection, token: str, said: HubSays, now: datetime) -> bool:
    """Take a hub's question about intent. True only for what we asked it and it has not confirmed yet."""
    row = connection.execute(select(subscriptions).where(S.token == token).with_for_update()).one_or_none()
    if row is None or said.topic != row.topic:
        return False
    mine = S.source == row.source
    if said.mode == "denied":
        values: dict[str, Any] = {"pending": None, "lease_until": None, "due": micros(now + MOST_RETRY)}
        values |= {
            "error": storable(f"the hub denies it: {said.reason}" if said.reason else "the hub denies it")
        }
        connection.execute(update(subscriptions).where(mine).values(values))
        return True
    if said.mode != row.pending:
        return False
    if said.mode == "unsubscribe":
        connection.execute(delete(subscriptions).where(mine))
        return True
    renewal = now + max(said.lease * RENEW_AT, SOONEST)
    values = {
        "pending": None, "tries": 0, "error": None, "due": micros(renewal),
        "lease_until": micros(now + said.lease),
    }  # fmt: skip
    connection.execute(update(subscriptions).where(mine).values(values))
    return True


def confirmed(connection: Connection, token: str, now: datetime) -> Subscription | None:
    """The subscription whose callback this is, while its lease runs."""
    row = connection.execute(
        select(subscriptions, sources.c.id)
        .join(sources, sources.c.no == S.source)
        .where(S.token == token, S.lease_until > micros(now))
    ).one_or_none()
    return None if row is None else Subscription(row.id, row.secret, row.hub, row.topic)


def pushed(connection: Connection, token: str, now: datetime) -> None:
    """Count a push that was signed: the hub is relied upon."""
    values = {"pushes": S.pushes + 1, "pushed": micros(now), "missed": 0}
    connection.execute(update(subscriptions).where(S.token == token).values(values))


def missed(connection: Connection, no: int) -> None:
    """Count a poll that found something new: the hub should have pushed it."""
    connection.execute(update(subscriptions).where(S.source == no).values(missed=S.missed + 1))


def relied_on(connection: Connection, numbers: Sequence[int], at: int) -> frozenset[int]:
    """Of these sources, those whose hub pushes what is new."""
    statement = select(S.source).where(among(S.source, "numbers"), S.lease_until > at, S.missed < BELIEVED)
    return frozenset(connection.execute(statement, {"numbers": numbers}).scalars())
