"""The pages in a real browser: keys, forms without scripts, narrow and wide, light and dark, contrast."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
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
CONTRAST = Path(__file__).with_name("contrast.js").read_text(encoding="utf-8")


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


def test_read_by_keyboard(page: Any, room: newsroom.Newsroom) -> None:
    """j and k move, s stars, m marks, o opens, g h goes home; the newsroom keeps it."""
    page.goto("/")
    for key in ("j", "j", "j", "j", "k"):
        page.keyboard.press(key)
    assert page.locator(".story.current").get_attribute("data-id") == "17"
    with page.expect_response("**/stories/17/state"):
        page.keyboard.press("s")
    with page.expect_response("**/stories/17/state"):
        page.keyboard.press("m")
    page.locator("#s17.read .star[aria-pressed=true]").wait_for()
    assert (room.stories[17].starred, room.stories[17].read) == (True, True)
    page.keyboard.press("k")
    page.keyboard.press("k")
    with page.expect_response("**/stories/16/state"):
        page.keyboard.press("o")
    page.wait_for_url("**/stories/16")
    page.locator('.reading .seen[aria-pressed="true"]').wait_for()
    assert room.stories[16].read
    page.keyboard.press("g")
    page.keyboard.press("h")
    page.wait_for_url(lambda url: url.endswith("/"))


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


def test_help_and_search_by_key(page: Any) -> None:
    """? lists the keys, / goes to the search field, letters typed there are text."""
    page.goto("/")
    page.keyboard.press("?")
    assert "next story" in page.locator("dialog").inner_text()
    page.keyboard.press("Escape")
    page.locator("dialog").wait_for(state="detached")
    page.keyboard.press("/")
    page.keyboard.type("mj ferry")
    assert page.locator("#q").input_value() == "mj ferry"
    page.locator("#q").fill("ferry")
    page.keyboard.press("Enter")
    page.wait_for_url("**/search?q=ferry")
    assert page.locator(".story").count() == 1


def test_split_merge_and_undo_by_hand(page: Any, room: newsroom.Newsroom) -> None:
    """A person takes a copy out, takes that back, and merges by number."""
    page.goto("/stories/16")
    row = page.locator("#a2")
    row.get_by_text("What it changed").click()
    assert "Neither side took questions" in row.locator("del").last.inner_text()
    row.get_by_label("Not the same text? Why").fill("an interview")
    row.get_by_role("button", name="Split it off").click()
    page.wait_for_url("**/stories/19?done=split")
    page.get_by_role("button", name="Undo").click()
    page.wait_for_url("**/stories/16?done=undo")
    assert len(room.stories[16].articles) == 4
    page.goto("/stories/17")
    page.get_by_label("The same text as story").fill("16")
    page.get_by_role("button", name="Merge").click()
    page.wait_for_url("**/stories/16?done=merge")
    assert "Both are one story now" in page.locator("[role=status]").inner_text()


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


def test_everything_works_without_scripts(chromium: Any, server: Server, room: newsroom.Newsroom) -> None:
    """Links and forms do: star, mark all, search, poll."""
    context = chromium.new_context(base_url=server.address, java_script_enabled=False)
    page = context.new_page()
    page.goto("/")
    page.locator("#s16 .star").click()
    assert room.stories[16].starred
    page.get_by_role("button", name="Mark these as read").click()
    assert all(story.read for story in room.stories.values())
    page.locator("#q").fill("ferry")
    page.locator("#q").press("Enter")
    assert page.locator(".story").count() == 1
    page.goto("/sources/old-quay")
    page.get_by_role("button", name="Poll now").click()
    assert room.polled == ["old-quay"]
    context.close()


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


@pytest.mark.parametrize(
    ("width", "scheme"),
    [
        (360, "dark"),
        (1440, "light"),
        pytest.param(360, "light", marks=pytest.mark.long),
        pytest.param(1440, "dark", marks=pytest.mark.long),
    ],
)
def test_fits_and_contrasts(chromium: Any, server: Server, width: int, scheme: str) -> None:
    """No page scrolls sideways, nothing is hard to read."""
    context = chromium.new_context(
        base_url=server.address, viewport={"width": width, "height": 900}, color_scheme=scheme
    )
    page = context.new_page()
    for path in PATHS:
        page.goto(path)
        page.evaluate("document.querySelectorAll('details').forEach((one) => { one.open = true; })")
        assert page.evaluate("document.documentElement.scrollWidth") <= width, path
        assert page.evaluate(CONTRAST) == [], path
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


def test_scripts_write_text_of_their_own_right(page: Any) -> None:
    """Persian and Arabic headlines run from the right, Korean and Chinese get glyphs of their own fonts."""
    page.goto("/")
    assert page.evaluate("getComputedStyle(document.querySelector('#s17 .headline')).direction") == "rtl"
    assert page.evaluate("getComputedStyle(document.querySelector('#s18 .headline')).direction") == "ltr"
