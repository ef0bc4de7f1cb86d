"""Normal form, tokens, and paragraphs of HTML and plain text."""

import time
import unicodedata

import numpy as np
from hypothesis import example, given, settings
from hypothesis import strategies as st

from aggregator.text import (
    dateline,
    html_to_paragraphs,
    is_glue,
    normalise,
    plain_to_paragraphs,
    tables,
    tokenise,
    tokens,
)
from aggregator.text.negation import negations

ANY = st.text(st.characters(), max_size=60)
# Characters that compose, expand, vanish or group, thick.
TRICKY = st.text(
    st.sampled_from(
        "aIıİßﬁ9٣۴.,'’ \u00a0\u200c\u200dـ"
        "\u0301\u0307\u0654أىیکةㅎ\u1112\u1161\u11abかｶ\u3099ﾞนำ\u0e49漢™№½…\n\ud800"
    ),
    max_size=40,
)


@given(ANY | TRICKY)
@example("İ\u0307")
@example("\u1112\u0301\u1161")
@settings(max_examples=60, deadline=None)
def test_normalise_is_idempotent(text):
    """A normal form is its own normal form, for any string."""
    once = normalise(text)
    assert normalise(once) == once


@given(ANY | TRICKY)
@example("\u304b\u0640\u3099")
@example("0\u3280")
@settings(max_examples=60, deadline=None)
def test_normal_form_has_the_same_tokens(text):
    """The tokens of a text are those of its normal form."""
    assert tokenise(normalise(text)).hashes.tolist() == tokenise(text).hashes.tolist()


@given(ANY | TRICKY)
@settings(max_examples=60, deadline=None)
def test_canonically_equal_texts_have_the_same_tokens(text):
    """NFC and NFD of a text have the same tokens (Unicode, chapter 3, canonical equivalence)."""
    composed, decomposed = unicodedata.normalize("NFC", text), unicodedata.normalize("NFD", text)
    assert tokenise(composed).hashes.tolist() == tokenise(decomposed).hashes.tolist()


@given(st.lists((ANY | TRICKY).map(lambda s: s.replace("\n", " ")), min_size=1, max_size=6))
@settings(max_examples=60, deadline=None)
def test_lines_do_not_touch_each_other(lines):
    """A line has the same tokens alone as among others."""
    together = tokenise("\n".join(lines))
    assert len(together.bounds) == len(lines) + 1
    for i, line in enumerate(lines):
        alone = tokenise(line)
        span = slice(together.bounds[i], together.bounds[i + 1])
        assert together.hashes[span].tolist() == alone.hashes.tolist()
        assert together.flags[span].tolist() == alone.flags.tolist()


@given(ANY)
@settings(max_examples=50, deadline=None)
def test_anything_is_accepted(text):
    """No string makes the text functions raise."""
    for paragraph in html_to_paragraphs(text) + plain_to_paragraphs(text):
        assert paragraph.strip() == paragraph != ""
        is_glue(paragraph)
        dateline(paragraph)


def test_hash_does_not_depend_on_place():
    """A word has one hash wherever it stands, also far beyond the powers held ready."""
    far = tokenise("word " + "x " * 40_000 + "word")
    assert far.hashes[0] == far.hashes[-1]
    assert len(set(tokenise("ab ba aab aba baa").hashes.tolist())) == 5


def test_hashes_are_the_same_on_every_machine():
    """Stored fingerprints hold these values: a change of them is a new recipe."""
    assert tokenise("Tehran تهران 9").hashes.tolist() == [
        1277252130265717096,
        1072728502979133364,
        5125718047779420091,
    ]


def test_flags():
    """Numbers, capitals, paragraph and sentence starts, long words, negations."""
    made = tokenise("The envoy did not land. He left G20 in 2018.\nNew line")
    flags = made.flags
    assert [i for i, f in enumerate(flags) if f & tokens.NUMBER] == [7, 9]
    assert [i for i, f in enumerate(flags) if f & tokens.CAPITALISED] == [0, 5, 7, 10]
    assert [i for i, f in enumerate(flags) if f & tokens.PARAGRAPH] == [0, 10]
    assert [i for i, f in enumerate(flags) if f & tokens.SENTENCE] == [0, 5, 10]
    assert [i for i, f in enumerate(flags) if f & tokens.LONG] == [1]
    assert negations(made.hashes.astype(np.uint32)) == [3]


