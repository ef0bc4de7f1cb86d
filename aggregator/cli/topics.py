"""topics list, test: what is in a topic, and what a changed one would gain and lose."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any

import click
from rich.table import Table
from rich.text import Text

from aggregator.cli.common import (
    Duration,
    config_option,
    json_option,
    known_or_fail,
    messages,
    now,
    output,
    print_json,
    settings_of,
)
from aggregator.cli.opened import opened
from aggregator.model import StoryView
from aggregator.topics import Topic

MONTH = timedelta(days=30)


@click.group()
def topics() -> None:
    """List the topics of the YAML, and test a changed one before it acts."""


@topics.command("list")
@config_option
@json_option
def list_(config_path: Path | None, as_json: bool) -> None:
    """List the topics: what they look for and where, and how many stories are in them."""
    with opened(config_path) as (settings, store):
        counts = store.topics.counts()
    if as_json:
        for topic in settings.topics:
            print_json(_shape(topic) | {"stories": counts.get(topic.name, 0)})
        return
    table = Table(box=None, pad_edge=False)
    for name in ("topic", "stories", "title", "asks for"):
        table.add_column(name, justify="right" if name == "stories" else "left")
    for topic in settings.topics:
        table.add_row(topic.name, str(counts.get(topic.name, 0)), Text(topic.title), Text(_words(topic)))
    output().print(table)


@topics.command()
@config_option
@click.argument("topic")
@click.option(
    "--since", type=Duration(), default=MONTH, help="Stories placed within this time. [default: 30d]"
)
@click.option(
    "--with",
    "over",
    type=click.Path(dir_okay=False, exists=True, path_type=Path),
    help="A YAML file whose terms: and topics: stand for those of the same names. Without it the "
    "configuration as it is now against what the daemon has matched so far.",
)
@json_option
def test(config_path: Path | None, topic: str, since: timedelta, over: Path | None, as_json: bool) -> None:
    """Show which stories a topic would gain and lose. Nothing is changed."""
    changed = settings_of(config_path, over)
    known_or_fail("topic", topic, changed.topics.names)
    with opened(config_path) as (_, store):
        gains, losses = store.topics.changes(changed.topics[topic], topic, now() - since)
    if as_json:
        for change, found in (("gained", gains), ("lost", losses)):
            for story in found:
                print_json({"change": change, "story": story.id, "title": story.title, "url": story.url})
        return
    _print("+", "green", gains)
    _print("-", "red", losses)
    messages().print(f"{topic}: {len(gains)} stories more, {len(losses)} fewer. Nothing was changed.")


def _print(sign: str, style: str, stories: Sequence[StoryView]) -> None:
    for story in stories:
        line = Text(f"{sign} {story.id:>7}  {story.published:%Y-%m-%d}  ", style=style)
        line.append(story.title or "(no title)", style="default")
        line.append(f"  {story.canonical.source_title}", style="dim")
        output().print(line)


def _shape(topic: Topic) -> dict[str, Any]:
    return {
        "name": topic.name,
        "title": topic.title,
        "all": [list(terms) for terms in topic.all],
        "any": list(topic.any),
        "none": list(topic.none),
        "in": list(topic.fields),
        "groups": sorted(topic.groups),
        "sources": sorted(topic.sources),
    }


def _words(topic: Topic) -> str:
    """What a topic asks for, on one line."""
    parts = [f"one of {_few(terms)}" for terms in topic.all]
    parts += [f"one of {_few(topic.any)}"] if topic.any else []
    parts += [f"none of {_few(topic.none)}"] if topic.none else []
    parts += [f"groups {_few(sorted(topic.groups))}"] if topic.groups else []
    parts += [f"sources {_few(sorted(topic.sources))}"] if topic.sources else []
    return f"{' and '.join(parts)}; in {', '.join(topic.fields)}"


def _few(words: Sequence[str], most: int = 4) -> str:
    more = f" and {len(words) - most} more" if len(words) > most else ""
    return f"({', '.join(words[:most])}{more})"
