"""The pages people read, as HTML."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import newsroom
import pytest
from fastapi.testclient import TestClient
from lxml.html import HtmlElement, tostring
from markup_tree import parse, select, words

from aggregator.web.app import Services


def tree(client: TestClient, path: str, status: int = 200) -> HtmlElement:
    """A page, parsed."""
    answer = client.get(path)
    assert answer.status_code == status, answer.text
    return parse(answer.text)


def headlines(page: HtmlElement) -> list[str]:
    """The headlines of a list."""
    return [link.text_content() for link in select(page, ".headline a.open")]


def test_front_page_shows_each_story_once(client: TestClient) -> None:
    """Seven stories, the newest first, the wire story once with its four outlets."""
    page = tree(client, "/")
    found = headlines(page)
    assert len(found) == len(set(found)) == 7
    wire = page.get_element_by_id("s16")
    assert "4 outlets" in wire.text_content()
    assert select(wire, ".badge")[0].get("title") == "Caspian Wire"
    assert "updated 50 min ago" in words(wire)
    assert select(wire, ".unread-dot")
    assert "read" in page.get_element_by_id("s13").get("class", "").split()


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("/topics/tehran-pyongyang", [18, 17, 16]),
        ("/groups/korea", [18]),
        ("/starred", [13]),
        ("/?unread=true", [18, 17, 16, 15, 14, 12]),
        ("/search?q=ferry+bread", [13]),
        ("/search?q=" + "철도", [18]),
        ("/search?q=minister&group=iran&days=1&topic=", [16]),
        ("/sources/old-quay", [16, 12]),
    ],
)
def test_lists(client: TestClient, path: str, expected: list[int]) -> None:
    """Each kind of list shows its own stories."""
    page = tree(client, path)
    assert [int(story.get("data-id", "0")) for story in select(page, "article.story")] == expected


def test_what_most_outlets_carry_leads_until_it_is_read(client: TestClient, room: newsroom.Newsroom) -> None:
    """The wire story of four outlets is the headline; read, it goes back to its place."""
    assert headlines(tree(client, "/"))[0].startswith("Speaker receives")
    assert select(tree(client, "/"), ".story.top")[0].get("data-id") == "16"
    room.mark("reader", [16], read=True)
    assert select(tree(client, "/"), "article.story")[2].get("data-id") == "16"


def test_lead_leaves_page_furniture_out(client: TestClient, room: newsroom.Newsroom) -> None:
    """A share bar is no first sentence, nor is what was learnt of the source."""
    one = room.stories[12]
    glued_on = "Share on Facebook\n\nOne letter every Friday.\n\n"
    canonical = replace(one.canonical, text=glued_on + one.canonical.text, boilerplate=(1,))
    room.stories[12] = replace(one, canonical=canonical)
    lead = select(tree(client, "/").get_element_by_id("s12"), ".lead")[0]
    assert words(lead).startswith("A brass counter")


def test_lists_page_by_keyset(make_client: Callable[[Services], TestClient]) -> None:
    """A hundred stories fill their pages without a gap or a repeat, by links alone."""
    one = newsroom.front_page()[-1]
    room = newsroom.Newsroom([replace(one, id=number) for number in range(1, 101)])
    client, path, seen = make_client(newsroom.services(room)), "/?unread=true", []
    while path:
        page = tree(client, path)
        seen += [int(story.get("data-id", "0")) for story in select(page, "article.story")]
        older = select(page, "a[rel=next]")
        path = older[0].get("href") if older else ""
    assert seen == list(range(100, 0, -1))


def test_before_the_first_story(make_client: Callable[[Services], TestClient]) -> None:
    """The first visit says how far the polls are, and anew each time; or what is wrong, and what to do."""
    room = newsroom.Newsroom([])
    client = make_client(newsroom.services(room))
    well, failing, new = (
        next(one for one in newsroom.source_views() if one.state == state)
        for state in ("ok", "failing", "new")
    )
    down = replace(failing, last_success=None)
    for views, told in (
        ([well, down, new], ["The first edition", "2 of 3 sources asked, 1 of them in vain"]),
        ([well, down], ["Nothing published yet", "1 of 2 sources answered, 1 did not"]),
        ([down, down], ["No source could be reached", str(down.error), "aggregator doctor"]),
        ([replace(well, state="paused")], ["No source is polled", "All 1 are paused"]),
        ([], ["No source is polled", "aggregator sources add"]),
    ):
        room.sources = lambda views=views: views  # type: ignore[method-assign,misc]
        for path in ("/", "/topics/tehran-pyongyang", "/?unread=true"):
            page = " ".join(tree(client, path).text_content().split())
            assert [word for word in told if word not in page] == [], path


def test_story_shows_who_carried_it_and_what_each_changed(client: TestClient) -> None:
    """Copies in time order with delays, and the changed word as deletion and insertion."""
    page = tree(client, "/stories/16")
    rows = select(page, ".copies > li")
    assert [select(row, ".delay")[0].text_content().strip() for row in rows] == [
        "first", "+38 min", "+2 h", "+4 h 40 min",
    ]  # fmt: skip
    assert [select(row, "circle")[0].get("class") for row in rows] == ["canonical", "cut", "full", "full"]
    assert [one.text for one in select(rows[2], ".reworded del")] == ["20"]
    assert [one.text for one in select(rows[2], ".reworded ins")] == ["40"]
    assert "word for word" in rows[3].text_content()
    assert "A signature is no promise" in rows[1].text_content()


def test_text_carries_language_and_direction(client: TestClient) -> None:
    """A Persian story runs from right to left and says that it is Persian."""
    page = tree(client, "/stories/17")
    body = select(page, ".body")[0]
    assert (body.get("dir"), body.get("lang")) == ("rtl", "fa")
    assert select(page, "h1")[0].get("lang") == "fa"
    assert select(tree(client, "/").get_element_by_id("s18"), ".headline")[0].get("lang") == "ko"


def test_merged_story_redirects(room: newsroom.Newsroom, client: TestClient) -> None:
    """An address of a story stays good after a merge."""
    room.merge(12, 13, author="reader", reason="")
    answer = client.get("/stories/13")
    assert (answer.status_code, answer.headers["location"]) == (302, "/stories/12")


def test_sources_show_state_reason_and_next_poll(client: TestClient) -> None:
    """What fails comes first, with the reason in words; a source's own page says when it is polled next."""
    page = tree(client, "/sources")
    first = select(page, ".source-list li")[0].text_content()
    assert "Meydan Daily" in first
    assert "No answer within 30 s." in first
    own = words(tree(client, "/sources/meydan"))
    assert "after 3 failures in a row" in own
    assert "in 24 min: backing off after 3 failures" in own


