"""A page of stories as a piece of HTML: what every list shares."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from urllib.parse import urlencode

from fastapi import Request
from markupsafe import Markup

from aggregator.model import StoryView, TimelineSpec
from aggregator.web import show
from aggregator.web.forms import services_of
from aggregator.web.render import address_of, environment
from aggregator.web.services import Services

PER_PAGE = 30
TODAY = timedelta(days=1)  # of what leads the front page
LEADERS = 4


@dataclass(frozen=True, slots=True)
class River:
    """A page of stories, newest first. ``leads``: what goes before them, if anything.

    ``ids``: parted by commas. ``more``: the next page's address, None on the last. ``live``: what /events is
    asked for this list; None where nothing new can come, on older pages.
    """

    html: Markup
    leads: Markup
    ids: str
    more: str | None
    live: str | None

    def __bool__(self) -> bool:
        """Whether any story is on it."""
        return bool(self.ids)


def river(
    request: Request, spec: TimelineSpec, csrf: str, *, leads: bool = False, live: bool = False,
    level: str = "h2",
) -> River:  # fmt: skip
    """The page of a timeline. ``leads``: what most outlets carry today goes before it, and is not in it.

    ``level``: of the headlines. One story more than shown is asked for, to know whether there is a next page.
    """
    services, here = services_of(request), address_of(request)
    now, topics = services.now(), services.topics()
    spec = replace(spec, reader=services.reader, limit=PER_PAGE + 1)
    stories = services.reading.timeline(spec)
    shown = stories[:PER_PAGE]
    top: Sequence[StoryView] = ()
    if leads:
        top = show.leading(services.reading.leading(now - TODAY, LEADERS, reader=services.reader))
    ids = [one.id for one in top]
    rest = [one for one in shown if one.id not in ids]
    following = _live(services, spec, shown[0].id if shown else 0) if live and spec.before is None else None

    def html(template: str, wanted: Sequence[StoryView]) -> Markup:
        cards = [show.card(story, topics, of_topic=spec.topic) for story in wanted]
        made = (
            environment()
            .get_template(template)
            .render(cards=cards, csrf=csrf, here=here, now=now, live=following, level=level)
        )
        return Markup(made)  # noqa: S704  of our template

    path, _, query = here.partition("?")
    kept = [part for part in query.split("&") if part and not part.startswith("before=")]
    more = f"{path}?{'&'.join([*kept, f'before={shown[-1].id}'])}" if len(stories) > PER_PAGE else None
    return River(
        html=html("river.html", rest),
        leads=html("leads.html", top),
        ids=",".join(map(str, [*ids, *(one.id for one in rest)])),
        more=more,
        live=following,
    )


def _live(services: Services, spec: TimelineSpec, newest: int) -> str:
    if not newest:  # an empty list: what is there now is not new, nor was it wanted here
        last = services.reading.timeline(TimelineSpec(limit=1, with_content=False))
        newest = last[0].id if last else 0
    wanted = {"after": newest, "topic": spec.topic, "group": spec.group}
    return urlencode({name: value for name, value in wanted.items() if value is not None})
