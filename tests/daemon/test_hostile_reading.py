"""The running daemon between hostile outlets and hostile visitors: where it goes, and what it lets in.

Two sources say the same of themselves — a site with an icon, a hub, an archive, pages, pictures — one on
127.0.0.1, which is excepted (`polling.private_hosts`), one on 127.0.0.2, which is not. What is seen of the
first shows that the daemon tried; nothing at all may be seen of the second.
"""

from __future__ import annotations

import base64
import gzip
import http.client
import json
import re
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest
from lxml import html as lxml_html

from tests.commands import daemon, inside, log_of, wait_until, web_address, write_config
from tests.hostile_server import Answer, HostileServer, gzip_of_zeros, hostile, redirect
from tests.hostile_server import http as answering
from tests.payloads import PAYLOADS, atom_of_payloads, json_of_payloads, rss_of_payloads
from tests.troubled import __file__ as troubled

PASSWORD = "correct horse battery"
PNG = b"\x89PNG\r\n\x1a\n" + bytes(40)
SVG = b"<svg xmlns='http://www.w3.org/2000/svg' onload='hit()'><script>hit()</script></svg>"
PICTURES: dict[str, tuple[Answer, int]] = {  # what is there, and how we answer for it
    "good.png": (answering(PNG, "200 OK", "Content-Type: text/html"), 200),
    "moved.png": (redirect("/good.png"), 200),
    "picture.svg": (answering(SVG, "200 OK", "Content-Type: image/svg+xml"), 404),
    "lie.png": (answering(SVG, "200 OK", "Content-Type: image/png"), 404),
    "page.png": (answering(b"<script>hit()</script>", "200 OK", "Content-Type: image/png"), 404),
    "large.png": (answering(PNG + bytes(8_100_000)), 404),
    "bomb.png": (answering(gzip_of_zeros(50_000_000), "200 OK", "Content-Encoding: gzip"), 404),
    "bent.png": (redirect("http://127.0.0.2:{port}/far-picture.png"), 404),
    "away.png": (redirect("file:///etc/passwd"), 404),
    "none.png": (answering(b"", "404 Not Found"), 404),
    "cut.png": (answering(gzip.compress(PNG)[:-9], "200 OK", "Content-Encoding: gzip"), 404),
}


def feed(which: str, host: str, pictures: str = "") -> bytes:
    """A source that sends the daemon to ``host`` in every way there is."""
    there = f"http://{host}/{which}"
    text = " ".join(f"{which}{n}" for n in range(40))
    now = datetime.now(UTC).isoformat()
    return (
        "<?xml version='1.0' encoding='utf-8'?><feed xmlns='http://www.w3.org/2005/Atom'>"
        f"<title>{which}</title><id>urn:{which}</id><link rel='alternate' href='{there}-site'/>"
        f"<link rel='self' href='http://127.0.0.1:{host.rpartition(':')[2]}/{which}.xml'/>"
        f"<link rel='hub' href='{there}-hub'/><link rel='prev-archive' href='{there}-archive'/>"
        f"<icon>{there}-icon.png</icon><updated>{now}</updated>"
        f"<entry><id>urn:{which}:1</id><title>{which} report</title><link href='{there}-report'/>"
        f"<updated>{now}</updated><content type='html'>{text} "
        f"&lt;img src='{there}-picture.png'&gt;{pictures}</content></entry>"
        f"<entry><id>urn:{which}:2</id><title>{which} note</title><link href='{there}-page'/>"
        f"<updated>{now}</updated><summary>{which} in short.</summary></entry></feed>"
    ).encode()


