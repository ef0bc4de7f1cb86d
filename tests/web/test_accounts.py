"""Signing in: passwords, sessions, tokens, and how fast anybody may guess; over a real store."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import newsroom
import pytest
from fastapi.testclient import TestClient

from aggregator.errors import NotFoundError, UsageError
from aggregator.store import Store
from aggregator.web.accounts import Account, Accounts, network_of
from aggregator.web.app import Services, WebSettings
from aggregator.web.feeds import Site
from aggregator.web.guard import SESSION
from aggregator.web.passwords import hash_password, matches
from tests.web.conftest import client_of

ANNA = Account("anna", hash_password("brød og smør", b"sixteen bytes ok"), "sync-anna", "admin")
MINA = Account("mina", "nan o panir", None, "reader")


class Clock:
    """A clock that stands until it is moved."""

    def __init__(self) -> None:
        self.now = newsroom.NOW

    def __call__(self) -> object:
        """The time."""
        return self.now

    def forward(self, **duration: float) -> None:
        """Move it."""
        self.now += timedelta(**duration)


@pytest.fixture
def clock() -> Clock:
    """The newsroom's time."""
    return Clock()


@pytest.fixture
def people() -> list[Account]:
    """The configuration's people, which a test may change."""
    return [ANNA, MINA]


@pytest.fixture
def accounts(tmp_path: Path, clock: Clock, people: list[Account]) -> Iterator[Accounts]:
    """Two people over a store on SQLite."""
    store = Store.open(f"sqlite:///{tmp_path}/people.db", now=clock)  # type: ignore[arg-type]
    yield Accounts(store.people, lambda: people, clock)  # type: ignore[arg-type]
    store.close()


def served(accounts: Accounts, **settings: object) -> TestClient:
    """The newsroom for these people."""
    made = newsroom.services(newsroom.Newsroom(), WebSettings(user="anna", **settings))  # type: ignore[arg-type]
    site = Site("aggregator", "http://localhost", "tag:reader.example,2018", newsroom.NOW)
    return client_of(replace(made, accounts=accounts, site=lambda: site))


def token_of(client: TestClient, path: str = "/login") -> str:
    """The form token of a page."""
    found = re.search(r'name="csrf" value="([0-9a-f]{64})"', client.get(path).text)
    assert found
    return found[1]


def sign_in(client: TestClient, user: str, password: str, target: str = "/") -> object:
    """Send the form."""
    form = {"user": user, "password": password, "csrf": token_of(client), "next": target}
    return client.post("/login", data=form)


def test_passwords() -> None:
    """Every kind of stored password fits its own, and nothing else; what is broken fits none."""
    stored = hash_password("a")
    assert stored.startswith("$argon2id$")
    assert matches(stored, "a")
    assert not matches(stored, "b")
    assert matches("plain", "plain")
    assert not matches("plain", "plane")
    # RFC 7914, the third vector of section 12, in our form
    scrypt = (
        "scrypt$16384$8$1$536f6469756d43686c6f72696465$7023bdcb3afd7348461c06cd81fd38ebfda8fbba904f8e3ea9b543f6545"
        "da1f2d5432955613f0fcf62d49705242a9af9e61e85dc0d651e40dfcf017b45575887"
    )
    assert matches(scrypt, "pleaseletmein")
    assert not matches(scrypt, "pleaseletmeout")
    assert not matches("scrypt$x$y$z$00$00", "a")
    assert not matches("$argon2id$broken", "a")


def test_basic_authentication(accounts: Accounts) -> None:
    """RFC 7617: the right name and password open everything, anything else nothing but health."""
    with served(accounts) as client:
        for path in ("/", "/feed.atom", "/metrics", "/api/v1/sources"):
            answer = client.get(path)
            assert (answer.status_code, "Basic" in answer.headers["www-authenticate"]) == (401, True)
        assert client.get("/healthz").status_code == 200
        assert client.get("/", auth=("anna", "wrong")).status_code == 401
        assert client.get("/", auth=("bob", "brød og smør".encode())).status_code == 401
        assert client.get("/", auth=(b"anna", "brød og smør".encode())).status_code == 200
        assert client.get("/", headers={"Authorization": "Basic %%%"}).status_code == 401


