"""Who somebody is: accounts of the configuration, sign-ins, tokens, and how fast passwords may be guessed.

An `Identity` is what a request may do, whatever it showed: a session's cookie, a password, a token. Methods
are synchronous; they look into the database, and a password that is checked for the first time costs about
40 ms of a core (argon2id), one at a time.
"""

from __future__ import annotations

import hashlib
import hmac
import ipaddress
import secrets
import threading
from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any, Literal, TypeVar

from aggregator.model import Token
from aggregator.store.guesses import Limit
from aggregator.store.parts.people import People
from aggregator.store.tokens import SCOPES
from aggregator.web.passwords import is_hash, matches

T = TypeVar("T")
Role = Literal["admin", "reader"]
PREFIX = "agg_"  # of tokens, so that scanners of repositories and people recognise them
RENEW = timedelta(hours=1)  # use of a sign-in or a token is noted at most so often
PASSED = 64  # passwords that were right and are remembered, as keyed hashes
PATIENCE = 5.0  # seconds that a password waits for those before it to be checked


@dataclass(frozen=True, slots=True)
class Account:
    """A person of the configuration. ``password`` and ``api_password``: hashes or plain; None: none."""

    name: str
    password: str | None = field(default=None, repr=False)
    api_password: str | None = field(default=None, repr=False)
    role: Role = "admin"
    fever_key: str | None = field(default=None, repr=False)  # where api_password is a hash


@dataclass(frozen=True, slots=True)
class Identity:
    """Whom a request is for, and what it may. ``via``: open (nobody has a password), session, password,
    api (the password of the sync APIs) or token.
    """

    reader: str
    role: Role
    scope: str
    via: Literal["open", "session", "password", "api", "token"]

    def may(self, scope: str) -> bool:
        """Whether it may do what needs this scope: feeds, read, write or admin."""
        return SCOPES.index(self.scope) >= SCOPES.index(scope)


@dataclass(frozen=True, slots=True)
class Attempt:
    """What became of a password: whom it lets in, or how long to wait before the next is looked at."""

    identity: Identity | None
    wait: timedelta = timedelta(0)


def scope_of(role: Role) -> str:
    """The most that somebody of this role may."""
    return "admin" if role == "admin" else "write"


def network_of(address: str) -> str:
    """What guesses are counted by: an IPv4 address, or the /64 that an IPv6 customer is given."""
    try:
        parsed = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return address
    if isinstance(parsed, ipaddress.IPv6Address):
        if parsed.ipv4_mapped:
            return str(parsed.ipv4_mapped)
        return str(ipaddress.ip_network((parsed, 64), strict=False))
    return str(parsed)


def limits(user: str, network: str, *, known: bool) -> list[Limit]:
    """How fast this account may be guessed at from there.

    All that strangers do slows an account down to a guess a minute, and not where its owner signs in from.
    """
    quarter = timedelta(minutes=15)
    found = [Limit(f"pair {network} {user}", 5, quarter), Limit(f"address {network}", 20, quarter)]
    return found if known else [*found, Limit(f"account {user}", 30, timedelta(minutes=1))]


def fever_key(reader: str, secret: str) -> str:
    """The key that clients of the Fever API send: MD5 of ``name:password``, as its text demands."""
    return hashlib.md5(f"{reader}:{secret}".encode(), usedforsecurity=False).hexdigest()


def fever_key_of(account: Account) -> str | None:
    """The key of an account's API password; None where only a hash of that is known."""
    if account.fever_key or not account.api_password or is_hash(account.api_password):
        return account.fever_key.lower() if account.fever_key else None
    return fever_key(account.name, account.api_password)


def directly(change: Callable[[], T]) -> T:
    """Make a change now, on this thread."""
    return change()