@dataclass
class Place:
    """The daemon, the server, and a visitor."""

    server: HostileServer
    config: Path
    address: str
    process: int

    def ask(
        self, path: str, method: str = "GET", body: str = "", **headers: str
    ) -> tuple[int, http.client.HTTPMessage, bytes]:
        """Status, headers and body of one answer; redirects are not followed."""
        connection = http.client.HTTPConnection(self.address.removeprefix("http://"), timeout=30)
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        connection.request(method, path, body or None, named)
        answer = connection.getresponse()
        said = answer.status, answer.headers, answer.read()
        connection.close()
        return said

    def signed_in(self, path: str, method: str = "GET", body: str = "", **headers: str) -> Any:
        """The same by the owner, with the password."""
        basic = base64.b64encode(f"anna:{PASSWORD}".encode()).decode()
        return self.ask(path, method, body, Authorization=f"Basic {basic}", **headers)

    def stories(self) -> list[dict[str, Any]]:
        """All of them."""
        found: list[dict[str, Any]] = []
        path = "/api/v1/stories?limit=100"
        while path:
            page = json.loads(self.signed_in(path)[2])
            found += page["stories"]
            path = "/api/" + page["next"].partition("/api/")[2] if page["next"] else ""
        return found

    def sources(self) -> dict[str, dict[str, Any]]:
        """As the API has them."""
        return {one["id"]: one for one in json.loads(self.signed_in("/api/v1/sources")[2])["sources"]}

    def articles(self, *sources: str) -> int:
        """How many these have together."""
        found = self.sources()
        return sum(found[name]["articles"] for name in sources)

    def story_of(self, source: str) -> int:
        """The id of a source's report."""
        return next(one["id"] for one in self.stories() if one["title"] == f"{source} report")


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    """One daemon for all, since it looks at hubs and icons ten seconds after its start."""
    folder = tmp_path_factory.mktemp("reading")
    with ExitStack() as stack:
        server = stack.enter_context(hostile([]))
        near, far = f"127.0.0.1:{server.port}", f"127.0.0.2:{server.port}"
        shown = "".join(f"&lt;img src='http://{near}/{name}'&gt;" for name in PICTURES)
        shown += f"&lt;img src='http://{near}/pixel.gif' width='1' height='1'&gt;"
        served = {
            "near.xml": feed("near", near, shown), "far.xml": feed("far", far),
            "rebound.xml": feed("x", near),
            "rss": rss_of_payloads(), "atom": atom_of_payloads(), "json": json_of_payloads(),
        }  # fmt: skip
        server.extra |= {name: answering(body) for name, body in served.items()}
        server.extra |= {name: answer for name, (answer, _) in PICTURES.items()}
        server.extra["reason"] = answering(b"", "500 <script>hit()</script>")
        full: dict[str, object] = {"fulltext": True, "backfill": 2}
        listed = [
            *({"id": name, "url": f"http://{near}/{name}.xml", **full} for name in ("near", "far")),
            *({"id": name, "url": f"http://{near}/{name}"} for name in ("rss", "atom", "json", "reason")),
            {"id": "rebound", "url": f"http://rebound.example:{server.port}/rebound.xml"},
        ]
        targets = {
            "near": {"webhook": f"http://{near}/near-hook", "allow_private": True},
            "far": {"webhook": f"http://{far}/far-hook"},
        }
        config = write_config(
            folder, listed,
            polling={"interval": "1s", "min_interval": "1s", "per_host": 16, "icons": True, "rate": 200,
                     "private_hosts": ["127.0.0.1"]},
            web={"port": 0, "user": "anna", "password": PASSWORD, "public_url": "https://news.example.org",
                 "media_proxy": True, "api_password": "another one"},
            alerts={"targets": targets, "rules": {"all": {"outlets": 1, "to": ["near", "far"]}}},
        )  # fmt: skip
        with pytest.MonkeyPatch.context() as patch:
            for name in ("http_proxy", "HTTP_PROXY", "https_proxy", "ALL_PROXY"):
                patch.setenv(name, f"http://{far}")
            process = stack.enter_context(daemon(config, program=(troubled, str(folder))))
        yield Place(server, config, web_address(config, process), process.pid)
        assert "Traceback" not in log_of(config)


@pytest.mark.parametrize(
    "ways",
    [
        pytest.param(("archive", "page"), id="soon"),
        pytest.param(
            ("site", "hub", "hook"), id="later", marks=pytest.mark.long
        ),  # of which each has its turn
    ],
)
def test_it_goes_nowhere_it_may_not(place: Place, ways: tuple[str, ...]) -> None:
    """Page, archive, icon, hub, webhook, picture: tried on one host, never on the other, by no proxy."""
    wait_until(lambda: {f"near-{way}" for way in ways} <= set(place.server.seen), within=60)
    wait_until(lambda: {"near report", "far report"} <= {one["title"] for one in place.stories()})
    for source in ("near", "far"):
        page = place.signed_in(f"/stories/{place.story_of(source)}")[2].decode()
        found = re.findall(r'src="(/media/[^"]+)"', page)
        assert found, page
        for path in found[:1]:
            place.signed_in(path)
    assert place.server.seen["near-picture.png"] >= 1
    seen = set(place.server.seen)
    assert not {path for path in seen if path.startswith(("far-", "http"))}
    assert "rebound.xml" not in seen
    sources = place.sources()
    assert sources["rebound"]["error_kind"] == "address"
    assert sources["far"]["failures"] == 0
    assert place.server.referers == []


