"""Signing in and out, and one's own tokens and sign-ins."""

from __future__ import annotations

from typing import Annotated
from urllib.parse import urlsplit

from fastapi import APIRouter, Form, HTTPException, Query, Request
from starlette.responses import RedirectResponse, Response

from aggregator.store.tokens import SCOPES
from aggregator.web.accounts import Accounts, Identity, scope_of
from aggregator.web.forms import Written, identity_of, local_path, services_of
from aggregator.web.guard import SESSION, host_of, slow_down
from aggregator.web.render import page

router = APIRouter(include_in_schema=False)
LASTS = 30 * 86_400  # seconds that a browser keeps the cookie after its last use; see `store.signins.IDLE`
Next = Annotated[str, Form(alias="next", max_length=2_000)]


@router.get("/login")
def login(request: Request, next_: Annotated[str, Query(alias="next", max_length=2_000)] = "/") -> Response:
    """The form to sign in with."""
    services, target = services_of(request), local_path(next_)
    accounts = services.accounts
    if accounts is None or (accounts.open and services.settings.loopback):
        return RedirectResponse(target, 303)
    return page(request, "login.html", title="Sign in", target=target, wrong=False)


@router.post("/login", dependencies=[Written])
def sign_in(
    request: Request,
    user: Annotated[str, Form(max_length=200)] = "",
    password: Annotated[str, Form(max_length=1_000)] = "",
    next_: Next = "/",
) -> Response:
    """Sign in, and go where one wanted to; a wrong password and an unknown name are answered alike."""
    services, target = services_of(request), local_path(next_)
    accounts = services.accounts
    if accounts is None or (accounts.open and services.settings.loopback):
        return RedirectResponse(target, 303)
    tried = accounts.login(user, password, request.client.host if request.client else "")
    if tried.wait:
        return slow_down(tried.wait)
    if tried.identity is None:
        return page(request, "login.html", 401, title="Sign in", target=target, wrong=True)
    secret = accounts.begin(tried.identity, about=request.headers.get("user-agent", ""))
    answer = RedirectResponse(target, 303, {"Cache-Control": "no-store"})
    answer.set_cookie(
        SESSION, secret, max_age=LASTS, httponly=True, samesite="lax", secure=is_secure(request)
    )
    return answer


@router.post("/logout", dependencies=[Written])
def sign_out(request: Request) -> Response:
    """Sign out here."""
    accounts = services_of(request).accounts
    if accounts is not None and (secret := request.cookies.get(SESSION)):
        accounts.end(secret)
    return _gone(request)


@router.post("/logout/everywhere", dependencies=[Written])
def sign_out_everywhere(request: Request) -> Response:
    """Sign out of every browser and every client that signed in with a password; tokens stay."""
    accounts, who = services_of(request).accounts, identity_of(request)
    if accounts is not None and who is not None:
        accounts.end_all(who.reader)
    return _gone(request)


def _gone(request: Request) -> Response:
    answer = RedirectResponse("/login", 303, {"Clear-Site-Data": '"cache"', "Cache-Control": "no-store"})
    answer.delete_cookie(SESSION, httponly=True, samesite="lax", secure=is_secure(request))
    return answer


@router.get("/tokens")
def tokens(request: Request) -> Response:
    """One's own tokens, and where one is signed in."""
    return _tokens(request)


@router.post("/tokens", dependencies=[Written])
def add(
    request: Request,
    name: Annotated[str, Form(max_length=100)] = "",
    scope: Annotated[str, Form(max_length=20)] = "read",
) -> Response:
    """Make a token and show it, this once."""
    accounts, who = _signed_in(request)
    if scope not in allowed(who):
        raise HTTPException(403, f"{who.reader} cannot give a token of scope {scope!r}.")
    secret, _ = accounts.add_token(name.strip(), scope, who.reader)
    return _tokens(request, secret=secret, scope=scope)


@router.post("/tokens/{number}/revoke", dependencies=[Written])
def revoke(request: Request, number: int) -> Response:
    """End one of one's own tokens."""
    accounts, who = _signed_in(request)
    accounts.people.revoke(number, who.reader)
    return RedirectResponse("/tokens", 303)


def _tokens(request: Request, *, secret: str = "", scope: str = "") -> Response:
    accounts, who = _signed_in(request)
    services = services_of(request)
    base = services.settings.public_url or f"{request.url.scheme}://{request.headers.get('host', '')}"
    answer = page(
        request, "tokens.html", title="Tokens and sign-ins", scopes=allowed(who), secret=secret,
        address=f"{base.rstrip('/')}/feed.atom?token={secret}" if scope == "feeds" else "",
        tokens=[one for one in accounts.people.tokens(who.reader) if one.revoked is None],
        sign_ins=accounts.people.sign_ins(who.reader),
    )  # fmt: skip
    answer.headers["Cache-Control"] = "no-store"
    return answer


def _signed_in(request: Request) -> tuple[Accounts, Identity]:
    accounts, who = services_of(request).accounts, identity_of(request)
    if accounts is None or who is None:
        raise HTTPException(404)
    return accounts, who


def allowed(who: Identity) -> tuple[str, ...]:
    """The scopes that somebody may give a token."""
    return SCOPES[: SCOPES.index(scope_of(who.role)) + 1]


def is_secure(request: Request) -> bool:
    """Whether the browser came by https: by the connection, by what a trusted proxy says, or since it used
    the public address and that is one.
    """
    public = urlsplit(services_of(request).settings.public_url or "")
    same = host_of(request.headers.get("host", "")) == (public.hostname or "")
    return request.url.scheme == "https" or (public.scheme == "https" and same)