@pytest.mark.parametrize(
    "path",
    ["/nothing", "/stories/999", "/stories/99999999999", "/topics/none", "/groups/none", "/sources/none"],
)
def test_what_is_not_there_is_404_in_words(client: TestClient, path: str) -> None:
    """A page, not a stack trace."""
    assert "Not there" in tree(client, path, 404).text_content()


def test_bad_parameters_are_a_page_too(client: TestClient) -> None:
    """A mangled address is the client's error."""
    assert client.get("/?before=x").status_code == 422
    assert client.get("/stories/abc").status_code == 422


def test_first_page_is_small(make_client: Callable[[Services], TestClient]) -> None:
    """A full front page with its style and scripts stays under 100 KB, without compression."""
    one = newsroom.front_page()[2]
    room = newsroom.Newsroom([replace(one, id=number) for number in range(1, 101)])
    client = make_client(newsroom.services(room))
    page = client.get("/")
    loaded = {link.get("href") for link in select(parse(page.text), "link[rel=stylesheet]")}
    loaded |= {f"/static/{name}.js" for name in ("main", "keys", "state", "times", "news", "more")}
    assert len(page.content) + sum(len(client.get(path).content) for path in loaded) < 100_000


def test_times_are_told_roughly(client: TestClient, room: newsroom.Newsroom) -> None:
    """Minutes, hours, days; the exact time is in the element."""
    old = newsroom.NOW - timedelta(days=40)
    room.stories[12] = replace(room.stories[12], published=old)
    when = select(tree(client, "/").get_element_by_id("s12"), "time")[0]
    assert (when.text, when.get("datetime")) == ("28 June 2018", "2018-06-28T18:30:00Z")


def test_every_page_has_landmarks_and_one_heading(client: TestClient) -> None:
    """Skip link, main, navigation, one h1; every field has a label."""
    for path in ("/", "/stories/16", "/sources", "/sources/meydan", "/search?q=a", "/starred", "/api/docs"):
        page = tree(client, path)
        assert len(select(page, "h1")) == 1, path
        assert len(select(page, "main#main")) == 1
        assert select(page, "a.skip")[0].get("href") == "#main"
        fields = [one for one in select(page, "input, select") if one.get("type") != "hidden"]
        for field in fields:
            named = field.get("id") and select(page, f"label[for={field.get('id')}]")
            assert named or list(field.iterancestors("label")), tostring(field)
