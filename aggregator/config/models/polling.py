"""`polling`: how feeds are fetched."""

from __future__ import annotations

from datetime import timedelta
from typing import Literal

from pydantic import Field, field_validator

from aggregator.config.models.section import Section
from aggregator.config.models.values import Duration, Hosts, Size, WebUrl


class Polling(Section):
    """How feeds are fetched; a source may override what has the same name there."""

    interval: Duration = Field(
        default=timedelta(minutes=30),
        description="Time between two polls of a source, in the mean over all: those with more news are "
        "polled more often, each by its learnt rhythm.",
    )
    min_interval: Duration = Field(
        default=timedelta(minutes=15), description="Never poll a source more often."
    )
    max_interval: Duration = Field(
        default=timedelta(days=1),
        description="A source that is in order is polled at least so often, unless its server asks for less.",
    )
    concurrency: int = Field(
        default=64, ge=1, le=10_000, description="Fetches at the same time, over all hosts."
    )
    per_host: int = Field(default=2, ge=1, le=100, description="Fetches at the same time from one host.")
    rate: int = Field(
        default=100, ge=1, le=100_000, description="Polls that a daemon starts in one second, at most."
    )
    websub: bool = Field(
        default=True,
        strict=True,
        description="Let hubs push what is new (WebSub) where feeds name one; needs web.public_url.",
    )
    icons: bool = Field(
        default=True,
        strict=True,
        description="Fetch the icons of outlets, weekly at most, as robots.txt allows.",
    )
    contact: WebUrl | None = Field(
        default=None,
        description="Where those whose servers we ask find who we are; default: web.public_url.",
    )
    timeout: Duration = Field(
        default=timedelta(seconds=30), description="For one fetch, from start to last byte."
    )
    max_body: Size = Field(default=15_000_000, description="Largest feed, decoded. 15MB is 15,000,000 bytes.")
    allow_private: bool = Field(
        default=False, description="Fetch from private and loopback addresses as well, whatever the source."
    )
    private_hosts: Hosts = Field(
        default=(),
        strict=False,
        description="Hosts (names or IP addresses) that may be private all the same.",
    )
    host_gap: Duration | None = Field(
        default=None, description="Time from one request to a host to the next, over all daemons; null: none."
    )
    lease: Duration = Field(
        default=timedelta(seconds=60),
        description="A daemon that is silent for so long is taken for dead, and others poll what it held.",
    )
    parser: Literal["auto", "authority", "check"] = Field(
        default="auto",
        description="auto: the fast parser where it is sure to read what feedparser reads, 1 in 64 checked; "
        "authority: feedparser for all; check: both for all, feedparser is believed.",
    )

    @field_validator("lease")
    @classmethod
    def _long_enough(cls, value: timedelta) -> timedelta:
        if value < timedelta(seconds=3):
            raise ValueError("must be 3s or longer: daemons say that they live three times in it")
        return value
