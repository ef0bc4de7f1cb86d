"""The running daemon among hostile servers: one clean error each, old entries kept, others served."""

from __future__ import annotations

import json
import re
import urllib.request
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from lxml import etree

from tests.commands import daemon, log_of, wait_until, web_address, write_config
from tests.fileserver import serving
from tests.hostile_server import (
    Case,
    HostileServer,
    Send,
    heavy_cases,
    hostile,
    http,
    item,
    network_cases,
    parsing_cases,
    rss,
    sources_of,
)
from tests.payloads import PAYLOADS, atom_of_payloads, dangers, json_of_payloads, rss_of_payloads

MARKUP = [
    Case("payloads-rss", http(rss_of_payloads()), (), 3 + len(PAYLOADS)),
    Case("payloads-atom", http(atom_of_payloads()), (), 3 + len(PAYLOADS)),
    Case("payloads-json", http(json_of_payloads()), (), 3 + len(PAYLOADS)),
]
CASES = [*network_cases(), *parsing_cases(), *MARKUP]
REFUSED_HOSTS = """
    0.0.0.1 10.0.0.1 100.64.0.1 127.0.0.1 127.1 0x7f000001 2130706433 0177.0.0.1
    169.254.169.254 172.16.0.1 192.0.0.1 192.168.0.1 198.18.0.1 224.0.0.1 240.0.0.1
    255.255.255.255 192.88.99.1 [::] [::1] [fc00::1] [fe80::1] [fec0::1] [ff02::1]
    [::ffff:127.0.0.1] [::127.0.0.1] [2002:7f00:1::] [64:ff9b::7f00:1] [2001:0:1::1] [5f00::1]
    localhost a.localhost １２７.０.０.１
""".split()  # noqa: SIM905


@dataclass
class Run:
    """A daemon that has polled every case at least twice, and what it says."""

    server: HostileServer
    config: Path
    address: str
    process: Any
    control_asked: int
    memory: int = 0  # kB at the highest before the attacks

    def get(self, path: str) -> bytes:
        """What is at an address of the daemon's page."""
        with urllib.request.urlopen(self.address + path, timeout=20) as answer:
            body: bytes = answer.read()
        return body

    def growth(self) -> int:
        """Memory of the main process at the highest, in kB, less that of its start."""
        return peak(self.process.pid) - self.memory

    def sources(self) -> dict[str, dict[str, Any]]:
        """The sources as the API has them."""
        return {one["id"]: one for one in json.loads(self.get("/api/v1/sources"))["sources"]}


def peak(process: int) -> int:
    """The most memory that a process ever had, in kB."""
    status = Path(f"/proc/{process}/status").read_text(encoding="ascii")
    return int(next(line.split()[1] for line in status.splitlines() if line.startswith("VmHWM")))


def settled(run: Run, cases: list[Case]) -> bool:
    """Whether each case was polled twice, and its second poll has come to something."""
    asked = all(run.server.seen[case.name] >= 2 for case in cases)
    now = run.sources()
    return asked and all(now[case.name]["failures"] for case in cases if case.kinds and case.name not in MAY)


FLOOD = 600  # entries, of which a poll takes 500
MAY = {case.name for case in CASES if len(case.kinds) > 2}  # a parser may read or refuse these