def test_pictures_by_way_of_us(place: Place) -> None:
    """Only pictures come, whatever they are called; in bounds of size and time; only for who may read."""
    wait_until(lambda: any(one["title"] == "near report" for one in place.stories()), within=30)
    page = place.signed_in(f"/stories/{place.story_of('near')}")[2].decode()
    named = {}
    for path in re.findall(r'src="(/media/[^"]+)"', page):
        code = path.rpartition("/")[2]
        named[base64.urlsafe_b64decode(code + "=" * (-len(code) % 4)).decode().rpartition("/")[2]] = path
    assert "pixel.gif" not in named  # it only tells who reads
    for name, (_, wanted) in PICTURES.items():
        status, headers, body = place.signed_in(named[name])
        assert status == wanted, (name, status, body[:200])
        if status == 200:
            assert (body, headers["Content-Type"]) == (PNG, "image/png"), name
            assert headers["Content-Security-Policy"] == "default-src 'none'; sandbox"
            assert headers["X-Content-Type-Options"] == "nosniff"
        assert place.ask(named[name])[0] == 401
    good = named["good.png"]
    other = (
        base64.urlsafe_b64encode(f"http://127.0.0.1:{place.server.port}/near-site".encode())
        .decode()
        .rstrip("=")
    )
    for forged in (good[:-3] + "abc", f"{good.rpartition('/')[0]}/{other}", f"/media/{'0' * 40}/{other}"):
        assert place.signed_in(forged)[0] == 404, forged
    assert place.server.referers == []


def test_markup_is_inert_on_every_page(place: Place) -> None:
    """Of titles, authors, categories, enclosures, addresses, feeds' names and errors' words."""
    formats = ("rss", "atom", "json")
    wait_until(lambda: place.articles(*formats) == 3 * len(PAYLOADS), within=30)
    stories = [one for one in place.stories() if one["canonical"]["source"] in formats]
    assert len(stories) > 2 * len(PAYLOADS)  # some payloads leave nothing of their entries but the same
    paths = ["/", "/sources", "/sources/reason", "/sources/rss", "/folded", "/search?q=rsspay3x1"]
    for path in [*paths, *(f"/stories/{one['id']}" for one in stories)]:
        status, headers, body = place.signed_in(path)
        assert status == 200, path
        assert headers["Content-Security-Policy"].startswith("default-src 'none'; ")
        for element in lxml_html.document_fromstring(body.decode()).iter():
            inert(element, path)


def inert(element: Any, path: str) -> None:
    """Nothing that runs, loads from elsewhere, or tells another site where one comes from."""
    tag = element.tag
    if not isinstance(tag, str):
        return
    assert tag not in {"iframe", "object", "embed", "base", "style", "math", "video", "audio"}, (path, tag)
    assert tag != "script" or element.get("src", "").startswith("/static/"), path
    assert tag != "img" or element.get("src", "").startswith(("/media/", "/sources/")), path
    for name, value in element.attrib.items():
        assert not name.startswith("on"), (path, tag, name)
        assert name != "style" or tag in {"div", "span"}, (path, tag, value)
        if name in {"href", "src", "action"}:
            assert value.startswith(("/", "#", "?", "http://", "https://")), (path, value)
            assert not value.startswith("//"), (path, value)
    if tag == "a" and element.get("href", "").startswith("http"):
        assert {"noopener", "noreferrer"} <= set(element.get("rel", "").split()), (path, element.get("href"))


def test_forms_of_others_change_nothing(place: Place) -> None:
    """Every form of every page, by a browser that is signed in: without our token, or from another site."""
    wait_until(lambda: any(one["title"] == "near report" for one in place.stories()), within=30)
    story = place.story_of("near")
    found: set[str] = set()
    for path in ("/", f"/stories/{story}", "/sources", "/sources/near", "/tokens", "/corrections", "/dedup"):
        tree = lxml_html.document_fromstring(place.signed_in(path)[2].decode())
        found |= {
            form.get("action") for form in tree.iter("form") if form.get("method", "").lower() == "post"
        }
    assert len(found) >= 6, found
    form = {"Content_Type": "application/x-www-form-urlencoded"}
    for path in found:
        for body in ("", urlencode({"csrf": "0" * 64, "name": "evil", "scope": "admin", "read": "true"})):
            status = place.signed_in(path, "POST", body, **form)[0]
            assert status in (403, 422), (path, body, status)
        for name, value in (
            ("Origin", "http://evil.example"),
            ("Origin", "null"),
            ("Sec_Fetch_Site", "cross-site"),
        ):
            assert place.signed_in(path, "POST", **form, **{name: value})[0] == 403, (path, name, value)
    for method, path in (("PATCH", f"/api/v1/stories/{story}"), ("POST", "/api/v1/sources/near/poll")):
        kind = {"Content_Type": "application/json", "Origin": "http://evil.example"}
        said = place.signed_in(path, method, '{"read": true}', **kind)
        assert said[0] == 403, path
    assert json.loads(place.signed_in(f"/api/v1/stories/{story}")[2])["read"] is False


