"""Whole pages, kept for as long as they are true: what everybody opens is made once for a state of the data.

A page is kept by its address and whom it is for, and is true while the data, the settings and the minute (for
"5 min ago") are those that it was made from. A form token differs from browser to browser: a kept page is
parted where it belongs, at a word that nobody outside knows.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from starlette.requests import Request, cookie_parser
from starlette.responses import HTMLResponse
from starlette.types import Scope

from aggregator.web.forms import keep_cookie, nonce_in, services_of, sign, token_for
from aggregator.web.fragments import Fragments
from aggregator.web.services import Services

HEADERS = {"Cache-Control": "no-cache, private", "Vary": "Cookie"}
Key = tuple[object, ...]


@dataclass(frozen=True, slots=True)
class Whole:
    """A page, parted where the form token stands."""

    pieces: tuple[bytes, ...]
    keep: bool

    def of(self, token: str) -> bytes:
        """The page as one browser gets it."""
        return token.encode().join(self.pieces)


class Wholes:
    """The pages of one application."""

    def __init__(self, services: Services) -> None:
        self._services = services
        self._fragments: Fragments[Whole] = Fragments()
        self._stand_in = secrets.token_hex(32)

    def page(self, request: Request, make: Callable[[str], tuple[str, bool]]) -> HTMLResponse:
        """What ``make`` gives for a form token, made once for all who ask for it at once.

        With it ``make`` says whether it may be kept: what tells of more than the data is to be made anew.
        """

        def made() -> Whole:
            html, keep = make(self._stand_in)
            return Whole(tuple(part.encode() for part in html.split(self._stand_in)), keep)

        version, key = services_of(request).reading.version, _key(request.scope)
        whole = self._fragments.get(key, lambda: self._state(version()), made)
        if not whole.keep:
            self._fragments.forget(key)
        response = HTMLResponse(whole.of(token_for(request)), headers=HEADERS)
        keep_cookie(request, response)
        return response

    def knows(self, scope: Scope) -> bool:
        """Whether this was asked for before, and made."""
        return self._fragments.holds(_key(scope))

    def kept(
        self, scope: Scope, headers: Mapping[str, str], version: int | str | None
    ) -> tuple[int, list[tuple[bytes, bytes]], bytes] | None:
        """Status, headers and body for a browser that has our cookie, while that is true; never waits."""
        nonce = nonce_in(cookie_parser(headers.get("cookie", "")))
        whole = None if nonce is None else self._fragments.peek(_key(scope), self._state(version))
        if nonce is None or whole is None:
            return None
        body = whole.of(sign(self._services.secret, nonce))
        fields = HEADERS | {"Content-Length": str(len(body)), "Content-Type": "text/html; charset=utf-8"}
        return 200, [(name.lower().encode(), value.encode()) for name, value in fields.items()], body

    def _state(self, version: int | str | None) -> object:
        """What every page is made from."""
        services = self._services
        site = None if services.site is None else services.site()
        minute = services.now().replace(second=0, microsecond=0)
        return version, minute, services.topics(), services.groups(), site


def _key(scope: Scope) -> Key:
    """The address, and who asks."""
    who = scope["state"].get("identity")
    return scope["path"], scope["query_string"], None if who is None else (who.reader, who.role, who.via)
