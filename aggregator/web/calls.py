"""Requests of sync clients: parameters from address and form, who asks, and errors as plain sentences."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qsl

from fastapi import Depends, HTTPException, Request
from fastapi.routing import APIRoute
from starlette.responses import PlainTextResponse, Response

from aggregator.errors import AggregatorError, NotFoundError, StoreError
from aggregator.web.accounts import Accounts, Attempt, Identity
from aggregator.web.desk import Desk, NotAllowedError
from aggregator.web.forms import services_of
from aggregator.web.services import Services
from aggregator.web.syncing import Syncing

LARGEST = 4_000_000  # bytes of a form: some 60,000 item ids in their long form
MOST = 20_000  # parameters of one request
OFF = (
    "The sync APIs are off: set web.api_password in the configuration, or make a token on the page /tokens. "
    "The page /connect says the rest.\n"
)


class Refused(HTTPException):
    """A request that is refused, in words."""


class PlainRoute(APIRoute):
    """Errors as plain text: clients show them to people, and read no page."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """The usual handler, with our errors turned."""
        usual = super().get_route_handler()

        async def handler(request: Request) -> Response:
            try:
                return await usual(request)
            except HTTPException as error:
                return PlainTextResponse(str(error.detail), error.status_code, dict(error.headers or {}))
            except NotFoundError as error:
                return PlainTextResponse(f"{error}\n", 404)
            except NotAllowedError as error:
                return PlainTextResponse(f"{error}\n", 403)
            except StoreError as error:
                return PlainTextResponse(f"{error}\n", 503, {"Retry-After": "30"})
            except AggregatorError as error:
                return PlainTextResponse(f"{error}\n", 400)

        return handler


@dataclass(frozen=True, slots=True)
class Parameters:
    """What was asked: the address's query first, then the form; a name may come many times."""

    pairs: tuple[tuple[str, str], ...]

    def get(self, name: str, default: str = "") -> str:
        """The first value of a name."""
        return next((value for key, value in self.pairs if key == name), default)

    def all(self, name: str) -> list[str]:
        """Every value of a name."""
        return [value for key, value in self.pairs if key == name]

    def has(self, name: str) -> bool:
        """Whether a name was given, be it without a value."""
        return any(key == name for key, _ in self.pairs)

    def number(self, name: str) -> int | None:
        """A whole number of at most 19 digits, None when it is absent or none."""
        value = self.get(name).strip()
        return int(value) if value.isascii() and value.isdigit() and len(value) < 20 else None


async def parameters(request: Request) -> Parameters:
    """Of the address and of the body, which is a form whatever its type: some clients name none."""
    body = bytearray()
    async for chunk in request.stream():
        body += chunk
        if len(body) > LARGEST:
            raise Refused(413, f"More than {LARGEST} bytes: send fewer items at once.\n")
    pairs = parse(request.url.query)
    if not request.headers.get("content-type", "").startswith(("application/json", "multipart/")):
        pairs += parse(body.decode("utf-8", "replace"))
    return Parameters(tuple(pairs))


def parse(query: str) -> list[tuple[str, str]]:
    """Pairs of a query string."""
    try:
        return parse_qsl(query, keep_blank_values=True, max_num_fields=MOST, errors="replace")
    except ValueError:
        raise Refused(413, f"More than {MOST} parameters: send fewer items at once.\n") from None


Given = Depends(parameters)


def sync_of(services: Services) -> tuple[Syncing, Accounts]:
    """The sync side and who may use it; refuses where nobody has an API password or a token."""
    if services.sync is None or services.accounts is None or not services.accounts.api:
        raise Refused(403, OFF)
    return services.sync, services.accounts


def base_of(request: Request) -> str:
    """Our address as others reach it, without a slash at its end."""
    public = services_of(request).settings.public_url
    return (public or str(request.base_url)).rstrip("/")


def caller(request: Request) -> str:
    """The address that a request comes from."""
    return request.client.host if request.client else ""


def desk_for(request: Request, who: Identity) -> Desk:
    """The desk at which this reader is served. Refuses a token that is for feeds alone."""
    if not who.may("read"):
        raise Refused(403, f"This token opens the feeds of {who.reader}, and nothing else.\n")
    services = services_of(request)
    return Desk(services, sync_of(services)[0], who, base_of(request))


def writes(who: Identity) -> None:
    """Refuse a token that may only read."""
    if not who.may("write"):
        raise Refused(403, f"This token of {who.reader} may read, and change nothing.\n")


def let_in(attempt: Attempt) -> Identity | None:
    """Whom a password lets in, if anybody. Raises 429 with the seconds to wait after too many guesses."""
    seconds = -(-attempt.wait // timedelta(seconds=1))
    if seconds > 0:
        told = f"Too many wrong passwords: wait {seconds} seconds.\n"
        raise Refused(429, told, {"Retry-After": str(seconds)})
    return attempt.identity
