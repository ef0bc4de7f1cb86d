"""The demo's stories in a real browser: keys, search, differences, corrections, tuning; dark, RTL, narrow.

Over the daemon's own services and a database that the real pipeline filled, so what is seen here is what a
person sees who starts `scripts/demo`.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from aggregator.model import StoryView, TimelineSpec
from aggregator.store import Store
from tests.demo.stored import fill, serving
from tests.web.conftest import Server

pytestmark = pytest.mark.browser

SPEAKER, PERSIAN, KOREAN, CHINESE = (
    "CORRECTED",
    "لاریجانی در دیدار وزیر خارجه کره",
    "[수정]",
    "伊朗议长会见朝鲜",
)
NOW = datetime(2018, 8, 8, 9, 30, tzinfo=UTC)
CONTRAST = Path(__file__).with_name("contrast.js").read_text(encoding="utf-8")


@dataclass(frozen=True)
class Demo:
    """A copy of the demo's database, served."""

    address: str
    store: Store
    config: Path

    def story(self, title: str) -> StoryView:
        """The story whose headline begins so."""
        (found,) = [one for one in self.stories() if one.title.startswith(title)]
        whole = self.store.story(found.id)
        assert isinstance(whole, StoryView)
        return whole

    def stories(self, **wanted: Any) -> list[StoryView]:
        """As a list shows them."""
        return list(self.store.timeline(TimelineSpec(limit=1000, **wanted)))


