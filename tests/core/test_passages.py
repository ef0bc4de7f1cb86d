"""The passages behind the marks: what a copy adds, and what it says differently, found in the two texts."""

from __future__ import annotations

import pytest

from aggregator.dedup.fingerprint import analyse, unpack
from aggregator.dedup.marks import marks
from aggregator.dedup.passages import passages
from aggregator.dedup.signals import View

WIRE = (
    "KESTREL BAY (Lantern) - The harbour council agreed on Monday to build a second lock for 40 million "
    "crowns, after two winters in which the old gates froze shut.\n\n"
    "The mayor, Odile Marsh, said that work would begin in April and that no ferry would be cancelled.\n\n"
    "Ship owners had asked for the lock since the flood of 2019, when eleven boats were lost at the pier."
)
ADDED = (
    "Reporters of this paper counted nineteen boats that lay outside the bar on Sunday night, their crews "
    "asleep below while the wind turned north, and a pilot who has worked here for thirty years called the "
    "plan a fair promise that he would believe once the first stone was laid."
)


def marked(copy: str, canonical: str = WIRE, **more: object) -> list[tuple[str, str, str]]:
    """Kind, passage and what stands there instead."""
    found = passages("The second lock", canonical, "A second lock", copy, **more)  # type: ignore[arg-type]
    for each in found:
        assert copy[each.start : each.end] == each.text
        assert canonical[each.instead_start : each.instead_end] == each.instead
    return [(each.kind, each.text, each.instead) for each in found]


def test_an_added_paragraph_is_the_passage():
    """A paragraph of its own is marked whole, wherever it stands."""
    paragraphs = WIRE.split("\n\n")
    assert marked("\n\n".join([paragraphs[0], ADDED, *paragraphs[1:]])) == [("adds", ADDED, "")]
    assert marked("\n\n".join([*paragraphs, ADDED])) == [("adds", ADDED, "")]


def test_few_added_words_are_none():
    """Below ``additions`` nothing is added; the limit is the caller's."""
    copy = WIRE + "\n\nMore of this will follow in the morning edition."
    assert marked(copy) == []
    assert [kind for kind, *_ in marked(copy, additions=5)] == ["adds"]


def test_boilerplate_adds_nothing():
    """Paragraphs that are left out count as neither added nor changed."""
    copy = f"{WIRE}\n\n{ADDED}"
    assert marked(copy, copy_left_out=(3,)) == []


@pytest.mark.parametrize(
    ("said", "instead"),
    [
        ("40 million", "60 million"),
        ("Odile Marsh", "Edwin Marsh"),
        ("no ferry would", "every ferry would"),
        ("eleven boats", "12 boats"),
    ],
)
def test_a_changed_fact_is_shown_with_what_stood_there(said: str, instead: str):
    """A number, a name and a negation that changed, in both texts."""
    copy = WIRE.replace(said, instead)
    found = marked(copy)
    assert [kind for kind, *_ in found] == ["differs"]
    _, text, there = found[0]
    assert instead.split()[0] in text
    assert said.split()[0] in there


def test_a_fact_that_was_left_out_has_a_place():
    """Where the copy says nothing instead, the passage is empty and stands between two words."""
    copy = WIRE.replace("no ferry would be cancelled", "ferry would be cancelled")
    ((kind, text, instead),) = marked(copy)
    assert (kind, text, instead) == ("differs", "", "no")


def test_scripts_without_blanks():
    """Han is marked character by character, Persian and Russian by word."""
    han = (
        "海港委员会周一决定用四千万克朗修建第二座船闸,因为旧闸门连续两个冬天被冰封住,"
        "渔船无法出海。市长说工程将在四月开始。"
    )
    assert marked(han + "记者" * 30, canonical=han)[0][0] == "adds"
    russian = WIRE.replace("Odile Marsh", "Одиль Марш")
    assert ("differs", "Одиль Марш,", "Odile Marsh,") in marked(russian)


@pytest.mark.parametrize(
    "copy",
    [
        WIRE,
        f"{WIRE}\n\n{ADDED}",
        f"{ADDED}\n\n{WIRE}",
        WIRE.replace("40", "60"),
        WIRE.replace("no ferry", "a ferry") + "\n\n" + ADDED,
        WIRE.split("\n\n", maxsplit=1)[0],
        "",
    ],
)
def test_a_mark_has_a_passage_and_a_passage_a_mark(copy: str):
    """What is marked when an article is placed is what is shown, kind by kind."""
    a, b = (View(unpack(analyse("T", text.split("\n\n")).fingerprint.evidence)) for text in (WIRE, copy))
    assert {kind for kind, *_ in marked(copy)} == set(marks(a, b, 40))
