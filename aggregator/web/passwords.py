"""Passwords as the configuration holds them: ``$argon2id$…`` (RFC 9106), printed by `aggregator password`.

``scrypt$N$r$p$salt$hash`` (RFC 7914, hex) is read, too. A value without such a form is taken as the password
itself, as it comes from ``${ENV}``.
"""

from __future__ import annotations

import hashlib
import hmac
from functools import cache

from argon2 import PasswordHasher
from argon2.exceptions import Argon2Error, InvalidHashError

# OWASP's Password Storage Cheat Sheet, second choice: 19 MiB and two passes, so that a small machine is not
# brought down by people who guess.
_HASHER = PasswordHasher(time_cost=2, memory_cost=19_456, parallelism=1)


def hash_password(password: str, salt: bytes | None = None) -> str:
    """A hash to write into the configuration. ``salt``: 16 random bytes unless given."""
    return _HASHER.hash(password, salt=salt)


def is_hash(stored: str) -> bool:
    """Whether a value has the form of a hash."""
    return stored.startswith("$argon2") or (stored.startswith("scrypt$") and stored.count("$") == 5)


def matches(stored: str, given: str) -> bool:
    """Whether ``given`` is the password behind ``stored``; the time taken does not tell how near it is.

    It takes as long for a password that is not kept as a hash: that is hashed first, once in a process.
    """
    try:
        if stored.startswith("scrypt$") and is_hash(stored):
            return _scrypt(stored, given)
        return _HASHER.verify(stored if stored.startswith("$argon2") else _hashed(stored), given)
    except (Argon2Error, InvalidHashError, ValueError):
        return False


@cache
def _hashed(password: str) -> str:
    return _HASHER.hash(password)


def _scrypt(stored: str, given: str) -> bool:
    parts = stored.split("$")
    n, r, p = (int(part) for part in parts[1:4])
    salt, digest = bytes.fromhex(parts[4]), bytes.fromhex(parts[5])
    made = hashlib.scrypt(given.encode(), salt=salt, n=n, r=r, p=p, dklen=len(digest))
    return hmac.compare_digest(made, digest)
