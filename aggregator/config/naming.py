"""Ids for what is added by machine, made of titles."""

from __future__ import annotations

import re
import unicodedata


def free_name(title: str, used: set[str], otherwise: str = "source") -> str:
    """An id made of a title (letters, digits, hyphens) that is not in use yet; it is put into ``used``.

    ``otherwise``: what it is made of where the title has no such letters.
    """
    plain = unicodedata.normalize("NFKD", title).encode("ascii", "ignore").decode().lower()
    base = re.sub(r"[^a-z0-9]+", "-", plain).strip("-")[:40].strip("-") or otherwise
    name, number = base, 2
    while name in used:
        name, number = f"{base}-{number}", number + 1
    used.add(name)
    return name
