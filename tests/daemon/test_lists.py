"""Lists of sources through the command line: sites found, OPML in and out, the YAML edited under a daemon."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from aggregator.config import load
from tests.commands import aggregator, daemon, inside, log_of, wait_until, web_address
from tests.fileserver import Served, serving

FEED = (
    b"<rss version='2.0'><channel><title>Sorrel Gazette</title><language>en-gb</language><item>"
    b"<title>Herring</title><guid isPermaLink='false'>h</guid>"
    b"<description>Herring is dear.</description></item></channel></rss>"
)
YAML = """\
# Mine: hands off.
database: sqlite:///{folder}/news.db   # beside this file
web: {{port: 0}}
polling: {{allow_private: true, interval: 1h}}

sources:
  # the first one
  - {{id: first, url: "{address}/first.xml", title: First}}   # kept
"""


class Types(dict[str, str]):
    """Feeds are XML, the rest are pages."""

    def get(self, name: str, default: object = None) -> str:  # type: ignore[override]
        """By the name's end."""
        return "application/xml" if name.endswith((".xml", ".rss", "feed/")) else "text/html"


def written(folder: Path, server: Served) -> Path:
    """A configuration with comments."""
    config = folder / "mine.yaml"
    config.write_text(YAML.format(folder=folder, address=server.address), encoding="utf-8")
    return config


def page(*links: tuple[str, str, str]) -> bytes:
    """A page that names feeds (address, type, title)."""
    inner = "".join(
        f"<link rel='alternate' type='application/{kind}+xml' href='{href}' title='{title}'>"
        for href, kind, title in links
    )
    return f"<!doctype html><html><head><title>Gazette</title>{inner}</head><body></body></html>".encode()


def test_sources_add_on_sites_under_the_running_daemon(tmp_path: Path) -> None:
    """A site's page, a WordPress site and a Mastodon account are found, shown, tested, written, polled."""
    two = [("/rss.xml", "rss", "Gazette RSS"), ("/atom.xml", "atom", "Gazette Atom")]
    with serving({}, types=Types(by="name")) as server:
        server.files |= {
            "first.xml": FEED,
            "": page(*two, ("/comments/feed.xml", "rss", "Gazette: comments")),
            "many": page(("/a.xml", "rss", "News"), ("/b.xml", "rss", "Sport")),
            "blog/": (
                f"<html><head><link rel='https://api.w.org/' href='{server.address}/blog/wp-json/'>"
                "</head><body>x</body></html>"
            ).encode(),
            "rss.xml": FEED, "b.xml": FEED, "blog/feed/": FEED, "@keeper.rss": FEED,
            "broken": page(("/missing.xml", "rss", "Missing")),
        }  # fmt: skip
        config = written(tmp_path, server)
        before = config.read_text()
        with daemon(config) as process:
            web_address(config, process)
            done = aggregator("sources", "add", f"{server.address}/", "--group", "Islands", config=config)
            saved = time.monotonic()
            assert f"found 1: {server.address}/rss.xml (RSS Gazette RSS)" in done.stderr
            assert "comments/feed.xml" in done.stderr, "shown, not taken"
            assert "rss20, 1 entries (summaries)" in done.stderr
            wait_until(lambda: "2 sources" in log_of(config), every=0.02)
            wait_until(lambda: server.seen.count(("rss.xml", 200)) + server.seen.count(("rss.xml", 304)) >= 2)
            assert time.monotonic() - saved < 10
        after = config.read_text()
        assert after.startswith(before[:-1]), "comments and order stay"
        new = after[len(before) :]
        assert f'- {{id: sorrel-gazette, url: "{server.address}/rss.xml", title: Sorrel Gazette' in new
        assert "group: islands, language: en-gb" in new
        assert "islands: {title: Islands}" in new
        inside("sources", "add", f"{server.address}/blog/", config=config)
        inside("sources", "add", f"{server.address}/@keeper", "--id", "keeper", config=config)
        inside("sources", "add", f"{server.address}/many", config=config, code=2)
        inside("sources", "add", f"{server.address}/many", "--pick", "2", "--id", "sport", config=config)
        inside("sources", "add", f"{server.address}/", config=config, code=2)  # there already
        inside("sources", "add", f"{server.address}/broken", config=config, code=1)
        held = {source.id: source.url for source in load(config, {}).sources}
        assert held == {
            "first": f"{server.address}/first.xml",
            "sorrel-gazette": f"{server.address}/rss.xml",
            "sorrel-gazette-2": f"{server.address}/blog/feed/",
            "keeper": f"{server.address}/@keeper.rss",
            "sport": f"{server.address}/b.xml",
        }


