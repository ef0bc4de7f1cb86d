"""The Google Reader API over a real store, spoken as its unofficial descriptions have it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient
from lxml import etree
from syncroom import FERRY, PASSWORD, Room, account, filled

from aggregator.web.accounts import Accounts
from tests.web.conftest import client_of

ALL = "user/-/state/com.google/reading-list"
READ = "user/-/state/com.google/read"
STARRED = "user/-/state/com.google/starred"
API = "/reader/api/0"


class Reader:
    """A client of the protocol: signs in, sends the token, reads JSON."""

    def __init__(
        self, client: TestClient, name: str = "mina", password: str = PASSWORD, at: str = ""
    ) -> None:
        self.client, self.at = client, at
        answer = client.post(f"{at}/accounts/ClientLogin", data={"Email": name, "Passwd": password})
        self.said = answer
        lines = dict(line.split("=", 1) for line in answer.text.splitlines() if "=" in line)
        self.headers = {"Authorization": f"GoogleLogin auth={lines.get('Auth', '')}"}

    def get(self, path: str, **params: Any) -> Any:
        """JSON of an address."""
        answer = self.client.get(
            f"{self.at}{path}", params={"output": "json", **params}, headers=self.headers
        )
        assert answer.status_code == 200, answer.text
        return answer.json()

    def post(self, path: str, token: str | None = None, **data: Any) -> Any:
        """A change."""
        if token is None:
            token = self.client.get(f"{self.at}{API}/token", headers=self.headers).text
        return self.client.post(f"{self.at}{path}", data={"T": token, **data}, headers=self.headers)

    def ids(self, stream: str = ALL, **params: Any) -> list[int]:
        """Ids of a stream."""
        return [int(one["id"]) for one in self.get(f"{API}/stream/items/ids", s=stream, **params)["itemRefs"]]

    def feeds(self) -> dict[str, str]:
        """Stream by title."""
        return {one["title"]: one["id"] for one in self.get(f"{API}/subscription/list")["subscriptions"]}


@pytest.fixture
def room(tmp_path: Path) -> Iterator[Room]:
    """Four stories that have settled."""
    made = filled(tmp_path)
    yield made
    made.store.close()


@pytest.fixture
def client(room: Room) -> Iterator[TestClient]:
    """The application."""
    with client_of(room.services()) as made:
        yield made


@pytest.fixture
def reader(client: TestClient) -> Reader:
    """Mina, signed in."""
    return Reader(client)


def test_signing_in(client: TestClient, room: Room) -> None:
    """A name and its API password give a token, in text or JSON; anything else BadAuthentication."""
    good = Reader(client)
    assert good.said.text.startswith("SID=mina/")
    assert good.get(f"{API}/user-info")["userName"] == "mina"
    answer = client.post("/accounts/ClientLogin?output=json", data={"Email": "mina", "Passwd": PASSWORD})
    assert answer.json()["Auth"].startswith("mina/")
    for name, password in (("mina", "no"), ("nobody", PASSWORD), ("", "")):
        answer = Reader(client, name, password).said
        assert (answer.status_code, answer.text) == (401, "Error=BadAuthentication\n")
    refused = client.get(f"{API}/tag/list", headers={"Authorization": "GoogleLogin auth=mina/00"})
    assert refused.status_code == 401
    assert refused.headers["X-Reader-Google-Bad-Token"] == "true"
    assert client.get(f"{API}/tag/list").status_code == 401


def test_a_new_password_ends_every_token(client: TestClient, room: Room) -> None:
    """The sign-in lives through a restart, and dies with the password."""
    held = Reader(client).headers
    room.accounts = Accounts(room.store.people, lambda: room.readers, room.clock)
    with client_of(room.services()) as again:
        assert again.get(f"{API}/user-info", headers=held).status_code == 200
    room.readers = [account("mina", "a new kettle")]
    assert client.get(f"{API}/user-info", headers=held).status_code == 401


def test_a_token_stands_in_the_password_s_place(client: TestClient, room: Room) -> None:
    """One that may only read changes nothing; a revoked one opens nothing."""
    secret, token = room.accounts.add_token("my phone", "read", "mina")
    phone = Reader(client, password=secret)
    assert len(phone.ids()) == 4
    assert phone.post(f"{API}/edit-tag", i=str(room.ids()["Night"]), a=READ).status_code == 403
    assert Reader(client, "ole", secret).said.status_code == 401
    feeds, _ = room.accounts.add_token("a feed", "feeds", "mina")
    assert client.get(f"{API}/tag/list", headers=Reader(client, password=feeds).headers).status_code == 403
    room.store.people.revoke(token.no)
    assert client.get(f"{API}/tag/list", headers=phone.headers).status_code == 401


def test_guessing_is_slowed_down(client: TestClient, room: Room) -> None:
    """After five wrong passwords one has to wait; the right one is not even looked at before."""
    for _ in range(5):
        assert Reader(client, "mina", "wrong").said.status_code == 401
    answer = Reader(client).said
    assert answer.status_code == 429
    assert int(answer.headers["Retry-After"]) > 0
    room.clock.forward(minutes=20)
    assert Reader(client).said.status_code == 200


def test_without_an_api_password_all_of_it_is_off(room: Room) -> None:
    """And says what to set."""
    room.readers = []
    with client_of(room.services()) as client:
        for path in ("/accounts/ClientLogin", f"{API}/tag/list", "/fever/?api", "/v1/me"):
            answer = client.get(path)
            assert answer.status_code == 403
            assert "web.api_password" in answer.text


def test_subscriptions_and_folders(reader: Reader) -> None:
    """Sources in the folders of their groups; titles are harmless; topics are labels too."""
    found = reader.get(f"{API}/subscription/list")["subscriptions"]
    assert [(one["title"], one["categories"][0]["label"]) for one in found] == [
        ("Harbour Wire", "The coast"), ("Pier Post", "The coast"), ("Valley ‹b>Voice‹/b>", "Hills"),
    ]  # fmt: skip
    assert found[0]["url"] == "https://harbour.example/feed"
    assert all(one["id"].startswith("feed/") for one in found)
    assert [one["id"] for one in reader.get(f"{API}/tag/list")["tags"]] == [
        STARRED, "user/-/label/The coast", "user/-/label/Hills", "user/-/label/Boats & piers",
        "user/-/label/Clocks",
    ]  # fmt: skip


def test_a_story_is_one_item_of_one_subscription(reader: Reader, room: Room) -> None:
    """In the streams of all its outlets, with one origin; its fields are what clients read."""
    ferry = room.ids()["Night"]
    feeds = reader.feeds()
    assert reader.ids(feeds["Harbour Wire"]) == [ferry]
    assert ferry in reader.ids(feeds["Pier Post"])
    page = reader.get(f"{API}/stream/contents/{feeds['Pier Post']}", r="o")
    item = page["items"][0]
    assert item["id"] == f"tag:google.com,2005:reader/item/{ferry:016x}"
    assert item["origin"]["streamId"] == feeds["Harbour Wire"]
    assert item["title"] == "Night ferry keeps its winter timetable"
    assert item["canonical"] == [{"href": item["alternate"][0]["href"]}]
    assert FERRY[0] in item["summary"]["content"]
    assert "Pier Post" in item["summary"]["content"]
    assert int(item["timestampUsec"]) == int(item["crawlTimeMsec"]) * 1000
    assert item["published"] < int(item["timestampUsec"]) / 1e6
    assert {"user/-/label/The coast", "user/-/label/Boats & piers"} < set(item["categories"])


def test_the_origin_stays_when_the_canonical_changes(reader: Reader, room: Room) -> None:
    """A better article that comes after serving moves the story to no other subscription."""
    feeds = reader.feeds()
    assert ferry_origin(reader, room) == feeds["Harbour Wire"]
    room.store.sync_sources([], lambda: 0.5)
    assert ferry_origin(reader, room) == feeds["Harbour Wire"]


def ferry_origin(reader: Reader, room: Room) -> str:
    """Where the ferry's story stands."""
    number = next(one for title, one in room.ids().items() if title in ("Night", "Bakers"))
    answer = reader.post(f"{API}/stream/items/contents", i=[str(number)])
    return str(answer.json()["items"][0]["origin"]["streamId"])


