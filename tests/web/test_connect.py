"""/connect: what to choose in a feed reader, on a page that its own policy lets through."""

from __future__ import annotations

import re
from base64 import b64encode
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from markup_tree import parse, select, words
from syncroom import Room, account, filled

from aggregator.web.app import WebSettings
from aggregator.web.connect import CLIENTS, qr
from aggregator.web.passwords import hash_password
from tests.web.conftest import Server, client_of


@pytest.fixture
def room(tmp_path: Path) -> Iterator[Room]:
    """Four stories; nobody has to sign in to read pages."""
    made = filled(tmp_path)
    made.readers = [account("mina", "kettle")]
    yield made
    made.store.close()


def page(room: Room, **settings: Any) -> str:
    """The page, signed in by the password of pages."""
    with client_of(room.services(WebSettings(user="mina", **settings))) as client:
        answer = client.get("/connect", auth=("mina", "of the page"))
        assert answer.status_code == 200, answer.text
        return answer.text


def test_it_says_address_user_and_account_type(room: Room) -> None:
    """For every client of the list, behind the public address."""
    html = page(room, public_url="https://news.example.org")
    text = words(parse(html))
    assert "https://news.example.org/api/greader.php" in text
    assert "mina" in text
    assert all(client.name in text and client.account in text for client in CLIENTS)
    assert "TLS" not in text.split("What to choose")[0]


def test_it_says_what_is_missing(room: Room) -> None:
    """No API password; no TLS; a hash without Fever's key."""
    assert "of this machine alone" in page(room)
    assert "refuse an address without TLS" in re.sub(
        r"\s+", " ", page(room, public_url="http://news.example.org")
    )
    room.readers = [type(room.readers[0])("mina", "of the page", hash_password("kettle"))]
    assert "fever_key" in page(room)
    room.readers = [type(room.readers[0])("mina", "of the page", None)]
    assert "api_password" in page(room)


def test_the_code_is_drawn_without_style_or_script() -> None:
    """SVG paths alone: a page's policy refuses inline styles, and hostile addresses stay inside of them."""
    drawn = qr('https://news.example.org/"><script>alert(1)</script>')
    assert drawn.startswith("<svg")
    assert set(re.findall(r"<(\w+)", drawn)) == {"svg", "path"}
    assert "style" not in drawn


@pytest.mark.browser
def test_a_browser_shows_it(room: Room, chromium: Any) -> None:
    """Nothing is refused by the policy, nothing runs over the edge of a phone, the code has a size."""
    with Server(room.services(WebSettings(user="mina"))) as server:
        context = chromium.new_context(
            viewport={"width": 360, "height": 800},
            extra_http_headers={"Authorization": f"Basic {b64encode(b'mina:of the page').decode()}"},
        )
        shown = context.new_page()
        said: list[str] = []
        shown.on("console", lambda message: said.append(message.text) if message.type == "error" else None)
        shown.goto(f"{server.address}/connect")
        assert shown.locator("svg.qr").bounding_box()["width"] > 100
        assert shown.evaluate("document.documentElement.scrollWidth") <= 360
        assert said == []
        context.close()


def test_the_page_leads_to_it(room: Room) -> None:
    """From the foot of every page."""
    with client_of(room.services(WebSettings(user="mina"))) as client:
        html = client.get("/", auth=("mina", "of the page")).text
    assert [one.get("href") for one in select(parse(html), "footer a") if one.get("href") == "/connect"]