def outlines(count: int, groups: int) -> str:
    """OPML of so many feeds, a folder for each of the groups."""
    inner = "".join(
        f'<outline text="대륙 {group}">'
        + "".join(
            f'<outline type="rss" text="Outlet {n} &amp; Sons" xmlUrl="https://h{n % 400}.example/{n}.xml"/>'
            for n in range(group, count, groups)
        )
        + "</outline>"
        for group in range(groups)
    )
    return f'<?xml version="1.0" encoding="utf-8"?><opml version="2.0"><body>{inner}</body></opml>'


@pytest.mark.parametrize(
    ("count", "within"), [(300, 20.0), pytest.param(5_000, 60.0, marks=pytest.mark.long)]
)
def test_opml_in_and_out(tmp_path: Path, count: int, within: float) -> None:
    """Thousands of outlines come in with their groups in seconds, go out, and come in again as the same."""
    with serving({}) as server:
        config = written(tmp_path, server)
        file = tmp_path / "many.opml"
        file.write_text(outlines(count, 20), encoding="utf-8")
        started = time.monotonic()
        done = aggregator("sources", "import", str(file), config=config)
        assert time.monotonic() - started < within  # on a busy machine, too
        assert f"{count} added, 0 there already, 0 left out" in done.stderr
        settings = load(config, {})
        assert len(settings.sources) == count + 1
        titles = {group.title for group in settings.groups.values()}
        assert titles >= {f"대륙 {group}" for group in range(20)}, "each folder its own group"
        assert "# the first one" in config.read_text()
        out = tmp_path / "out.opml"
        out.write_text(inside("sources", "export", config=config), encoding="utf-8")
        other = tmp_path / "other.yaml"
        other.write_text(f"database: sqlite:///{tmp_path}/other.db\nsources: []\n", encoding="utf-8")
        inside("sources", "import", str(out), config=other)
        again = load(other, {})
        name = lambda held, source: (source.url, source.title, held.groups[source.group].title)  # noqa: E731
        assert {name(again, s) for s in again.sources} == {name(settings, s) for s in settings.sources}
        unchanged = config.read_text()
        assert inside("sources", "import", str(out), config=config) == ""
        assert config.read_text() == unchanged, "what is there already is not touched"


@pytest.mark.parametrize(
    ("document", "told"),
    [
        (outlines(20, 2)[:-40], "not well-formed"),
        ("<html><body>Log in</body></html>", "is no OPML"),
        ("<!DOCTYPE o [<!ENTITY a 'aaaa'><!ENTITY b '&a;&a;&a;'>]><opml><body>&b;</body></opml>", "entities"),
        ("<opml><body>" + "<outline text='x'>" * 60, "nests more"),
        ("<opml><body>" + "<outline text='x'/>" * 1_000_000 + "</body></opml>", "50,000 outlines"),
    ],
)
def test_no_opml_is_taken_half(
    tmp_path: Path, capfd: pytest.CaptureFixture[str], document: str, told: str
) -> None:
    """Cut off, another file, bombs: one line with the place, and the YAML is as it was."""
    config = tmp_path / "mine.yaml"
    config.write_text("sources: []\n", encoding="utf-8")
    file = tmp_path / "bad.opml"
    file.write_text(document, encoding="utf-8")
    inside("sources", "import", str(file), config=config, code=2)
    said = capfd.readouterr().err
    assert said.startswith(f"aggregator: {file}:1: ")
    assert told in said
    assert said.count("\n") == 1
    assert config.read_text() == "sources: []\n"
