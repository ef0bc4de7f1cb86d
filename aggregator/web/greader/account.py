"""Signing in, and who one is: ClientLogin, token, user-info; preferences, which are none."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Request
from starlette.responses import JSONResponse, PlainTextResponse, Response

from aggregator.web.calls import Given, Parameters, PlainRoute, caller, let_in, sync_of
from aggregator.web.forms import services_of
from aggregator.web.greader.calls import KIND, Reads, edit_token

router = APIRouter(route_class=PlainRoute)


@router.api_route("/accounts/ClientLogin", methods=["GET", "POST"])
def client_login(request: Request, given: Annotated[Parameters, Given]) -> Response:
    """Name and API password (``Email``, ``Passwd``) for a sign-in, which another password ends."""
    _, accounts = sync_of(services_of(request))
    found = let_in(accounts.api_attempt(given.get("Email"), given.get("Passwd"), caller(request)))
    if found is None:
        return PlainTextResponse("Error=BadAuthentication\n", 401)
    secret = given.get("Passwd")  # a token stands for itself: revoked, it is worth nothing any more
    if found.via != "token":
        secret = accounts.begin(found, kind=KIND, about=request.headers.get("user-agent", ""))
    token = f"{found.reader}/{secret}"
    if given.get("output") == "json":
        return JSONResponse({"SID": token, "LSID": token, "Auth": token})
    return PlainTextResponse(
        f"SID={token}\nLSID={token}\nAuth={token}\n", headers={"Cache-Control": "no-store"}
    )


@router.get("/reader/api/0/token")
def token(call: Reads) -> Response:
    """What changes send as ``T``."""
    return PlainTextResponse(edit_token(call.secret), headers={"Cache-Control": "no-store"})


@router.get("/reader/api/0/user-info")
def user_info(call: Reads) -> Response:
    """The reader's name, in all the fields that clients look into."""
    name = call.desk.reader
    return call.answer({"userId": name, "userName": name, "userProfileId": name, "userEmail": name})


@router.get("/reader/api/0/preference/list")
def preferences(call: Reads) -> Response:
    """None are kept."""
    return call.answer({"prefs": []})


@router.get("/reader/api/0/preference/stream/list")
def stream_preferences(call: Reads) -> Response:
    """None are kept; subscriptions are in the YAML's order."""
    return call.answer({"streamprefs": {}})


@router.get("/reader/api/0/friend/list")
def friends(call: Reads) -> Response:
    """Nobody."""
    return call.answer({"friends": []})


@router.get("/reader/ping")
def ping(call: Reads) -> Response:
    """The token is good."""
    return PlainTextResponse(call.desk.reader)
