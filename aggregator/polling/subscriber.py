"""WebSub: asks hubs for subscriptions, answers their questions, places what they push.

A poll is slower while a hub pushes, and never stops: what a hub does not push is found by it, and a hub that
fails to push twice is no longer relied upon until it pushes again.
"""

from __future__ import annotations

import asyncio
import logging
import secrets
from collections import Counter
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Any, TypeVar

from aggregator.errors import AggregatorError, FetchError, SourceError
from aggregator.model import Applied, Due, HubAsk, HubSays, Source
from aggregator.polling.beside import add
from aggregator.polling.pipeline import Steps
from aggregator.sources.http import Client
from aggregator.sources.websub import form, signed
from aggregator.store import Store

log = logging.getLogger(__name__)

AT_ONCE = 8  # hubs that are asked in one round
PUSHES = 4  # bodies that are placed at the same time
WAITING = 3  # pushes of one source that may wait; a hub that sends more is told to come again
PATH = "/websub/"  # of callbacks, below web.public_url

T = TypeVar("T")


class Subscriber:
    """Drives the subscriptions. ``change`` runs a writing function of the store where it may run.

    ``callbacks``: the address under which hubs reach us, without the token; None where nobody can, or nothing
    shall be pushed. ``nobody``: with whose permissions a hub is told that a source is no more. ``places``:
    whether this daemon places; one that does not polls the source instead.
    """

    def __init__(
        self, store: Store, change: Callable[[Callable[[], Any]], Awaitable[Any]], client: Client,
        steps: Steps, callbacks: Callable[[], str | None], *, nobody: Callable[[], Source], places: bool,
        on_applied: Callable[[Applied], None] = lambda _: None,
    ) -> None:  # fmt: skip
        self._store = store
        self._change = change
        self._client = client
        self._steps = steps
        self._callbacks = callbacks
        self._nobody = nobody
        self._places = places
        self._on_applied = on_applied
        self._turns = asyncio.Semaphore(PUSHES)
        self._waiting: Counter[str] = Counter()
        self._running: set[asyncio.Task[None]] = set()

    async def tick(self) -> None:
        """Ask the hubs that must be asked now: for new subscriptions, renewals, ends."""
        wanted = self._callbacks() is not None
        asks: list[HubAsk] = await self._change(
            lambda: self._store.hubs.take(AT_ONCE, new_token, wanted=wanted)
        )
        await asyncio.gather(*(self._ask(ask) for ask in asks))

    async def _ask(self, ask: HubAsk) -> None:
        due = await asyncio.to_thread(self._store.unclaimed, ask.source)
        base = self._callbacks()
        if base is None:  # a callback that nobody reaches confirms no end either
            return
        source = self._nobody() if due is None else due.source
        error = None
        try:
            await self._client.post(source, ask.hub, form(ask, base + ask.token))
        except FetchError as failure:
            error = f"the hub was asked to {ask.mode}: {failure}"
            log.info("%s: %s", ask.source, error)
        await self._change(lambda: self._store.hubs.trouble(ask.token, error))

    async def verify(self, token: str, said: HubSays) -> bool:
        """Answer a hub's question about intent (section 5.3): yes only to what we asked."""
        return bool(await self._change(lambda: self._store.hubs.verify(token, said)))

    async def limit(self, token: str) -> int | None:
        """How many bytes may be pushed to a callback; None: it is nobody's."""
        found = await asyncio.to_thread(self._store.hubs.subscription, token)
        due = None if found is None else await asyncio.to_thread(self._store.unclaimed, found.source)
        return None if due is None else due.source.max_body

    async def deliver(self, token: str, body: bytes, content_type: str | None, signature: str | None) -> int:
        """Take a push; the status to answer with.

        A wrong signature is acknowledged and forgotten (section 8): who guesses learns nothing. What is
        accepted and then lost with the process is found by the next poll.
        """
        found = await asyncio.to_thread(self._store.hubs.subscription, token)
        due = None if found is None else await asyncio.to_thread(self._store.unclaimed, found.source)
        if found is None or due is None:
            return 404
        if not signed(signature, body, found.secret):
            log.warning("%s: a push without the hub's signature was ignored", found.source)
            return 202
        if self._waiting[found.source] >= WAITING:
            return 503
        self._waiting[found.source] += 1
        task = asyncio.create_task(self._place(token, due, body, content_type), name=f"push {found.source}")
        self._running.add(task)
        task.add_done_callback(self._running.discard)
        return 202

    async def _place(self, token: str, due: Due, body: bytes, content_type: str | None) -> None:
        name = due.source.id
        try:
            async with self._turns:
                await self._change(lambda: self._store.hubs.pushed(token))
                if not self._places or not body:
                    await self._change(lambda: self._store.want(name))
                    return
                applied, _ = await add(due, body, url=due.url, content_type=content_type, steps=self._steps)
            self._on_applied(applied)
        except SourceError as error:
            log.warning("%s: what its hub pushed is no feed: %s", name, error)
        except AggregatorError as error:
            log.error("%s: what its hub pushed was not stored: %s", name, error)  # noqa: TRY400
        finally:
            self._waiting[name] -= 1
            if not self._waiting[name]:
                del self._waiting[name]

    async def settle(self) -> None:
        """Wait until every push that was accepted is placed."""
        while self._running:
            with suppress(asyncio.CancelledError):
                await asyncio.gather(*self._running, return_exceptions=True)

    async def stop(self) -> None:
        """Give up what is being placed: the next poll finds it."""
        for task in list(self._running):
            task.cancel()
        await asyncio.gather(*self._running, return_exceptions=True)


def new_token() -> str:
    """What nobody guesses."""
    return secrets.token_urlsafe(24)