def test_items_by_all_three_forms_of_their_ids(reader: Reader, room: Room) -> None:
    """Long, short and decimal; what is none is left out."""
    ids = room.ids()
    asked = [
        f"tag:google.com,2005:reader/item/{ids['Night']:016x}", f"{ids['Bell']:016x}", str(ids["Goats"]),
        "999999", "nonsense", "-4",
    ]  # fmt: skip
    found = reader.post(f"{API}/stream/items/contents", i=asked).json()["items"]
    assert [int(one["id"][-16:], 16) for one in found] == [ids["Night"], ids["Bell"], ids["Goats"]]


def test_paging_ordering_and_bounds(reader: Reader, room: Room) -> None:
    """n, c, r, ot, nt, xt and it."""
    everything = reader.ids()
    assert everything == sorted(everything, reverse=True)
    first = reader.get(f"{API}/stream/items/ids", s=ALL, n=3)
    rest = reader.get(f"{API}/stream/items/ids", s=ALL, n=3, c=first["continuation"])
    assert [int(one["id"]) for one in first["itemRefs"] + rest["itemRefs"]] == everything
    assert "continuation" not in rest
    oldest = reader.get(f"{API}/stream/items/ids", s=ALL, n=1, r="o")
    assert [int(one["id"]) for one in oldest["itemRefs"]] == everything[-1:]
    more = reader.ids(r="o", c=oldest["continuation"])
    assert more == everything[::-1][1:]
    seen = int(room.clock().timestamp())
    room.clock.forward(hours=1)
    room.tell("harbour", "A lighthouse is for rent", ["It has nine rooms, all of them round.", "And a lamp."])
    room.clock.forward(hours=1)
    new = reader.ids(ot=seen + 1)
    assert new == [max(room.ids().values())]
    assert reader.ids(nt=seen) == everything
    reader.post(f"{API}/edit-tag", i=str(everything[0]), a=READ)
    assert reader.ids(xt=READ) == [*new, *everything[1:]]
    assert reader.ids(it=READ) == everything[:1]
    assert reader.ids(READ, xt=READ) == []
    assert reader.ids("user/-/label/Hills") == reader.ids("user/1234/label/Hills")
    assert reader.ids(xt="user/-/label/Hills", it="user/-/label/Boats & piers") == [everything[-1]]
    assert reader.ids("feed/987654") == []


