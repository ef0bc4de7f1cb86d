"""What the full-text index is given of an article: tokens of title and text, parted by spaces. Pure."""

from __future__ import annotations

from aggregator.topics import tokenise

MOST = 20_000  # tokens of a text; what follows is not found
LONGEST = 64  # characters of a token


def indexed(text: str) -> str:
    """The tokens of a title or a text, as the index is given them."""
    return " ".join(bounded(tokenise(text)))


def indexed_early(title: str, text: str) -> tuple[str, str] | None:
    """Both, where every database takes the two as they are; None where not: then the store makes them."""
    for each in (title, text):
        if "\0" in each:
            return None
        try:
            each.encode()
        except UnicodeEncodeError:
            return None
    return indexed(title), indexed(text)


def bounded(found: list[str]) -> list[str]:
    """At most `MOST` tokens, of at most `LONGEST` characters."""
    found = found[:MOST]
    if max(map(len, found), default=0) <= LONGEST:
        return found
    return [token[:LONGEST] for token in found]