def test_guesses_are_slowed_and_lead_nowhere(place: Place) -> None:
    """The login leads to this site alone; wrong passwords wait from the sixth on; none is in the log."""
    page = place.ask("/login?next=//evil.example/")
    token = re.search(rb'name="csrf" value="([0-9a-f]{64})"', page[2])
    assert token
    cookie = page[1]["Set-Cookie"].partition(";")[0]
    form = {"Content_Type": "application/x-www-form-urlencoded", "Cookie": cookie}
    for target in (
        "//evil.example",
        "/\\evil.example",
        "https://evil.example",
        "/%09/evil.example",
        "data:x",
    ):
        body = urlencode({"csrf": token[1].decode(), "user": "anna", "password": PASSWORD, "next": target})
        status, headers, _ = place.ask("/login", "POST", body, **form)
        assert status == 303, target
        assert re.match(r"/(?![/\\])", headers["Location"]), target
    statuses = []
    for number in range(7):
        guess = base64.b64encode(f"mina:guess-{number}-swordfish".encode()).decode()
        statuses.append(place.ask("/", Authorization=f"Basic {guess}")[0])
    assert statuses[:5] == [401] * 5
    assert statuses[-1] == 429
    assert place.ask("/feed.atom?token=agg_swordfish")[0] == 401
    said = log_of(place.config)
    assert "swordfish" not in said
    assert PASSWORD not in said


def test_bodies_are_bounded(place: Place) -> None:
    """Of strangers at 20 kB, of readers and of the sync APIs at megabytes: 50 MB leave no trace."""
    before = resident(place.process)
    form = "application/x-www-form-urlencoded"
    large = "csrf=x&" + "a=b&" * 12_500_000
    for path, kind, body in (
        ("/login", form, large),
        ("/login", "multipart/form-data; boundary=x", large),
        ("/accounts/ClientLogin", form, large),
        ("/fever/?api", form, large),
        ("/tokens", form, large),
        ("/api/v1/corrections", "application/json", "[" * len(large)),
        ("/v1/entries", "application/json", "[" * len(large)),
    ):
        try:
            status = place.signed_in(path, "POST", body, Content_Type=kind)[0]
        except (ConnectionError, http.client.RemoteDisconnected):
            continue  # the answer came, and the rest was not taken
        assert status in (400, 401, 403, 404, 405, 413, 422), (path, status)
    status, _, said = place.ask("/login", "POST", "csrf=" + "x" * 20_000, Content_Type=form)
    assert status == 413, said
    assert resident(place.process) - before < 40_000


def resident(process: int) -> int:
    """Memory of a process in kB."""
    status = Path(f"/proc/{process}/status").read_text(encoding="ascii")
    return int(re.search(r"VmRSS:\s+(\d+)", status)[1])  # type: ignore[index]


def test_an_opml_list_is_bounded(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    """Entities are refused, a million outlines end in words, addresses of no web are left out."""
    config = write_config(tmp_path, [])
    laughs = "<!DOCTYPE opml [<!ENTITY a 'ha'><!ENTITY b '&a;&a;&a;&a;&a;&a;&a;&a;'>]>"
    one = "<outline type='rss' text='{0}' xmlUrl='{1}'/>"
    wrong = "".join(one.format("w", url) for url in ("file:///etc/passwd", "javascript:hit()"))
    before = config.read_text()
    for head, inside_it, code, words in (
        (laughs, one.format("&b;", "http://a.example/&b;"), 2, "declares entities"),
        ("", "<outline/>" * 1_000_000, 2, "more than 50,000 outlines"),
        ("", one.format("x", "http://a.example/" + "x" * 200) * 100_000, 2, "larger than 20 MB"),
        ("", wrong, 0, "2 left out"),
    ):
        path = tmp_path / "list.opml"
        path.write_text(f"<?xml version='1.0'?>{head}<opml version='2.0'><body>{inside_it}</body></opml>")
        inside("sources", "import", str(path), config=config, code=code)
        said = capfd.readouterr().err
        assert words in said
        assert "Traceback" not in said
        assert config.read_text() == before
