"""Markup from strangers → markup that is safe to show, with absolute addresses, in one pass (nh3). Pure.

Nothing that runs, loads frames, styles or submits survives; links are http, https or mailto; images of one
pixel and known counters go, since they only report who reads.
"""

from __future__ import annotations

import html
import re
from collections.abc import Callable
from functools import lru_cache

import nh3

from aggregator.native import kernel
from aggregator.urls import absolute

_TAG_NAMES = """
    a abbr acronym address article aside audio b bdi bdo big blockquote br caption center cite code
    col colgroup dd del details dfn div dl dt em figcaption figure footer h1 h2 h3 h4 h5 h6 header
    hr i img ins kbd li main mark ol p picture pre q rp rt ruby s samp section small source span
    strike strong sub summary sup table tbody td tfoot th thead time tr tt u ul var video wbr
"""
_DROPPED_NAMES = """
    script style noscript template iframe object embed form select textarea button svg math title head
"""
_TAGS = frozenset(_TAG_NAMES.split())
_DROPPED_WITH_CONTENT = frozenset(_DROPPED_NAMES.split())
_ATTRIBUTES = {
    "*": {"dir", "lang", "title"},
    "a": {"href", "hreflang"},
    "audio": {"src", "controls"},
    "blockquote": {"cite"},
    "img": {"src", "alt", "width", "height"},
    "ol": {"start"},
    "q": {"cite"},
    "source": {"src", "type"},
    "td": {"colspan", "rowspan"},
    "th": {"colspan", "rowspan", "scope"},
    "time": {"datetime"},
    "video": {"src", "controls", "poster", "width", "height"},
}
_ADDRESSES = frozenset({"href", "src", "cite", "poster"})
_IMAGE = re.compile(r'<img((?:\s+[a-z-]+="[^"]*")*)\s*/?>')  # as nh3 writes it
_PIXEL = re.compile(r'\s(?:width|height)="\s*[01](?:\.0*)?\s*(?:px)?\s*"')
_COUNTERS = re.compile(
    r'\ssrc="https?://(?:[^/"]*\.)?(?:feeds\.feedburner\.com/~r/|feedsportal\.com/|pixel\.wp\.com/|stats\.wordpress\.com/'
    r"|doubleclick\.net/|google-analytics\.com/|scorecardresearch\.com/|feeds\.wordpress\.com/1\.0/|pheedo\.com/"
    r"|counter\.theconversation\.com/)",
    re.IGNORECASE,
)
_SPACE = re.compile(r"[\s\u200b\ufeff]+")
_CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f\ud800-\udfff\ufffe\uffff]")


def clean_html(markup: str, base: str | None, limit: int) -> str:
    """Sanitised HTML of at most ``limit`` characters of ``markup``, addresses resolved against ``base``."""
    markup = markup[:limit].strip()
    if kernel is not None and kernel.is_clean(markup):
        return markup
    return by_ammonia(markup, base)


def by_ammonia(markup: str, base: str | None) -> str:
    """The same without the kernel, and of what the kernel does not know to be clean."""
    markup = _CONTROL.sub("", markup).strip()
    if "<" not in markup and "&" not in markup:
        return html.escape(markup, quote=False)
    cleaned: str = _cleaner(base).clean(markup)
    if "<img" in cleaned:
        cleaned = _IMAGE.sub(_unless_pixel, cleaned)
    return cleaned.strip()


def html_of_text(text: str, limit: int) -> str:
    """Plain text as HTML: a paragraph at each blank line, a break at each other line end."""
    text = _CONTROL.sub("", text[:limit]).strip()
    paragraphs = re.split(r"\n\s*\n", text.replace("\r\n", "\n").replace("\r", "\n"))
    written = ["<br>".join(html.escape(part, quote=False).split("\n")) for part in paragraphs if part.strip()]
    return written[0] if len(written) == 1 else "".join(f"<p>{part}</p>" for part in written)


def plain(markup: str, *, is_html: bool, limit: int) -> str:
    """One line of plain text of at most ``limit`` characters, such as a title."""
    text = without_control(markup[: 20 * limit])
    if is_html and "<" in text:
        text = nh3.clean(text, tags=set(), clean_content_tags=set(_DROPPED_WITH_CONTENT - {"title", "head"}))
    if "&" in text:
        text = html.unescape(text)
    return one_line(text, limit)


def one_line(text: str, limit: int) -> str:
    """Without control characters, white space folded, cut to ``limit`` characters with an ellipsis."""
    if not text.isprintable() or "  " in text:  # what is printable has no white space but plain blanks
        text = _SPACE.sub(" ", _CONTROL.sub("", text))
    text = text.strip()
    return text if len(text) <= limit else text[: limit - 1].rstrip() + "…"


def without_control(text: str) -> str:
    """Without control characters and lone surrogates, which no database and no output format can carry."""
    return text if text.isprintable() else _CONTROL.sub("", text)


def _unless_pixel(match: re.Match[str]) -> str:
    attributes = match.group(1)
    lost = " src=" not in attributes or _PIXEL.search(attributes) or _COUNTERS.search(attributes)
    return "" if lost else match.group()


@lru_cache(maxsize=64)
def _cleaner(base: str | None) -> nh3.Cleaner:
    """A cleaner that resolves against ``base``; making one costs more than a short text's cleaning."""
    return nh3.Cleaner(
        tags=set(_TAGS),
        clean_content_tags=set(_DROPPED_WITH_CONTENT),
        attributes={tag: set(names) for tag, names in _ATTRIBUTES.items()},
        attribute_filter=_resolver(base),
        link_rel="noopener noreferrer",
        url_schemes={"http", "https", "mailto"},
        strip_comments=True,
    )


def _resolver(base: str | None) -> Callable[[str, str, str], str | None]:
    def resolve(_tag: str, attribute: str, value: str) -> str | None:
        return absolute(base, value) if attribute in _ADDRESSES else value

    return resolve
