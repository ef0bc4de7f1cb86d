"""Telling: rules are looked at for what is new, what they find is kept, what is kept is sent.

What a rule finds and how far the search has come are one transaction, so neither a kill nor a restart loses
an alert or makes it twice; what is sent is noted at once, and tried again ever later while it is not taken.
"""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from typing import Any, TypeVar

from aggregator.model import Notice, StoryView, TimelineSpec
from aggregator.notify import channels, words
from aggregator.notify.rules import Alerts, Digest, again
from aggregator.sources.http import Client
from aggregator.store import Store

log = logging.getLogger(__name__)

T = TypeVar("T")
DIGEST = "digest"  # the rule's name that no rule of the YAML has: names there are of topics and the like
AT_ONCE = 20  # messages that one look sends


class Notifier:
    """Looks for what is to be told, and tells it. One daemon does it."""

    def __init__(
        self, store: Store, change: Callable[[Callable[[], Any]], Awaitable[Any]], client: Client, *,
        alerts: Callable[[], Alerts], site: Callable[[], str], now: Callable[[], datetime],
        roll: Callable[[], float],
    ) -> None:  # fmt: skip
        self._store = store
        self._change = change
        self._client = client
        self._alerts = alerts
        self._site = site
        self._now = now
        self._roll = roll

    async def look(self) -> int:
        """One round; returns how many messages were sent."""
        alerts, site = self._alerts(), self._site()
        now = self._now()
        decide = (lambda story: _found(alerts, story, site, now)) if alerts.rules else None
        await self._change(lambda: self._store.alerts.seek(decide))
        if alerts.digest is not None:
            await self._digest(alerts.digest, alerts, site)
        return await self._send(alerts)

    async def _digest(self, digest: Digest, alerts: Alerts, site: str) -> None:
        end = digest.last(self._now())
        day = end.toordinal()
        if not await self._change(lambda: self._store.alerts.digest_due(day)):
            return
        since = end - timedelta(days=1)  # by the clock there: in its zone a day may have 23 or 25 hours
        spec = TimelineSpec(
            topic=digest.topic, since=since.astimezone(UTC), until=end.astimezone(UTC), limit=1_000,
            with_content=False,
        )  # fmt: skip
        found = await asyncio.to_thread(self._store.timeline, spec)
        best = sorted(found, key=lambda one: (-len(words.outlets(one)), one.published, one.id))
        body = words.digest(best[: digest.stories], end, site)
        by_mail = bool(digest.to) and alerts.mail is not None
        await self._change(lambda: self._store.alerts.add_digest(DIGEST, day, body, by_mail=by_mail))

    async def _send(self, alerts: Alerts) -> int:
        due = await asyncio.to_thread(self._store.alerts.due, AT_ONCE)
        sent = 0
        for notice in due:
            quiet = alerts.quiet.until(self._now()) if alerts.quiet is not None else None
            urgent = any(rule.urgent for rule in alerts.rules if rule.name == notice.rule)
            if quiet is not None and not urgent and notice.rule != DIGEST:
                await self._note(notice, due=quiet)
                continue
            try:
                await self._deliver(notice, alerts)
            except channels.Failed as error:
                await self._failed(notice, error)
            else:
                sent += 1
                await self._note(notice, sent=self._now())
        return sent

    async def _deliver(self, notice: Notice, alerts: Alerts) -> None:
        body = json.loads(notice.body)
        number = f"{self._store.instance}-{notice.id}"
        if notice.rule == DIGEST:
            if alerts.digest is None or alerts.mail is None or not alerts.digest.to:
                raise channels.Failed("no mail is set up any more", final=True)
            server, to = alerts.mail, alerts.digest.to
            await asyncio.to_thread(channels.mail, server, to, body, number, self._now())
            return
        target = alerts.targets.get(notice.target)
        if target is None:
            raise channels.Failed(f"there is no target {notice.target!r} any more", final=True)
        if target.webhook is not None:
            sent = {"type": "story.alert", "timestamp": body["at"], "data": body["data"]}
            await channels.webhook(self._client, target, number, sent, self._now())
        else:
            await asyncio.to_thread(channels.apprise, target, body["title"], body["text"])

    async def _failed(self, notice: Notice, error: channels.Failed) -> None:
        wait = None if error.final else again(notice.attempts + 1, self._roll(), error.after)
        if wait is None:
            log.warning("alert %s to %s is given up: %s", notice.rule, notice.target, error)
        await self._note(notice, error=str(error), due=None if wait is None else self._now() + wait)

    async def _note(
        self, notice: Notice, *, sent: datetime | None = None, error: str = "", due: datetime | None = None
    ) -> None:
        await self._change(lambda: self._store.alerts.note(notice.id, sent=sent, error=error, due=due))


def _found(
    alerts: Alerts, story: StoryView, site: str, now: datetime
) -> list[tuple[str, str, dict[str, Any]]]:
    """Rule, target and message of everything that is to be told of a story."""
    return [
        (rule.name, target, words.alert(rule.name, story, site))
        for rule in alerts.rules
        if rule.tells(story, now)
        for target in rule.to
    ]
