"""A person's rules about entries: which to take, to leave, to mark as read; titles to clean. Pure."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from functools import lru_cache

from aggregator.model import Entry, Rule, Source

_TAG = re.compile(r"<[^>]*>")


def keeps(entry: Entry, source: Source) -> bool:
    """Whether an entry is taken: matched by an include rule, if there are any, and by no exclude rule."""
    includes = [rule for rule in source.rules if rule.action == "include"]
    if includes and not any(matches(rule, entry) for rule in includes):
        return False
    return not any(rule.action == "exclude" and matches(rule, entry) for rule in source.rules)


def mark_read(entry: Entry, source: Source) -> bool:
    """Whether a rule wants the entry to start as read."""
    return any(rule.action == "mark_read" and matches(rule, entry) for rule in source.rules)


def matches(rule: Rule, entry: Entry) -> bool:
    """Whether the rule's pattern is found in the field that it names (markup is not searched)."""
    pattern = _compiled(rule.pattern, rule.case_sensitive)
    return pattern is not None and any(pattern.search(text) for text in _field(entry, rule.field))


def cleaned_title(title: str, source: Source) -> str:
    """The title without what the source's patterns match; unchanged if nothing would be left."""
    cleaned = title
    for expression in source.title_clean:
        pattern = _compiled(expression, True)
        if pattern is not None:
            cleaned = pattern.sub("", cleaned)
    return " ".join(cleaned.split()) or title


def _field(entry: Entry, name: str) -> Iterator[str]:
    if name in ("title", "any"):
        yield entry.title
    if name in ("summary", "any"):
        yield _text(entry.summary)
    if name in ("content", "any"):
        yield _text(entry.content or entry.summary)
    if name in ("author", "any"):
        yield from entry.authors
    if name in ("category", "any"):
        yield from entry.categories
    if name in ("url", "any") and entry.url:
        yield entry.url


def _text(markup: str) -> str:
    return html.unescape(_TAG.sub(" ", markup))


@lru_cache(maxsize=1_000)
def _compiled(pattern: str, case_sensitive: bool) -> re.Pattern[str] | None:
    """None for a pattern that is none: the configuration refuses those, with the line that they stand on."""
    try:
        return re.compile(pattern, 0 if case_sensitive else re.IGNORECASE)
    except (re.error, RecursionError, OverflowError):
        return None
