"""Parsed pages and the few CSS selectors that the tests need: ``a.b[c=d] > e f, g``."""

from __future__ import annotations

import re

from lxml import html as lxml_html
from lxml.html import HtmlElement

_STEP = re.compile(r"(?P<tag>[\w]*)(?P<rest>(?:\.[\w-]+|#[\w-]+|\[[\w-]+(?:=[^\]]+)?\])*)\Z")
_PART = re.compile(r"\.(?P<cls>[\w-]+)|#(?P<id>[\w-]+)|\[(?P<name>[\w-]+)(?:=(?P<value>[^\]]+))?\]")


def parse(html: str) -> HtmlElement:
    """A whole page."""
    return lxml_html.document_fromstring(html)


def select(root: HtmlElement, selector: str) -> list[HtmlElement]:
    """What the selector finds below ``root``, in the document's order for each alternative."""
    found: list[HtmlElement] = []
    for alternative in selector.split(","):
        path = "."
        axis = "//"
        for step in alternative.split():
            if step == ">":
                axis = "/"
                continue
            path += axis + _xpath(step)
            axis = "//"
        found += root.xpath(path)
    return found


def words(element: HtmlElement) -> str:
    """An element's text with single spaces."""
    return " ".join(element.text_content().split())


def _xpath(step: str) -> str:
    match = _STEP.match(step)
    assert match, step
    made = match["tag"] or "*"
    for part in _PART.finditer(match["rest"]):
        if part["cls"]:
            made += f'[contains(concat(" ",normalize-space(@class)," ")," {part["cls"]} ")]'
        elif part["id"]:
            made += f'[@id="{part["id"]}"]'
        else:
            made += f"[@{part['name']}]" if part["value"] is None else f'[@{part["name"]}="{part["value"]}"]'
    return made
