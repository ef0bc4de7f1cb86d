"""What is kept of a secret that a client holds: its hash.

Such secrets are 256 bits of chance, so SHA-256 without salt is enough for them, and a look-up by the hash
tells nothing by its time. Passwords are not here: the configuration has their hashes.
"""

from __future__ import annotations

from hashlib import sha256


def digest(secret: str) -> bytes:
    """32 bytes that tell the secret, and from which nobody finds it."""
    return sha256(secret.encode("utf-8", "surrogateescape")).digest()