def test_read_and_starred_both_ways(reader: Reader, room: Room, client: TestClient) -> None:
    """What a client marks is marked on the page, and the other way round; ole's marks are his."""
    ids = room.ids()
    long_id = f"tag:google.com,2005:reader/item/{ids['Night']:016x}"
    assert reader.post(f"{API}/edit-tag", i=[long_id, str(ids["Bell"])], a=READ).text == "OK"
    reader.post(f"{API}/edit-tag", i=str(ids["Goats"]), a=STARRED)
    assert room.marks() == {
        "Night": (True, False), "Bell": (True, False), "Goats": (False, True), "Ice": (False, False),
    }  # fmt: skip
    room.store.mark("mina", [ids["Bell"]], read=False, starred=True)
    assert set(reader.ids(STARRED)) == {ids["Goats"], ids["Bell"]}
    assert reader.ids(READ) == [ids["Night"]]
    reader.post(f"{API}/edit-tag", i=long_id, r=READ, a="user/-/state/com.google/kept-unread")
    assert reader.ids(READ) == []
    assert set(room.marks("ole").values()) == {(False, False)}
    assert Reader(client, "ole", "another kettle").ids(STARRED) == []


def test_counts_of_what_is_unread(reader: Reader, room: Room) -> None:
    """By subscription, folder and in all; reading a story counts it down in all its outlets' streams."""
    feeds = reader.feeds()
    counts = {one["id"]: one["count"] for one in reader.get(f"{API}/unread-count")["unreadcounts"]}
    assert counts[ALL] == 4
    assert counts[feeds["Pier Post"]] == 2
    assert counts["user/-/label/The coast"] == 2
    reader.post(f"{API}/edit-tag", i=str(room.ids()["Night"]), a=READ)
    counts = {one["id"]: one["count"] for one in reader.get(f"{API}/unread-count")["unreadcounts"]}
    assert counts[ALL] == 3
    assert feeds["Harbour Wire"] not in counts
    assert counts[feeds["Pier Post"]] == 1


def test_mark_all_as_read_stops_at_its_time(reader: Reader, room: Room) -> None:
    """By feed, label and everything; what settled after ``ts`` stays unread; a microsecond stamp."""
    feeds = reader.feeds()
    reader.post(f"{API}/mark-all-as-read", s=feeds["Valley ‹b>Voice‹/b>"])
    assert {title for title, (read, _) in room.marks().items() if read} == {"Bell", "Goats"}
    ts = int(room.clock().timestamp() * 1_000_000)
    room.tell(
        "harbour", "Whale asks for directions", ["It was told the way by a tug.", "It thanked in C sharp."]
    )
    room.clock.forward(minutes=10)
    reader.post(f"{API}/mark-all-as-read", s=ALL, ts=str(ts))
    assert {title for title, (read, _) in room.marks().items() if not read} == {"Whale"}
    reader.post(f"{API}/mark-all-as-read", s="user/-/label/The coast")
    assert all(read for read, _ in room.marks().values())


