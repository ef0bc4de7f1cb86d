"""Terms match whole tokens in every script, and topics combine them."""

from __future__ import annotations

from time import process_time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aggregator import topics
from aggregator.topics import Topic, Topics, parse_term, resolve, tokenise


def found(term: str, text: str) -> bool:
    """Whether one term occurs in a text."""
    return bool(Topics([Topic("t", "T", any=(term,))]).match(text))


@pytest.mark.parametrize(
    ("term", "text"),
    [
        ("iran", "Talks in IRAN, again"),
        ("iran", "Iran's speaker"),
        ("iran*", "An Iranian delegation"),
        ("north korea*", "The North  Korean\nminister"),
        ("north korea*", "a North-Korean visit"),
        ("people's republic", "The People’s Republic"),
        ("téhéran", "Reunion a Teheran"),
        ("ایران", "مجلس ايران"),  # Arabic yeh for Persian yeh
        ("کره شمالی", "وزير كره‌شمالی آمد"),  # Arabic kaf, ZWNJ for the space
        ("إيران", "زيارة الى ايران"),  # without the hamza
        ("북한*", "북한의 외무상"),
        ("이란", "이란 의회"),
        ("伊朗", "朝鲜与伊朗举行会谈"),
        ("イラン", "訪問先のイランで"),
        ("иран*", "В иранской столице"),
        ("ไทย", "ประเทศไทย"),
        ("１２", "12 ministers"),
    ],
)
def test_found(term: str, text: str) -> None:
    """Case, accents, letter forms, joiners and endings that the term leaves open make no difference."""
    assert found(term, text)


@pytest.mark.parametrize(
    ("term", "text"),
    [
        ("iran", "Tirana's mayor"),
        ("iran", "Iranian"),
        ("iran*", "Tirana, Miranda"),
        ("north korea", "North of Korea"),
        ("north korea", "North Korean"),
        ("north korea", "North. And South Korea"),
        ("伊朗", "伊拉克与朗姆酒"),
        ("이란", "행복이란 무엇인가"),
        ("ایران", "ویرانی"),
        ("a b", "a"),
    ],
)
def test_not_found(term: str, text: str) -> None:
    """Parts of other words, and words that are apart, are not the term."""
    assert not found(term, text)


def test_all_any_none() -> None:
    """Each list of `all` must give a term, one of `any` is enough, and `none` excludes; fields add up."""
    topics = Topics(
        [
            Topic(
                "visit",
                "Visit",
                all=(("iran*", "tehran"), ("dprk",)),
                any=("minister", "speaker"),
                none=("football",),
            )
        ]
    )
    assert topics.match("Iran's speaker", "A guest from the DPRK") == ("visit",)
    assert topics.match("Iran's speaker", "A guest") == ()
    assert topics.match("Iran and the DPRK", "A guest") == ()
    assert topics.match("Iran and the DPRK", "The minister saw football") == ()


def test_fields() -> None:
    """Terms count only in the fields of the topic."""
    topics = Topics(
        [Topic("t", "T", any=("iran",), fields=("title", "lead")), Topic("u", "U", any=("iran",))]
    )
    assert topics.match("x", "y", "iran") == ("u",)
    assert topics.match("x", "iran", "y") == ("t", "u")


def test_phrases_do_not_cross_fields() -> None:
    """The end of the title and the beginning of the lead are no phrase."""
    assert not Topics([Topic("t", "T", any=("north korea",))]).match("North", "Korea")


def test_groups_and_sources() -> None:
    """A topic may be bound to groups and sources, also without terms."""
    topics = Topics(
        [
            Topic("g", "G", groups=frozenset({"korea"})),
            Topic("s", "S", any=("iran",), sources=frozenset({"irna", "ifp"})),
        ]
    )
    assert topics.match("iran", groups=["korea", "world"], sources=["nk"]) == ("g",)
    assert topics.match("iran", groups=["iran"], sources=["ifp"]) == ("s",)
    assert topics.match("iran") == ()


def test_references() -> None:
    """`$name` stands for that list, also within lists; circles and unknown names are errors."""
    terms = {"a": ["x", "$b"], "b": ["y", "x"], "c": ["$d"], "d": ["$c"]}
    assert resolve(["$a", "z"], terms) == ("x", "y", "z")
    with pytest.raises(KeyError, match="e"):
        resolve(["$e"], terms)
    with pytest.raises(ValueError, match=r"\$c → \$d → \$c"):
        resolve(["$c"], terms)


@pytest.mark.parametrize("text", ["", "*", "—", "a*b", "* a"])
def test_no_term(text: str) -> None:
    """What could never be found is refused when the configuration is read."""
    with pytest.raises(ValueError, match="is no term"):
        parse_term(text)


words = st.text(st.sampled_from("abcdeéשаیا한글漢字かアก"), min_size=1, max_size=5)


@given(st.lists(words, min_size=1, max_size=8), st.data())
@settings(max_examples=100, deadline=None)
def test_every_run_of_words_is_found(line: list[str], data: st.DataObject) -> None:
    """Any words in a row of a text are a phrase in it, and any beginning of its last one as a prefix."""
    start = data.draw(st.integers(0, len(line) - 1))
    stop = data.draw(st.integers(start + 1, len(line)))
    text = " ".join(line)
    phrase = " ".join(line[start:stop])
    if not tokenise(phrase):
        return
    assert found(phrase, text)
    assert found(phrase + "*", text)


@given(st.text(max_size=60), st.lists(words, min_size=1, max_size=3))
@settings(max_examples=100, deadline=None)
def test_agrees_with_a_plain_search(text: str, term: list[str]) -> None:
    """The index finds what comparing the term at every position finds, whatever the text."""
    wanted, tokens = tokenise(" ".join(term)), tokenise(text + " " + " ".join(term[1:]))
    if not wanted:
        return
    plain = any(tokens[i : i + len(wanted)] == wanted for i in range(len(tokens)))
    assert found(" ".join(term), text + " " + " ".join(term[1:])) == plain


def test_cost_does_not_grow_with_topics() -> None:
    """A text is walked once: five hundred topics cost far less than five hundred times one."""
    text = "The speaker of the parliament received the minister and spoke of trade and of peace. " * 30

    def cost(count: int) -> float:
        topics = Topics(
            Topic(f"t{i}", "T", all=((f"word{i}*", f"north land{i}*"), (f"peace{i}", f"other{i} thing")))
            for i in range(count)
        )
        started = process_time()
        for _ in range(20):
            topics.match("A title", "A lead", text)
        return process_time() - started

    cost(1)
    assert cost(500) < 50 * max(cost(1), 0.002)


def test_names_and_titles() -> None:
    """Topics keep the configuration's order; equal topics are equal, for the hot reload to notice changes."""
    one, two = Topic("a", "A", any=("x",)), Topic("b", "B", any=("y",))
    topics = Topics([two, one])
    assert topics.names == ("b", "a")
    assert topics.titles == {"b": "B", "a": "A"}
    assert len(topics) == 2
    assert "a" in topics
    assert topics["a"] == one
    assert topics == Topics([two, one])
    assert topics != Topics([one])
    assert not Topics().match("anything")


@given(st.text(st.sampled_from("abÉé ß'’-—1٣.伊한ไİ\u200c\u0640\u0301\0\nکي"), max_size=40))
def test_the_quick_way_to_tokens_is_the_thorough_one(text):
    """Most texts are tokenised character by character from a table; the tokens are the same."""
    assert tokenise(text) == topics._tokenise(text)
    assert topics.words_of(text).split() == tokenise(text)
