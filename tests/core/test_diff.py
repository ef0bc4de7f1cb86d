"""What a copy changed against the canonical text."""

import time

from hypothesis import given, settings
from hypothesis import strategies as st

from aggregator.publish.diff import Change, Piece, changes, summarise

PARAGRAPHS = [
    "The speaker received the guest in the parliament building on Wednesday.",
    "Both sides spoke about trade, sanctions and the railway.",
    "The guest leaves for home on Friday, his embassy said.",
]
TEXT = "\n\n".join(PARAGRAPHS)


def kinds(found: tuple[Change, ...]) -> list[str]:
    """The kinds of the paragraphs, in order."""
    return [change.kind for change in found]


def test_equal_texts_show_no_change() -> None:
    """A full copy is the same in every paragraph."""
    found = changes(TEXT, TEXT)
    assert kinds(found) == ["same"] * 3
    assert summarise(found).share == 1.0


def test_a_cut_copy_drops_its_end() -> None:
    """Paragraphs that the copy left out are named as dropped, and the share falls."""
    found = changes(TEXT, "\n\n".join(PARAGRAPHS[:2]))
    assert kinds(found) == ["same", "same", "dropped"]
    assert 0.5 < summarise(found).share < 0.8


def test_one_word_changed_is_shown_as_that_word() -> None:
    """A reworded paragraph is told word by word."""
    found = changes(TEXT, TEXT.replace("Friday", "Saturday"))
    assert kinds(found) == ["same", "same", "reworded"]
    assert Piece("dropped", "Friday") in found[2].pieces
    assert Piece("added", "Saturday") in found[2].pieces


def test_added_boilerplate_is_added() -> None:
    """A foreign paragraph is no rewording of the paragraph beside it."""
    found = changes(TEXT, TEXT + "\n\nOur editors wrote a book about railways")
    assert kinds(found) == ["same", "same", "same", "added"]


def test_a_moved_paragraph_is_shown_once() -> None:
    """A paragraph at another place counts as kept."""
    found = changes(TEXT, "\n\n".join([PARAGRAPHS[2], PARAGRAPHS[0], PARAGRAPHS[1]]))
    assert sorted(kinds(found)) == ["moved", "same", "same"]
    assert summarise(found).share == 1.0


def test_chinese_is_compared_by_character() -> None:
    """A script without spaces shows the changed characters, not the whole line."""
    found = changes("议长星期三在德黑兰会见外相。", "议长星期四在德黑兰会见外相。")
    assert Piece("dropped", "三") in found[0].pieces
    assert Piece("added", "四") in found[0].pieces


@settings(max_examples=60, deadline=None)
@given(
    st.lists(st.text("ab c伊朗.", min_size=1, max_size=20), max_size=6),
    st.lists(st.text("ab c伊朗.", min_size=1, max_size=20), max_size=6),
)
def test_pieces_spell_both_texts(old: list[str], new: list[str]) -> None:
    """Same and added words make the copy; same and dropped ones make the canonical text."""
    a, b = "\n\n".join(old), "\n\n".join(new)
    found = changes(a, b)

    def letters(text: str) -> list[str]:
        return sorted("".join(text.split()))

    def spelt(*wanted: str) -> str:
        return "".join(piece.text for change in found for piece in change.pieces if piece.kind in wanted)

    assert letters(spelt("same", "added")) == letters(b)
    assert letters(spelt("same", "dropped")) == letters(a)


def test_spelling_and_typography_are_no_change() -> None:
    """Arabic and Persian letters, case and quotation marks: what an editing system changes by itself."""
    found = changes("رئیس مجلس گفت “امضا” کافی نیست.", 'رئيس مجلس گفت "امضا" كافي نيست.')
    assert kinds(found) == ["same"]
    found = changes("The “Speaker” said so – twice.", 'The "speaker" said so - thrice.')
    assert [piece.text for piece in found[0].pieces if piece.kind != "same"] == ["twice", "thrice"]


def test_page_furniture_is_told_apart_and_does_not_count() -> None:
    """A line like "Leave a reply" is marked; the copy is still word for word."""
    found = changes(TEXT, TEXT + "\n\nLeave a reply")
    assert [change.glue for change in found] == [False, False, False, True]
    assert (summarise(found).added, summarise(found).share) == (0, 1.0)


def test_accents_stay_within_their_word() -> None:
    """A vowel sign belongs to its word: Hindi is compared by words."""
    found = changes("हिन्दी समाचार आज", "हिन्दी पत्रिका आज")
    assert [piece.text for piece in found[0].pieces if piece.kind != "same"] == ["समाचार", "पत्रिका"]


def test_hostile_texts_stay_cheap() -> None:
    """Long texts without paragraphs, and thousands of paragraphs, are compared in a bounded time."""
    start = time.perf_counter()
    for step in (1, 2):
        noise = [" ".join("ab"[(i * step + j * i) % 7 % 2] for j in range(240)) for i in range(1, 51)]
        changes("\n\n".join(noise), "\n\n".join(reversed(noise)))
    changes("a b " * 20_000, "b a " * 20_000)
    changes("\n\n".join(f"x {i} y" for i in range(3_000)), "\n\n".join(f"x {i} z" for i in range(3_000)))
    assert time.perf_counter() - start < 5