def test_abbreviation_ends_no_sentence():
    """A full stop after one or two letters is not the end of a sentence."""
    flags = tokenise("Mr. Ri of the U.S. office left. Then").flags
    assert [i for i, f in enumerate(flags) if f & tokens.SENTENCE] == [0, 8]


def test_tables_are_closed():
    """Folding a folded character changes nothing."""
    folded = tables.FOLD[: tables.FILLED]
    assert (tables.FOLD[folded] == folded).all()


def test_html_blocks_part_paragraphs():
    """Blocks, lists, tables and doubled breaks part paragraphs; inline elements and single breaks do not."""
    html = (
        "<h2>Title</h2><p>One <b>bold</b>\n word.<br>Still one.</p><ul><li>a<li>b</ul>"
        "<table><tr><td>x</td><td>y</td></tr><tr><td>z</td></tr></table>tail<br><br>end &amp; more"
    )
    assert html_to_paragraphs(html) == [
        "Title", "One bold word. Still one.", "a", "b", "x y", "z", "tail", "end & more",
    ]  # fmt: skip


def test_html_without_blocks_parts_at_breaks():
    """Where only single <br> part the text, they part paragraphs."""
    assert html_to_paragraphs("One.<br>Two.<br/>Three.") == ["One.", "Two.", "Three."]


def test_html_scripts_and_styles_are_no_text():
    """What readers do not see is left out, and what follows it is not."""
    hidden = "<script>if (1 < 2) x('<p>no</p>')</script><style>p{}</style><noscript>no</noscript><!-- c -->"
    html = f"<p>a</p>{hidden}<p>b</p>"
    assert html_to_paragraphs(html) == ["a", "b"]
    assert html_to_paragraphs("x<embed src=y>after") == ["xafter"]


def test_html_without_tags_is_plain_text():
    """Entities are decoded, blank lines part paragraphs."""
    assert html_to_paragraphs("a &amp; b &lt;\n\nc") == ["a & b <", "c"]


def test_hostile_html_is_read_in_time():
    """Depth, size, NULs and broken markup cost time in proportion to their length."""
    start = time.perf_counter()
    assert html_to_paragraphs("<div>" * 100_000 + "deep" + "</div>" * 100_000) == ["deep"]
    assert html_to_paragraphs("<b>" * 50_000 + "deep") == ["deep"]
    assert html_to_paragraphs("<p>a\x00b</p>") == ["ab"]
    assert len(html_to_paragraphs("<p>word</p>" * 50_000)) == 50_000
    html_to_paragraphs("<" * 200_000)
    html_to_paragraphs("<a href='" * 20_000)
    html_to_paragraphs("&" * 200_000 + "<p>")
    assert time.perf_counter() - start < 20


def test_plain_text():
    """Blank lines part; else every line; text wrapped at a width is joined, its indents part."""
    assert plain_to_paragraphs("a\r\nb\r\n\r\nc") == ["a b", "c"]
    assert plain_to_paragraphs("One is here.\nTwo is here.") == ["One is here.", "Two is here."]
    wrapped = (
        "The ministry of the interior said on Monday that it would\n"
        "open three new offices in the north of the country before\n"
        "the end of the year.\n"
        "    The offices will issue papers to people who have returned\n"
        "from abroad and have no address yet.\n"
    )
    assert [p.split()[0] for p in plain_to_paragraphs(wrapped)] == ["The", "The"]
    assert len(plain_to_paragraphs(wrapped)) == 2


def test_patterns_take_little_time_on_long_lines():
    """No line makes the dateline or glue patterns run away."""
    start = time.perf_counter()
    for text in (
        "(" * 400,
        "a " * 200 + "-",
        "- " * 200,
        "x" * 160,
        "share " * 26 + "!",
        "به گزارش " + "ا " * 90,
        "[=" * 200,
    ):
        dateline(text)
        is_glue(text)
        is_glue(text[:160])
    assert time.perf_counter() - start < 2
