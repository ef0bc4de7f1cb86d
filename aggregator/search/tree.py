"""What a query means, as a tree.

Words that stand together are sought in one article; a story is found by any of its articles. What is
excluded (`Without`) must stand in none of its articles. Filters and bounds are of the story.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

Of = Literal["source", "group", "topic", "lang"]


@dataclass(frozen=True, slots=True)
class Words:
    """Tokens in sequence; with ``prefix`` the last is only the beginning of one. ``title``: only there."""

    tokens: tuple[str, ...]
    prefix: bool = False
    title: bool = False


@dataclass(frozen=True, slots=True)
class Filter:
    """Of a source, group or topic, by id, or with an article in a language (BCP 47, ``zh`` for all of it)."""

    of: Of
    value: str


@dataclass(frozen=True, slots=True)
class Bound:
    """Published at or after (``since``), or before (``until``)."""

    side: Literal["since", "until"]
    at: datetime


@dataclass(frozen=True, slots=True)
class Every:
    """All of them."""

    parts: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Either:
    """At least one of them."""

    parts: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Without:
    """Stories of which it is not true."""

    part: Node


@dataclass(frozen=True, slots=True)
class Lacking:
    """Within an `Every` of words: the same article does not say it. Topics mean it so with ``none``."""

    part: Node


Node = Words | Filter | Bound | Every | Either | Without | Lacking


def is_text(node: Node) -> bool:
    """Whether one look into the full-text index answers it: words only, and something to be found."""
    match node:
        case Words():
            return True
        case Either(parts):
            return all(map(is_text, parts))
        case Every(parts):
            found = [part for part in parts if not isinstance(part, Lacking)]
            left_out = [part.part for part in parts if isinstance(part, Lacking)]
            return bool(found) and all(map(is_text, (*found, *left_out)))
    return False


def together(parts: list[Node]) -> Node:
    """`Every`, without a frame around one."""
    return parts[0] if len(parts) == 1 else Every(tuple(parts))


def either(parts: list[Node]) -> Node:
    """`Either`, likewise."""
    return parts[0] if len(parts) == 1 else Either(tuple(parts))
