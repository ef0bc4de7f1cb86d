"""Who may sign in: the configuration's people, with the store that keeps their sign-ins and tokens."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from aggregator.config.models import Web
from aggregator.engine import Engine
from aggregator.web.accounts import Account, Accounts

T = TypeVar("T")


def listed(web: Web) -> tuple[Account, ...]:
    """The people of the configuration, its owner first."""
    owner = Account(web.user, web.password, web.api_password, "admin", web.fever_key)
    return owner, *(
        Account(one.name, one.password, one.api_password, one.role, one.fever_key) for one in web.readers
    )


def accounts_of(parts: Engine) -> Accounts:
    """Who may sign in now: a changed configuration acts at once."""

    def write(change: Callable[[], T]) -> T:
        return parts.writer.submit(change, person=True).result()

    return Accounts(parts.store.people, lambda: listed(parts.settings.web), parts.now, write)
