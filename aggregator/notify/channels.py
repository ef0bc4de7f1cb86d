"""The ways out: a signed webhook, Apprise, mail. Each raises `Failed` with words for people.

Webhooks are signed as the Standard Webhooks specification has it (1.0, "Verifying webhook authenticity"):
HMAC-SHA256 over ``id.timestamp.body``. The id is the same at every attempt, so that a receiver can tell a
second delivery of one alert, which a crash between sending and noting it may cause.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import smtplib
import ssl
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from email.message import EmailMessage
from email.utils import format_datetime
from typing import Any
from urllib.parse import urlsplit

from aggregator.errors import AggregatorError, FetchError
from aggregator.model import Source
from aggregator.notify.rules import Mail, Target
from aggregator.sources.http import Client

TIMEOUT = 20.0  # seconds
GONE = 410  # the receiver wants no more


@dataclass(eq=False)
class Failed(AggregatorError):  # noqa: N818 - it says what happened
    """A message was not taken. ``after``: seconds, by the server; ``final``: the same again will not work."""

    message: str
    after: float | None = None
    final: bool = False

    def __str__(self) -> str:
        return self.message


async def webhook(
    client: Client, target: Target, number: str, body: Mapping[str, Any], now: datetime
) -> None:
    """POST a JSON body, signed where the target has a secret; through the guard of addresses."""
    assert target.webhook is not None
    content = json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode()
    stamp = str(int(now.timestamp()))
    headers = {"Content-Type": "application/json", "webhook-id": number, "webhook-timestamp": stamp}
    if target.secret:
        headers["webhook-signature"] = signature(target.secret, number, stamp, content)
    own = frozenset({urlsplit(target.webhook).hostname or ""}) if target.allow_private else frozenset()
    permitted = Source(
        "alerts", "", "", timeout=timedelta(seconds=TIMEOUT), allow_private=target.allow_private,
        private_hosts=own,  # and no other, wherever it is redirected to
    )  # fmt: skip
    try:
        await client.post(permitted, target.webhook, content, headers)
    except FetchError as error:
        raise Failed(str(error), error.retry_after, final=error.status == GONE) from error


def signature(secret: str, number: str, stamp: str, content: bytes) -> str:
    """``v1,`` and the signature in base64; a secret ``whsec_…`` is base64, any other is taken as it is."""
    key = base64.b64decode(secret[6:]) if secret.startswith("whsec_") else secret.encode()
    signed = hmac.new(key, f"{number}.{stamp}.".encode() + content, hashlib.sha256).digest()
    return "v1," + base64.b64encode(signed).decode()


def apprise(target: Target, title: str, text: str) -> None:
    """Send through one of Apprise's services; blocking. The address is the administrator's own."""
    try:
        from apprise import Apprise, NotifyFormat
    except ImportError as error:
        raise Failed("Apprise is not installed; `pip install feed-aggregator[alerts]`", final=True) from error
    sender = Apprise()
    if not sender.add(target.apprise or ""):
        raise Failed(f"Apprise does not know the kind of address of {target.name}", final=True)
    if not sender.notify(title=title, body=text, body_format=NotifyFormat.TEXT):
        raise Failed(f"the service of {target.name} did not take it")


def mail(server: Mail, to: tuple[str, ...], body: Mapping[str, Any], number: str, now: datetime) -> None:
    """Send one message to all of them; blocking."""
    message = EmailMessage()
    message["Subject"] = str(body["title"])
    message["From"], message["To"] = server.sender, ", ".join(to)
    message["Date"] = format_datetime(now)
    domain = server.sender.rpartition("@")[2].strip(" >") or "localhost"
    message["Message-ID"] = f"<{number}@{domain}>"  # the same at every attempt
    message["Auto-Submitted"] = "auto-generated"  # RFC 3834
    message.set_content(str(body["text"]))
    if body.get("html"):
        message.add_alternative(str(body["html"]), subtype="html")
    try:
        context = ssl.create_default_context()
        if server.security == "tls":
            link: smtplib.SMTP = smtplib.SMTP_SSL(server.host, server.port, timeout=TIMEOUT, context=context)
        else:
            link = smtplib.SMTP(server.host, server.port, timeout=TIMEOUT)
        with link:
            if server.security == "starttls":
                link.starttls(context=context)
            if server.user is not None:
                link.login(server.user, server.password or "")
            refused = link.send_message(message)
    except smtplib.SMTPException as error:
        raise Failed(f"{server.host} did not take the mail: {_said(error)}") from error
    except OSError as error:
        raise Failed(f"{server.host} cannot be reached: {error.strerror or error}") from error
    if refused:
        raise Failed(f"{server.host} refused {', '.join(refused)}", final=True)


def _said(error: smtplib.SMTPException) -> str:
    said = getattr(error, "smtp_error", b"")
    words = said.decode("utf-8", "replace") if isinstance(said, bytes) else str(said)
    return " ".join((words or str(error) or type(error).__name__).split())[:300]