def test_a_bad_edit_token_is_refused(reader: Reader, room: Room) -> None:
    """401 with the header that makes clients fetch another; none at all is taken, as some send none."""
    answer = reader.post(f"{API}/edit-tag", token="nonsense", i=str(room.ids()["Night"]), a=READ)
    assert answer.status_code == 401
    assert answer.headers["X-Reader-Google-Bad-Token"] == "true"
    assert reader.post(f"{API}/edit-tag", token="", i=str(room.ids()["Night"]), a=READ).text == "OK"


def test_tags_of_ones_own(reader: Reader, room: Room) -> None:
    """Given to items, listed, renamed and dropped; folders are the YAML's."""
    ids = room.ids()
    label = "user/-/label/for later"
    assert reader.post(f"{API}/edit-tag", i=[str(ids["Night"]), str(ids["Bell"])], a=label).text == "OK"
    assert label in [one["id"] for one in reader.get(f"{API}/tag/list")["tags"]]
    assert set(reader.ids(label)) == {ids["Night"], ids["Bell"]}
    assert label in reader.get(f"{API}/stream/contents/{label}")["items"][0]["categories"]
    assert reader.post(f"{API}/rename-tag", s=label, dest="user/-/label/soon").text == "OK"
    assert set(reader.ids("user/-/label/soon")) == {ids["Night"], ids["Bell"]}
    assert reader.post(f"{API}/disable-tag", s="user/-/label/soon").text == "OK"
    assert reader.ids("user/-/label/soon") == []
    for path, data in (
        ("edit-tag", {"i": str(ids["Night"]), "a": "user/-/label/Hills"}),
        ("rename-tag", {"s": "user/-/label/Hills", "dest": "user/-/label/Mountains"}),
        ("disable-tag", {"s": "user/-/label/Clocks"}),
        ("disable-tag", {"s": STARRED}),
    ):
        answer = reader.post(f"{API}/{path}", **data)
        assert answer.status_code == 400, path
        assert answer.text


def test_groups_and_topics_as_subscriptions(client: TestClient, room: Room) -> None:
    """`sync.view` decides what one subscribes to; a story stands under one of them."""
    ids = room.ids()
    room.view = "topics"
    reader = Reader(client)
    feeds = reader.feeds()
    assert list(feeds) == ["Boats & piers", "Clocks", "Everything else"]
    assert reader.ids(feeds["Boats & piers"]) == [ids["Night"]]
    assert set(reader.ids(feeds["Everything else"])) == {ids["Goats"], ids["Ice"]}
    assert reader.ids() == sorted(ids.values(), reverse=True)
    room.view = "groups"
    feeds = reader.feeds()
    assert list(feeds) == ["The coast", "Hills"]
    assert set(reader.ids(feeds["The coast"])) == {ids["Night"], ids["Ice"]}
    answer = reader.post(f"{API}/subscription/edit", ac="unsubscribe", s=feeds["Hills"])
    assert answer.status_code == 400
    assert "sync.view" in answer.text


def test_xml_atom_and_opml(reader: Reader, room: Room, client: TestClient) -> None:
    """What the protocol has in XML is well-formed, and says the same."""
    reader.post(f"{API}/edit-tag", i=str(room.ids()["Bell"]), a=READ)
    listed = client.get(f"{API}/subscription/list?output=xml", headers=reader.headers)
    strings = etree.fromstring(listed.content).iter("string")
    assert [one.text for one in strings if one.get("name") == "title"] == [
        "Harbour Wire", "Pier Post", "Valley ‹b>Voice‹/b>",
    ]  # fmt: skip
    names = {"a": "http://www.w3.org/2005/Atom"}
    feed = etree.fromstring(client.get(f"/reader/atom/{ALL}?n=3", headers=reader.headers).content)
    entries = feed.findall("a:entry", names)
    assert len(entries) == 3
    bell = next(one for one in entries if "Bell" in (one.findtext("a:title", namespaces=names) or ""))
    assert "read" in [one.get("label") for one in bell.findall("a:category", names)]
    assert feed.find("{http://www.google.com/schemas/reader/atom/}continuation") is not None
    document = client.get(f"{API}/subscription/export", headers=reader.headers)
    outlines = etree.fromstring(document.content).findall(".//outline[@xmlUrl]")
    assert outlines[0].get("xmlUrl") == "https://harbour.example/feed"


