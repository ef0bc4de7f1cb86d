"""The people's side of the store: who is signed in, which tokens there are, how often was guessed."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from aggregator.model import SignIn, Token
from aggregator.store import guesses, signins, tokens
from aggregator.store.access import Access
from aggregator.store.guesses import Limit


class People:
    """Made by the store; its methods may be called from any thread."""

    def __init__(self, access: Access) -> None:
        self._database = access.database
        self._read = access.read
        self._write = access.write
        self._now = access.now

    def sign_in(self, secret: str, *, reader: str, kind: str, bound: bytes, about: str) -> None:
        """Keep a sign-in. ``bound``: what must be the same when it is used; see `signed_in`."""
        now = self._now()
        with self._write(person=True) as connection:
            signins.sign_in(connection, secret, SignIn(reader, kind, bound, about, now, now))

    def signed_in(self, secret: str, kind: str) -> SignIn | None:
        """Return the sign-in behind a secret, unless it has ended."""
        with self._read() as connection:
            return signins.signed_in(connection, secret, kind, self._now())

    def seen(self, secret: str) -> None:
        """Slide the end of a sign-in."""
        with self._write() as connection:
            signins.seen(connection, secret, self._now())

    def sign_out(
        self, *, secret: str | None = None, reader: str | None = None, kind: str | None = None
    ) -> int:
        """End one sign-in, or all of a reader, or those of one kind; how many that were."""
        with self._write(person=True) as connection:
            return signins.sign_out(connection, secret=secret, reader=reader, kind=kind)

    def sign_ins(self, reader: str) -> list[SignIn]:
        """Return a reader's sign-ins, the last used first."""
        with self._read() as connection:
            return signins.listed_sign_ins(connection, reader, self._now())

    def add_token(self, secret: str, fever: str, *, name: str, reader: str, scope: str) -> Token:
        """Keep a new token. ``fever``: the key that the Fever API makes of it. Raises UsageError."""
        with self._write(person=True) as connection:
            now = self._now()
            return tokens.add(connection, secret, fever, name=name, reader=reader, scope=scope, now=now)

    def token(self, secret: str) -> Token | None:
        """Return the token, unless it is revoked or none."""
        with self._read() as connection:
            return tokens.of_secret(connection, secret)

    def fever_token(self, key: str) -> Token | None:
        """Return the token that a Fever key was made of."""
        with self._read() as connection:
            return tokens.of_fever(connection, key)

    def used(self, number: int) -> None:
        """Note that a token was used."""
        with self._write() as connection:
            tokens.used(connection, number, self._now())

    def tokens(self, reader: str | None = None) -> list[Token]:
        """Return the tokens, of one reader or of all, revoked ones too, the newest first."""
        with self._read() as connection:
            return tokens.listed(connection, reader)

    def revoke(self, number: int, reader: str | None = None) -> Token:
        """End a token for good. ``reader``: only when it is theirs. Raises NotFoundError."""
        with self._write(person=True) as connection:
            return tokens.revoke(connection, number, reader, self._now())

    def attempt(self, limits: Sequence[Limit]) -> timedelta:
        """Count one guess against every limit, or none; how long to wait is returned then."""
        with self._write() as connection:
            return guesses.attempt(connection, self._database, limits, self._now())

    def right(self, names: Sequence[str], known: str) -> None:
        """Forget these counts: the guess was right. ``known`` is remembered for `is_known`."""
        with self._write() as connection:
            guesses.right(connection, self._database, names, known, self._now())

    def is_known(self, known: str) -> bool:
        """Whether `right` was told of it lately."""
        with self._read() as connection:
            return guesses.is_known(connection, known, self._now())

    def tidy(self) -> int:
        """Drop what has ended; how many rows that were."""
        with self._write() as connection:
            return signins.tidy(connection, self._now()) + guesses.tidy(connection, self._now())
