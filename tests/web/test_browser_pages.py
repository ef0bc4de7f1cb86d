"""In a real browser: nothing that axe-core calls serious, live news, tuning, settings; without scripts."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import newsroom
import pytest
from test_tuning_pages import Desk

from tests.web.conftest import Server

pytestmark = pytest.mark.browser

PATHS = [
    "/",
    "/?unread=true",
    "/search?q=ferry",
    "/stories/16",
    "/explain/1/3",
    "/sources",
    "/sources/meydan",
    "/dedup?threshold=0.999",
    "/asked",
    "/corrections",
]


@pytest.fixture
def desk() -> Desk:
    """A configuration file that can be written."""
    return Desk()


@pytest.fixture
def editor(room: newsroom.Newsroom, desk: Desk) -> Iterator[Server]:
    """A server that may write its YAML."""
    with Server(replace(newsroom.services(room), editing=desk)) as running:
        yield running


@pytest.fixture
def tab(chromium: Any, editor: Server) -> Iterator[Any]:
    """A tab with scripts."""
    context = chromium.new_context(base_url=editor.address, viewport={"width": 1440, "height": 900})
    yield context.new_page()
    context.close()


@pytest.fixture
def plain(chromium: Any, editor: Server) -> Iterator[Any]:
    """A tab without scripts, as narrow as a phone."""
    context = chromium.new_context(
        base_url=editor.address, java_script_enabled=False, viewport={"width": 360, "height": 740}
    )
    yield context.new_page()
    context.close()


@pytest.mark.parametrize(
    ("width", "scheme"), [(360, "dark"), pytest.param(1440, "light", marks=pytest.mark.long)]
)
def test_axe_finds_nothing_serious(chromium: Any, editor: Server, width: int, scheme: str) -> None:
    """WCAG 2.2 AA by axe-core's rules, with everything that can be opened open."""
    axe_module = pytest.importorskip("axe_playwright_python.sync_playwright")
    axe = axe_module.Axe()
    context = chromium.new_context(
        base_url=editor.address, viewport={"width": width, "height": 900}, color_scheme=scheme
    )
    page = context.new_page()
    tags = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]}
    told: list[tuple[str, str, str]] = []
    for path in PATHS:
        page.goto(path)
        page.evaluate("document.querySelectorAll('details').forEach((one) => { one.open = true; })")
        assert page.evaluate("document.documentElement.scrollWidth") <= width, path
        found = axe.run(page, options=tags | {"resultTypes": ["violations"]}).response["violations"]
        told += [
            (path, one["id"], one["nodes"][0]["html"])
            for one in found
            if one["impact"] in ("serious", "critical")
        ]
    context.close()
    assert told == []


def test_new_stories_announce_themselves(tab: Any, room: newsroom.Newsroom) -> None:
    """A bar says how many; what one reads does not move by it; a click (or r) shows them."""
    tab.goto("/")
    before = tab.locator("#s15").bounding_box()
    newest = max(room.stories)
    room.stories[newest + 1] = replace(room.stories[15], id=newest + 1)
    room.changes += 1
    tab.locator(".news a").wait_for()
    assert tab.locator(".news").inner_text() == "1 new story"
    assert tab.locator("#s15").bounding_box() == before
    room.stories[newest + 2] = replace(room.stories[15], id=newest + 2)
    room.changes += 1
    tab.get_by_text("2 new stories").wait_for()
    assert tab.locator(f"#s{newest + 1}").count() == 0
    tab.keyboard.press("r")
    tab.locator(f"#s{newest + 2}").wait_for()
    assert tab.locator(".news").count() == 0


def test_the_slider_shows_what_would_change(tab: Any, desk: Desk) -> None:
    """The line follows, the preview comes by itself, saving writes the YAML, an answer is kept."""
    tab.goto("/dedup")
    tab.locator("#threshold").fill("0.95")
    tab.get_by_role("heading", name="With 0.95 in place of 0.50").wait_for()
    assert tab.locator("#chosen").get_attribute("x1") == "950"
    assert tab.locator("output").inner_text() == "0.95"
    assert tab.url.endswith("/dedup?threshold=0.95")
    tab.get_by_role("button", name="Write 0.95 into the YAML").click()
    tab.wait_for_url("**/dedup?done=saved")
    assert desk.written == [("dedup", {"threshold": 0.95})]


def test_tuning_and_settings_without_scripts(plain: Any, desk: Desk, room: newsroom.Newsroom) -> None:
    """The form shows the same; a source is paused and renamed; a stale form gets its patch."""
    plain.goto("/dedup")
    plain.get_by_role("button", name="Show what would change").click()
    assert "What another threshold would change" in plain.locator("#would").inner_text()
    plain.goto("/dedup?threshold=0.7")
    stale = plain.context.new_page()
    stale.goto("/dedup?threshold=0.8")
    plain.get_by_role("button", name="Write 0.70 into the YAML").click()
    stale.get_by_role("button", name="Write 0.80 into the YAML").click()
    assert "threshold: 0.8" in stale.locator("pre.patch").inner_text()
    plain.goto("/dedup")
    plain.get_by_role("button", name="Not the same story").first.click()
    assert room.answers[0][2] is False
    plain.goto("/sources/meydan")
    plain.get_by_role("button", name="Pause").click()
    plain.get_by_text("Settings", exact=True).click()
    plain.get_by_label("Title").fill("Meydan")
    plain.get_by_role("button", name="Write into the YAML").click()
    assert desk.written == [
        ("dedup", {"threshold": 0.7}), ("meydan", {"paused": True}), ("meydan", {"title": "Meydan"}),
    ]  # fmt: skip
    plain.goto("/asked")
    plain.get_by_role("button", name="The same story", exact=True).click()
    assert room.answers[-1] == (1, 10, True)


def test_cards_run_as_their_language_does(tab: Any) -> None:
    """In a Persian card the outlet stands on the right and the buttons on the left; times stay readable."""
    tab.goto("/")
    card = tab.locator("#s17")
    badge, star = card.locator(".badge").first.bounding_box(), card.locator(".star").bounding_box()
    assert badge["x"] > star["x"]
    assert card.locator("time").first.evaluate("(one) => getComputedStyle(one).direction") == "ltr"
    left = tab.locator("#s16")
    assert left.locator(".badge").first.bounding_box()["x"] < left.locator(".star").bounding_box()["x"]
