"""Who calls, and what answers look like: JSON, or the XML that Google Reader made of the same."""

from __future__ import annotations

import hashlib
import hmac
from dataclasses import dataclass
from html import escape
from typing import Annotated, Any

from fastapi import Depends, Request
from starlette.responses import JSONResponse, PlainTextResponse, Response

from aggregator.publish.markup import clean
from aggregator.web.accounts import Identity
from aggregator.web.calls import Given, Parameters, Refused, desk_for, sync_of, writes
from aggregator.web.desk import Desk
from aggregator.web.forms import services_of

BAD_TOKEN = {"X-Reader-Google-Bad-Token": "true", "Google-Bad-Token": "true"}
OK = "OK"
KIND = "greader"  # of sign-ins


@dataclass(frozen=True, slots=True)
class Call:
    """A request of a reader who is known."""

    request: Request
    given: Parameters
    secret: str
    who: Identity
    desk: Desk

    def answer(self, shape: dict[str, Any]) -> Response:
        """The shape as was asked for."""
        if self.given.get("output") == "xml":
            return Response(xml(shape), media_type="text/xml; charset=utf-8", headers=PRIVATE)
        return JSONResponse(shape, headers=PRIVATE)


PRIVATE = {"Cache-Control": "no-cache, private"}


def call(request: Request, given: Annotated[Parameters, Given]) -> Call:
    """The call, its sign-in checked: ``Authorization: GoogleLogin auth=NAME/SECRET``."""
    _, accounts = sync_of(services_of(request))
    kind, _, rest = request.headers.get("authorization", "").strip().partition(" ")
    name, _, token = rest.strip().partition("=")
    known = kind.lower() == "googlelogin" and name.lower() == "auth"
    reader, _, secret = token.strip().strip('"').rpartition("/")
    who = accounts.session(secret, KIND) if known and secret else None
    if who is None or who.reader != reader:
        raise Refused(401, "Unauthorized: ask /accounts/ClientLogin for a token.\n", BAD_TOKEN)
    return Call(request, given, secret, who, desk_for(request, who))


def writing(found: Annotated[Call, Depends(call)]) -> Call:
    """A call that changes something, its edit token ``T`` checked.

    The token was against other sites' forms. Here every call carries a header that no form can send, so one
    that comes without ``T`` is as good; some clients send none. A wrong one is refused: they ask anew.
    """
    writes(found.who)
    token = found.given.get("T").encode("utf-8", "replace")
    if token and not hmac.compare_digest(token, edit_token(found.secret).encode()):
        raise Refused(401, "The token T is not valid (any more): ask /reader/api/0/token.\n", BAD_TOKEN)
    return found


Reads = Annotated[Call, Depends(call)]
Writes = Annotated[Call, Depends(writing)]


def edit_token(secret: str) -> str:
    """What changes carry as ``T``: made of the sign-in, so that nothing need be kept."""
    return hmac.new(secret.encode(), b"edit", hashlib.sha256).hexdigest()


def done() -> Response:
    """What every change answers."""
    return PlainTextResponse(OK)


def xml(shape: dict[str, Any]) -> str:
    """The shape as Google Reader wrote it: objects, lists, strings and numbers, each with its name."""
    return f'<?xml version="1.0" encoding="utf-8"?>\n{_xml(shape, "")}'


def _xml(value: Any, name: str) -> str:
    named = f' name="{escape(name)}"' if name else ""
    if isinstance(value, dict):
        return f"<object{named}>{''.join(_xml(inner, key) for key, inner in value.items())}</object>"
    if isinstance(value, list):
        return f"<list{named}>{''.join(_xml(inner, '') for inner in value)}</list>"
    if isinstance(value, bool):
        return f"<boolean{named}>{str(value).lower()}</boolean>"
    if isinstance(value, int):
        return f"<number{named}>{value}</number>"
    return f"<string{named}>{escape(clean(str(value)), quote=False)}</string>"
