"""The part of the Miniflux API (version 1, miniflux.app/docs/api.html) that feed readers use: read and mark.

Sign in with Basic (name and API password) or with ``X-Auth-Token``: a token of /tokens.
Subscriptions are feeds, an entry is of the one that its story stands under; its ``status`` is read or unread.
Entries come in the order in which they were placed, whatever ``order`` asks for; bounds in time are of when
they were first served.
"""

from __future__ import annotations

from fastapi import APIRouter

from aggregator.web.miniflux import entries, lists, marks
from aggregator.web.miniflux.calls import Route

router = APIRouter(prefix="/v1", include_in_schema=False, route_class=Route)
for part in (lists, entries, marks):
    router.include_router(part.router)