def test_at_the_address_that_freshrss_clients_know(client: TestClient) -> None:
    """`/api/greader.php` is the same."""
    assert Reader(client, at="/api/greader.php").ids() == Reader(client).ids()


def test_what_has_not_settled_is_not_served(reader: Reader, room: Room) -> None:
    """A new story waits; a better canonical that comes meanwhile gives it its origin."""
    held = set(reader.ids())
    parts = ["The old crane of the shipyard is to become a hotel with one room and a long way up.",
             "Its first guest has booked both sides of the bed, and asked about the wind."]  # fmt: skip
    room.tell("pier", "A crane with one room", parts)
    assert set(reader.ids()) == held
    room.clock.forward(minutes=1)
    room.tell("harbour", "Crane becomes hotel", parts)
    room.clock.forward(minutes=5)
    (new,) = set(reader.ids()) - held
    item = reader.post(f"{API}/stream/items/contents", i=str(new)).json()["items"][0]
    assert item["origin"]["title"] == "Harbour Wire"


def test_hostile_ids_and_streams(reader: Reader) -> None:
    """Whatever is sent, an answer in the protocol comes back."""
    for stream in (
        "",
        "feed/",
        "feed/../../x",
        "user/-/label/",
        "user/-/state/com.google/what",
        "splice/a/b",
        "\0",
    ):
        assert isinstance(reader.ids(stream), list)
    for params in ({"n": "-5"}, {"n": "x"}, {"c": "9" * 30}, {"ot": "1" * 19}, {"nt": "99999999999999999"}):
        assert isinstance(reader.ids(**params), list)
    for item in ("tag:google.com,2005:reader/item/zzz", "f" * 16, "-1", "9" * 15, "١٢"):
        assert reader.post(f"{API}/edit-tag", i=item, a=READ).text == "OK"


class OnceOnly:
    """As NetNewsWire does it: an item is taken once and placed by its origin; ids say what is unread."""

    def __init__(self, reader: Reader) -> None:
        self.reader = reader
        self.folders: dict[str, set[int]] = {}
        self.asked = 0
        self.unread: set[int] = set()

    def sync(self, now: int) -> None:
        """Ask for what came since the last time, and for what is unread."""
        held = set().union(*self.folders.values()) if self.folders else set()
        new = [one for one in self.reader.ids(ot=self.asked or "", n=1000) if one not in held]
        self.asked = now
        found = self.reader.post(f"{API}/stream/items/contents", i=[f"{one:016x}" for one in new]).json()
        for item in found["items"]:
            number = int(item["id"].rpartition("/")[2], 16)
            assert number < 2**31
            self.folders.setdefault(item["origin"]["streamId"], set()).add(number)
        self.unread = set(self.reader.ids(xt=READ, n=1000))


@pytest.mark.parametrize("view", ["sources", "groups", "topics"])
def test_a_client_that_takes_items_once(view: Any, client: TestClient, room: Room) -> None:
    """Whatever comes when: each story is in one subscription that there is, none is missed or doubled."""
    room.view = view
    taking = OnceOnly(Reader(client))
    taking.sync(int(room.clock().timestamp()))
    for turn, source in enumerate(("harbour", "valley", "pier", "valley", "harbour")):
        parts = [
            f"Turn {turn} of the {source} began with a knock.",
            f"It ended with {turn + 2} spoons in a row.",
        ]
        room.tell(source, f"{source} {turn} takes its turn", parts)
        room.tell("pier", f"Pier has turn {turn}, too", parts)
        room.clock.forward(minutes=2)
        taking.sync(int(room.clock().timestamp()))
    room.clock.forward(minutes=10)
    taking.sync(int(room.clock().timestamp()))
    placed = [one for folder in taking.folders.values() for one in folder]
    assert sorted(placed) == sorted(room.ids_of_all())
    assert set(taking.folders) <= set(taking.reader.feeds().values())
    assert taking.unread == set(placed)
    room.store.mark("mina", placed[:2], read=True)
    taking.sync(int(room.clock().timestamp()))
    assert taking.unread == set(placed[2:])
