"""Which daemons live: each says so, three times in the time after which it is taken for dead."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection, delete, select

from aggregator.store import leases
from aggregator.store.database import Database
from aggregator.store.schema import daemons
from aggregator.store.values import micros, moment

FORGET = timedelta(days=1)  # after which a dead daemon is listed no more


@dataclass(frozen=True, slots=True)
class Daemon:
    """A daemon as it last said of itself. ``until``: taken for dead from then on."""

    owner: str
    roles: frozenset[str]
    started: datetime
    until: datetime
    polls: int = 0
    version: int = 0  # of the configuration


def beat(
    connection: Connection,
    database: Database,
    me: Daemon,
    polling: Collection[str],
    now: datetime,
    lease: timedelta,
) -> int:
    """Say that a daemon lives, and hold on to what it polls; how many sources that is."""
    values = {
        "owner": me.owner, "roles": " ".join(sorted(me.roles)), "started": micros(me.started),
        "until": micros(now + lease), "polls": me.polls, "version": me.version,
    }  # fmt: skip
    statement = database.insert(daemons)
    changing = {name: statement.excluded[name] for name in ("roles", "until", "polls", "version")}
    connection.execute(statement.on_conflict_do_update(index_elements=["owner"], set_=changing), values)
    return leases.renew(connection, me.owner, polling, now, lease)


def listed(connection: Connection) -> list[Daemon]:
    """Every daemon that was alive within the last day, the eldest first."""
    rows = connection.execute(select(daemons).order_by(daemons.c.started, daemons.c.owner)).all()
    return [
        Daemon(
            row.owner, frozenset(row.roles.split()), moment(row.started), moment(row.until), row.polls,
            row.version,
        )
        for row in rows
    ]  # fmt: skip


def bury(connection: Connection, is_dead: Callable[[str], bool], now: datetime) -> int:
    """Give up what dead daemons hold (see `is_dead`), and forget the long dead. Returns sources given up."""
    connection.execute(delete(daemons).where(daemons.c.until < micros(now - FORGET)))
    dead = [each.owner for each in listed(connection) if is_dead(each.owner)]
    for owner in dead:
        connection.execute(delete(daemons).where(daemons.c.owner == owner))
    return leases.release_dead(connection, is_dead)


def leave(connection: Connection, owner: str) -> int:
    """A daemon stops in order: forget it, and give up what it still holds."""
    connection.execute(delete(daemons).where(daemons.c.owner == owner))
    return leases.release(connection, owner)
