"""Worker processes: what they return, and what they survive."""

import asyncio
import os
import signal
import subprocess
import sys
import time
from datetime import UTC, datetime
from pathlib import Path

import pytest

from aggregator.errors import ParseError
from aggregator.jobs import Job
from aggregator.model import Rule, Source
from aggregator.workers import InProcess, Workers

NOW = datetime(2018, 8, 12, tzinfo=UTC)
URL = "https://wire.example/feed.xml"
SOURCE = Source(id="wire", url=URL, title="Wire", rules=(Rule("mark_read", "title", "dull"),))
FEED = b"""<rss version="2.0"><channel><title>Wire</title>
<item><title>The minister arrives</title><guid>https://wire.example/1</guid>
<description>He came by air.</description></item>
<item><title>A dull notice</title><guid>https://wire.example/2</guid>
<description>Nothing happened.</description></item>
</channel></rss>"""


def prepare(workers, body=FEED, known=None):
    """One body through the workers."""
    return workers.prepare_feed(Job(body, URL, None, SOURCE, known or {}, frozenset(), NOW))


@pytest.fixture(scope="module")
def workers():
    """Two workers with a short deadline and a small memory."""
    pool = Workers(2, deadline=12, memory=1_000_000_000)
    yield pool
    pool.close()


def modules(_):
    """In a worker: what it has imported."""
    return sorted(sys.modules)


def crash(_):
    """In a worker: die as a defect in C would make it die."""
    os.kill(os.getpid(), signal.SIGSEGV)


def hang(_):
    """In a worker: never come back."""
    while True:
        time.sleep(1)


def eat(_):
    """In a worker: take all memory."""
    held = []
    try:
        while True:
            held.append(bytearray(200_000_000))
    except MemoryError:
        return len(held)


def fail(_):
    """In a worker: a defect of the program."""
    raise KeyError("a defect")


def interrupted(_):
    """In a worker: what Ctrl-C in the terminal sends to the whole group."""
    os.kill(os.getpid(), signal.SIGINT)
    return "still here"


def test_both_kinds_agree(workers):
    """A pool and the in-process variant return the same."""
    found = asyncio.run(prepare(workers))
    assert found == asyncio.run(prepare(InProcess()))
    assert found.info.format == "rss20"
    assert found.present == {"https://wire.example/1", "https://wire.example/2"}
    assert [one.mark_read for one in found.prepared] == [False, True]
    assert found.prepared[0].entry.title == "The minister arrives"


def test_known_entries_are_not_prepared(workers):
    """An entry with the bytes that we hold comes back in ``present`` alone."""
    first = asyncio.run(prepare(workers))
    one = first.prepared[0].entry
    again = asyncio.run(prepare(workers, known={one.guid: one.raw_sha256}))
    assert [got.entry.guid for got in again.prepared] == ["https://wire.example/2"]
    assert again.present == first.present


def test_errors_come_back(workers):
    """What is no feed is a ParseError of its kind, through the process boundary."""
    with pytest.raises(ParseError) as raised:
        asyncio.run(prepare(workers, b"<html><title>Log in</title></html>"))
    assert raised.value.kind == "not-a-feed"


def test_workers_import_little(workers):
    """Workers have nothing of database, network and statistics in them."""
    loaded = set(asyncio.run(workers.call(modules, None, name="x")))
    assert not loaded & {
        "scipy",
        "datasketch",
        "sqlalchemy",
        "aiohttp",
        "apscheduler",
        "fastapi",
        "aggregator.store",
    }
    assert "feedparser" in loaded


@pytest.mark.parametrize(("job", "kind"), [(crash, "crashed"), (hang, "deadline"), (fail, "crashed")])
def test_a_bad_job_harms_only_itself(workers, job, kind):
    """A crash or a hang is an error that names the source, while other jobs go on and come back."""

    async def go():
        bad = asyncio.create_task(workers.call(job, None, name="wire"))
        good = [await prepare(workers) for _ in range(3)]
        with pytest.raises(ParseError) as raised:
            await bad
        return good, raised.value

    good, error = asyncio.run(go())
    assert all(len(found.prepared) == 2 for found in good)
    assert error.kind == kind
    assert error.message.startswith("wire: ")


