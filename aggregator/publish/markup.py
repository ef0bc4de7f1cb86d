"""The small change of every format: escaping, legal characters, addresses, dates, languages, media types."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from html import escape
from urllib.parse import quote, urlsplit, urlunsplit

from aggregator.model import ArticleView
from aggregator.publish.view import LEAD_READ

# XML 1.0 section 2.2 Char, without the C1 controls and DEL that it discourages, and without CR, which a
# parser would turn into LF. Lone surrogates are outside of the class too.
_ILLEGAL = re.compile("[^\t\n\x20-\x7e\xa0-\ud7ff\ue000-\ufdcf\ufdf0-\ufffd\U00010000-\U0010ffff]")
_LANGUAGE = re.compile(r"[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*", re.ASCII)
_MEDIA = re.compile(r"[A-Za-z0-9][\w!#$&^.+-]*/[A-Za-z0-9][\w!#$&^.+-]*", re.ASCII)
_STRAY_PERCENT = re.compile(r"%(?![0-9A-Fa-f]{2})")
_HOST = re.compile(r"[A-Za-z0-9._-]+|\[[0-9A-Fa-f:.]+\]", re.ASCII)
_SPACE = re.compile(r"\s+")
_TAG_LIKE = re.compile(r"<(?=[A-Za-z/!?])")
_ENTITY_LIKE = re.compile(r"&(?=#?\w+;)", re.ASCII)

RTL = frozenset({"ar", "fa", "he", "ur", "ps", "ckb", "sd", "ug", "yi", "dv"})


def clean(value: str) -> str:
    """The value without characters that XML 1.0 forbids or discourages."""
    return _ILLEGAL.sub("", value)


def line(value: str) -> str:
    """The value as one clean line of plain text."""
    return _SPACE.sub(" ", clean(value)).strip()


def text(value: str) -> str:
    """A line of plain text, escaped for an element or an attribute."""
    return escape(line(value))


def inert(value: str) -> str:
    """Plain text, escaped, where some readers expect HTML and some do not (RSS's titles).

    A ``<`` that could open a tag becomes ``‹`` and a ``&`` that could open an entity ``＆``, so that both
    read the same and neither runs anything.
    """
    return escape(_ENTITY_LIKE.sub("＆", _TAG_LIKE.sub("‹", line(value))))


def is_plain(value: str) -> bool:
    """Whether nobody could take the text for HTML."""
    return not (_TAG_LIKE.search(value) or _ENTITY_LIKE.search(value))


def body(value: str) -> str:
    """HTML (sanitised when it was stored), escaped for an element of type html."""
    return escape(clean(value), quote=False)


def uri(value: str | None) -> str | None:
    """An http(s) address as a URI (RFC 3986) in ASCII, or None when it is none or carries credentials.

    International hosts become IDNA, everything else outside of the grammar is percent-encoded (RFC 3987
    section 3.1).
    """
    try:
        parts = urlsplit(clean(value or "").strip())
        host, port = parts.hostname or "", parts.port
        if not host.isascii():
            host = host.encode("idna").decode("ascii")
    except ValueError:
        return None
    host = f"[{host}]" if ":" in host else host
    if parts.scheme not in ("http", "https") or "@" in parts.netloc or not _HOST.fullmatch(host):
        return None
    netloc = host if port is None else f"{host}:{port}"
    return urlunsplit(
        (parts.scheme, netloc, _quoted(parts.path), _quoted(parts.query), _quoted(parts.fragment))
    )


def _quoted(part: str) -> str:
    return quote(_STRAY_PERCENT.sub("%25", part), safe="%/:?@!$&'()*+,;=~-._")


def utc(when: datetime) -> datetime:
    """The same moment in UTC."""
    return when.astimezone(UTC)


def rfc3339(when: datetime) -> str:
    """RFC 3339 in whole seconds: ``2018-08-07T09:30:00Z``."""
    return utc(when).replace(microsecond=0, tzinfo=None).isoformat() + "Z"


def rfc3339_of(when: datetime, number: int) -> str:
    """RFC 3339 whose fraction of a second is ``number`` (a story's id).

    Stories placed together have changed in the same second; the W3C's validator warns of equal values of
    atom:updated, and some clients order by them alone.
    """
    return f"{rfc3339(when)[:-1]}.{number % 1_000_000:06d}Z"


_DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


def rfc822(when: datetime) -> str:
    """RFC 822 with a year of four digits, as RSS 2.0 wants it: ``Tue, 07 Aug 2018 09:30:00 GMT``."""
    when = utc(when)
    day, month = _DAYS[when.weekday()], _MONTHS[when.month - 1]
    return f"{day}, {when.day:02d} {month} {when.year:04d} {when:%H:%M:%S} GMT"


def minute(when: datetime) -> str:
    """For people: ``2018-08-07 09:30 UTC``."""
    return rfc3339(when)[:16].replace("T", " ") + " UTC"


def language(value: str | None) -> str | None:
    """A language tag that looks like one (RFC 5646), else None."""
    tag = (value or "").strip().replace("_", "-")
    return tag if _LANGUAGE.fullmatch(tag) else None


def media_type(value: str | None) -> str:
    """A media type without parameters; ``application/octet-stream`` when there is none."""
    kind = (value or "").partition(";")[0].strip().lower()
    return kind if _MEDIA.fullmatch(kind) else "application/octet-stream"


def lead(article: ArticleView, limit: int = 300) -> str:
    """The first characters of an article's text, cut between words; its title when it has no text."""
    start = line(article.text[:LEAD_READ]) or line(article.title)
    if len(start) <= limit:
        return start
    cut = start[:limit].rpartition(" ")[0] or start[:limit]
    return cut + " …"


def outlet(article: ArticleView) -> str:
    """The name of an article's outlet, plain, never empty."""
    return line(article.source_title) or line(article.source) or "–"
