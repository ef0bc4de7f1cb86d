"""/connect: which account type, address and user the common clients want, with a QR code of the address."""

from __future__ import annotations

from dataclasses import dataclass
from io import BytesIO
from typing import Annotated
from urllib.parse import urlsplit

import segno
from fastapi import APIRouter, Depends, Request
from markupsafe import Markup
from starlette.responses import Response

from aggregator.web.accounts import fever_key_of
from aggregator.web.calls import base_of
from aggregator.web.forms import given
from aggregator.web.guard import cannot_be_rebound
from aggregator.web.render import page
from aggregator.web.services import Services

router = APIRouter(include_in_schema=False)
Given = Annotated[Services, Depends(given)]


@dataclass(frozen=True, slots=True)
class Client:
    """What to choose in a client. ``path`` comes behind our address."""

    name: str
    where: str
    account: str
    path: str = ""


CLIENTS = (
    Client("NetNewsWire", "macOS, iOS", "FreshRSS", "/api/greader.php"),
    Client("Reeder Classic", "macOS, iOS", "FreshRSS", "/api/greader.php"),
    Client("ReadKit", "macOS, iOS", "FreshRSS", "/api/greader.php"),
    Client("Fluent Reader", "Windows, macOS, Linux", "Google Reader API (FreshRSS)", "/api/greader.php"),
    Client("Newsflash", "Linux", "FreshRSS", "/api/greader.php"),
    Client("Read You", "Android", "Google Reader or FreshRSS", "/api/greader.php"),
    Client("FeedMe", "Android", "FreshRSS", ""),
    Client("Unread", "iOS", "Fever", "/fever/"),
    Client("newsboat", "terminal", 'urls-source "miniflux" or "feedhq"', ""),
)


@router.get("/connect")
def connect(request: Request, services: Given) -> Response:
    """How to read here with a client of one's own."""
    base = base_of(request)
    sync, accounts = services.sync, services.accounts
    account = accounts.account(services.reader) if accounts else None
    host = urlsplit(base).hostname or ""
    return page(
        request, "connect.html", base=base, clients=CLIENTS, user=services.reader,
        enabled=sync is not None and accounts is not None and accounts.api,
        own=account is not None and account.api_password is not None,
        fever=account is not None and fever_key_of(account) is not None,
        view=sync.view() if sync is not None else "sources", secure=base.startswith("https:"),
        local=cannot_be_rebound(host) and (host.startswith("127.") or host in ("localhost", "::1")),
        code=qr(f"{base}/api/greader.php"),
    )  # fmt: skip


def qr(text: str) -> Markup:
    """The text as a QR code (ISO/IEC 18004) in SVG, without any style that the page's policy would refuse."""
    drawn = BytesIO()
    segno.make(text, error="m", micro=False).save(
        drawn, kind="svg", xmldecl=False, svgns=True, omitsize=True, border=4, svgclass="qr", lineclass=None,
        dark="#000", light="#fff",
    )  # fmt: skip
    return Markup(drawn.getvalue().decode())  # noqa: S704  # segno drew it: paths and numbers
