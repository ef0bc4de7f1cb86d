"""Step 4, the exact part: one address with a compatible text, or one text. Neither knows a horizon."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Final, NamedTuple

from aggregator.dedup.board import one_article
from aggregator.dedup.signals import View
from aggregator.model import Held, Tie

MOST: Final = (
    1_000  # articles of an address that others are looked at beside, the first: a front page has no end
)


class Text(NamedTuple):
    """An article and the SHA-256 of its text."""

    sha256: bytes
    number: int


def texts_of(articles: Iterable[Held]) -> Iterator[Text]:
    """Those that have a text which may stand for itself."""
    for held in articles:
        if held.fingerprint.text_sha256:
            yield Text(held.fingerprint.text_sha256, held.id)


def by_text(texts: Iterable[Text]) -> Iterator[Tie]:
    """Each to the first with its text. All articles with one of the texts must be among them; any order."""
    first: dict[bytes, int] = {}
    for text, number in sorted(texts):
        if first.setdefault(text, number) != number:
            yield Tie(number, first[text], 1.0, "same-text")


def by_address(articles: Sequence[Held]) -> Iterator[Tie]:
    """Each to the first with a compatible text. ``articles``: all that have one address, in any order."""
    if len(articles) < 2:
        return
    before: list[tuple[Held, View]] = []
    for held in sorted(articles, key=lambda held: held.id):
        view = View(held.fingerprint.evidence)
        other = next((other for other, them in before if one_article(view, them)), None)
        if other is not None:
            same = held.fingerprint.text_sha256 == other.fingerprint.text_sha256
            revised = held.source == other.source and not same
            yield Tie(held.id, other.id, 1.0, "same-url-version" if revised else "same-url")
        if len(before) < MOST:
            before.append((held, view))


def preferred(by_addresses: Iterable[Tie], by_texts: Iterable[Tie]) -> Iterator[Tie]:
    """One exact tie an article (``a``): by its address, else by its text."""
    found = {tie.a: tie for tie in by_texts}
    found.update((tie.a, tie) for tie in by_addresses)
    yield from (found[article] for article in sorted(found))