def test_a_browser_signs_in_and_out(accounts: Accounts, clock: Clock) -> None:
    """By the page; the cookie is for us alone, its secret is kept nowhere; signing out ends it."""
    with served(accounts) as client:
        asked = client.get("/search?q=tea", headers={"Accept": "text/html"})
        assert (asked.status_code, asked.headers["location"]) == (303, "/login?next=%2Fsearch%3Fq%3Dtea")
        login = client.get(asked.headers["location"])
        assert 'value="/search?q=tea"' in login.text
        assert "Tehran and Pyongyang" not in login.text
        assert "Korea" not in login.text
        assert sign_in(client, "mina", "nan o panirr").status_code == 401  # type: ignore[attr-defined]
        done = sign_in(client, "mina", "nan o panir", "/search?q=tea")
        assert (done.status_code, done.headers["location"]) == (303, "/search?q=tea")  # type: ignore[attr-defined]
        cookie = done.headers["set-cookie"]  # type: ignore[attr-defined]
        assert "HttpOnly" in cookie
        assert "SameSite=lax" in cookie
        assert "Secure" not in cookie
        assert client.get("/").status_code == 200
        clock.forward(days=29)
        assert client.get("/").status_code == 200
        clock.forward(days=29)
        assert client.get("/").status_code == 200, "its end slides"
        secret = client.cookies[SESSION]
        assert client.post("/logout").status_code == 403, "another site could send that"
        assert client.post("/logout", data={"csrf": token_of(client, "/tokens")}).status_code == 303
        client.cookies.set(SESSION, secret)
        assert client.get("/").status_code == 401


def test_sign_ins_end(accounts: Accounts, clock: Clock, people: list[Account]) -> None:
    """Unused for a month, after a year, everywhere at once, by another password, without the account."""
    identity = accounts.login("mina", "nan o panir", "::1").identity
    assert identity is not None
    idle = accounts.begin(identity)
    clock.forward(days=30)
    assert accounts.session(idle) is None
    old = accounts.begin(identity)
    for _ in range(13):
        assert accounts.session(old) is not None
        clock.forward(days=28)
    clock.forward(days=2)
    assert accounts.session(old) is None
    one, two = accounts.begin(identity), accounts.begin(identity, kind="greader")
    assert accounts.session(two) is None, "of a client, not of a browser"
    assert accounts.session(two, "greader") is not None
    assert accounts.people.tidy() >= 2
    assert accounts.end_all("mina") == 2
    assert accounts.session(one) is accounts.session(two, "greader") is None
    three = accounts.begin(identity)
    people[1] = replace(MINA, password="another")
    assert accounts.session(three) is None
    people[1] = MINA
    assert accounts.session(three) is not None
    del people[1]
    assert accounts.session(three) is None
    assert accounts.session("") is accounts.session("x" * 5_000) is None


@pytest.mark.parametrize(
    "target", ["//evil.example", "/\\evil.example", "https://evil.example/", "/\t/evil.example"]
)
def test_signing_in_leads_nowhere_else(accounts: Accounts, target: str) -> None:
    """No open redirect, neither from the form nor from its address."""
    with served(accounts) as client:
        assert "evil" not in client.get("/login", params={"next": target}).text
        done = sign_in(client, "mina", "nan o panir", target)
        assert done.headers["location"] == "/"  # type: ignore[attr-defined]


def test_cookies_are_secure_behind_a_proxy_that_speaks_tls(accounts: Accounts) -> None:
    """When a named proxy says so, or the address is the public one; nobody else is believed."""

    def cookie(headers: dict[str, str], **settings: object) -> str:
        with served(accounts, **settings) as client:
            form = {"user": "mina", "password": "nan o panir", "csrf": token_of(client), "next": "/"}
            return str(client.post("/login", data=form, headers=headers).headers["set-cookie"])

    told = {"X-Forwarded-Proto": "https", "X-Forwarded-For": "203.0.113.7"}
    assert "Secure" not in cookie(told)
    assert "Secure" in cookie({"Host": "news.example"}, public_url="https://news.example")
    client = served(accounts, trusted_proxies=("127.0.0.0/8",))
    client._transport.client = ("127.0.0.1", 5000)  # type: ignore[attr-defined]
    with client:
        form = {"user": "mina", "password": "nan o panir", "csrf": token_of(client), "next": "/"}
        assert "Secure" in client.post("/login", data=form, headers=told).headers["set-cookie"]