@pytest.fixture(scope="session")
def polled(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The demo, all editions polled: made once."""
    root = tmp_path_factory.mktemp("demo")
    fill(root, NOW)
    return root


@pytest.fixture
def demo(polled: Path, tmp_path: Path) -> Iterator[Demo]:
    """A copy of its own for each test."""
    for name in ("aggregator.db", "aggregator.yaml"):
        shutil.copy(polled / name, tmp_path / name)
    with serving(tmp_path, NOW) as (services, store), Server(services) as server:
        yield Demo(server.address, store, tmp_path / "aggregator.yaml")


@pytest.fixture
def tab(chromium: Any, demo: Demo) -> Iterator[Any]:
    """A tab with scripts; any error in its console fails the test."""
    context = chromium.new_context(base_url=demo.address, viewport={"width": 1440, "height": 900})
    page, errors = context.new_page(), list[str]()
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.on("console", lambda one: errors.append(one.text) if one.type == "error" else None)
    yield page
    page.goto("about:blank")  # a stream of news that is open keeps the browser from closing
    context.close()
    assert errors == []


@pytest.fixture
def plain(chromium: Any, demo: Demo) -> Iterator[Any]:
    """A tab without scripts, dark, as narrow as a phone."""
    context = chromium.new_context(
        base_url=demo.address, java_script_enabled=False, color_scheme="dark",
        viewport={"width": 360, "height": 740},
    )  # fmt: skip
    yield context.new_page()
    context.close()


def test_read_by_keyboard(tab: Any, demo: Demo) -> None:
    """j and k move, s stars, m marks, o opens, g h goes home; / searches in any script; ? lists the keys."""
    tab.goto("/")
    shown = tab.locator(".story").evaluate_all("all => all.map((one) => Number(one.dataset.id))")
    for key in ("j", "j", "j", "k"):
        tab.keyboard.press(key)
    assert tab.locator(".story.current").get_attribute("data-id") == str(shown[1])
    for key in ("s", "m"):
        with tab.expect_response(f"**/stories/{shown[1]}/state"):
            tab.keyboard.press(key)
    tab.locator(f"#s{shown[1]}.read .star[aria-pressed=true]").wait_for()
    assert [one.id for one in demo.stories(starred=True)] == [shown[1]]
    tab.keyboard.press("k")
    with tab.expect_response(f"**/stories/{shown[0]}/state"):
        tab.keyboard.press("o")
    tab.wait_for_url(f"**/stories/{shown[0]}")
    tab.locator('.reading .seen[aria-pressed="true"]').wait_for()
    assert {one.id for one in demo.stories() if one.read} == set(shown[:2])
    tab.keyboard.press("?")
    assert "next story" in tab.locator("dialog").inner_text()
    tab.keyboard.press("Escape")
    tab.locator("dialog").wait_for(state="detached")
    for query, language in (("의장 mj", ""), ("의장", "ko"), ("伊朗", "zh"), ("کره شمالی", "fa")):
        tab.keyboard.press("/")
        tab.locator("#q:focus").wait_for()
        tab.keyboard.type("mj")  # in the field letters are text
        assert tab.locator("#q").input_value() == "mj"
        tab.locator("#q").fill(query)
        with tab.expect_navigation():  # until it is loaded: the keys are there when the scripts are
            tab.keyboard.press("Enter")
        tab.locator("h1", has_text=query).wait_for()
        langs = tab.locator(".headline").evaluate_all("all => all.map((one) => one.lang)")
        assert (set(langs) == {language}) if language else langs == []
        tab.locator("h1").click()
    tab.keyboard.press("g")
    tab.keyboard.press("h")
    tab.wait_for_url(lambda url: url.endswith("/"))


def test_the_front_page_has_a_headline(tab: Any, demo: Demo) -> None:
    """What most outlets carry leads, with who followed when; beside it the next ones; none of them again."""
    tab.goto("/")
    top, seconds = tab.locator(".leads .top"), tab.locator(".leads .second")
    assert top.locator("h2").inner_text().startswith(SPEAKER)
    followed = " ".join(top.locator(".carriers").inner_text().split())
    assert followed == "Caspian Press Tehran Gazette +24 min Gulf Ledger +36 min and 6 more"
    assert top.locator(".headline").bounding_box()["x"] < seconds.first.bounding_box()["x"]
    assert seconds.count() == 3
    shown = tab.locator(".story").evaluate_all("all => all.map((one) => one.dataset.id)")
    assert len(set(shown)) == len(shown)
    with tab.expect_response("**/state"):
        top.locator(".seen").click()
    tab.goto("/")  # what is read leads no longer
    assert not tab.locator(".leads .top h2").inner_text().startswith(SPEAKER)


def test_what_every_copy_changed(tab: Any, demo: Demo) -> None:
    """Facts said otherwise, words dropped and added, furniture greyed, earlier texts, the time line."""
    story = demo.story(SPEAKER)
    tab.goto(f"/stories/{story.id}")
    by_source = {one.source: one for one in story.articles}
    row = tab.locator(f"#a{by_source['gazette'].id}")
    assert "says 75 for 55" in row.locator(".passages").inner_text()
    row.get_by_text("What it changed").click()
    assert "75" in row.locator(".diff ins").all_inner_texts()
    assert "Leave a Reply" in row.locator(".diff .glue").all_inner_texts()
    cut = tab.locator(f"#a{by_source['ledger'].id}")
    assert cut.locator("circle.cut").count() == 1
    cut.get_by_text("What it changed").click()
    assert cut.locator("p.dropped del").count() > 0
    earlier = tab.locator(f"#a{by_source['harbour'].id} .revisions")
    earlier.locator("summary").click()
    assert earlier.locator("ins").count() > 0
    dots = tab.locator(".copies circle")
    places = dots.evaluate_all("all => all.map((one) => parseFloat(one.getAttribute('cx')))")
    assert places == sorted(places)
    row.get_by_role("link", name="why is this one story?").click()
    assert tab.locator(".verdict").inner_text().startswith("One story")
    assert "75" in tab.locator(".side mark.differs").all_inner_texts()


def test_split_merge_and_undo(tab: Any, demo: Demo) -> None:
    """A copy is taken out, that is taken back, two stories become one, and two again."""
    story, other = demo.story(SPEAKER), demo.story(KOREAN)
    copy = next(one for one in story.articles if one.source == "ledger")
    tab.goto(f"/stories/{story.id}")
    row = tab.locator(f"#a{copy.id}")
    row.get_by_text("What it changed").click()
    row.get_by_label("Not the same text? Why").fill("an interview")
    row.get_by_role("button", name="Split it off").click()
    tab.wait_for_url("**?done=split")
    assert [one.id for one in demo.story(copy.title).articles] == [copy.id]
    tab.get_by_role("button", name="Undo").click()
    tab.wait_for_url(f"**/stories/{story.id}?done=undo")
    assert len(demo.story(SPEAKER).articles) == len(story.articles)
    tab.goto(f"/stories/{other.id}")
    tab.get_by_label("The same text as story").fill(f"{demo.address}/stories/{story.id}")
    tab.get_by_role("button", name="Merge").click()
    tab.wait_for_url("**?done=merge")
    assert "Both are one story now" in tab.locator("[role=status]").inner_text()
    tab.goto("/corrections")
    tab.get_by_role("button", name="Take back correction 2").click()
    tab.wait_for_url("**/corrections?done=undo")
    assert demo.story(KOREAN).id == other.id


def test_the_slider_tunes(tab: Any, demo: Demo) -> None:
    """The line follows, what would change comes by itself, saving writes the YAML, an answer is kept."""
    tab.goto("/dedup")
    tab.locator("#threshold").fill("0.95")
    tab.get_by_role("heading", name="With 0.95 in place of 0.50").wait_for()
    assert tab.locator("#chosen").get_attribute("x1") == "950"
    assert tab.url.endswith("/dedup?threshold=0.95")
    assert tab.locator("section[aria-labelledby=would] li").count() > 0
    tab.get_by_role("button", name="Write 0.95 into the YAML").click()
    tab.wait_for_url("**/dedup?threshold=0.95&done=saved")
    assert "threshold: 0.95" in demo.config.read_text("utf-8")
    tab.get_by_role("button", name="Not the same story").first.click()
    tab.wait_for_url("**done=answer**")
    assert [one.undone for one in demo.store.corrections.listed()] == [None]


def test_all_of_it_without_scripts(plain: Any, demo: Demo) -> None:
    """Links and forms do: star, mark, search, split, undo, tune, poll, pause, rename; dark and narrow."""
    plain.goto("/")
    assert plain.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(22, 21, 19)"
    first = plain.locator(".story").first.get_attribute("data-id")
    plain.locator(f"#s{first} .star").click()
    assert [str(one.id) for one in demo.stories(starred=True)] == [first]
    listed = plain.locator(".story").count()
    plain.get_by_role("button", name="Mark these as read").click()
    assert sum(one.read for one in demo.stories()) == listed > 30
    plain.locator("#q").fill("title:이란")
    plain.locator("#q").press("Enter")
    plain.locator(".headline a", has_text="수정").click()
    assert plain.locator("h1").get_attribute("lang") == "ko"
    story = demo.story(KOREAN)
    row = plain.locator(f"#a{next(one.id for one in story.articles if one.source == 'saebyeok')}")
    row.get_by_text("What it changed").click()
    row.get_by_role("button", name="Split it off").click()
    assert len(demo.story(KOREAN).articles) == len(story.articles) - 1
    plain.get_by_role("button", name="Undo").click()
    assert len(demo.story(KOREAN).articles) == len(story.articles)
    plain.goto("/dedup?threshold=0.7")
    plain.get_by_role("button", name="Write 0.70 into the YAML").click()
    plain.goto("/sources/harbour")
    plain.get_by_role("button", name="Poll now").click()
    assert "polled as soon as" in plain.locator("[role=status]").inner_text()
    plain.get_by_role("button", name="Pause").click()
    plain.get_by_text("Settings", exact=True).click()
    plain.get_by_label("Title").fill("Harbour Mail")
    plain.get_by_role("button", name="Write into the YAML").click()
    written = demo.config.read_text("utf-8")
    assert all(part in written for part in ("threshold: 0.7", "paused: true", "title: Harbour Mail"))


def test_scripts_write_in_their_own_way(tab: Any, demo: Demo) -> None:
    """Persian runs from the right, head and card, with times that stay readable; Han has its own fonts."""
    persian, chinese = demo.story(PERSIAN), demo.story(CHINESE)
    tab.goto(f"/search?q=title:{PERSIAN.split()[0]}")
    card = tab.locator(f"#s{persian.id}")
    assert card.locator(".headline").evaluate("(one) => getComputedStyle(one).direction") == "rtl"
    assert card.locator(".badge").first.bounding_box()["x"] > card.locator(".star").bounding_box()["x"]
    assert card.locator("time").first.evaluate("(one) => getComputedStyle(one).direction") == "ltr"
    tab.goto(f"/stories/{persian.id}")
    head = tab.locator(".reading header")
    assert head.locator(".badge").first.bounding_box()["x"] > head.locator(".star").bounding_box()["x"]
    assert tab.locator(".body").evaluate("(one) => getComputedStyle(one).direction") == "rtl"
    tab.goto(f"/stories/{chinese.id}")
    assert "CJK SC" in tab.locator("h1").evaluate("(one) => getComputedStyle(one).fontFamily")


def paths(demo: Demo) -> list[str]:
    """Every kind of page, with the stories that are hardest to show."""
    speaker, korean, persian = demo.story(SPEAKER), demo.story(KOREAN), demo.story(PERSIAN)
    first, second = speaker.articles[:2]
    stories = [f"/stories/{one.id}" for one in (speaker, korean, persian)]
    return [
        "/", stories[0], "/sources", "/dedup?threshold=0.999", "/folded", f"/explain/{first.id}/{second.id}",
        *stories[1:], "/sources/harbour", "/connect", "/search?q=의장", "/?unread=true", "/starred",
        f"/stories/{speaker.id}@{first.id}.1", "/groups/china", "/sources/nowhere", "/asked", "/corrections",
        "/tokens", "/api/docs", "/none",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("width", "scheme", "most"),
    [
        (360, "dark", 11),
        (1440, "light", 5),
        *(
            pytest.param(width, scheme, 99, marks=pytest.mark.long)
            for width in (360, 1440)
            for scheme in ("light", "dark")
        ),
    ],
)
def test_fits_contrasts_and_is_accessible(
    chromium: Any, demo: Demo, width: int, scheme: str, most: int
) -> None:
    """No page scrolls sideways, nothing is hard to read, axe-core (WCAG 2.2 AA) finds nothing serious."""
    axe = pytest.importorskip("axe_playwright_python.sync_playwright").Axe()
    context = chromium.new_context(
        base_url=demo.address, viewport={"width": width, "height": 900}, color_scheme=scheme
    )
    page, told = context.new_page(), list[tuple[str, str, str]]()
    tags = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]}
    for path in paths(demo)[:most]:
        page.goto(path)
        page.evaluate("document.querySelectorAll('details').forEach((one) => { one.open = true; })")
        assert page.evaluate("document.documentElement.scrollWidth") <= width, path
        assert page.evaluate(CONTRAST) == [], path
        found = axe.run(page, options=tags | {"resultTypes": ["violations"]}).response["violations"]
        told += [
            (path, one["id"], one["nodes"][0]["html"])
            for one in found
            if one["impact"] in ("serious", "critical")
        ]
    page.goto("about:blank")
    context.close()
    assert told == []
