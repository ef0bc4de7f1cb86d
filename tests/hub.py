"""A WebSub hub as a process of its own (W3C Recommendation, 23 January 2018), on loopback.

`POST /hub` subscribes and unsubscribes: accepted at once, verified by asking the callback. `POST /push` (for
tests) sends a body to the subscribers of a topic, signed. `GET /log` tells what the hub did and was told.
"""

from __future__ import annotations

import asyncio
import hashlib
import hmac
import json
import secrets
import subprocess
import sys
import urllib.parse
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import aiohttp
from aiohttp import web


class Hub:
    """Subscriptions by callback. ``lease``: seconds, whatever is asked for."""

    def __init__(self, lease: int) -> None:
        self.lease = lease
        self.held: dict[str, dict[str, str]] = {}
        self.log: list[dict[str, Any]] = []
        self.tasks: set[asyncio.Task[None]] = set()

    async def take(self, request: web.Request) -> web.Response:
        """A subscription request: 202, and the callback is asked."""
        form = {name: str(value) for name, value in (await request.post()).items()}
        self.log.append({"what": "asked", **form})
        if not {"hub.callback", "hub.mode", "hub.topic"} <= form.keys():
            return web.Response(status=400)
        task = asyncio.create_task(self.verify(form))
        self.tasks.add(task)
        task.add_done_callback(self.tasks.discard)
        return web.Response(status=202)

    async def verify(self, form: dict[str, str]) -> None:
        """Section 5.3: whether the subscriber meant it."""
        challenge = secrets.token_hex(12)
        query = {"hub.mode": form["hub.mode"], "hub.topic": form["hub.topic"], "hub.challenge": challenge}
        if form["hub.mode"] == "subscribe":
            query["hub.lease_seconds"] = str(self.lease)
        address = f"{form['hub.callback']}?{urllib.parse.urlencode(query)}"
        async with aiohttp.ClientSession() as session, session.get(address) as answer:
            agreed = answer.status == 200 and await answer.text() == challenge
        if agreed and form["hub.mode"] == "subscribe":
            self.held[form["hub.callback"]] = form
        elif agreed:
            self.held.pop(form["hub.callback"], None)
        self.log.append({"what": "verified", "mode": form["hub.mode"], "agreed": agreed})

    async def push(self, request: web.Request) -> web.Response:
        """Section 7: the body to every subscriber of the topic; how they answered."""
        topic, method = request.query["topic"], request.query.get("method", "sha256")
        body, answers = await request.read(), []
        async with aiohttp.ClientSession() as session:
            for callback, form in self.held.items():
                if form["hub.topic"] != topic:
                    continue
                secret = request.query.get("secret", form["hub.secret"])
                digest = hmac.new(secret.encode(), body, getattr(hashlib, method)).hexdigest()
                headers = {"X-Hub-Signature": f"{method}={digest}", "Content-Type": "application/rss+xml"}
                if request.query.get("unsigned"):
                    headers.pop("X-Hub-Signature")
                async with session.post(callback, data=body, headers=headers) as answer:
                    answers.append(answer.status)
        return web.json_response(answers)

    async def forget(self, request: web.Request) -> web.Response:
        """Begin anew."""
        self.held.clear()
        self.log.clear()
        return web.Response()

    async def told(self, request: web.Request) -> web.Response:
        """What happened so far."""
        return web.json_response({"log": self.log, "callbacks": list(self.held)})


async def serve(lease: int) -> None:
    """Serve on a free port, whose number goes to standard output, until the process ends."""
    hub = Hub(lease)
    app = web.Application(client_max_size=64_000_000)
    app.add_routes(
        [
            web.post("/hub", hub.take),
            web.post("/push", hub.push),
            web.get("/log", hub.told),
            web.post("/forget", hub.forget),
        ]
    )
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    print(runner.addresses[0][1], flush=True)
    await asyncio.Event().wait()


class Running:
    """A hub process, from outside."""

    def __init__(self, address: str) -> None:
        self.address = address
        self.url = f"{address}/hub"

    def told(self) -> dict[str, Any]:
        """What the hub did and was told: ``log`` and ``callbacks``."""
        with urllib.request.urlopen(f"{self.address}/log", timeout=10) as answer:
            found: dict[str, Any] = json.loads(answer.read())
        return found

    def forget(self) -> None:
        """Let the hub begin anew, for another test."""
        urllib.request.urlopen(f"{self.address}/forget", data=b"", timeout=10).close()

    def push(self, topic: str, body: bytes, **about: str) -> list[int]:
        """Send a body to the subscribers of a topic; how they answered."""
        query = urllib.parse.urlencode({"topic": topic, **about})
        request = urllib.request.Request(f"{self.address}/push?{query}", data=body, method="POST")
        with urllib.request.urlopen(request, timeout=10) as answer:
            found: list[int] = json.loads(answer.read())
        return found


@contextmanager
def hub(lease: int = 864_000) -> Iterator[Running]:
    """A hub process that gives leases of so many seconds."""
    command = [sys.executable, __file__, str(lease)]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        yield Running(f"http://127.0.0.1:{int(process.stdout.readline())}")
    finally:
        process.kill()
        process.wait(10)


if __name__ == "__main__":
    asyncio.run(serve(int(sys.argv[1])))
