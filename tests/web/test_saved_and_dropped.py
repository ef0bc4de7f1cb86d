"""Pages of saved searches; what a page says where retention dropped a text; furniture within a text."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import newsroom
from fastapi.testclient import TestClient
from markup_tree import parse, select, words

from aggregator.publish.shapes import whole_story_shape
from aggregator.web.app import Services
from aggregator.web.content import safe_html
from aggregator.web.feed_documents import Site


def test_a_saved_search_has_a_page(
    make_client: Callable[[Services], TestClient], room: newsroom.Newsroom
) -> None:
    """It stands in the navigation, lists what its query finds, and leads to its feed and to the search."""
    site = Site(
        "aggregator", "http://localhost", "tag:reader.example,2018", newsroom.NOW,
        searches={"boats": ("Boats", "ferry")},
    )  # fmt: skip
    client = make_client(replace(newsroom.services(room), site=lambda: site))
    page = parse(client.get("/searches/boats").text)
    (here,) = select(page, ".sections a[aria-current]")
    assert (here.get("href"), here.text_content()) == ("/searches/boats", "Boats")
    assert [one.get("data-id") for one in select(page, ".story")] == ["13"]
    links = {one.get("href") for one in select(page, "main a")}
    assert {"/searches/boats/feed.atom", "/search?q=ferry", "/searches/boats?unread=true"} <= links
    assert select(parse(client.get("/searches/boats?unread=true").text), ".story") == []
    assert client.get("/searches/none").status_code == 404


def test_what_retention_dropped_is_said(client: TestClient, room: newsroom.Newsroom) -> None:
    """A copy without its text is no copy that cut everything; the story's own text is missed in words."""
    whole = room.stories[16]
    gone = {"text": "", "content": "", "summary": "", "dropped": newsroom.NOW}
    copies = [replace(one, **gone) if one.id == 3 else one for one in whole.articles]
    room.stories[16] = replace(whole, articles=tuple(copies))
    page = parse(client.get("/stories/16").text)
    row = words(page.get_element_by_id("a3"))
    assert "its text is no longer kept" in row
    assert "keeps" not in row
    assert "differs" in row
    assert "keeps" in words(page.get_element_by_id("a2"))
    copies = [replace(one, **gone) for one in whole.articles]
    dropped = replace(
        whole, articles=tuple(copies), canonical=next(one for one in copies if one.id == 1),
        revisions=tuple(replace(one, text="") for one in whole.revisions),
    )  # fmt: skip
    room.stories[16] = dropped
    page = parse(client.get("/stories/16").text)
    assert "This text was dropped on 7 August 2018" in words(select(page, ".reading")[0])
    assert select(page, "ins") == select(page, "del") == []
    assert "The text is no longer kept." in words(page.get_element_by_id("a2"))
    shape = whole_story_shape(dropped)
    assert {one["text_dropped"] for one in shape["articles"]} == {"2018-08-07T18:30:00Z"}
    assert all(one["passages"] == [] for one in shape["articles"])


def test_furniture_is_marked_in_the_text(client: TestClient, room: newsroom.Newsroom) -> None:
    """A known line, and one that was learnt of the source, are shown as what they are; nothing else is."""
    whole = room.stories[16]
    parts = [*newsroom.VISIT, "Our stationer has new pens.", "Leave a Reply"]
    told = replace(
        whole.canonical, content=newsroom.paragraphs(parts), text="\n\n".join(parts), boilerplate=(3,)
    )
    room.stories[16] = replace(
        whole, canonical=told, articles=tuple(told if one.id == 1 else one for one in whole.articles)
    )
    page = parse(client.get("/stories/16").text)
    assert [one.text_content() for one in select(page, ".body .glue")] == parts[3:]
    theirs = safe_html(
        '<p class="glue x">Theirs</p><div class="glue"><p>Two</p></div>', None, lambda _: False
    )
    assert "class" not in theirs
