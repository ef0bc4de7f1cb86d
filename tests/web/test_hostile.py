"""What hostile feeds put into any field stays inert on every page."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import fields, replace
from typing import Any

import newsroom
import pytest
from fastapi.testclient import TestClient
from hypothesis import given, settings
from hypothesis import strategies as st
from lxml.html import HtmlElement
from markup_tree import parse

from aggregator.model import ArticleView, Correction, Enclosure, LinkEnd, StoryView
from aggregator.web.app import Services
from aggregator.web.content import plain, safe_html, web_url
from tests.web.conftest import Server

PAYLOADS = [
    "<script>hit()</script>",
    '"><img src=x onerror=hit()>',
    "'><svg onload=hit()>",
    "javascript:hit()",
    "</title></textarea></style><script>hit()</script>",
    "<a href='java\tscript:hit()'>x</a><form action=//evil.example><input name=csrf></form>",
    "<style>*{display:none}</style><link rel=stylesheet href=//evil.example><base href=//evil.example>",
    "<iframe srcdoc='<script>hit()</script>'></iframe><object data=x></object>",
    "<meta http-equiv=refresh content='0;url=//evil.example'>",
    "{{ 7 * 7 }}{% for x in y %}",
    "<math><mtext><table><mglyph><style><img src=x onerror=hit()>",
    "<p style='position:fixed' class='masthead' id='main' onclick=hit()>x</p>",
    "\u202e\u2066 right to left \x00\x1b[31m",
]
PAGES = [
    "/",
    "/stories/16",
    "/sources",
    "/sources/old-quay",
    "/search?q=minister",
    "/topics/tehran-pyongyang",
    "/explain/1/3",
    "/explain?a=1",
    "/corrections",
]
FORMS = {"search", "stories", "read", "articles", "undo", "sources", "explain"}


def poisoned(one: ArticleView, payload: str) -> ArticleView:
    """The article with the payload in every field of text."""
    changed: dict[str, Any] = {
        field.name: payload
        for field in fields(one)
        if isinstance(getattr(one, field.name), str)
        and field.name not in {"source", "published_from", "relation"}
    }
    changed |= {"published_claimed": payload, "credit": payload, "language": payload, "authors": (payload,)}
    changed |= {
        "marks": (payload, "adds", "differs"),
        "categories": (payload,),
        "enclosures": (Enclosure(payload, payload),),
    }
    return replace(one, **changed)


def poisoned_room(payload: str) -> newsroom.Newsroom:
    """Stories, topics and search results full of the payload."""
    made: list[StoryView] = []
    for one in newsroom.front_page():
        articles = tuple(poisoned(each, payload) for each in one.articles)
        canonical = next(each for each in articles if each.id == one.canonical.id)
        made.append(
            replace(
                one, title=payload, url=payload, guid=payload, canonical=canonical, articles=articles,
                links=tuple(replace(link, there=poisoned_end(link.there, payload)) for link in one.links),
                revisions=tuple(replace(kept, title=payload, text=payload) for kept in one.revisions),
            )
        )  # fmt: skip
    room = newsroom.Newsroom(made)
    room.corrected.append(
        Correction(1, "split", 16, 17, payload, newsroom.NOW, payload, newsroom.NOW, payload, article=2)
    )
    room.corrected.append(Correction(2, payload, 16, 17, payload, newsroom.NOW, payload))
    return room


def poisoned_end(end: LinkEnd, payload: str) -> LinkEnd:
    """The far end of a link, with the payload in its texts."""
    return replace(end, title=payload, url=payload, source_title=payload)


def elements(html: str) -> Iterator[HtmlElement]:
    """Every element of a page."""
    return (one for one in parse(html).iter() if isinstance(one.tag, str))


def check_inert(html: str, allowed_forms: set[str]) -> None:
    """No script but ours, no handler, no style, no foreign form, no address that runs, nothing that loads."""
    for element in elements(html):
        tag = str(element.tag)
        assert tag not in {"iframe", "object", "embed", "base", "style", "img", "video", "audio", "math"}
        if tag == "script":
            assert element.get("src", "").startswith("/static/main.js")
            assert not (element.text or "").strip()
        if tag == "link":
            assert element.get("href", "").startswith("/")
        if tag == "form":
            assert element.get("action", "").split("/")[1] in allowed_forms
        for name, value in element.attrib.items():
            assert not name.startswith("on"), (tag, name)
            assert name != "style"
            if name in {"href", "src", "action"}:
                assert value.startswith(("/", "#", "http://", "https://", "mailto:")), value
                assert not value.startswith("//")


@pytest.mark.parametrize("payload", PAYLOADS)
def test_payloads_are_inert_in_every_field(
    make_client: Callable[[Services], TestClient], payload: str
) -> None:
    """On every page, in every field."""
    client = make_client(newsroom.services(poisoned_room(payload)))
    for path in PAGES:
        answer = client.get(path)
        assert answer.status_code == 200, (path, answer.text)
        check_inert(answer.text, FORMS)
        assert len([one for one in elements(answer.text) if one.get("id") == "main"]) == 1


@pytest.mark.parametrize("payload", PAYLOADS)
def test_payloads_in_addresses_are_inert(client: TestClient, payload: str) -> None:
    """What a visitor is lured to ask for comes back escaped."""
    for path, params in (
        ("/search", {"q": payload}),
        ("/", {"before": payload}),
        ("/stories/16", {"done": payload}),
        ("/explain", {"a": payload}),
        ("/explain/1/2", {"done": payload}),
        ("/corrections", {"done": payload}),
    ):
        answer = client.get(path, params=params)
        assert answer.status_code in {200, 422}
        check_inert(answer.text, FORMS)
    assert "set-cookie" not in client.get("/stories/16", params={"done": "x\r\nSet-Cookie: a=b"}).headers.get(
        "x", ""
    )


@settings(max_examples=100, deadline=None)
@given(st.text(alphabet="<>\"'/=& aimgscriptovbjdtl:x\x00\n", max_size=120))
def test_sanitiser_leaves_nothing_that_runs(text: str) -> None:
    """Whatever the markup, what is left is harmless and stable."""
    made = safe_html(text)
    check_inert(f"<!doctype html><title>t</title><div>{made}</div>", set())


def test_pictures_become_links() -> None:
    """Reading loads nothing from an outlet; what would have loaded is named and can be followed."""
    made = safe_html('<p>a<img src="https://p.example/a.jpg" alt="A ferry">b</p>')
    assert '<a href="https://p.example/a.jpg" class="media"' in made
    assert "Picture: A ferry" in made
    linked = safe_html('<a href="https://x.example/"><img src="https://p.example/a.jpg"></a>')
    assert linked.count("<a ") == 1
    assert "Picture at p.example" in linked
    assert safe_html('<img src="data:image/gif;base64,R0lGOD">') == ""
    video = safe_html('<video><source src="https://p.example/v.mp4"></video>')
    assert "Video at p.example" in video


def test_text_survives() -> None:
    """Sanitising loses no words and no structure."""
    made = safe_html("before <h1>Head</h1><p dir=rtl lang=fa>سلام</p><ul><li>one</ul> &lt;b&gt; after")
    assert made == 'before <h3>Head</h3><p dir="rtl" lang="fa">سلام</p><ul><li>one</li></ul> &lt;b&gt; after'
    assert plain("<p>One &amp; two</p><p>three</p>") == "One & two three"


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("https://a.example/b?c#d", "https://a.example/b?c#d"),
        ("javascript:alert(1)", None),
        ("data:text/html,x", None),
        ("//a.example/", None),
        ("http://[", None),
        ("", None),
        (None, None),
    ],
)
def test_only_web_addresses_are_links(url: str | None, shown: str | None) -> None:
    """Anything else is shown as words or not at all."""
    assert web_url(url) == shown


@pytest.mark.browser
def test_nothing_runs_in_a_browser(chromium: Any) -> None:
    """A real browser, all payloads: no script of theirs runs, nothing is asked of another host."""
    stories = [
        replace(poisoned_room(payload).stories[16], id=number) for number, payload in enumerate(PAYLOADS, 1)
    ]
    foreign: list[str] = []
    dialogs: list[str] = []
    with Server(newsroom.services(newsroom.Newsroom(stories))) as server:
        context = chromium.new_context()
        page = context.new_page()
        page.add_init_script("window.hits = 0; window.hit = () => { window.hits += 1; }")
        page.on("request", lambda one: one.url.startswith(server.address) or foreign.append(one.url))
        page.on("dialog", lambda one: dialogs.append(one.message))
        for path in ("/", *(f"/stories/{one.id}" for one in stories)):
            page.goto(server.address + path, wait_until="load")
            assert page.evaluate("window.hits") == 0
        context.close()
    assert foreign == []
    assert dialogs == []