def test_guesses_cost_time(accounts: Accounts, clock: Clock) -> None:
    """Five are free, then each waits twice as long; a right password in between is not looked at either."""

    def tried(password: str, address: str = "203.0.113.7", user: str = "mina") -> float:
        found = accounts.login(user, password, address)
        return -1 if found.identity else found.wait.total_seconds()

    assert [tried(f"guess {n}") for n in range(5)] == [0] * 5
    assert [tried("guess"), tried("nan o panir")] == [1, 1]
    clock.forward(seconds=1)
    assert [tried("guess"), tried("guess")] == [0, 2]
    assert tried("nan o panir", "203.0.113.8") == -1, "the owner, from elsewhere"
    clock.forward(seconds=2)
    assert tried("nan o panir") == -1
    assert tried("guess") == 0, "counted from the beginning"
    assert [tried(f"guess {n}", f"198.51.100.{n}", "anna") for n in range(40)][-5:] != [0] * 5
    assert tried("brød og smør", "198.51.100.99", "anna") > 0, "an account that many guess at is slower …"
    clock.forward(minutes=1)
    assert tried("brød og smør", "198.51.100.99", "anna") == -1
    for n in range(40):
        tried(f"guess {n}", f"192.0.2.{n}", "anna")
    assert tried("Brød og smør", "198.51.100.99", "anna") == 0, "… but not from where it signed in"


def test_many_names_from_one_address(accounts: Accounts) -> None:
    """Are counted together; so are the addresses of one IPv6 customer."""
    waits = [accounts.login(f"name {n}", "x", f"2001:db8:1:2::{n:x}").wait for n in range(30)]
    assert waits[:20] == [timedelta(0)] * 20
    assert all(waits[20:])
    assert network_of("2001:db8:1:2::5") == "2001:db8:1:2::/64"
    assert network_of("::ffff:192.0.2.1") == "192.0.2.1"


def test_counts_survive_a_restart(tmp_path: Path, clock: Clock) -> None:
    """They are in the database, and are dropped when they count no more."""
    address = f"sqlite:///{tmp_path}/guesses.db"
    for n in range(6):
        store = Store.open(address, now=clock)  # type: ignore[arg-type]
        found = Accounts(store.people, lambda: [MINA], clock).login("mina", "x", "203.0.113.7")  # type: ignore[arg-type]
        assert (found.wait > timedelta(0)) == (n == 5)
        clock.forward(days=2 if n == 5 else 0)
        dropped = store.people.tidy()
        store.close()
        assert bool(dropped) == (n == 5)


def test_a_wrong_password_is_slow_on_the_page_too(accounts: Accounts) -> None:
    """429 with Retry-After, by form and by header."""
    with served(accounts) as client:
        for _ in range(5):
            assert client.get("/", auth=("anna", "x")).status_code == 401
        answer = client.get("/", auth=("anna", "x"))
        assert (answer.status_code, answer.headers["retry-after"]) == (429, "1")
        assert sign_in(client, "anna", "x").status_code == 429  # type: ignore[attr-defined]


def test_tokens(accounts: Accounts, people: list[Account]) -> None:
    """Scopes hold each other, roles hold them; revoked ones and those of people who left open nothing."""
    secret, token = accounts.add_token("script", "admin", "mina")
    found = accounts.bearer(secret)
    assert found is not None
    assert (found.reader, found.scope) == ("mina", "write"), "a reader's is no admin's"
    assert found.may("feeds")
    assert not found.may("admin")
    with pytest.raises(UsageError, match="already"):
        accounts.add_token("script", "read", "mina")
    with pytest.raises(UsageError, match="no such scope"):
        accounts.add_token("other", "root", "mina")
    with pytest.raises(NotFoundError):
        accounts.people.revoke(token.no, "anna")
    accounts.people.revoke(token.no, "mina")
    assert accounts.bearer(secret) is None
    accounts.add_token("script", "read", "mina")
    other, _ = accounts.add_token("x", "read", "mina")
    del people[1]
    assert accounts.bearer(other) is accounts.bearer("agg_") is accounts.bearer("") is None


def test_the_sync_apis_sign_in(accounts: Accounts) -> None:
    """With their own password, or with a token in its place; never with that of the pages."""
    assert accounts.api_login("anna", "brød og smør") is None
    found = accounts.api_login("anna", "sync-anna", "203.0.113.7")
    assert found is not None
    assert (found.reader, found.scope, found.via) == ("anna", "write", "api")
    assert accounts.api_login("mina", "") is None
    secret, _ = accounts.add_token("phone", "write", "mina")
    assert accounts.api_login("anna", secret) is None
    assert accounts.api_login("mina", secret) == accounts.bearer(secret)
    from hashlib import md5

    assert accounts.fever_login(md5(b"anna:sync-anna").hexdigest()) == found
    assert accounts.fever_login(md5(f"mina:{secret}".encode()).hexdigest()) == accounts.bearer(secret)
    assert accounts.fever_login(md5(b"mina:").hexdigest()) is None