async def flooding(send: Send, server: HostileServer) -> None:
    """Three entries, and from the second poll on six hundred others."""
    count = 3 if server.seen["flood"] == 1 else FLOOD
    await http(rss(*(item(f"{count}-{n}", words=f"flood{n}") for n in range(count))))(send, server)


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Run]:
    """One daemon for all cases, since starting one is most of the cost."""
    folder = tmp_path_factory.mktemp("hostile")
    with ExitStack() as stack:
        server = stack.enter_context(hostile(CASES))
        control = stack.enter_context(serving({"control.xml": rss(item("c", words="control"))}))
        forbidden = [
            {"id": f"forbidden-{n}", "url": f"http://{host}:{server.port}/secret"}
            for n, host in enumerate(REFUSED_HOSTS)
        ]
        fine = {"id": "well-behaved", "url": f"{control.address}/control.xml", "allow_private": True}
        server.extra["flood"] = flooding
        flood = {"id": "flood", "url": f"{server.address}/flood", "allow_private": True}
        polling = {"interval": "1s", "min_interval": "1s", "per_host": 64}
        config = write_config(folder, [fine, flood, *sources_of(server), *forbidden], polling=polling)
        process = stack.enter_context(daemon(config))
        run = Run(server, config, web_address(config, process), process, 0)
        run.memory = peak(process.pid)
        wait_until(lambda: settled(run, CASES), within=60, every=0.5)
        run.control_asked = len(control.seen)
        yield run
        assert log_of(config).count("Traceback") == 0


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_an_attack_is_one_clean_error(run: Run, case: Case) -> None:
    """Of its kind, on its own source, in words; what was there before stays."""
    source = run.sources()[case.name]
    if source["failures"]:
        assert source["error_kind"] in case.kinds, source["error"]
        assert 10 < len(source["error"]) < 500
        assert "Error:" not in source["error"]
    else:
        assert not case.kinds or case.name in MAY
    wanted = {case.entries} if not source["failures"] else {3}
    assert source["articles"] in wanted, source


def test_refused_addresses_are_refused_in_every_spelling(run: Run) -> None:
    """And nobody ever connected to them, nor to what answered from another private host."""
    sources = run.sources()
    kinds = {host: sources[f"forbidden-{n}"]["error_kind"] for n, host in enumerate(REFUSED_HOSTS)}
    assert set(kinds.values()) == {"address"}, kinds
    assert "secret" not in run.server.seen


def test_validators_outlive_attacks(run: Run) -> None:
    """What failed is asked for with the validator of the last good body, byte for byte, and no Referer."""
    for case in CASES:
        if case.kinds and case.name not in MAY:
            assert set(run.server.validators[case.name]) == {f'"{case.name}"'}, case.name
    assert run.server.referers == []


def test_everybody_else_is_served(run: Run) -> None:
    """A well-behaved source is polled on time among a hundred that are not."""
    assert run.control_asked >= 3
    assert run.sources()["well-behaved"]["failures"] == 0


def test_a_flood_comes_in_parts(run: Run) -> None:
    """Of six hundred new entries one poll takes five hundred, the next one the rest."""
    wait_until(lambda: run.sources()["flood"]["articles"] == 3 + FLOOD, within=30)
    assert run.server.seen["flood"] >= 3


def test_dates_and_control_characters(run: Run) -> None:
    """Impossible dates are the moment of seeing, none is later than it; no control character is left."""
    wanted = {"dates", "date-future", "date-huge", "control"}
    found: dict[str, dict[str, Any]] = {}
    for one in stories_of(run, *run.server.cases):  # their later entries are copies of one text
        if one["title"].startswith("later"):
            for article in json.loads(run.get(f"/api/v1/stories/{one['id']}"))["articles"]:
                if article["source"] in wanted:
                    found[article["source"]] = article
    assert found.keys() == wanted
    for article in found.values():
        assert article["published"] <= article["first_seen"], article
        assert not re.search(r"[\x00-\x08\x0b-\x1f\x7f\ud800-\udfff]", "".join(texts(article))), article


