"""XML events → elements under feedparser's names, for the fast path. Pure.

The tokenizer is expat, which feedparser's strict parser uses too: so what is well-formed here is so there.
What is not understood for certain raises `Unsure`, and feedparser reads the whole document instead.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import urljoin
from xml.parsers import expat

from aggregator.sources.fastnames import ELSEWHERE, MEANT, NAMESPACES, PREFIXES, XML

MOST_DEPTH = 50  # of elements; real feeds have 3 to 8

Attributes = Mapping[str, str]
Action = Callable[[Any, Attributes], None]  # of the walk and the element's attributes
Ending = Callable[[], None]


class Unsure(Exception):  # noqa: N818  not an error: the authority reads the document
    """Something that the fast path does not read as feedparser does for certain."""


class Walk:
    """Elements of one document as calls of actions, each under feedparser's name for it.

    ``actions`` holds what to do with the elements of the current context: name → action. An element without
    one is looked up by `unknown`. An action may `read` the element's text (then it may have no elements in
    it) or `enter` another context until the element ends.
    """

    def __init__(self) -> None:
        self.depth = 0  # the root element is at 1
        self.lang: str | None = None
        self.base = ""  # xml:base in force, as feedparser keeps it: it is not taken back to ""
        self.actions: Mapping[str, Action] = {}
        self._parts: list[str] = []
        self._ending: Ending | None = None  # of the element whose text is read
        self._contexts: list[tuple[int, Mapping[str, Action], dict[str, Action | None], Ending | None]] = []
        self._known: dict[str, Action | None] = {}  # expat's names in the current context
        self._known_in: dict[int, dict[str, Action | None]] = {}
        self._langs: list[tuple[int, str | None]] = []
        self._bases: list[str] | None = None
        self.declared: set[str] = set()  # namespaces of the document, lowercased
        self._prefix_of: dict[str, str] = {}  # namespace → the first prefix that the document gave it
        self._unprefixed: set[str] = set()  # namespaces of names without a prefix
        self._bound: dict[str, str] = {}  # lowercased prefix → namespace
        self._parser = expat.ParserCreate("utf-8", " ")

    def run(self, body: bytes) -> None:
        """Read a document in UTF-8. Raises Unsure, also for one that is not well-formed."""
        parser = self._parser
        parser.buffer_text = True
        parser.buffer_size = 65_536
        parser.namespace_prefixes = True
        parser.StartNamespaceDeclHandler = self._declare
        parser.StartDoctypeDeclHandler = _refuse
        parser.EntityDeclHandler = _refuse
        parser.StartElementHandler = self._start
        parser.EndElementHandler = self._end
        parser.CharacterDataHandler = self._parts.append
        try:
            parser.Parse(body, True)
        except expat.ExpatError as error:
            raise Unsure(str(error)) from error
        finally:  # what refers to itself waits for a collection of garbage, with all the texts in it
            parser.StartNamespaceDeclHandler = parser.StartElementHandler = parser.EndElementHandler = None

    def unknown(self, name: str) -> Action | None:
        """What to do with an element that the context has no action for; None to look at its inside only."""
        raise Unsure(name)

    # What actions call.

    def read(self, ending: Ending) -> None:
        """Take the text of the element that starts; ``ending`` is called at its end, and asks for `text`."""
        self._parts.clear()
        self._ending = ending

    def text(self) -> str:
        """The text of the element that ends, without white space around it."""
        return "".join(self._parts).strip()

    def enter(self, actions: Mapping[str, Action], ending: Ending | None = None) -> None:
        """Use ``actions`` for what is in the element that starts, and call ``ending`` at its end."""
        self._contexts.append((self.depth, self.actions, self._known, ending))
        self.actions = actions
        self._known = self._known_in.setdefault(id(actions), {})

    def forget_text(self) -> None:
        """Leave out the text that was seen since the last element whose text was read."""
        self._parts.clear()

    def offset(self) -> int:
        """Where in the document the element that starts stands, in bytes."""
        return self._parser.CurrentByteIndex

    # Events.

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        self.depth += 1
        if self._ending is not None or self.depth > MOST_DEPTH:
            raise Unsure(name)
        try:
            action = self._known[name]
        except KeyError:
            action = self._known[name] = self._action(name)
        found: Attributes = attributes
        if attributes:
            found = self._attributes(attributes)
        elif self._bases is not None:
            self._bases.append(self.base)
        if action is not None:
            action(self, found)

    def _end(self, _name: str) -> None:
        if self._ending is not None:
            ending, self._ending = self._ending, None
            ending()
        elif self._contexts[-1][0] == self.depth:
            _, actions, known, closing = self._contexts.pop()
            if closing is not None:
                closing()
            self.actions, self._known = actions, known
        if self._langs and self._langs[-1][0] == self.depth:
            self.lang = self._langs.pop()[1]
        if self._bases is not None:
            self._bases.pop()
            if self._bases and self._bases[-1]:
                self.base = self._bases[-1]
        self.depth -= 1

    def _declare(self, prefix: str | None, uri: str | None) -> None:
        """A namespace gets a prefix, once in a document and for all of it, or we are not sure."""
        if not uri:
            return
        lower = uri.lower()
        if lower in ELSEWHERE or "backend.userland.com/rss" in lower or len(uri.split()) != 1:
            raise Unsure(uri)
        self.declared.add(lower)
        known = NAMESPACES.get(lower)
        if prefix is None:
            self._unprefixed.add(uri)
            return
        if known is None and uri in self._unprefixed:
            raise Unsure(prefix)  # from here on feedparser has the prefix in the names without one
        short = prefix.lower()
        # Many write https for a known one: then the prefix says to feedparser what is meant.
        meant = known or (NAMESPACES.get(f"http{lower[5:]}") if lower.startswith("https:") else None)
        if self._bound.setdefault(short, uri) != uri or (short in PREFIXES and meant != short):
            raise Unsure(prefix)
        if known is None:
            self._prefix_of.setdefault(uri, short)

    def _action(self, name: str) -> Action | None:
        uri, _, rest = name.partition(" ")
        if not rest:
            short = uri.lower()
        else:
            local = rest.partition(" ")[0].lower()
            prefix = NAMESPACES.get(uri.lower())
            if prefix is None:
                prefix = self._prefix_of.get(uri, "")
            short = f"{prefix}_{local}" if prefix else local
        action = self.actions.get(short)
        return action if action is not None else self.unknown(short)

    def _attributes(self, served: dict[str, str]) -> dict[str, str]:
        """Attributes under lowercased names, as feedparser has them; language and base take effect."""
        found = {}
        for name, value in served.items():
            if " " not in name:
                key = name.lower()
                found[key] = value.lower() if key in ("rel", "type") else value
                continue
            uri, local = name.split(" ")[:2]
            local = local.lower()
            if uri == XML:
                found[f"xml:{local}"] = value
            elif local in MEANT:
                raise Unsure(name)
            else:
                found[name] = value
        if "xml:lang" in found or "lang" in found:
            self._langs.append((self.depth, self.lang))
            self.lang = found.get("xml:lang", found.get("lang")) or None
        base = found.get("xml:base", found.get("base"))
        if base:
            self._rebase(base)
        if self._bases is not None:
            self._bases.append(self.base)
        return found

    def _rebase(self, base: str) -> None:
        """Take a base: absolute, or a path, which feedparser takes first or after an absolute one."""
        try:
            joined = urljoin(self.base, base)
            stays = joined == urljoin(joined, joined)
        except ValueError as error:
            raise Unsure(base) from error
        absolute = joined.startswith(("http://", "https://")) and stays
        relative = joined.startswith("/") and not joined.startswith("//")
        if not (absolute or relative) or ":///" in base or base != base.strip():
            raise Unsure(base)
        if self._bases is None:
            self._bases = [""] * (self.depth - 1)
        if absolute or not self.base:
            self.base = joined

    def resolved(self, address: str) -> str:
        """An address as feedparser resolves it against the base in force."""
        if ":///" in address:  # it mends those
            raise Unsure(address)
        if not self.base:
            return address
        try:
            return urljoin(self.base, address)
        except ValueError:
            return ""


def _refuse(*_: object) -> None:
    raise Unsure("a document type")
