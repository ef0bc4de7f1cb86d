"""The pages over a real store on SQLite: what polling placed is read, marked, corrected and taken back."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any

import newsroom
import pytest
from fastapi.testclient import TestClient
from markup_tree import parse, select, words

from aggregator.dedup.explain import Explanation
from aggregator.dedup.rules import Rules
from aggregator.model import Entry, Source, SourceView, Update
from aggregator.prepare import prepare_all
from aggregator.store import Store
from aggregator.topics import Topics
from aggregator.web.app import Services
from tests.web.conftest import client_of

TEXTS = """\
The harbour council of Elverum voted on Monday evening to reopen the old ferry line between the two shores,
eleven years after the last boat was sold to an island far to the south.

Fares will be set by a committee of passengers, bakers and schoolteachers, the chairwoman said after the
session, adding that nobody had asked the gulls and that they would complain in any case.

The first crossing is planned for the second week of May, if the ice and the painters allow it; until then
the pier stays closed and the ticket booth serves as a library.

A clockmaker from the northern valley has returned the town hall's bell after a repair that took longer
than the building of the town hall itself.

He charged nothing for the years and a little for the oil, according to a bill beside the stairs."""
PARTS = TEXTS.split("\n\n")
AGENCY, OTHER = PARTS[:3], PARTS[3:]
SOURCES = [
    Source("caspian-wire", "https://caspian-wire.example/feed", "Caspian Wire", "iran", "en", 5, agency=True),
    Source("meydan", "https://meydan.example/feed", "Meydan Daily", "iran", "en", 1),
    Source("old-quay", "https://old-quay.example/feed", "The Old Quay Gazette", "world", "en", 1),
]


class StoreReading:
    """The store with the sources of the configuration, as the daemon hands it in."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self.timeline = store.timeline
        self.leading = store.leading
        self.story = store.story
        self.version = store.version
        self.article = store.article
        self.corrections = store.corrections.listed
        self.questions = store.corrections.questions
        self.activity = store.activity

    def explain(self, a: int, b: int, /) -> Explanation:
        """By the default rules."""
        return self.store.detector.explain(a, b, Rules())

    def labelled(self, *, texts: bool = False) -> list[dict[str, Any]]:
        """As the composition root does."""
        return [
            *(self.store.corrections.labelled_documents(Rules()) if texts else []),
            *self.store.corrections.labelled_pairs(),
        ]

    def sources(self) -> Sequence[SourceView]:
        """How they do."""
        return self.store.sources(SOURCES)


class StoreCorrecting:
    """What a person changes in the store."""

    def __init__(self, store: Store) -> None:
        self.mark = store.mark
        self.split = store.corrections.split
        self.merge = store.corrections.merge
        self.answer = store.corrections.answer
        self.undo = store.corrections.undo


def update(source: Source, title: str, parts: Sequence[str], minutes: int) -> Update:
    """One poll of one source that brings one entry."""
    entry = Entry(
        guid=f"{source.id}-{title}",
        url=f"https://{source.id}.example/{abs(minutes)}",
        title=title,
        published=newsroom.NOW - timedelta(minutes=minutes),
        content="".join(f"<p>{part}</p>" for part in parts),
        language="en",
        raw_sha256=title.encode().ljust(32)[:32],
    )
    return Update(
        source=source.id,
        at=newsroom.NOW,
        status="fetched",
        next_due=newsroom.NOW + timedelta(minutes=30),
        next_reason="every 30 min",
        prepared=prepare_all([entry], boilerplate=frozenset(), source=source),
        present=frozenset({entry.guid}),
        http_status=200,
    )


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Store]:
    """A wire story with a cut copy, and another story."""
    made = Store.open(f"sqlite:///{tmp_path}/news.db", now=lambda: newsroom.NOW)
    made.sync_sources(SOURCES, lambda: 0.5)
    for one in (
        update(SOURCES[0], "Council reopens the old ferry line", AGENCY, 120),
        update(SOURCES[1], "Ferry returns to Elverum", AGENCY[:2], 60),
        update(SOURCES[2], "Town hall bell is back", OTHER, 30),
    ):
        made.arrivals.apply(one, rules=Rules(), topics=Topics())
    yield made
    made.close()


@pytest.fixture
def client(store: Store) -> Iterator[TestClient]:
    """The application over the store."""
    services = Services(
        reading=StoreReading(store),
        correcting=StoreCorrecting(store),
        topics=lambda: newsroom.TOPICS,
        groups=lambda: newsroom.GROUPS,
        now=lambda: newsroom.NOW,
    )
    with client_of(services) as made:
        yield made


