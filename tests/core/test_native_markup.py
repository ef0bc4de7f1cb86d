"""What the compiled kernel reads of plain HTML is what libxml2 and ammonia make of it."""

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from aggregator.native import kernel
from aggregator.sources.sanitize import by_ammonia, clean_html
from aggregator.text.paragraphs import by_lxml, html_to_paragraphs

pytestmark = pytest.mark.skipif(kernel is None, reason="the kernel was not compiled")

_NAMES = """
    p a br strong em b i li ul span img div h2 h3 blockquote ol h4 h1 h5 h6 figure figcaption hr code cite q u
    s small sub sup abbr mark time del ins kbd section article aside header footer main
"""
NAMES = _NAMES.split()
_PIECES = "ice|—|漢字|é|\u2003|&amp;|&lt;b&gt;|&nbsp;|.|a b| |  |\n|\n\n|\t| \n "
_ODD = "&|<|>|&copy;|&#8211;|&ampx|</p>|<p|<P>|<br/>|</br>|<!-- x -->|<script>x</script>|<td>|<p >|<nav>"
PIECES = st.sampled_from(_PIECES.split("|"))
ODD = st.sampled_from([*_ODD.split("|"), *'\r\0\x0b\x85\u00a0\ud800\uffff"', "<pre>\n", "<a href=x>"])
_ATTRIBUTES = '||| href="https://example.org/a?b=1&amp;c=2"| class="x" dir="rtl"| alt=""'
ATTRIBUTES = st.sampled_from(_ATTRIBUTES.split("|"))


def element(inner):
    """An element around what is drawn from ``inner``."""
    return st.builds(
        lambda name, attributes, parts: (
            f"<{name}{attributes}>" + ("" if name in ("br", "hr", "img") else f"{''.join(parts)}</{name}>")
        ),
        st.sampled_from(NAMES),
        ATTRIBUTES,
        st.lists(inner, max_size=4),
    )


NESTED = st.recursive(PIECES, element, max_leaves=12)
DOCUMENTS = st.lists(NESTED, max_size=5).map("".join)
HOSTILE = st.lists(NESTED | ODD, max_size=6).map("".join)


@given(DOCUMENTS | HOSTILE)
@example("<p>one</p>\n<p>two<br>three</p>")
@example("<p>one<br>two<br><br>three</p>")
@example("a<br>b")
@settings(max_examples=500, deadline=None)
def test_paragraphs(html):
    """Paragraphs of any HTML are those that lxml gives."""
    assert html_to_paragraphs(html) == by_lxml(html)


@given(DOCUMENTS | HOSTILE)
@settings(max_examples=500, deadline=None)
def test_what_is_clean(html):
    """Any HTML is cleaned as ammonia cleans it."""
    assert clean_html(html, None, 10_000) == by_ammonia(html, None)


@pytest.mark.parametrize("name", NAMES)
def test_every_pair_of_elements(name):
    """Elements within each other, three deep, are read as the parsers read them, or left to them."""
    for inner in NAMES:
        for third in ("p", "b", "a", "li", "div"):
            for html in (
                f"<{name}>a<{inner}>b<{third}>c</{third}>d</{inner}>e</{name}>f",
                f"<{name}>a</{name}> <{inner}>b <{third}> c</{inner}>",
            ):
                assert html_to_paragraphs(html) == by_lxml(html)
                assert clean_html(html, None, 10_000) == by_ammonia(html, None)


def test_ordinary_texts_are_taken():
    """What most feeds serve is read by the kernel itself."""
    served = '<p>The lake <b>froze</b>.</p>\n<p>Read <a href="https://example.org/">more</a><br>of it.</p>'
    served += "<ul><li>A</li></ul>"
    assert kernel.paragraphs(served) == ["The lake froze.", "Read more of it.", "A"]
    assert kernel.is_clean("<p>Tea &amp; cakes, <em>for <b>two</b></em>.</p><ul><li>Now</li></ul>")


def test_depth_is_bounded():
    """Elements thousands deep are left to the parsers, and no stack is too small for them."""
    html = "<div>" * 100_000 + "a" + "</div>" * 100_000
    assert kernel.paragraphs(html) is None
    assert not kernel.is_clean(html)
    with pytest.raises(TypeError):
        kernel.paragraphs(b"<p>")
    with pytest.raises(TypeError):
        kernel.is_clean(None)
