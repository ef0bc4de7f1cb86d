"""The configuration's changes, while the daemon runs."""

from __future__ import annotations

import asyncio
import logging
from dataclasses import replace

from aggregator import logs
from aggregator.config import Settings
from aggregator.config.models import Web
from aggregator.config.watch import Watcher
from aggregator.engine import Engine
from aggregator.engine.sharing import Sharing
from aggregator.errors import AggregatorError, ConfigError

log = logging.getLogger(__name__)


class Following:
    """Takes a changed configuration, whole or not at all: our file's, or what another daemon has kept."""

    def __init__(
        self, parts: Engine, watcher: Watcher | None, sharing: Sharing | None, database: str | None,
        log_level: str | None = None,
    ) -> None:  # fmt: skip
        self._log_level = log_level  # in place of the file's
        self._parts = parts
        self._watcher = watcher
        self._sharing = sharing
        self._database = database  # in place of the file's
        self._unsaid: Settings | None = None  # our file's change, until the database has it
        self._trouble = ""

    async def look(self) -> None:
        """Look once, and act on what is new."""
        try:
            answer = await asyncio.to_thread(self._news)
            if answer is not None:
                await self._take(answer)
            self._trouble = ""
        except AggregatorError as error:
            if str(error) != self._trouble:
                log.warning("the configuration cannot be looked at: %s", error)
            self._trouble = str(error)

    def _news(self) -> Settings | ConfigError | None:
        answer = self._watcher.poll() if self._watcher is not None else None
        if isinstance(answer, ConfigError):
            return answer
        if answer is not None and self._database is not None:
            answer = replace(answer, database=self._database)
        if self._sharing is None:
            return answer
        self._unsaid = answer or self._unsaid
        if self._unsaid is None:
            return self._sharing.news(self._parts.store)
        held = self._sharing.offer(self._parts.store, self._unsaid)
        self._unsaid = None
        return held

    async def _take(self, answer: Settings | ConfigError) -> None:
        parts = self._parts
        if isinstance(answer, ConfigError):
            log.error("the configuration has changed and cannot be used; the old one stays: %s", answer)
            return
        if answer.database != parts.settings.database or served(answer.web) != served(parts.settings.web):
            log.warning(
                "a change of `database`, or of `web` but for its people, acts at the next start; "
                "everything else acts now"
            )
        if answer.log != parts.settings.log:
            logs.set_up(self._log_level or answer.log.level, answer.log.format)
        await parts.configure(answer)
        parts.version = self._sharing.version if self._sharing is not None else 0
        await parts.house.tidy()
        log.info("took the changed configuration: %d sources", len(answer.sources))


def served(web: Web) -> tuple[object, ...]:
    """What of `web` a running server does not take anew."""
    return web.host, web.port, web.public_url, web.hosts, web.user, web.trusted_proxies
