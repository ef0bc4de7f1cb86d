"""The statements of claiming: one set for each kind of claim, built once.

Their parameters: ``at``, the time of the claim (microseconds); ``only``, ``since``, ``full``, ``hosts``,
``numbers`` where they are asked for.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Any, Final, NamedTuple

from sqlalchemy import ColumnElement, Select, and_, bindparam, exists, func, not_, or_, select, update
from sqlalchemy.sql.dml import ReturningUpdate

from aggregator.store.among import among, among_strings
from aggregator.store.schema import hosts, inbox, sources

_AT: Final[Any] = bindparam("at")
_H, _S = hosts.c, sources.c

# Hosts that asked for no rest, and whose last request lies a gap back.
READY: Final[ColumnElement[bool]] = and_(
    or_(_H.not_before.is_(None), _H.not_before <= _AT), or_(_H.free_from.is_(None), _H.free_from <= _AT)
)

# Those of the hosts ``names`` that are ready.
READY_HOSTS: Final = select(_H.name).where(among_strings(_H.name, "names"), READY)

# How many sources of each host are being polled, by whichever daemon.
BUSY: Final = (
    select(_S.host, func.count()).where(_S.lease_until.is_not(None), _S.lease_until > _AT).group_by(_S.host)
)


class Turn(NamedTuple):
    """A source whose turn has come. ``lost``: claims of it in a row that came to nothing."""

    no: int
    id: str
    host: str
    lost: int


class Claimed(NamedTuple):
    """A source that was claimed, as its poll asks for it."""

    no: int
    id: str
    url: str
    etag: str | None
    last_modified: str | None
    body_sha256: bytes | None
    boilerplate_version: int
    failures: int
    moved_to: str | None
    moved_seen: int
    hints: str
    http_status: int | None
    hub: str | None
    rhythm: bytes | None


_CLAIMED = [_S[name] for name in Claimed._fields]

# A source as it is, without a claim.
UNCLAIMED: Final = select(*_CLAIMED).where(_S.id == bindparam("id"), _S.removed.is_(False))


@dataclass(frozen=True, slots=True)
class Kind:
    """What a claim asks for: ``only`` of some ids, also what is not due, only what was not polled since."""

    only: bool
    ignore_schedule: bool
    since: bool


@dataclass(frozen=True, slots=True)
class Statements:
    """The hosts with sources whose turn has come, without those that are ``full`` or not; their sources in
    turn (`Turn`); and the claim itself, which gives what it took (`Claimed`, in any order)."""

    window: Select[Any]
    window_beside_full: Select[Any]
    turns: Select[Any]
    take: ReturningUpdate[Any]


@cache
def statements(kind: Kind) -> Statements:
    """The statements of one kind of claim."""
    wanted = _wanted(kind)
    window = (
        select(_S.host)
        .join(hosts, _H.name == _S.host)
        .where(*wanted, READY)
        .group_by(_S.host)
        .order_by(func.min(_S.next_due))
        .limit(bindparam("most"))
    )
    turn = func.row_number().over(partition_by=_S.host, order_by=(_S.next_due, _S.no))
    each = (  # a host may have thousands: no whole row is read
        select(*(_S[name] for name in Turn._fields), _S.next_due, turn.label("turn"))
        .where(*wanted, among_strings(_S.host, "hosts"))
        .subquery()
    )
    turns = (
        select(*(each.c[name] for name in Turn._fields))
        .where(each.c.turn <= bindparam("at_once"))
        .order_by(each.c.next_due, each.c.no)
        .limit(bindparam("most"))
    )
    take = (
        update(sources)
        .where(among(_S.no, "numbers"), *wanted)
        .values(
            lease_owner=bindparam("owner"),
            lease_until=bindparam("until"),
            next_due=bindparam("again"),
            next_reason="being polled",
            lost=_S.lost + 1,
        )
        .returning(*_CLAIMED)
    )
    return Statements(window, window.where(not_(among_strings(_S.host, "full"))), turns, take)


def _wanted(kind: Kind) -> list[ColumnElement[bool]]:
    conditions: list[ColumnElement[bool]] = [
        _S.removed.is_(False),
        _S.paused.is_(False),
        or_(_S.paused_until.is_(None), _S.paused_until <= _AT),
        or_(_S.lease_until.is_(None), _S.lease_until <= _AT),
        or_(_S.not_before.is_(None), _S.not_before <= _AT),
        # What was fetched and waits to be placed is not fetched again: its validators come with it.
        ~exists().where(inbox.c.source == _S.no),
    ]
    if not kind.ignore_schedule:
        conditions.append(_S.next_due <= _AT)
    if kind.since:
        conditions.append(or_(_S.last_polled.is_(None), _S.last_polled < bindparam("since")))
    if kind.only:
        conditions.append(among_strings(_S.id, "only"))
    else:
        conditions.append(_S.gone.is_(False))  # 410, confirmed: asked again when a person names it
    return conditions
