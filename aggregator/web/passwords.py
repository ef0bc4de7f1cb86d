"""Passwords as the configuration holds them: ``scrypt$N$r$p$salt$hash`` (RFC 7914), salt and hash in hex.

A value without that form is taken as the password itself, as it comes from ``${ENV}``.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets

_N, _R, _P = 2**14, 8, 1  # RFC 7914 section 2's interactive parameters: 16 MiB, some 50 ms


def hash_password(password: str, salt: bytes | None = None) -> str:
    """A hash to write into the configuration. ``salt``: 16 random bytes unless given."""
    salt = secrets.token_bytes(16) if salt is None else salt
    digest = hashlib.scrypt(password.encode(), salt=salt, n=_N, r=_R, p=_P, dklen=32)
    return f"scrypt${_N}${_R}${_P}${salt.hex()}${digest.hex()}"


def matches(stored: str, given: str) -> bool:
    """Whether ``given`` is the password behind ``stored``; the time taken does not tell how near it is."""
    parts = stored.split("$")
    if len(parts) != 6 or parts[0] != "scrypt":
        return hmac.compare_digest(stored.encode(), given.encode())
    try:
        n, r, p = (int(part) for part in parts[1:4])
        salt, digest = bytes.fromhex(parts[4]), bytes.fromhex(parts[5])
        made = hashlib.scrypt(given.encode(), salt=salt, n=n, r=r, p=p, dklen=len(digest))
    except ValueError:
        return False
    return hmac.compare_digest(made, digest)
