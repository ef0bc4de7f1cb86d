"""What a person wrote → a tree, or what is wrong with it and what would do.

words          each must stand in one article; 伊朗 is a phrase; 이란 is found in 이란의 and in 대이란
"a phrase"     in this order; word* and "a phra*" are beginnings
-word          no article of the story has it; also -"a phrase", -source:x, -(a OR b)
a OR b         one of the two; OR holds its neighbours only: x a OR b is x (a OR b)
title:word     in a headline; title:"…", title:(a OR b)
source: group: topic: lang:     by id or language; several parted by commas
since: until:  2018-08-07, 2018-08, 2018, a full time (RFC 3339), 30d, 12h, today, yesterday; days are UTC
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from difflib import get_close_matches

from aggregator.errors import UsageError
from aggregator.search.indexing import sought
from aggregator.search.tree import (
    Bound,
    Either,
    Every,
    Filter,
    Lacking,
    Node,
    Of,
    Without,
    Words,
    either,
    together,
)
from aggregator.topics import tokenise

FIELDS = ("title", "source", "group", "topic", "lang", "since", "until")
MOST = 64  # words and conditions of one query
DEEPEST = 12  # parentheses in each other

_OPENS = {'"': '"', "“": "”", "„": "“”", "«": "»"}
_TOKEN = re.compile(
    r"\s*(?:(?P<group>[()])|(?P<quote>[\"“„«])|(?P<minus>-(?=[^\s)]))"
    r"|(?P<field>[A-Za-z]+):(?=[^\s)])|(?P<word>[^\s()\"“„«]+))"
)
_DURATION = re.compile(r"(\d{1,5})([smhdw])")
_UNIT = {"s": 1, "m": 60, "h": 3600, "d": 86_400, "w": 604_800}
_LANGUAGE = re.compile(r"[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8})*", re.ASCII)


class QueryError(UsageError):
    """A query that cannot be understood; the message says where and what would do."""


@dataclass(frozen=True, slots=True)
class _Token:
    kind: str  # group, phrase, minus, field, word
    text: str
    at: int  # first character, from 1
    prefix: bool = False


def parse(text: str, now: datetime) -> Node | None:
    """The tree of a query; None of an empty one. Raises QueryError.

    ``now``: what durations count back from.
    """
    tokens = list(_tokens(text))
    if not tokens:
        return None
    reader = _Reader(tokens, now)
    found = reader.every(within=0, title=False)
    if reader.here is not None:  # only a parenthesis ends a list before its end
        raise QueryError(
            f"the ) at character {reader.here.at} closes nothing; take it out, or put it in quotes"
        )
    if found is None:
        raise QueryError(f"there is nothing to look for in {text.strip()!r}; write words, in any script")
    return found


def check_names(query: Node | None, known: Mapping[Of, Collection[str]]) -> None:
    """Raise QueryError for a source, group or topic that is not there, naming the nearest."""
    match query:
        case Every(parts) | Either(parts):
            for part in parts:
                check_names(part, known)
        case Without(part) | Lacking(part):
            check_names(part, known)
        case Filter(of, value) if of in known and value not in known[of]:
            raise QueryError(f"there is no {of} called {value!r}{_near(value, known[of])}")


def _near(name: str, known: Collection[str]) -> str:
    near = get_close_matches(name, known, n=1)
    if near:
        return f"; did you mean {near[0]}?"
    few = sorted(known)[:10]
    return f"; there are {', '.join(few)}{' and others' if len(known) > len(few) else ''}" if few else ""


def _tokens(text: str) -> Iterator[_Token]:
    at = 0
    while (match := _TOKEN.match(text, at)) is not None:
        kind = match.lastgroup or ""
        start = match.start(kind)
        at = match.end()
        if kind == "quote":
            closing = _OPENS[match[kind]]
            end = next((n for n in range(at, len(text)) if text[n] in closing), None)
            if end is None:
                raise QueryError(
                    f"the quotation mark at character {start + 1} is never closed; "
                    f"put {closing[-1]} after the phrase, or leave both out"
                )
            inside, at = text[at:end], end + 1
            prefix = inside.endswith("*") or text[at : at + 1] == "*"
            at += text[at : at + 1] == "*"
            yield _Token("phrase", inside, start + 1, prefix)
        else:
            yield _Token(kind, match[kind], start + 1)


class _Reader:
    """Reads tokens from left to right: a list of terms, each an either-or of single ones."""

    def __init__(self, tokens: list[_Token], now: datetime) -> None:
        self._tokens = tokens
        self._next = 0
        self._now = now
        self._terms = 0

    @property
    def here(self) -> _Token | None:
        return self._tokens[self._next] if self._next < len(self._tokens) else None

    def _take(self) -> _Token:
        self._next += 1
        return self._tokens[self._next - 1]

    def _is(self, *words: str) -> bool:
        return self.here is not None and self.here.kind in ("word", "group") and self.here.text in words

    def every(self, *, within: int, title: bool) -> Node | None:
        parts: list[Node] = []
        while self.here is not None and not self._is(")"):
            if self._is("AND"):
                self._take()
                continue
            part = self._either(within, title)
            if part is not None:
                parts.append(part)
        return together(parts) if parts else None

    def _either(self, within: int, title: bool) -> Node | None:
        parts = [self._one(within, title)]
        while self._is("OR", "|"):
            sign = self._take()
            if self.here is None or self._is(")", "OR", "|"):
                raise QueryError(
                    f"{sign.text} at character {sign.at} has nothing after it; "
                    'write a OR b, or "OR" in quotes to look for the word'
                )
            parts.append(self._one(within, title))
        found = [part for part in parts if part is not None]
        return either(found) if found else None

    def _one(self, within: int, title: bool) -> Node | None:
        token = self._take()
        self._terms += 1
        if self._terms > MOST:
            raise QueryError(f"this is more than {MOST} words; search for fewer")
        match token.kind:
            case "minus":
                part = self._one(within, title) if self.here is not None else None
                return None if part is None else part.part if isinstance(part, Without) else Without(part)
            case "group":
                return self._group(token, within, title)
            case "field":
                return self._field(token, within)
            case "phrase":
                return _words(token.text.rstrip("*"), prefix=token.prefix, title=title)
        if token.text in ("OR", "|"):
            raise QueryError(
                f"{token.text} at character {token.at} has nothing before it; "
                'write a OR b, or "OR" in quotes to look for the word'
            )
        return _words(token.text.rstrip("*"), prefix=token.text.endswith("*"), title=title)

    def _group(self, token: _Token, within: int, title: bool) -> Node | None:
        if token.text == ")":
            raise QueryError(
                f"the ) at character {token.at} closes nothing; take it out, or put it in quotes"
            )
        if within >= DEEPEST:
            raise QueryError(f"more than {DEEPEST} parentheses in each other; write it more simply")
        found = self.every(within=within + 1, title=title)
        if not self._is(")"):
            raise QueryError(f"the ( at character {token.at} is never closed; put ) where it ends")
        self._take()
        return found

    def _field(self, token: _Token, within: int) -> Node | None:
        name = token.text.lower()
        if name not in FIELDS:
            near = get_close_matches(name, FIELDS, n=1, cutoff=0.7)
            if near:
                raise QueryError(
                    f"nothing is searched by {token.text}: (character {token.at}); did you mean {near[0]}:? "
                    "To look for the word, put it in quotes"
                )
            return _words(token.text, prefix=False, title=False)  # "Tehran:talks" is two words
        if name == "title":
            return self._one(within, title=True)
        value = self._take()
        if value.kind not in ("word", "phrase"):
            raise QueryError(f"{name}: at character {token.at} needs a value, such as {_EXAMPLES[name]}")
        text = value.text
        while self.here is not None and value.kind == "word" and self._glued(text, value):
            text += self._glue()
        if name in ("since", "until"):
            return Bound(name, _moment(name, text, self._now))  # type: ignore[arg-type]
        values = [each.strip() for each in text.split(",") if each.strip()]
        if not values:
            raise QueryError(f"{name}: at character {token.at} needs a value, such as {_EXAMPLES[name]}")
        if name == "lang":
            for each in values:
                if not _LANGUAGE.fullmatch(each):
                    raise QueryError(f"{each!r} is no language; write a tag such as en, fa, ko or zh-Hans")
        return either([Filter(name, each) for each in values])  # type: ignore[arg-type]

    def _glued(self, text: str, first: _Token) -> bool:
        """Whether the next token continues a value without a space, as `T10:30` of a time may."""
        here = self.here
        return here is not None and here.kind in ("word", "field") and here.at == first.at + len(text)

    def _glue(self) -> str:
        token = self._take()
        return f"{token.text}:" if token.kind == "field" else token.text


_EXAMPLES = {
    "source": "source:ifp", "group": "group:korea", "topic": "topic:talks", "lang": "lang:fa",
    "since": "since:30d", "until": "until:2018-08-07",
}  # fmt: skip


def _words(text: str, *, prefix: bool, title: bool) -> Node | None:
    """The tokens of a word or phrase as the index has them; None where nothing of it is in the index."""
    words = tokenise(text.replace("*", " ").replace("\0", "").encode("utf-8", "replace").decode())
    tokens, beginning = sought(words, prefix=prefix)
    return Words(tokens, beginning, title) if tokens else None


def _moment(side: str, text: str, now: datetime) -> datetime:
    """A time; ``until`` takes the whole day, month or year that is named."""
    duration = _DURATION.fullmatch(text)
    if duration:
        return now - timedelta(seconds=int(duration[1]) * _UNIT[duration[2]])
    today = now.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    days = {"today": 0, "yesterday": 1}
    try:
        if text in days:
            start = today - timedelta(days=days[text])
            return start if side == "since" else start + timedelta(days=1)
        if found := re.fullmatch(r"(\d{4})(?:-(\d{1,2})(?:-(\d{1,2}))?)?", text, re.ASCII):
            year, month, day = (int(part) if part else None for part in found.groups())
            assert year is not None
            start = datetime(year, month or 1, day or 1, tzinfo=UTC)
            if side == "since":
                return start
            if day:
                return start + timedelta(days=1)
            return datetime(year + (month in (None, 12)), month % 12 + 1 if month else 1, 1, tzinfo=UTC)
        moment = datetime.fromisoformat(text)
        return moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)
    except (ValueError, OverflowError):
        raise QueryError(
            f"{side}: cannot read {text!r} as a time; write {side}:2018-08-07, {side}:30d or {side}:yesterday"
        ) from None
