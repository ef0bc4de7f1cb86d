"""A pass over many sources: each is polled once, claims are few, and no more are under way than may be."""

import asyncio
from datetime import UTC, datetime, timedelta

import pytest

from aggregator.dedup.boilerplate import Known
from aggregator.model import Applied, Due, Fetched, Source
from aggregator.polling.pipeline import Steps
from aggregator.polling.poller import Poller

NOW = datetime(2018, 8, 9, 14, 0, tzinfo=UTC)
CONCURRENCY = 16


class Servers:
    """Hands out claims of what was not polled, and answers each with 304: after ``wait`` seconds, and some
    turns of the loop."""

    def __init__(self, sources: int, wait: float) -> None:
        self.left = [f"s{one}" for one in range(sources)]
        self.wait = wait
        self.claims: list[int] = []
        self.under_way = self.most = 0

    async def claim(self, limit: int, **_: object) -> list[Due]:
        taken, self.left = self.left[:limit], self.left[limit:]
        self.claims.append(len(taken))
        return [
            Due(Source(id=one, url=f"https://{one}.example/feed", title=one), f"https://{one}.example/feed")
            for one in taken
        ]

    async def fetch(self, due: Due) -> Fetched:
        self.under_way += 1
        self.most = max(self.most, self.under_way)
        if self.wait:
            await asyncio.sleep(self.wait)
        for _ in range(int(due.source.id[1:]) % 13):  # no two answers come together
            await asyncio.sleep(0)
        self.under_way -= 1
        return Fetched(
            status=304, url=due.url, body=None, content_type=None, etag='"1"', last_modified=None,
            max_age=timedelta(0), permanent_url=None, elapsed=self.wait, wire_bytes=0,
        )  # fmt: skip

    def poller(self) -> Poller:
        async def known(_: str) -> Known:
            return Known({})

        async def prepare(_: object) -> None:
            raise AssertionError("nothing came that could be read")

        async def apply(update: object) -> Applied:
            return Applied(update.source, update.status)

        steps = Steps(
            fetch=self.fetch, known=known, prepare=prepare, apply=apply, now=lambda: NOW, roll=lambda: 0.5
        )
        return Poller(self.claim, steps, concurrency=CONCURRENCY, now=lambda: NOW)


def polled(servers: Servers) -> list[str]:
    async def run() -> list[str]:
        return [applied.source async for applied in servers.poller().once(None, ignore_schedule=True)]

    return asyncio.run(run())


@pytest.mark.parametrize("wait", [0.0, 0.005])
def test_each_source_once_and_never_too_many_at_once(wait):
    """Whether servers answer at once or take their time."""
    servers = Servers(100, wait)
    wanted = list(servers.left)
    assert sorted(polled(servers)) == sorted(wanted)
    assert servers.most <= CONCURRENCY


def test_claims_are_batches_where_servers_answer_at_once():
    """Each is a transaction: half of the places is waited for, or a while."""
    servers = Servers(400, 0.0)
    assert len(polled(servers)) == 400
    assert len(servers.claims) <= 400 // (CONCURRENCY // 2) + 1