HOSTILE = {
    "attributes": "<item " + " ".join(f'a{n}="1"' for n in range(100_000)) + "><title>x</title></item>",
    "nesting": "<item><title>x</title><xhtml:body xmlns:xhtml='http://www.w3.org/1999/xhtml'>"
    + "<div>" * 100_000 + "</div>" * 100_000 + "</xhtml:body></item>",
    "brackets": "<item><title>" + "<" * 300_000 + "</title></item>",
}  # fmt: skip


@pytest.mark.long
def test_hostile_documents_end(workers):
    """Documents made to choke a parser end in entries or in a clean error; the pool lives on."""

    async def go():
        bodies = [
            f"<rss version='2.0'><channel>{items}</channel></rss>".encode() for items in HOSTILE.values()
        ]
        ended = await asyncio.gather(*(prepare(workers, body) for body in bodies), return_exceptions=True)
        return ended, await prepare(workers)

    ended, good = asyncio.run(go())
    for one in ended:
        assert not isinstance(one, Exception) or (
            isinstance(one, ParseError) and one.kind in ("deadline", "crashed", "not-a-feed", "truncated")
        )
    assert len(good.prepared) == 2


def test_memory_is_limited(workers):
    """A worker cannot take more than its share."""
    assert asyncio.run(workers.call(eat, None, name="x")) < 5


def test_interrupts_are_ignored(workers):
    """Ctrl-C in a terminal reaches the workers too; ending them is the parent's business."""
    assert asyncio.run(workers.call(interrupted, None, name="x")) == "still here"


def test_pool_that_was_never_used_closes():
    """A command that polls nothing starts and stops no process."""
    Workers(1).close()


def test_killed_idle_workers_are_replaced(workers):
    """Workers that the system kills while they are idle (out of memory) cost no feed anything."""

    async def go():
        for _ in range(2):
            os.kill(await workers.call(own_id, None, name="x"), signal.SIGKILL)
        await asyncio.sleep(0.3)
        return await asyncio.gather(*(prepare(workers) for _ in range(4)))

    assert all(len(found.prepared) == 2 for found in asyncio.run(go()))


ORPHANING = """
import asyncio, os, signal, sys
sys.path.insert(0, sys.argv[1])
import test_workers
from aggregator.workers import Workers
async def main():
    pool = Workers(2)
    print(await pool.call(test_workers.own_id, None, name="x"), flush=True)
    os.kill(os.getpid(), signal.SIGKILL)
if __name__ == "__main__":
    asyncio.run(main())
"""


def own_id(_):
    """In a worker: its process id."""
    return os.getpid()


@pytest.mark.skipif(sys.platform != "linux", reason="the parent's death signal is Linux's")
def test_workers_die_with_their_parent(tmp_path):
    """A killed daemon leaves no process behind."""
    script = tmp_path / "parent.py"
    script.write_text(ORPHANING)
    root = Path(__file__).parents[2]
    done = subprocess.run(
        [sys.executable, script, Path(__file__).parent], capture_output=True, text=True, check=False,
        env=os.environ | {"PYTHONPATH": str(root)}, timeout=60,
    )  # fmt: skip
    assert done.returncode == -signal.SIGKILL
    worker = int(done.stdout)
    deadline = time.monotonic() + 5
    while time.monotonic() < deadline and alive(worker):
        time.sleep(0.05)
    assert not alive(worker)


def alive(process):
    """Whether a process runs (a zombie does not)."""
    try:
        return Path(f"/proc/{process}/stat").read_text().split()[2] != "Z"
    except OSError:
        return False
