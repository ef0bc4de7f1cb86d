"""Addresses: safe links, absolute links, and a key that is equal for addresses of the same article (pure).

`url_key` answers "is this the same article?", never "where does it live?": the key may not be fetchable.
What it folds away was chosen so that two articles never get one key: scheme, ``www.``, default port,
fragment, known tracking parameters, the order of parameters, AMP forms, a trailing slash, and redirectors
that carry their target in the address. Parameters that it does not know are kept.
"""

from __future__ import annotations

import re
from functools import lru_cache
from urllib.parse import unquote, urljoin, urlsplit

_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\ud800-\udfff]")
_PLAIN = re.compile(
    r"https?://[A-Za-z0-9.-]+(?::[0-9]{1,5})?(?:[/?#][A-Za-z0-9\-._~:/?#\[\]@!$&'()*+,;=%]*)?"
)
# An address that is its own key but for its ends: nothing to escape, no query, no fragment.
_BARE = re.compile(
    r"https?://([a-z0-9-]+(?:\.[a-z0-9-]+)+)(?::([1-9][0-9]{0,3}))?(/[A-Za-z0-9\-._~:/@!$'()*+,;=]*)"
)
_SCHEME = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*(?=:)")
_UNSAFE = re.compile(r"[^A-Za-z0-9\-._~:/?#\[\]@!$&'()*+,;=%]")
_BARE_PERCENT = re.compile(r"%(?![0-9A-Fa-f]{2})")
_ESCAPE = re.compile(r"%([0-9A-Fa-f]{2})")
_UNRESERVED = frozenset("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~")

_TRACKING_PREFIXES = (
    "utm_",
    "hsa_",
    "mtm_",
    "pk_",
    "piwik_",
    "matomo_",
    "vero_",
    "oly_",
    "__hs",
    "_hs",
    "ns_",
)
_TRACKING_NAMES = """
    fbclid gclid gclsrc dclid gbraid wbraid msclkid yclid ysclid twclid ttclid igshid igsh li_fat_id
    epik zanpid mc_cid mc_eid mkt_tok wickedid rb_clickid s_cid cmpid ocid ncid xtor spref sr_share
    soc_src soc_trk ftag guccounter guce_referrer guce_referrer_sig at_medium at_campaign at_custom1
    at_custom2 at_custom3 at_custom4 at_link_id at_link_type at_link_origin at_format at_ptr_name
    at_bbc_team ftcamp srnd smid smtyp pk_campaign pk_kwd pk_keyword pk_source pk_medium pk_content
    pk_cid rss_source ref_src ref_url _ga _gl gad_source ranmid raneaid ransiteid tduid wt_mc wt.mc_id
    wtmc trk_contact trk_msg trk_module trk_sid
"""
_TRACKING = frozenset(_TRACKING_NAMES.split())
_AMP_PARAMETERS = frozenset(
    {("amp", ""), ("amp", "1"), ("outputtype", "amp"), ("output", "amp"), ("view", "amp")}
)
# Redirectors that name their target in a parameter: host → parameter.
_REDIRECTORS = {
    "google.com/url": ("url", "q"),
    "news.google.com/news/url": ("url",),
    "l.facebook.com/l.php": ("u",),
    "lm.facebook.com/l.php": ("u",),
    "out.reddit.com": ("url",),
    "go.redirectingat.com": ("url",),
    "go.skimresources.com": ("url",),
    "href.li": (),
    "slack-redir.net/link": ("url",),
    "bing.com/news/apiclick.aspx": ("url",),
}
_SPECIAL_HOSTS = ("google.com", "ampproject.org", "yahoo.com")  # whose paths hold addresses
_WRAPPED_IN_PATH = re.compile(r"^/[^?#]*/\*+(https?:/{1,2}.+)$", re.IGNORECASE)  # rd.yahoo.com/…/*http://…
_AMP_CACHE = re.compile(r"^/(?:[a-z]/)?(s/)?([a-z0-9-]+(?:\.[a-z0-9-]+)+(?:/.*)?)$", re.IGNORECASE)
_AMP_SUFFIX = re.compile(r"\.amp(\.html?)?$", re.IGNORECASE)
_HOME = frozenset(
    {"", "/", "/index.html", "/index.htm", "/index.php", "/index.asp", "/index.aspx", "/default.aspx"}
)
_DEPTH = 5  # redirectors inside redirectors


