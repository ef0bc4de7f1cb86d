"""An article's HTML as a page of ours may hold it: sanitised a second time, without anything that loads.

The parsers have sanitised it once. A page does it again, so that neither an old row nor a new hole in one of
them becomes script here, and it turns pictures and players into links: reading tells no outlet anything.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from urllib.parse import urlsplit

import nh3
from lxml import etree
from lxml import html as lxml_html
from markupsafe import Markup

_TAGS = {
    *(
        "a",
        "abbr",
        "b",
        "bdi",
        "bdo",
        "cite",
        "code",
        "del",
        "dfn",
        "em",
        "i",
        "ins",
        "kbd",
        "mark",
        "q",
        "s",
    ),
    *("small", "span", "strong", "sub", "sup", "time", "u", "var", "wbr", "br", "rp", "rt", "ruby"),
    *("blockquote", "div", "figcaption", "figure", "h3", "h4", "h5", "h6", "hr", "p", "pre"),
    *("dd", "dl", "dt", "li", "ol", "ul"),
    *("caption", "table", "tbody", "td", "tfoot", "th", "thead", "tr"),
}
_ATTRIBUTES = {
    "*": {"lang", "dir"},
    "a": {"href", "title"},
    "td": {"colspan", "rowspan"},
    "th": {"colspan", "rowspan"},
    "time": {"datetime"},
    "ol": {"start"},
}
_PARAGRAPHS = ("p", "div", "li", "ul", "ol", "blockquote", "h3", "h4", "h5", "h6", "figcaption")
_LOADING = {
    "img": "Picture",
    "video": "Video",
    "audio": "Sound",
    "iframe": "Embedded page",
    "embed": "Embedded file",
}
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
_HEADINGS = {"h1": "h3", "h2": "h3"}  # the page's own headings end at h2


def web_url(value: str | None) -> str | None:
    """The address if a link may have it (http or https), else None: no ``javascript:``, no ``data:``."""
    try:
        parts = urlsplit((value or "").strip())
    except ValueError:
        return None
    return parts.geturl() if parts.scheme in {"http", "https"} and parts.netloc else None


def safe_html(
    html: str,
    picture: Callable[[str], str | None] | None = None,
    furniture: Callable[[str], bool] | None = None,
) -> Markup:
    """Sanitised HTML for a page; "" stays "".

    ``picture`` gives the address here of a picture elsewhere; without it pictures become links.
    ``furniture`` tells of a paragraph's text whether it is none of the article: it gets the class ``glue``.
    """
    if not html.strip():
        return Markup("")
    try:
        tree = lxml_html.fragment_fromstring(_CONTROL.sub("", html), create_parent="div")
    except (etree.ParserError, etree.XMLSyntaxError, ValueError):
        return Markup.escape(plain(html))
    for element in list(tree.iter(*_LOADING)):
        if not (picture and element.tag == "img" and _show(element, picture)):
            _replace(element)
    for name, heading in _HEADINGS.items():
        for element in tree.iter(name):
            element.tag = heading
    if furniture is not None:
        _mark(tree, furniture)
    raw = str(Markup.escape(tree.text or "")) + "".join(
        lxml_html.tostring(child, encoding="unicode") for child in tree
    )
    return Markup(  # noqa: S704  # nh3 has just cleaned it
        nh3.clean(
            raw,
            tags=_TAGS | {"img"} if picture else _TAGS,
            attributes=_ATTRIBUTES | ({"img": {"src", "alt", "loading"}} if picture else {}),
            allowed_classes={"a": {"media"}, "span": {"media"}} | {tag: {"glue"} for tag in _PARAGRAPHS},
            attribute_filter=_attribute,
            url_schemes={"http", "https", "mailto"},
            link_rel="noopener noreferrer nofollow",
        )
    )


def _mark(tree: lxml_html.HtmlElement, furniture: Callable[[str], bool]) -> None:
    """Say of the innermost paragraphs which are page furniture; what the outlet says of it goes."""
    for element in tree.iter(*_PARAGRAPHS):
        element.attrib.pop("class", None)
        innermost = not any(child.tag in _PARAGRAPHS for child in element.iterdescendants())
        if innermost and furniture(" ".join(element.text_content().split())):
            element.set("class", "glue")


def _attribute(_: str, name: str, value: str) -> str | None:
    """Links lead elsewhere, not into pages of ours: the parsers have made every address absolute."""
    if name == "src":  # only ours are left
        return value if value.startswith("/media/") else None
    if name == "href" and not value.startswith("mailto:"):
        return web_url(value)
    return value


def _show(element: lxml_html.HtmlElement, picture: Callable[[str], str | None]) -> bool:
    """Let a picture stand, from our own address; False where it has none that can be had."""
    url = web_url(element.get("src"))
    address = picture(url) if url else None
    if address is None:
        return False
    label = element.get("alt") or element.get("title") or ""
    element.attrib.clear()
    for name, value in (("src", address), ("alt", label), ("loading", "lazy")):
        element.set(name, value)
    return True


def _replace(element: lxml_html.HtmlElement) -> None:
    """Put a link (or words, inside a link) where something would have loaded from elsewhere."""
    parent = element.getparent()
    if parent is None:
        return
    what = _LOADING[str(element.tag)]
    label = (element.get("alt") or element.get("title") or "").strip()
    source = element.get("src") or next((s.get("src") for s in element.iter("source") if s.get("src")), None)
    url = web_url(source)
    inside_link = any(True for _ in element.iterancestors("a"))
    new = lxml_html.Element("a" if url and not inside_link else "span")
    if new.tag == "a" and url:
        new.set("href", url)
    new.set("class", "media")
    host = urlsplit(url).hostname if url else None
    new.text = f"{what}: {label}" if label else f"{what}{f' at {host}' if host else ''}"
    new.tail = element.tail
    if url or label:
        parent.replace(element, new)
    else:  # a tracking pixel without an address has nothing to say
        element.drop_tree()


def plain(html: str) -> str:
    """HTML as text on one line, for a lead; entities decoded."""
    return str(Markup(re.sub(r"(?i)</?(p|br|div|li|h\d)\b[^>]*>", " ", html)).striptags())  # noqa: S704
