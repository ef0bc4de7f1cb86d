"""`web` and `sync`: the server, its people, and what clients of the sync APIs see."""

from __future__ import annotations

from datetime import timedelta
from typing import Literal

from pydantic import Field

from aggregator.config.models.section import Section, loose
from aggregator.config.models.values import Duration, FeverKey, Name, Network, WebUrl


class ReaderOptions(Section):
    """One person who reads, with read and starred state of their own."""

    name: Name = Field(description="The name to sign in with.")
    password: str = Field(repr=False, description="${NAME}, or a hash of `aggregator password`.")
    api_password: str | None = Field(
        default=None, repr=False, description="For the sync APIs; a password of its own."
    )
    fever_key: FeverKey | None = Field(
        default=None, repr=False, description="md5 of name:api_password, where api_password is a hash."
    )
    role: Literal["admin", "reader"] = Field(
        default="reader", description="An admin may change sources and stories."
    )


class Web(Section):
    """The web server: pages, feeds and APIs."""

    model_config = loose()
    host: str = Field(
        default="127.0.0.1", description="Address to listen on. Beyond loopback a password is required."
    )
    port: int = Field(
        default=8787, ge=0, le=65535, strict=True, description="Port to listen on; 0 takes any free one."
    )
    public_url: WebUrl | None = Field(
        default=None, description="How others reach it, behind a proxy for instance."
    )
    hosts: tuple[str, ...] = Field(
        default=(), description="Further host names under which it answers (others are refused)."
    )
    user: str = Field(default="reader", min_length=1, description="The name of the one reader.")
    password: str | None = Field(
        default=None,
        repr=False,
        description="Of the pages: ${NAME}, or a hash of `aggregator password`; null: none.",
    )
    api_password: str | None = Field(
        default=None,
        repr=False,
        description="Of the sync APIs (Google Reader, Fever, Miniflux): ${NAME} or a hash; null: off.",
    )
    fever_key: FeverKey | None = Field(
        default=None,
        repr=False,
        description="md5 of user:api_password in hex, for Fever where api_password is a hash.",
    )
    readers: tuple[ReaderOptions, ...] = Field(
        default=(), description="More people, each with their own state. Needs web.password as well."
    )
    hub: WebUrl | None = Field(
        default=None, description="A WebSub hub: feeds name it, and it is told when they change."
    )
    trusted_proxies: tuple[Network, ...] = Field(
        default=(),
        description="Addresses or networks of reverse proxies whose X-Forwarded-For and -Proto are believed.",
    )

    media_proxy: bool = Field(
        default=False,
        strict=True,
        description="Show the pictures of articles, fetched by this server: outlets do not see who reads.",
    )

    @property
    def base_url(self) -> str:
        """Where the page is, without a slash at the end: ``public_url``, else host and port."""
        if self.public_url:
            return self.public_url.rstrip("/")
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"http://{host}:{self.port}"


class Sync(Section):
    """What clients of the sync APIs (Google Reader, Fever, Miniflux) see."""

    model_config = loose()
    view: Literal["sources", "groups", "topics"] = Field(
        default="sources",
        description="What they subscribe to; each story is served under one of them, for good.",
    )
    settle: Duration = Field(
        default=timedelta(minutes=5),
        description="A new story waits so long for a better canonical article before it is served.",
    )
