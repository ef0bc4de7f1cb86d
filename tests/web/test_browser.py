"""In a real browser what needs a newsroom that is led: live news, failing writes, questions, large text."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import newsroom
import pytest

from tests.web.conftest import Server

pytestmark = pytest.mark.browser

PATHS = [
    "/",
    "/stories/16",
    "/stories/17",
    "/explain/1/3",
    "/explain/5/7",
    "/corrections",
    "/sources",
    "/sources/meydan",
    "/search?q=ferry",
    "/starred",
    "/api/docs",
    "/none",
]


@pytest.fixture
def page(chromium: Any, server: Server) -> Iterator[Any]:
    """A tab on the newsroom; any error in its console fails the test."""
    context = chromium.new_context(base_url=server.address, viewport={"width": 1200, "height": 800})
    tab = context.new_page()
    errors: list[str] = []
    tab.on("pageerror", lambda error: errors.append(str(error)))
    tab.on("console", lambda one: errors.append(one.text) if one.type == "error" else None)
    yield tab
    context.close()
    assert errors == []


def test_older_stories_come_by_themselves(chromium: Any) -> None:
    """Scrolling to the end loads the next page, each story once, and the form marks them all."""
    one = newsroom.front_page()[-1]
    room = newsroom.Newsroom([replace(one, id=number) for number in range(1, 71)])
    with Server(newsroom.services(room)) as server:
        context = chromium.new_context(base_url=server.address)
        page = context.new_page()
        page.goto("/")
        assert page.locator(".story").count() == 30
        for _ in range(40):
            page.keyboard.press("End")
            page.wait_for_timeout(100)
            if page.locator(".story").count() == 70:
                break
        ids = page.locator(".story").evaluate_all("all => all.map((one) => Number(one.dataset.id))")
        assert ids == list(range(70, 0, -1))
        assert page.locator(".older").count() == 0
        with page.expect_navigation():
            page.get_by_role("button", name="Mark these as read").click()
        page.goto("about:blank")  # a stream of news that is open keeps the browser from closing
        context.close()
    assert all(story.read for story in room.stories.values())


def test_the_story_and_its_argument_by_hand(page: Any, room: newsroom.Newsroom) -> None:
    """Marks and earlier texts are there; why is one click away; an answer and a named undo work."""
    page.goto("/stories/16")
    assert page.locator("#a3 .passages").inner_text() == "says 40 for 20"
    page.locator("#a2 .revisions summary").click()
    assert page.locator("#a2 .revisions del").inner_text() == "Monday"
    page.locator("#a3").get_by_role("link", name="why is this one story?").click()
    page.wait_for_url("**/explain/1/3")
    assert page.locator(".verdict").inner_text().startswith("One story")
    assert page.locator(".side mark.differs").all_inner_texts() == ["20", "40"]
    assert page.locator(".signals .decided").count() > 0
    page.locator(".pair a").first.click()
    page.wait_for_url("**/stories/16#a1")
    page.get_by_label("Compare with article or story").fill("/stories/18")
    page.get_by_role("button", name="Compare").click()
    page.wait_for_url("**/explain/1/6")
    assert page.locator("h1").inner_text() == "Why these are two stories"
    page.goto("/stories/16")
    page.locator(".question").get_by_role("button", name="Not the same").click()
    page.wait_for_url("**/stories/16?done=answer")
    assert room.answers == [(1, 10, False)]
    room.merge(12, 14, author="ann", reason="")
    room.merge(13, 15, author="bob", reason="")
    page.goto("/corrections")
    page.get_by_role("button", name="Take back correction 1").click()
    page.wait_for_url("**/corrections?done=undo")
    assert [one.undone is None for one in room.corrections()] == [True, False]


def test_a_failed_write_says_so(chromium: Any, server: Server, room: newsroom.Newsroom) -> None:
    """The page does not pretend."""
    context = chromium.new_context(base_url=server.address)
    page = context.new_page()
    page.goto("/")
    page.route("**/state", lambda route: route.abort())
    page.locator("#s16 .star").click()
    page.locator("#trouble").wait_for()
    assert page.locator("#s16 .star").get_attribute("aria-pressed") == "false"
    assert not room.stories[16].starred
    context.close()


@pytest.mark.long
def test_text_enlarged_twofold_still_fits(chromium: Any, server: Server) -> None:
    """WCAG 1.4.4: at twice the text size nothing is cut off sideways."""
    context = chromium.new_context(base_url=server.address, viewport={"width": 720, "height": 900})
    page = context.new_page()
    for path in PATHS:
        page.goto(path)
        page.evaluate("document.documentElement.style.fontSize = '200%'")
        assert page.evaluate("document.documentElement.scrollWidth") <= 720, path
    context.close()


def test_focus_is_seen_and_skips(page: Any) -> None:
    """The first Tab offers the way past the navigation."""
    page.goto("/")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip"
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "main"
    page.keyboard.press("Tab")
    assert page.evaluate("getComputedStyle(document.activeElement).outlineStyle") == "solid"


def test_new_stories_announce_themselves(page: Any, room: newsroom.Newsroom) -> None:
    """A bar says how many; what one reads does not move by it; a click (or r) shows them."""
    page.goto("/")
    before = page.locator("#s15").bounding_box()
    newest = max(room.stories)
    room.stories[newest + 1] = replace(room.stories[15], id=newest + 1)
    room.changes += 1
    page.locator(".news a").wait_for()
    assert page.locator(".news").inner_text() == "1 new story"
    assert page.locator("#s15").bounding_box() == before
    room.stories[newest + 2] = replace(room.stories[15], id=newest + 2)
    room.changes += 1
    page.get_by_text("2 new stories").wait_for()
    assert page.locator(f"#s{newest + 1}").count() == 0
    page.keyboard.press("r")
    page.locator(f"#s{newest + 2}").wait_for()
    assert page.locator(".news").count() == 0


def test_the_first_stories_show_by_themselves(page: Any, room: newsroom.Newsroom) -> None:
    """Before there is any story the page follows the polls; then it shows what came."""
    held, room.stories = room.stories, {}
    page.goto("/")
    told = page.locator("[data-first]")
    assert "The first edition" in told.inner_text()
    down = replace(room.sources()[1], last_success=None)
    room.sources = lambda: [down]  # type: ignore[method-assign]
    page.locator("[data-first]", has_text="No source could be reached").wait_for()
    room.stories = held
    room.changes += 1
    page.locator("#s16").wait_for()
    assert told.count() == 0
