"""Bytes of a feed → text: which encoding, and without what XML cannot carry.

Order (XML 1.0 appendix F, RFC 7303 section 3, with the mistakes of real servers in mind): byte order mark,
charset of the Content-Type, XML declaration, UTF-8 if it fits, chardet's guess, windows-1252. A Latin label
yields to UTF-8 when the bytes are valid UTF-8, since servers add ``charset=iso-8859-1`` by default. Labels
mean what browsers take them for (WHATWG Encoding): gb2312 is gb18030, euc-kr is windows-949, and so on.
"""

from __future__ import annotations

import codecs
import re

import chardet

from aggregator.errors import ParseError

_BOMS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_STARTS = (  # "<" and "{" without a byte order mark
    (b"<\0\0\0", "utf-32-le"),
    (b"\0\0\0<", "utf-32-be"),
    (b"<\0", "utf-16-le"),
    (b"\0<", "utf-16-be"),
    (b"{\0", "utf-16-le"),
    (b"\0{", "utf-16-be"),
)
_SUPERSETS = {
    "gb2312": "gb18030",
    "gbk": "gb18030",
    "hz": "gb18030",
    "euc_kr": "cp949",
    "shift_jis": "cp932",
    "iso8859-1": "cp1252",
    "ascii": "cp1252",
    "iso8859-9": "cp1254",
    "iso8859-11": "cp874",
    "tis-620": "cp874",
    "big5": "big5hkscs",
}
_ALIASES = {
    "x-sjis": "cp932",
    "windows-31j": "cp932",
    "x-gbk": "gb18030",
    "windows-949": "cp949",
    "x-euc-jp": "euc_jp",
}
_REFUSED = frozenset({"utf-7", "unicode_escape", "raw_unicode_escape", "punycode", "idna", "undefined"})
_LATIN = frozenset({"cp1252"})
_DECLARED = re.compile(
    rb"^\s*(?:<!--.{0,2000}?-->\s*)*<\?xml[^>]{0,200}?encoding\s*=\s*[\"']([^\"']{1,40})[\"']", re.DOTALL
)
_CHARSET = re.compile(r"charset\s*=\s*[\"']?([^\"';,\s]{1,40})", re.IGNORECASE)
_ILLEGAL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]")  # XML 1.0 section 2.2
_TOLERATED = 0.01  # broken characters in UTF-8, as a share of those beyond ASCII


def decode(body: bytes, content_type: str | None) -> str:
    """The text of ``body``, without byte order mark and characters that XML forbids.

    Raises ParseError (kind ``encoding``) for encodings that hide markup from filters, such as UTF-7.
    """
    text = _decode(body, content_type)
    return _ILLEGAL.sub("", text).lstrip("\ufeff")


def is_utf8(body: bytes, content_type: str | None) -> bool:
    """Whether `decode` reads ``body`` as UTF-8 if it is valid UTF-8."""
    if body.startswith((b"\0", *(mark for mark, _ in _BOMS), *(start for start, _ in _STARTS))):
        return False
    try:
        named = [name for name in map(_codec, _labels(body, content_type)) if name is not None]
    except ParseError:
        return False
    return not named or named[0] == "utf-8" or named[0] in _LATIN


def _decode(body: bytes, content_type: str | None) -> str:
    for mark, name in _BOMS:
        if body.startswith(mark):
            return body[len(mark) :].decode(name, "replace")
    for start, name in _STARTS:
        if body.startswith(start):
            return body.decode(name, "replace")
    named = [_codec(label) for label in _labels(body, content_type)]
    candidates = [name for name in named if name is not None]
    if not candidates or candidates[0] in _LATIN:
        candidates.insert(0, "utf-8")
    candidates.append("utf-8")
    for name in dict.fromkeys(candidates):
        if name not in _LATIN:
            text = _strictly(body, name)
            if text is not None:
                return text
    mended = body.decode("utf-8", "replace")
    beyond_ascii = sum(map(mended.count, "\ufffd")) / max(
        1, len(mended) - len(mended.encode("ascii", "ignore"))
    )
    if beyond_ascii <= _TOLERATED:
        return mended
    if candidates[0] != "utf-8":
        return body.decode(candidates[0], "replace")  # named, multi-byte, and damaged somewhere
    if any(name in _LATIN for name in candidates):
        return _latin(body)
    guess = _codec(chardet.detect(body[:200_000])["encoding"] or "")
    return _latin(body) if guess is None or guess in _LATIN else body.decode(guess, "replace")


def _labels(body: bytes, content_type: str | None) -> list[str]:
    """What the transport and the document say, in that order."""
    labels = []
    charset = _CHARSET.search(content_type or "")
    if charset:
        labels.append(charset.group(1))
    declared = _DECLARED.match(body[:10_000])
    if declared:
        labels.append(declared.group(1).decode("ascii", "replace"))
    return labels


def _codec(label: str) -> str | None:
    """Python's name of an encoding, its superset where browsers use one; None when unknown."""
    label = label.strip().lower()
    try:
        name = codecs.lookup(_ALIASES.get(label, label)).name
    except (LookupError, ValueError):
        return None
    if name in _REFUSED:
        raise ParseError("encoding", f"the feed claims the encoding {label}, which is not accepted")
    name = _SUPERSETS.get(name, name)
    # A document whose declaration we could read byte by byte is in no 16-bit encoding, whatever it claims.
    return None if name.startswith(("utf-16", "utf-32")) else name


def _strictly(body: bytes, name: str) -> str | None:
    try:
        return body.decode(name)
    except (UnicodeError, LookupError, ValueError):
        return None


def _latin(body: bytes) -> str:
    """windows-1252, with its five holes read as ISO 8859-1."""
    try:
        return body.decode("cp1252")
    except UnicodeError:
        return body.decode("latin-1")
