"""The query language: what is read, and how mistakes are explained."""

from __future__ import annotations

from contextlib import suppress
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aggregator.search import (
    Bound,
    Either,
    Every,
    Filter,
    Lacking,
    QueryError,
    Without,
    Words,
    check_names,
    of_topic,
    parse,
)  # fmt: skip
from aggregator.search.tree import is_text
from aggregator.topics import Topic

NOW = datetime(2026, 11, 25, 9, 30, tzinfo=UTC)


def w(*tokens: str, prefix: bool = False, title: bool = False) -> Words:
    """Words, for short."""
    return Words(tokens, prefix, title)


@pytest.mark.parametrize(
    ("text", "tree"),
    [
        ("Tehran", w("tehran")),
        ('"North Korea"', w("north", "korea")),
        ('"north kor*"', w("north", "kor", prefix=True)),
        ('"north kor"*', w("north", "kor", prefix=True)),
        ("talk*", w("talk", prefix=True)),
        ("伊朗", w("伊", "朗")),
        ("이란", w("이란")),
        ("이란*", w("이란")),
        ("국회의장", w("국회", "회의", "의장")),
        ("쌀", w("쌀", prefix=True)),
        ('"이란 의회"', w("이란", "란", "의회")),
        ('"쌀 값"', w("쌀", "값", prefix=True)),
        ("LG전자", w("lg", "전자")),
        ("34도", w("34", "도", prefix=True)),
        ("title:북한의", w("북한", "한의", title=True)),
        ("“new bread”", w("new", "bread")),
        ("a b", Every((w("a"), w("b")))),
        ("a AND b", Every((w("a"), w("b")))),
        ("x a OR b", Every((w("x"), Either((w("a"), w("b")))))),
        ("-a", Without(w("a"))),
        ("--a", w("a")),
        ("-(a b)", Without(Every((w("a"), w("b"))))),
        ("title:talks", w("talks", title=True)),
        ('title:(a OR "b c") d', Every((Either((w("a", title=True), w("b", "c", title=True))), w("d")))),
        ("source:ifp", Filter("source", "ifp")),
        ("group:iran,korea", Either((Filter("group", "iran"), Filter("group", "korea")))),
        ("-lang:zh-Hans", Without(Filter("lang", "zh-Hans"))),
        ("since:2018-08-07", Bound("since", datetime(2018, 8, 7, tzinfo=UTC))),
        ("until:2018-08-07", Bound("until", datetime(2018, 8, 8, tzinfo=UTC))),
        ("until:2018-12", Bound("until", datetime(2019, 1, 1, tzinfo=UTC))),
        ("until:2018", Bound("until", datetime(2019, 1, 1, tzinfo=UTC))),
        ("since:2018-08-07T10:30:00Z", Bound("since", datetime(2018, 8, 7, 10, 30, tzinfo=UTC))),
        ("since:30d", Bound("since", datetime(2026, 10, 26, 9, 30, tzinfo=UTC))),
        ("since:yesterday", Bound("since", datetime(2026, 11, 24, tzinfo=UTC))),
        ("12:30 AT&T", Every((w("12", "30"), w("at", "t")))),
        ("Tehran: talks", Every((w("tehran"), w("talks")))),
        ("x - y", Every((w("x"), w("y")))),
        ("", None),
        ("   ", None),
    ],
)
def test_what_is_read(text: str, tree: object) -> None:
    """Words, phrases, beginnings, exclusions, alternatives, headlines, filters and times."""
    assert parse(text, NOW) == tree


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('"abc', "quotation mark at character 1 is never closed"),
        ("x (a", r"\( at character 3 is never closed"),
        ("a) b", r"\) at character 2 closes nothing"),
        ("titel:x", "did you mean title:"),
        ("OR a", "nothing before it"),
        ("a OR", "nothing after it"),
        ("???", "nothing to look for"),
        ("since:soon", "write since:2018-08-07"),
        ("since:2018-13-01", "cannot read"),
        ("lang:!!", "is no language"),
        ("group:,", "needs a value, such as group:korea"),
        ("(" * 13 + "a" + ")" * 13, "more simply"),
        ("a " * 65, "more than 64 words"),
    ],
)
def test_mistakes_are_explained(text: str, said: str) -> None:
    """Each says where it is, and what would do."""
    with pytest.raises(QueryError, match=said):
        parse(text, NOW)


def test_names_are_checked() -> None:
    """A name that is not there is told with the nearest one."""
    with pytest.raises(QueryError, match="no group called 'corea'; did you mean korea"):
        check_names(parse("a OR -group:corea", NOW), {"group": ["iran", "korea"]})
    check_names(parse("group:korea source:any", NOW), {"group": ["iran", "korea"]})


PIECES = [*"a \"“”-:()|*\\'&!伊\0\ud800,", "OR ", "title:", "since:", "lang:", "이란", "2018"]


@given(st.lists(st.sampled_from(PIECES), max_size=30))
def test_any_text_is_a_query_or_explained(pieces: list[str]) -> None:
    """No text ends in anything but a tree, nothing, or a sentence."""
    with suppress(QueryError):
        parse("".join(pieces), NOW)


def test_topics_become_queries() -> None:
    """Lists of ``all`` and ``any`` are alternatives, ``none`` is lacked by the same article."""
    topic = Topic("t", "T", all=(("iran*", "伊朗"), ("talks",)), none=("oil",), groups=frozenset({"world"}))
    query = of_topic(topic)
    words = Every((Either((w("iran", prefix=True), w("伊", "朗"))), w("talks"), Lacking(w("oil"))))
    assert query == Every((words, Filter("group", "world")))
    assert is_text(words)
    assert of_topic(Topic("t", "T", any=("a",), fields=("title",))) == w("a", title=True)
    assert of_topic(Topic("t", "T", none=("a",))) is None
