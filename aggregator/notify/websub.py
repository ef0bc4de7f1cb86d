"""Telling a WebSub hub that feeds have changed (PubSubHubbub 0.4, section 7.1; WebSub leaves it open).

A feed is told of when its stories are others or have another text; a copy that joined changes nothing that a
subscriber should be woken for. While the hub does not answer, it is told later, and less often.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Mapping
from datetime import timedelta

from aggregator.errors import FetchError
from aggregator.model import Source
from aggregator.sources.http import Client

log = logging.getLogger(__name__)

TIMEOUT = timedelta(seconds=20)
MOST = 60  # looks that are left out, at most, after failures in a row


class Pinger:
    """``hub``: its address, None: there is none. ``changed``: a mark for the address of every feed.

    ``private``: whether the hub may be on a private address.
    """

    def __init__(
        self, client: Client, hub: Callable[[], str | None], version: Callable[[], int | str],
        changed: Callable[[], Mapping[str, str]], private: Callable[[], bool] = lambda: False,
    ) -> None:  # fmt: skip
        self._client = client
        self._hub = hub
        self._version = version
        self._changed = changed
        self._private = private
        self._seen: int | str | None = None
        self._told: dict[str, str] = {}
        self._failures = 0
        self._rest = 0  # looks that are left out

    async def look(self) -> int:
        """One look; returns of how many feeds the hub was told. The first one tells of all."""
        hub = self._hub()
        if hub is None:
            return 0
        if self._rest:
            self._rest -= 1
            return 0
        version = await asyncio.to_thread(self._version)
        if version == self._seen:
            return 0
        marks = await asyncio.to_thread(self._changed)
        wanted = [address for address, mark in marks.items() if self._told.get(address) != mark]
        nobody = Source("hub", "", "", timeout=TIMEOUT, allow_private=self._private())
        for number, address in enumerate(wanted):
            try:
                form = {"hub.mode": "publish", "hub.url": address, "hub.topic": address}
                await self._client.post(nobody, hub, form)
            except FetchError as error:
                self._failures += 1
                self._rest = min(2**self._failures, MOST)
                if self._failures == 1:
                    log.warning("the hub %s was not told of changed feeds: %s", hub, error)
                return number
            self._told[address] = marks[address]
        self._failures = 0
        self._seen = version
        return len(wanted)