@pytest.fixture
def post(client: TestClient) -> Callable[..., Any]:
    """Send a form with the token of the front page."""

    def send(path: str, **fields: str) -> Any:
        token = select(parse(client.get("/").text), "input[name=csrf]")[0].get("value")
        return client.post(path, data={**fields, "csrf": token})

    return send


def ids(client: TestClient, path: str) -> list[int]:
    """The stories of a list."""
    return [int(one.get("data-id", "0")) for one in select(parse(client.get(path).text), "article.story")]


def wire(client: TestClient) -> int:
    """The id of the ferry story."""
    return ids(client, "/search?q=painters")[0]


def test_each_story_once_with_its_copies(client: TestClient) -> None:
    """Two stories of three articles; the copy is named, what it dropped is shown."""
    assert len(ids(client, "/")) == 2
    page = parse(client.get(f"/stories/{wire(client)}").text)
    rows = select(page, ".copies > li")
    assert [words(select(row, ".who")[0])[3:] for row in rows] == ["Caspian Wire", "Meydan Daily"]
    assert "ticket booth" in words(select(rows[1], "del")[0])
    assert select(rows[1], "circle")[0].get("class") == "cut"


def test_lists_filter(client: TestClient) -> None:
    """By group, source, search and state."""
    assert (
        ids(client, "/groups/world")
        == ids(client, "/sources/old-quay")
        == ids(client, "/search?q=clockmaker")
    )
    assert ids(client, "/sources/meydan") == [wire(client)]
    assert ids(client, "/search?q=zeppelin") == []


def test_read_and_starred_are_kept(client: TestClient, post: Callable[..., Any]) -> None:
    """In the database, by story."""
    story = wire(client)
    post(f"/stories/{story}/state", read="true", starred="true")
    assert ids(client, "/starred") == [story]
    assert story not in ids(client, "/?unread=true")
    post("/read", stories=",".join(map(str, ids(client, "/"))))
    assert ids(client, "/?unread=true") == []


def test_split_undo_and_merge(client: TestClient, post: Callable[..., Any]) -> None:
    """A person's corrections, and their undoing, through the pages."""
    story = wire(client)
    copy = client.get(f"/api/v1/stories/{story}").json()["articles"][1]["id"]
    made = post(f"/articles/{copy}/split", reason="an interview").headers["location"]
    assert made.endswith("?done=split")
    assert len(ids(client, "/")) == 3
    assert post("/undo", next=made).status_code == 303
    assert len(client.get(f"/api/v1/stories/{story}").json()["articles"]) == 2
    gone = client.get(made.partition("?")[0])
    assert (gone.status_code, gone.headers.get("location")) == (302, f"/stories/{story}")
    other = next(one for one in ids(client, "/") if one != story)
    merged = post(f"/stories/{story}/merge", other=str(other)).headers["location"]
    assert merged.endswith("?done=merge")
    assert len(ids(client, "/")) == 1
    assert post("/articles/999/split").status_code == 404
    assert post("/stories/1/merge", other="999").status_code == 404


def test_sources_and_operations(client: TestClient) -> None:
    """Health, readiness and metrics of a real database."""
    page = words(parse(client.get("/sources").text))
    assert "3 sources, 3 articles. 3 well" in page
    assert client.get("/readyz").status_code == 200
    assert "aggregator_articles 3" in client.get("/metrics").text
    assert client.get("/sources/old-quay").status_code == 200


NASTY = [
    *("%00", "a%00b", "%FF%FE", "%F0%9F%A6%86", "%25", "%20", "%0A", "..%2F..%2F", "%E4%BC%8A%E6%9C%97"),
    *("'", '"', "\\", "_", "*", "(", "NEAR(", "a OR", "-", '"a', "٪", "x" * 390, "null", "true"),
    *("-1", "0", "2147483647", "2147483648", "99999999999999999999", "1e3"),
    *("0001-01-01T00:00:00%2B14:00", "9999-12-31T23:59:59-14:00"),
]


@pytest.mark.parametrize("value", NASTY)
def test_nothing_that_is_asked_is_a_defect(client: TestClient, value: str) -> None:
    """Whatever stands in an address, the answer is never a server's error."""
    names = "topic group source search since until unread starred before limit"
    for name in names.split():
        assert client.get(f"/api/v1/stories?{name}={value}").status_code < 500, name
    pages = "/ /search?q= /search?q=a&days= /?before= /topics/ /groups/ /sources/ /stories/ /api/v1/stories/"
    for page in pages.split():
        assert client.get(page + value).status_code < 500, page
