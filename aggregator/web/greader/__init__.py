"""The Google Reader API, as clients speak it today.

Google never published it. What is here follows the unofficial descriptions of its time (pyrfeed's wiki, Mihai
Parparita's notes) and what the successors' documentation adds. Stories are items; sources, groups or topics
are subscriptions (``sync.view``), groups and topics folders.
"""

from __future__ import annotations

from fastapi import APIRouter

from aggregator.web.calls import PlainRoute
from aggregator.web.greader import account, changes, lists, streams

# Clients that know FreshRSS put its path before; it is the same here.
PLACES = ("", "/api/greader.php")


def router() -> APIRouter:
    """Every route, at both places."""
    made = APIRouter(include_in_schema=False, route_class=PlainRoute)
    for place in PLACES:
        for part in (account, lists, streams, changes):
            made.include_router(part.router, prefix=place)
    return made
