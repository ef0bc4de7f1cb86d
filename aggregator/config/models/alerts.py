"""`alerts`: what people are told of, and how."""

from __future__ import annotations

from datetime import timedelta
from typing import Literal

from pydantic import Field

from aggregator.config.models.section import Section, loose
from aggregator.config.models.values import ClockTime, Duration, Name, OneOrMore, Timezone, WebUrl


class TargetOptions(Section):
    """Where alerts go: one of Apprise's addresses, or a webhook."""

    apprise: str | None = Field(
        default=None, repr=False, description="An address of Apprise, such as ntfy://…, best as ${NAME}."
    )
    webhook: WebUrl | None = Field(
        default=None, repr=False, description="An address that takes JSON by POST."
    )
    secret: str | None = Field(
        default=None, repr=False, description="Signs what is posted (Standard Webhooks): ${NAME}."
    )
    allow_private: bool = Field(default=False, description="The webhook may be on a private address.")


class AlertRule(Section):
    """Tells a story once, when it is carried by so many."""

    model_config = loose()
    to: OneOrMore = Field(description="One or more targets.")
    topic: str | None = Field(default=None, description="Only stories of this topic.")
    source: str | None = Field(default=None, description="Only stories with an article of this source.")
    group: str | None = Field(default=None, description="Only stories with an article of this group.")
    outlets: int = Field(default=1, ge=1, strict=True, description="Carried by at least so many outlets …")
    groups: int = Field(default=1, ge=1, strict=True, description="… of at least so many groups …")
    within: Duration = Field(
        default=timedelta(days=1), description="… within this time of the first article."
    )
    urgent: bool = Field(default=False, strict=True, description="In quiet hours, too.")


class QuietOptions(Section):
    """Hours of the day without alerts; what comes then is told afterwards."""

    model_config = loose()
    from_: ClockTime = Field(alias="from", description="22:00")
    to: ClockTime = Field(description="07:00")
    timezone: Timezone = Field(default="UTC", description="IANA name.")


class MailOptions(Section):
    """The SMTP server for the digest."""

    host: str = Field(description="Its name.")
    port: int = Field(default=587, ge=1, le=65535, description="Its port.")
    security: Literal["starttls", "tls", "none"] = Field(
        default="starttls", description="none: loopback only."
    )
    user: str | None = Field(default=None, description="To sign in with.")
    password: str | None = Field(default=None, repr=False, description="${NAME}.")
    sender: str = Field(pattern=r"^[^\r\n]+@[^\r\n]+$", description="The address that writes.")


class DigestOptions(Section):
    """The stories of a day that most outlets carry: by mail, and at /digest.atom."""

    model_config = loose()
    at: ClockTime = Field(description="When it is made: 07:00.")
    timezone: Timezone = Field(default="UTC", description="IANA name.")
    topic: str | None = Field(default=None, description="Only stories of this topic.")
    stories: int = Field(default=20, ge=1, le=200, strict=True, description="At most so many.")
    to: OneOrMore = Field(default=(), description="Mail addresses; without any it is a feed only.")


class Alerts(Section):
    """What people are told of, and how."""

    targets: dict[Name, TargetOptions] = Field(default_factory=dict, description="Where alerts go, by name.")
    rules: dict[Name, AlertRule] = Field(default_factory=dict, description="What is told, by name.")
    quiet: QuietOptions | None = Field(default=None, description="Hours without alerts.")
    mail: MailOptions | None = Field(default=None, description="The SMTP server for the digest.")
    digest: DigestOptions | None = Field(default=None, description="A daily digest.")