def test_the_page_of_tokens(accounts: Accounts) -> None:
    """Shows a new token once, keeps a hash, revokes; a reader cannot make an admin's."""
    with served(accounts) as client:
        sign_in(client, "mina", "nan o panir")
        csrf = token_of(client, "/tokens")
        assert client.post("/tokens", data={"name": "x", "scope": "admin", "csrf": csrf}).status_code == 403
        made = client.post("/tokens", data={"name": "phone", "scope": "feeds", "csrf": csrf})
        secret = re.search(r"agg_[\w-]{43}", made.text)
        assert secret
        assert f"http://localhost/feed.atom?token={secret[0]}" in made.text
        assert made.headers["cache-control"] == "no-store"
        assert "agg_" not in client.get("/tokens").text
        stranger = served(accounts)
        feed = f"/feed.json?limit=3&token={secret[0]}"
        assert stranger.get(feed).status_code == 200
        assert stranger.get(f"/?token={secret[0]}").status_code == 401
        assert stranger.get(f"/api/v1/stories?token={secret[0]}").status_code == 401
        number = accounts.people.tokens("mina")[0].no
        assert client.post(f"/tokens/{number}/revoke", data={"csrf": csrf}).status_code == 303
        assert stranger.get(feed).status_code == 401


def test_only_a_feed_token_stands_in_an_address(accounts: Accounts) -> None:
    """Addresses are passed on and logged: one that may more is refused there, and taken as a header."""
    secret, _ = accounts.add_token("script", "write", "mina")
    with served(accounts) as client:
        assert client.get(f"/feed.atom?token={secret}").status_code == 401
        assert client.get("/feed.atom", headers={"Authorization": f"Bearer {secret}"}).status_code == 200


def test_a_token_needs_no_form(accounts: Accounts) -> None:
    """No browser adds it by itself, so nobody can be led to send it."""
    secret, _ = accounts.add_token("script", "write", "mina")
    with served(accounts) as client:
        headers = {"Authorization": f"Bearer {secret}", "Accept": "application/json"}
        assert client.post("/stories/16/state", data={"read": "true"}, headers=headers).status_code == 204


def test_who_may_not_is_told_why(accounts: Accounts) -> None:
    """Whose right is missing, the token's or the reader's, and what would do."""
    secret, _ = accounts.add_token("script", "read", "anna")
    with served(accounts) as client:
        token = {"Authorization": f"Bearer {secret}"}
        answer = client.patch("/api/v1/stories/16", json={"read": True}, headers=token)
        assert answer.status_code == 403
        assert answer.json()["detail"] == (
            "A token of scope read may not do this: it takes one of scope write."
        )
        assert "sign in with the password" in client.get("/tokens", headers=token).text
        answer = client.post("/api/v1/sources/meydan/poll", json={}, auth=("mina", "nan o panir"))
        assert (answer.status_code, "ask an admin" in answer.text) == (403, True)


def test_a_reader_is_shown_no_button_of_an_admin(accounts: Accounts) -> None:
    """What would be refused is not offered: correcting, answering, polling; reading and marking is."""
    pages = ("/stories/16", "/explain/1/2", "/dedup", "/asked", "/corrections", "/sources/meydan")
    corrects = re.compile(r'action="(/articles/|/undo|/sources/|/stories/\d+/merge)|name="same"')
    with served(accounts) as client:
        texts = {name: [client.get(page, auth=(name, word)).text for page in pages]
                 for name, word in (("anna", "brød og smør"), ("mina", "nan o panir"))}  # fmt: skip
    assert all(">anna<" in text for text in texts["anna"])
    assert sum(bool(corrects.search(text)) for text in texts["anna"]) >= 3
    assert not any(corrects.search(text) for text in texts["mina"])
    assert 'action="/stories/16/state"' in texts["mina"][0]


def test_a_proxy_without_a_password_is_refused(make_client: Callable[[Services], TestClient]) -> None:
    """Who forwards to loopback lets others in: then somebody must sign in."""
    client = make_client(newsroom.services(newsroom.Newsroom()))
    assert client.get("/").status_code == 200
    for header in ("X-Forwarded-For", "Forwarded", "X-Real-IP", "Via"):
        answer = client.get("/", headers={header: "203.0.113.7"})
        assert (answer.status_code, "web.password" in answer.text) == (403, True)


def test_without_passwords_only_loopback_is_open(accounts: Accounts, people: list[Account]) -> None:
    """Should they go missing while a server faces others, it is closed."""
    people[:] = [replace(ANNA, password=None)]
    assert served(accounts).get("/").status_code == 200
    client = served(accounts, loopback=False)
    assert client.get("/").status_code == 401
    assert client.get("/login").status_code == 200