def safe_link(url: str) -> str | None:
    """``url`` if a reader may follow it: absolute http, https or mailto, cleaned; else None.

    Control characters and lone surrogates are removed first, as browsers do (WHATWG URL), so that
    ``java\\tscript:`` cannot pass; characters that do not belong in an address are percent-encoded.
    """
    if _PLAIN.fullmatch(url):
        return url
    url = _CONTROL.sub("", url).strip()
    scheme = _SCHEME.match(url)
    if scheme is None:
        return None
    name = scheme.group().lower()
    if name == "mailto":
        return _quote(url) if "@" in url else None
    if name not in ("http", "https"):
        return None
    try:
        parts = urlsplit(url.replace("\\", "/"))
        parts.port  # noqa: B018  a port out of range raises
    except ValueError:
        return None
    if not parts.hostname:
        return None
    return _quote(url.replace("\\", "/"))


def absolute(base: str | None, url: str) -> str | None:
    """``url`` resolved against ``base`` (RFC 3986), if the result is a safe link; else None."""
    if _PLAIN.fullmatch(url):
        return url
    url = _CONTROL.sub("", url).strip()
    if not url:
        return None
    try:
        joined = urljoin(base, url.replace("\\", "/") if not _SCHEME.match(url) else url) if base else url
    except ValueError:
        return None
    return safe_link(joined)


def host(url: str) -> str | None:
    """The host name of an http(s) address, lowercased and in its ASCII form; None when there is none."""
    try:
        name = urlsplit(url.strip()).hostname
    except ValueError:
        return None
    return _ascii_host(name) if name else None


def url_key(url: str | None) -> str | None:
    """A key that is equal for addresses of the same article; None when the address names no article.

    None is returned for other schemes, for malformed addresses and for a site's home page. The key has
    the form of an address, and ``url_key(url_key(x)) == url_key(x)``.
    """
    for _ in range(_DEPTH):
        if url is None:
            return None
        if (found := _BARE.fullmatch(url)) is not None and (key := _key_of_bare(*found.groups())) is not None:
            return key
        key, target = _key_or_target(url)
        if target is None:
            return key
        url = target
    return None


def _key_of_bare(name: str, port: str | None, path: str) -> str | None:
    """The key of a bare address, the same as for any; None where more is to be looked at."""
    if "/." in path or "amp" in path.lower() or name.endswith(_SPECIAL_HOSTS):
        return None
    path = path.rstrip("/")
    if path in _HOME:
        return None
    name = _bare_host(name)
    return f"https://{name}{path}" if port in (None, "80", "443") else f"https://{name}:{port}{path}"


def _key_or_target(url: str) -> tuple[str | None, str | None]:
    """The key of an address, or the address that it wraps."""
    safe = safe_link(url)
    if safe is None or safe[:7].lower() == "mailto:":
        return None, None
    try:
        parts = urlsplit(safe)
        port = parts.port
    except ValueError:
        return None, None
    name = _ascii_host(parts.hostname or "")
    if name is None:
        return None, None
    name = _bare_host(name)
    path = _canonical_path(parts.path)
    pairs = [pair for pair in _pairs(parts.query) if pair != ("", "")]
    target = _wrapped(name, parts.path, parts.query, pairs)
    if target is not None:
        return None, target
    query = _canonical_query(pairs)
    fragment = f"#{_normal_escapes(parts.fragment)}" if parts.fragment.startswith("!") else ""
    if path in _HOME and not query and len(fragment) <= len("#!/"):
        return None, None
    netloc = name if port in (None, 80, 443) else f"{name}:{port}"
    return f"https://{netloc}{path}{query}{fragment}", None


