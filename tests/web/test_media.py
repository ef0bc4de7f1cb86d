"""Pictures from our own address: signed, checked, and never more than pictures."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace

import newsroom
import pytest
from fastapi.testclient import TestClient

from aggregator.errors import FetchError
from aggregator.web.app import Services
from aggregator.web.content import safe_html
from aggregator.web.media import signer

PNG = b"\x89PNG\r\n\x1a\n" + bytes(30)
PICTURES = {
    "https://p.example/a.png": PNG,
    "https://p.example/page": b"<html><script>hit()</script>",
    "https://p.example/a.svg": b"<svg xmlns='http://www.w3.org/2000/svg' onload='hit()'/>",
}


def fetch(url: str) -> bytes:
    """What is at an address of the world outside."""
    if url not in PICTURES:
        raise FetchError("address", "10.0.0.1 is not on the public internet")
    return PICTURES[url]


def services(content: str, **more: object) -> Services:
    """A newsroom whose story 16 has this content."""
    room = newsroom.Newsroom()
    story = room.stories[16]
    articles = tuple(replace(each, content=content) for each in story.articles)
    shown = next(each for each in articles if each.id == story.canonical.id)
    room.stories[16] = replace(story, canonical=shown, articles=articles, shown=shown)
    return replace(newsroom.services(room), **more)


def test_pictures_are_ours(make_client: Callable[[Services], TestClient]) -> None:
    """The page names our address, which gives the picture with headers that make it nothing else."""
    content = '<p>a<img src="https://p.example/a.png" alt="A ferry" onerror="hit()" width="9">b</p>'
    client = make_client(services(content, media=fetch))
    page = client.get("/stories/16").text
    found = re.search(r'<img src="(/media/[0-9a-f]{40}/[\w-]+)" alt="A ferry" loading="lazy">', page)
    assert found, page
    assert "p.example/a.png" not in page
    answer = client.get(found[1])
    assert (answer.status_code, answer.content) == (200, PNG)
    assert answer.headers["content-type"] == "image/png"
    assert answer.headers["content-security-policy"] == "default-src 'none'; sandbox"
    assert answer.headers["x-content-type-options"] == "nosniff"


def test_what_is_no_picture_is_not_there(make_client: Callable[[Services], TestClient]) -> None:
    """Pages, SVG, refused addresses, changed addresses, foreign signatures, and all of it when turned off."""
    made = services("", media=fetch)
    client = make_client(made)
    sign = signer(made.secret)
    for url in ("https://p.example/page", "https://p.example/a.svg", "http://10.0.0.1/a.png"):
        assert client.get(str(sign(url))).status_code == 404, url
    good = str(sign("https://p.example/a.png"))
    assert client.get(good).status_code == 200
    assert client.get(good[:-2] + "xx").status_code == 404
    assert client.get(str(signer(b"other")("https://p.example/a.png"))).status_code == 404
    assert make_client(replace(made, media=None)).get(good).status_code == 404


@pytest.mark.parametrize(
    "src", ["javascript:hit()", "data:image/png;base64,AA", "//x.example/a", "x" * 3_000, ""]
)
def test_other_addresses_are_no_pictures(src: str) -> None:
    """What is no address of the web is shown as words, if at all."""
    made = safe_html(f'<img src="{src}" alt="words">', signer(b"s"))
    assert "<img" not in made
