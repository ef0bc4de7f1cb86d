"""A page of stories as a piece of HTML: what every list shares."""

from __future__ import annotations

from dataclasses import dataclass, replace
from urllib.parse import urlencode

from fastapi import Request
from markupsafe import Markup

from aggregator.model import TimelineSpec
from aggregator.web import show
from aggregator.web.forms import services_of
from aggregator.web.render import address_of, environment
from aggregator.web.services import Services

PER_PAGE = 30


@dataclass(frozen=True, slots=True)
class River:
    """A page of stories, newest first.

    ``ids``: parted by commas. ``more``: the next page's address, None on the last. ``live``: what /events is
    asked for this list; None where nothing new can come, on older pages.
    """

    html: Markup
    ids: str
    more: str | None
    live: str | None

    def __bool__(self) -> bool:
        """Whether any story is on it."""
        return bool(self.ids)


def river(
    request: Request, spec: TimelineSpec, csrf: str, *, leads: bool = False, live: bool = False
) -> River:
    """The page of a timeline. ``leads``: what most outlets carry goes first, as the headline.

    One more than shown is asked for, to know whether there is a next page.
    """
    services, here = services_of(request), address_of(request)
    spec = replace(spec, reader=services.reader, limit=PER_PAGE + 1)
    stories = services.reading.timeline(spec)
    shown = stories[:PER_PAGE]
    ordered = show.front(shown) if leads else shown
    topics = services.topics()
    cards = [show.card(story, topics, of_topic=spec.topic) for story in ordered]
    found = _live(services, spec, shown[0].id if shown else 0) if live and spec.before is None else None
    html = environment().get_template("river.html").render(
        cards=cards, csrf=csrf, here=here, now=services.now(), leads=leads, live=found,
    )  # fmt: skip
    path, _, query = here.partition("?")
    kept = [part for part in query.split("&") if part and not part.startswith("before=")]
    more = f"{path}?{'&'.join([*kept, f'before={shown[-1].id}'])}" if len(stories) > PER_PAGE else None
    return River(Markup(html), ",".join(str(one.id) for one in shown), more, found)  # noqa: S704


def _live(services: Services, spec: TimelineSpec, newest: int) -> str:
    if not newest:  # an empty list: what is there now is not new, nor was it wanted here
        last = services.reading.timeline(TimelineSpec(limit=1, with_content=False))
        newest = last[0].id if last else 0
    wanted = {"after": newest, "topic": spec.topic, "group": spec.group}
    return urlencode({name: value for name, value in wanted.items() if value is not None})