@lru_cache(maxsize=4096)  # a feed's entries are of one host, or of few
def _ascii_host(name: str) -> str | None:
    """A host name lowercased, without a final dot, in IDNA form; None when it cannot be one."""
    name = unquote(name).strip().rstrip(".").lower()
    if not name:
        return None
    if ":" in name:
        return f"[{name}]" if re.fullmatch(r"[0-9a-f:.]+", name) else None
    if not name.isascii():
        try:
            name = name.encode("idna").decode("ascii")
        except UnicodeError:
            return None
    return name if re.fullmatch(r"[a-z0-9_.-]+", name) and ".." not in name and name[0] != "." else None


def _bare_host(name: str) -> str:
    """Without ``www.`` and ``amp.``, as long as a name with a dot is left."""
    while True:
        label, _, rest = name.partition(".")
        if label in ("www", "amp") and "." in rest:
            name = rest
        else:
            return name


def _canonical_path(path: str) -> str:
    """Escapes normalised (RFC 3986 section 6.2.2), dot segments, AMP suffixes and final slashes removed."""
    segments: list[str] = []
    for segment in _normal_escapes(path).split("/"):
        if segment == "..":
            if len(segments) > 1:
                segments.pop()
        elif segment != ".":
            segments.append(segment)
    while len(segments) > 1:  # what is left of "amp.amp" is one more AMP form
        last = _AMP_SUFFIX.sub(r"\1", segments[-1])
        if last.lower() in ("", "amp"):
            segments.pop()
        elif last != segments[-1]:
            segments[-1] = last
        else:
            break
    return "/".join(segments).rstrip("/") or "/"


def _pairs(query: str) -> list[tuple[str, str]]:
    """The parameters of a query, escapes normalised but not decoded."""
    found = []
    for part in query.split("&"):
        name, _, value = part.partition("=")
        found.append((_normal_escapes(name), _normal_escapes(value)))
    return found


def _canonical_query(pairs: list[tuple[str, str]]) -> str:
    """``?`` and the parameters that mean something, sorted; or nothing."""
    kept = sorted(
        {
            (name, value)
            for name, value in pairs
            if name.lower() not in _TRACKING
            and not name.lower().startswith(_TRACKING_PREFIXES)
            and (name.lower(), value.lower()) not in _AMP_PARAMETERS
        }
    )
    return "?" + "&".join(f"{name}={value}" if value else name for name, value in kept) if kept else ""


def _wrapped(name: str, path: str, query: str, pairs: list[tuple[str, str]]) -> str | None:
    """The address inside a redirector's or an AMP cache's address."""
    lowered = path.lower()
    if name == "google.com" and lowered.startswith("/amp/"):
        found = _AMP_CACHE.match(path[4:])
        return f"https://{found.group(2)}{'?' + query if query else ''}" if found else None
    if name.endswith(".cdn.ampproject.org") or name == "cdn.ampproject.org":
        found = _AMP_CACHE.match(path)
        return f"https://{found.group(2)}{'?' + query if query else ''}" if found else None
    if name.endswith("yahoo.com"):
        found = _WRAPPED_IN_PATH.match(unquote(path))
        if found:
            return re.sub(r"^(https?:)/+", r"\1//", found.group(1), flags=re.IGNORECASE) + (
                f"?{query}" if query else ""
            )
    names = _REDIRECTORS.get(f"{name}{lowered.rstrip('/')}")
    for wanted in names or ():
        for parameter, value in pairs:
            target = unquote(value)
            if parameter.lower() == wanted and re.match(r"https?://", target, re.IGNORECASE):
                return target
    return None


def _normal_escapes(text: str) -> str:
    """Percent-escapes in capitals, unreserved characters decoded, everything else encoded (RFC 3986)."""

    def one(match: re.Match[str]) -> str:
        character = chr(int(match.group(1), 16))
        return character if character in _UNRESERVED else match.group().upper()

    return _ESCAPE.sub(one, _quote(text))


def _quote(text: str) -> str:
    """Percent-encode what may not stand in an address; escapes that are already there stay."""
    text = _BARE_PERCENT.sub("%25", text)
    return _UNSAFE.sub(
        lambda match: "".join(f"%{byte:02X}" for byte in match.group().encode("utf-8", "replace")), text
    )
