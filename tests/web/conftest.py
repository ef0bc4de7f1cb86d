"""The web application around a newsroom in memory, for requests without a network and for a real browser."""

from __future__ import annotations

import os
import re
import socket
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Self

import newsroom
import pytest
import uvicorn
from fastapi.testclient import TestClient

from aggregator.web.app import Services, create_app

CHROMIUM = Path("/usr/bin/chromium")
ARGUMENTS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
]


@pytest.fixture
def room() -> newsroom.Newsroom:
    """Seven stories in five languages."""
    return newsroom.Newsroom()


@pytest.fixture
def client(room: newsroom.Newsroom) -> Iterator[TestClient]:
    """Requests to the application, without following redirects."""
    with client_of(newsroom.services(room)) as made:
        yield made


def client_of(services: Services) -> TestClient:
    """A client that sees error pages as a browser would, not as exceptions."""
    app = create_app(services)
    return TestClient(app, base_url="http://localhost", follow_redirects=False, raise_server_exceptions=False)


@pytest.fixture
def make_client() -> Callable[[Services], TestClient]:
    """For tests with services of their own."""
    return client_of


@pytest.fixture
def post(client: TestClient) -> Callable[..., Any]:
    """Send a form as one of our pages would: with its token."""

    def send(path: str, **fields: str) -> Any:
        return client.post(path, data={**fields, "csrf": token(client)})

    return send


def token(client: TestClient) -> str:
    """The form token of a page."""
    found = re.search(r'name="csrf" value="([0-9a-f]{64})"', client.get("/stories/16").text)
    assert found
    return found[1]


class Server(uvicorn.Server):
    """A real server on a free loopback port, on a thread of its own."""

    def __init__(self, services: Services) -> None:
        self.listener = socket.create_server(("127.0.0.1", 0))
        super().__init__(uvicorn.Config(create_app(services), log_level="warning", lifespan="off"))
        self.address = f"http://127.0.0.1:{self.listener.getsockname()[1]}"
        self.thread = threading.Thread(target=self.run, args=([self.listener],))

    def install_signal_handlers(self) -> None:
        """None: the tests' process keeps its own."""

    def __enter__(self) -> Self:
        """Start; requests wait in the socket's queue until it is up."""
        self.thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        """Stop, and wait for it."""
        self.should_exit = True
        self.thread.join(10)
        self.listener.close()


@pytest.fixture
def server(room: newsroom.Newsroom) -> Iterator[Server]:
    """The newsroom over HTTP."""
    with Server(newsroom.services(room)) as running:
        yield running


@pytest.fixture(scope="module")  # its event loop must not outlive the module: others use asyncio.run
def chromium() -> Iterator[Any]:
    """The system's Chromium; missing, the tests skip at home and fail in continuous integration."""
    if not CHROMIUM.exists():
        if os.environ.get("CI"):
            pytest.fail(f"{CHROMIUM} is missing; scripts/test installs it")
        pytest.skip(f"{CHROMIUM} is missing")
    sync_api = pytest.importorskip("playwright.sync_api")
    with sync_api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=str(CHROMIUM), args=ARGUMENTS)
        yield browser
        browser.close()