class Accounts:
    """The people of one instance. ``listed``: the configuration's accounts now, the first one the owner."""

    def __init__(
        self, people: People, listed: Callable[[], Sequence[Account]], now: Callable[[], datetime],
        write: Callable[[Callable[[], Any]], Any] = directly,
    ) -> None:  # fmt: skip
        self.people = people
        self._listed = listed
        self._now = now
        self._write = write
        self._key = secrets.token_bytes(32)
        self._passed: OrderedDict[bytes, None] = OrderedDict()
        self._turn = threading.Lock()

    @property
    def open(self) -> bool:
        """Whether nobody has a password: then whoever reaches the server (loopback only) is the owner."""
        return all(each.password is None for each in self._listed())

    def account(self, name: str) -> Account | None:
        """The account of this name."""
        return next((each for each in self._listed() if each.name == name), None)

    def owner(self) -> Identity:
        """Who reads where nobody has a password."""
        first = self._listed()[0]
        return Identity(first.name, first.role, scope_of(first.role), "open")

    # ------------------------------------------------------------------ passwords

    def login(self, user: str, password: str, address: str) -> Attempt:
        """Try the password of the pages. ``address``: of the client, to count guesses by."""
        return self._try(user, password, address, "password", lambda account: account.password)

    def api_login(self, user: str, password: str, address: str = "") -> Identity | None:
        """Try the password of the sync APIs, or a token in its place; None: neither, or guessed too often."""
        if password.startswith(PREFIX):
            found = self.bearer(password)
            return found if found is not None and found.reader == user else None
        return self._try(user, password, address, "api", lambda account: account.api_password).identity

    def api_attempt(self, user: str, password: str, address: str) -> Attempt:
        """As `api_login`, and how long to wait where it was guessed too often."""
        if password.startswith(PREFIX):
            return Attempt(self.api_login(user, password))
        return self._try(user, password, address, "api", lambda account: account.api_password)

    def fever_attempt(self, key: str, address: str) -> Attempt:
        """As `fever_login`, with guesses counted by address: the key is as good as the password."""
        mark = self._mark("fever", key.lower())
        if mark not in self._passed:
            name = f"fever {network_of(address)}"
            wait = self._write(lambda: self.people.attempt([Limit(name, 20, timedelta(minutes=15))]))
            if wait > timedelta(0):
                return Attempt(None, wait)
        found = self.fever_login(key)
        if found is not None and mark not in self._passed:
            self._write(lambda: self.people.right([name], name))
            self._passed[mark] = None
        return Attempt(found)

    @property
    def api(self) -> bool:
        """Whether anybody may use the sync APIs: who has an API password, or a token in its place."""
        return any(each.api_password for each in self._listed()) or any(
            each.revoked is None for each in self.people.tokens()
        )

    def fever_login(self, key: str) -> Identity | None:
        """Try a key of the Fever API: of a token, or of an ``api_password`` whose key is known."""
        key = key.lower()
        found: Account | None = None
        for account in self._listed():
            made = fever_key_of(account) or ""
            if made and hmac.compare_digest(made.encode(), key.encode("utf-8", "surrogateescape")):
                found = account
        if found is not None:
            return Identity(found.name, found.role, "write", "api")
        return self._identity(self.people.fever_token(key))

    def _try(
        self, user: str, password: str, address: str, via: Literal["password", "api"],
        stored_of: Callable[[Account], str | None],
    ) -> Attempt:  # fmt: skip
        account = self.account(user)
        stored = None if account is None else stored_of(account)
        mark = self._mark(via, user, password, stored or "")
        if account is not None and stored is not None and mark in self._passed:
            return Attempt(self._of(account, via))
        network = network_of(address)
        here = f"known {network} {user}"
        asked = limits(user, network, known=self.people.is_known(here))
        wait = self._write(lambda: self.people.attempt(asked))
        if wait > timedelta(0):
            return Attempt(None, wait)
        # Somebody whom we do not know takes as long as somebody whom we do.
        compared = stored or self._decoy(user, stored_of)
        if not self._turn.acquire(timeout=PATIENCE):
            return Attempt(None, timedelta(seconds=PATIENCE))
        try:
            right = compared is not None and matches(compared, password)
        finally:
            self._turn.release()
        if account is None or stored is None or not right:
            return Attempt(None)
        self._write(lambda: self.people.right([limit.name for limit in asked], here))
        self._passed[mark] = None
        while len(self._passed) > PASSED:
            self._passed.popitem(last=False)
        return Attempt(self._of(account, via))

    def _of(self, account: Account, via: Literal["password", "api", "session"]) -> Identity:
        scope = "write" if via == "api" else scope_of(account.role)
        return Identity(account.name, account.role, scope, via)

    def _mark(self, *parts: str) -> bytes:
        said = "\0".join(parts).encode("utf-8", "surrogateescape")
        return hmac.new(self._key, said, hashlib.sha256).digest()

    def _decoy(self, user: str, stored_of: Callable[[Account], str | None]) -> str | None:
        """Somebody's stored password, always the same one's for the same name."""
        stored = [found for each in self._listed() if (found := stored_of(each)) is not None]
        return stored[int.from_bytes(self._mark("decoy", user)[:4]) % len(stored)] if stored else None

    # ------------------------------------------------------------------ sign-ins

    def begin(self, identity: Identity, *, kind: str = "web", about: str = "") -> str:
        """Sign in: a secret for the client to keep, of which we keep a hash.

        ``kind``: ``web``, or the name of a sync API, whose sign-ins open nothing else.
        """
        secret = secrets.token_urlsafe(32)
        bound = self._bound(secret, identity.reader, kind)
        self._write(
            lambda: self.people.sign_in(secret, reader=identity.reader, kind=kind, bound=bound, about=about)
        )
        return secret

    def session(self, secret: str, kind: str = "web") -> Identity | None:
        """Whose sign-in this is; None when it ended, or the password became another. Slides its end.

        A client of a sync API may show a token in its place.
        """
        if kind != "web" and secret.startswith(PREFIX):
            return self.bearer(secret)
        found = self.people.signed_in(secret, kind)
        account = None if found is None else self.account(found.reader)
        if found is None or account is None:
            return None
        if not hmac.compare_digest(found.bound, self._bound(secret, found.reader, kind)):
            return None
        if self._now() - found.seen > RENEW:
            self._write(lambda: self.people.seen(secret))
        return self._of(account, "session" if kind == "web" else "api")

    def end(self, secret: str, kind: str = "web") -> None:
        """Sign out."""
        self._write(lambda: self.people.sign_out(secret=secret, kind=kind))

    def end_all(self, reader: str) -> int:
        """Sign out everywhere; from how many places that was."""
        ended: int = self._write(lambda: self.people.sign_out(reader=reader))
        return ended

    def _bound(self, secret: str, reader: str, kind: str) -> bytes:
        account = self.account(reader)
        stored = "" if account is None else (account.password if kind == "web" else account.api_password)
        return hashlib.sha256(f"{secret}\0{stored or ''}".encode()).digest()

    # ------------------------------------------------------------------ tokens

    def add_token(self, name: str, scope: str, reader: str) -> tuple[str, Token]:
        """A new token, and its secret, which nobody can show again. Raises UsageError."""
        secret = PREFIX + secrets.token_urlsafe(32)
        key = fever_key(reader, secret)
        add = lambda: self.people.add_token(secret, key, name=name, reader=reader, scope=scope)  # noqa: E731
        return secret, self._write(add)

    def bearer(self, secret: str) -> Identity | None:
        """Whose token this is, and what it may; None: no such token, or revoked, or its reader is gone."""
        return self._identity(self.people.token(secret)) if secret.startswith(PREFIX) else None

    def _identity(self, token: Token | None) -> Identity | None:
        account = None if token is None else self.account(token.reader)
        if token is None or account is None:
            return None
        if token.used is None or self._now() - token.used > RENEW:
            self._write(lambda: self.people.used(token.no))
        found = Identity(account.name, account.role, token.scope, "token")
        most = scope_of(account.role)
        return found if SCOPES.index(most) >= SCOPES.index(found.scope) else replace(found, scope=most)
