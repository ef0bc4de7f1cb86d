"""The Fever API, by a client written from the protocol's text."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from fastapi.testclient import TestClient
from lxml import etree
from syncroom import PASSWORD, Room, filled

from aggregator.web.accounts import Account
from aggregator.web.passwords import hash_password
from tests.web.conftest import client_of


class Fever:
    """Posts ``api_key``, and names what it wants in the address."""

    def __init__(self, client: TestClient, user: str = "mina", password: str = PASSWORD) -> None:
        self.client = client
        self.key = hashlib.md5(f"{user}:{password}".encode()).hexdigest()

    def ask(self, wanted: str = "", **data: Any) -> Any:
        """The answer."""
        answer = self.client.post(f"/fever/?api&{wanted}", data={"api_key": self.key, **data})
        assert answer.status_code == 200
        return answer.json()

    def items(self, wanted: str = "") -> list[int]:
        """Ids of items."""
        return [one["id"] for one in self.ask(f"items&{wanted}")["items"]]


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
def fever(client: TestClient) -> Fever:
    """Mina's client."""
    return Fever(client)


def test_who_may(client: TestClient, room: Room) -> None:
    """A key of name and API password, or of a token; a wrong one gets status 200, and then is slowed down."""
    assert Fever(client).ask()["auth"] == 1
    assert Fever(client, password="wrong").ask() == {"api_version": 3, "auth": 0}
    assert client.post("/fever/?api").json() == {"api_version": 3, "auth": 0}
    secret, _ = room.accounts.add_token("phone", "read", "mina")
    reading = Fever(client, password=secret)
    assert reading.ask("unread_item_ids")["auth"] == 1
    refused = client.post("/fever/?api&mark=item&as=read&id=1", data={"api_key": reading.key})
    assert refused.status_code == 403
    answers = [client.post("/fever/?api", data={"api_key": f"{n:032x}"}).status_code for n in range(25)]
    assert answers[-1] == 429
    assert Fever(client).ask()["auth"] == 1  # whose key was right before is not shut out


def test_a_hashed_password_needs_its_key_beside_it(room: Room) -> None:
    """`fever_key` in the configuration; without it Fever is off for that reader, and /connect says so."""
    stored = hash_password(PASSWORD)
    room.readers = [Account("mina", "of the page", stored)]
    with client_of(room.services()) as client:
        assert Fever(client).ask()["auth"] == 0
        room.readers = [Account("mina", "of the page", "plain")]
        assert Fever(client, password="plain").ask()["auth"] == 1
        room.readers = [Account("mina", "of the page", stored, fever_key=Fever(client).key)]
        assert Fever(client).ask()["auth"] == 1


def test_what_there_is(fever: Fever, room: Room) -> None:
    """Everything in one request; groups and feeds by number, icons that ask nobody."""
    found = fever.ask("groups&feeds&favicons&links&unread_item_ids&saved_item_ids")
    assert [one["title"] for one in found["groups"]] == ["The coast", "Hills"]
    coast = found["feeds_groups"][0]["feed_ids"].split(",")
    assert [one["title"] for one in found["feeds"] if str(one["id"]) in coast] == [
        "Harbour Wire",
        "Pier Post",
    ]
    assert found["favicons"][0]["data"].startswith("image/svg+xml")
    assert found["unread_item_ids"] == ",".join(map(str, sorted(room.ids().values())))
    assert found["saved_item_ids"] == ""
    assert found["last_refreshed_on_time"] > 0


def test_items_by_id(fever: Fever, room: Room) -> None:
    """After an id upwards, before one downwards, by list; counted in all."""
    ids = sorted(room.ids().values())
    assert fever.items() == ids
    assert fever.items(f"since_id={ids[1]}") == ids[2:]
    assert fever.items(f"max_id={ids[2]}") == ids[1::-1]
    assert fever.items(f"with_ids={ids[3]},{ids[0]},77,x") == [ids[3], ids[0]]
    assert fever.ask("items&since_id=99")["total_items"] == 4


def test_fifty_items_a_page(fever: Fever, room: Room) -> None:
    """A client that goes on with the highest id it has takes every story once."""
    colours = ("red", "blue", "green")
    room.tell_all("pier", [
        (f"Notice {n} of the pier", [f"Plank {n} was painted {colours[n % 3]}, and is wet."], f"notice {n}")
        for n in range(60)
    ])  # fmt: skip
    room.clock.forward(minutes=10)
    taken: list[int] = []
    while page := fever.items(f"since_id={max(taken, default=0)}"):
        assert len(page) <= 50
        taken += page
    assert len(taken) > 50
    assert taken == sorted(room.ids_of_all())


def test_marks(fever: Fever, room: Room) -> None:
    """Items, feeds and groups up to a time, everything as group 0; saved twice is saved."""
    ids = room.ids()
    assert str(ids["Night"]) not in fever.ask(f"mark=item&as=read&id={ids['Night']}")[
        "unread_item_ids"
    ].split(",")
    fever.ask(f"mark=item&as=unread&id={ids['Night']}")
    fever.ask(f"mark=item&as=saved&id={ids['Bell']}")
    assert fever.ask(f"mark=item&as=saved&id={ids['Bell']}")["saved_item_ids"] == str(ids["Bell"])
    feeds = {one["title"]: one["id"] for one in fever.ask("feeds")["feeds"]}
    groups = {one["title"]: one["id"] for one in fever.ask("groups")["groups"]}
    now = int(room.clock().timestamp())
    fever.ask(f"mark=feed&as=read&id={feeds['Harbour Wire']}&before={now - 3600}")
    assert not any(read for read, _ in room.marks().values())
    fever.ask(f"mark=feed&as=read&id={feeds['Harbour Wire']}&before={now}")
    assert {title for title, (read, _) in room.marks().items() if read} == {"Night"}
    fever.ask(f"mark=group&as=read&id={groups['Hills']}&before={now}")
    assert {title for title, (read, _) in room.marks().items() if not read} == {"Ice"}
    fever.ask(f"mark=group&as=read&id=0&before={now}")
    assert all(read for read, _ in room.marks().values())
    assert room.marks()["Bell"] == (True, True)
    assert fever.ask("mark=item&as=odd&id=x")["auth"] == 1


def test_topics_and_groups_are_in_one_folder(fever: Fever, room: Room) -> None:
    """Where `sync.view` says so."""
    room.view = "topics"
    found = fever.ask("groups&feeds&items")
    assert [one["title"] for one in found["groups"]] == ["Topics"]
    assert [one["title"] for one in found["feeds"]] == ["Boats & piers", "Clocks", "Everything else"]
    known = {one["id"] for one in found["feeds"]}
    assert {one["feed_id"] for one in found["items"]} <= known
    fever.ask(f"mark=group&as=read&id={found['groups'][0]['id']}&before={int(room.clock().timestamp())}")
    assert all(read for read, _ in room.marks().values())


def test_xml(client: TestClient, fever: Fever) -> None:
    """The same as XML, well-formed."""
    answer = client.post("/fever/?api=xml&items&feeds", data={"api_key": fever.key})
    tree = etree.fromstring(answer.content)
    assert len(tree.findall("items/item")) == 4
    assert tree.findtext("feeds/feed/title") == "Harbour Wire"