def texts(value: Any) -> Iterator[str]:
    """Every string in a JSON value."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict | list):
        for each in value.values() if isinstance(value, dict) else value:
            yield from texts(each)


def test_memory_stays(run: Run) -> None:
    """All bombs and all other attacks together cost less than 50 MB at the highest."""
    assert run.growth() < 50_000, f"{run.growth()} kB"


def test_external_entities_are_not_read(run: Run) -> None:
    """No entry holds a file of this machine."""
    for one in json.loads(run.get("/api/v1/stories?limit=200"))["stories"]:
        if one["canonical"]["source"] == "xxe":
            whole = run.get(f"/api/v1/stories/{one['id']}").decode()
            assert "root:" not in whole


def test_the_log_is_lines(run: Run) -> None:
    """Servers write no lines into it, and no control characters."""
    said = log_of(run.config)
    assert all(line[:2] == "20" for line in said.splitlines()), said
    assert all(character >= " " or character == "\n" for character in said)


def stories_of(run: Run, *sources: str) -> list[dict[str, Any]]:
    """The stories of these sources."""
    found: list[dict[str, Any]] = []
    address = "/api/v1/stories?limit=100"
    while address:
        page = json.loads(run.get(address))
        found += [one for one in page["stories"] if one["canonical"]["source"] in sources]
        address = (page["next"] or "").removeprefix(run.address)
    return found


def payload_stories(run: Run) -> list[dict[str, Any]]:
    """The stories of the feeds with markup that would run."""
    return stories_of(run, *(case.name for case in MARKUP))


def test_markup_is_inert_in_every_feed_and_api(run: Run) -> None:
    """Titles are text, contents are clean, addresses are of the web: in all formats that others render."""
    stories = payload_stories(run)
    assert len(stories) > 3 * len(PAYLOADS)
    for one in stories:
        assert one["url"] is None or one["url"].startswith("http"), one["url"]
    feeds = [run.get(f"/feed.{name}?limit=200") for name in ("atom", "rss", "json")]
    for item_ in json.loads(feeds[2])["items"]:
        assert dangers(item_.get("content_html", "")) == []
        assert str(item_.get("url") or "http").startswith("http")
    for feed in feeds[:2]:
        for element in etree.fromstring(feed).iter():
            name = etree.QName(element).localname if isinstance(element.tag, str) else ""
            if name in ("content", "encoded", "description", "summary", "title"):
                assert dangers(element.text or "") == [], element.text
            for address in (element.get("href"), element.get("url"), element.get("src")):
                assert address is None or address.startswith("http"), address


@pytest.mark.long
@pytest.mark.browser
def test_markup_is_inert_in_a_browser(run: Run) -> None:
    """Nothing runs, nothing is asked of another host, no dialog opens: on every page of every such story."""
    sync_api = pytest.importorskip("playwright.sync_api")
    foreign: list[str] = []
    dialogs: list[str] = []
    with sync_api.sync_playwright() as playwright:
        arguments = ["--no-sandbox", "--disable-background-networking", "--disable-component-update"]
        browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=arguments)
        page = browser.new_page()
        page.add_init_script("window.hits = 0; window.hit = () => { window.hits += 1; }")
        page.on("request", lambda one: one.url.startswith(run.address) or foreign.append(one.url))
        page.on("dialog", lambda one: dialogs.append(one.message))
        sources = [f"/sources/{case.name}" for case in (*MARKUP, *network_cases()[:8])]
        for path in ["/", "/sources", "/search?q=rsspay3x1", *sources, "/feed.atom", "/feed.rss"]:
            page.goto(run.address + path)
            assert page.evaluate("window.hits || 0") == 0, path
        for one in payload_stories(run):
            page.goto(f"{run.address}/stories/{one['id']}", wait_until="load")
            assert page.evaluate("window.hits") == 0, one
        browser.close()
    assert foreign == []
    assert dialogs == []


@pytest.mark.long
@pytest.mark.timeout(600)
def test_heavy_attacks(tmp_path: Path) -> None:
    """What costs minutes is stopped, or ends; whoever behaves is polled meanwhile."""
    cases = heavy_cases()
    with hostile(cases) as server, serving({"c.xml": rss(item("c", words="control"))}) as control:
        fine = {"id": "well-behaved", "url": f"{control.address}/c.xml", "allow_private": True}
        polling = {"interval": "1s", "min_interval": "1s", "per_host": 64}
        listed = sources_of(server, max_body="15MB", timeout="30s")
        config = write_config(tmp_path, [fine, *listed], polling=polling)
        with daemon(config) as process:
            run = Run(server, config, web_address(config, process), process, 0)

            def ended() -> bool:
                now = run.sources()
                return all(
                    now[case.name]["failures"] or now[case.name]["articles"] == case.entries for case in cases
                )

            wait_until(ended, within=400, every=1)
            before = len(control.seen)
            wait_until(lambda: len(control.seen) > before, within=10)
            for case in cases:
                source = run.sources()[case.name]
                assert source["articles"] == (3 if source["failures"] else case.entries), source
                assert not source["failures"] or source["error_kind"] in case.kinds, source
