"""Who may use the sync APIs: by name and API password, by a token made of them, or by Fever's key.

A token is derived, never stored: an HMAC under a key that scrypt makes of the API password as it is configured.
So it lives through restarts, and another password makes every token worthless.
"""

from __future__ import annotations

import hashlib
import hmac
import threading
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass, field

from aggregator.web.passwords import matches

REMEMBERED = 256  # pairs of name and password that passed: scrypt takes some 50 ms, clients ask often


@dataclass(frozen=True, slots=True)
class ApiReader:
    """A reader with an API password: plain, or a hash of `aggregator.web.passwords`.

    ``fever_key``: md5 of ``name:password`` in hex, needed where the password is a hash. ``admin``: may change
    the sources.
    """

    name: str
    api_password: str = field(repr=False)
    fever_key: str | None = field(default=None, repr=False)
    admin: bool = True


class Credentials:
    """The readers who have an API password. For many threads."""

    def __init__(self, readers: Sequence[ApiReader], instance: str) -> None:
        self._readers = {reader.name: reader for reader in readers}
        self._instance = instance
        self._passed: OrderedDict[bytes, None] = OrderedDict()
        self._keys: dict[str, bytes] = {}
        self._lock = threading.Lock()
        self._fever = {
            hashlib.sha256(key.encode()).digest(): reader
            for reader in readers
            if (key := fever_key(reader)) is not None
        }

    @property
    def enabled(self) -> bool:
        """Whether anybody has an API password."""
        return bool(self._readers)

    @property
    def fever(self) -> bool:
        """Whether Fever's key of anybody is known."""
        return bool(self._fever)

    def login(self, name: str, password: str) -> ApiReader | None:
        """The reader, if that is the API password."""
        reader = self._readers.get(name)
        stored = reader.api_password if reader else "scrypt$16384$8$1$00$00"  # as long for an unknown name
        mark = hashlib.sha256(b"\0".join(part.encode() for part in (name, stored, password))).digest()
        with self._lock:
            if reader and mark in self._passed:
                return reader
        if not matches(stored, password) or reader is None:
            return None
        with self._lock:
            self._passed[mark] = None
            while len(self._passed) > REMEMBERED:
                self._passed.popitem(last=False)
        return reader

    def token(self, reader: ApiReader, purpose: str = "auth") -> str:
        """What stands for name and password from now on: ``name/64 hex digits``."""
        said = f"{purpose}\0{reader.name}".encode()
        return f"{reader.name}/{hmac.new(self._key(reader), said, hashlib.sha256).hexdigest()}"

    def by_token(self, token: str, purpose: str = "auth") -> ApiReader | None:
        """The reader that a token was made for."""
        reader = self._readers.get(token.rpartition("/")[0])
        if reader is None:
            return None
        right = hmac.compare_digest(self.token(reader, purpose).encode(), token.encode())
        return reader if right else None

    def by_fever_key(self, key: str) -> ApiReader | None:
        """The reader whose key it is. Looked up by hash: the time taken tells nothing about it."""
        return self._fever.get(hashlib.sha256(key.strip().lower().encode()).digest())

    def _key(self, reader: ApiReader) -> bytes:
        with self._lock:
            if reader.name not in self._keys:
                salt = hashlib.sha256(f"{self._instance}\0{reader.name}".encode()).digest()
                self._keys[reader.name] = hashlib.scrypt(
                    reader.api_password.encode(), salt=salt, n=2**14, r=8, p=1, dklen=32
                )
            return self._keys[reader.name]


def fever_key(reader: ApiReader) -> str | None:
    """The key that a Fever client of this reader sends; None where only a hash of the password is known."""
    if reader.fever_key:
        return reader.fever_key.lower()
    if reader.api_password.startswith(("scrypt$", "$argon2")):
        return None
    said = f"{reader.name}:{reader.api_password}".encode()
    return hashlib.md5(said, usedforsecurity=False).hexdigest()  # the protocol's
