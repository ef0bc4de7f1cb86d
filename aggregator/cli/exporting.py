"""export and import: stories for research, and everything for another house."""

from __future__ import annotations

import csv
import gzip
import json
import os
import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import replace
from datetime import timedelta
from io import TextIOWrapper
from pathlib import Path
from typing import IO

import click

from aggregator.cli.common import Duration, config_option, messages, now, settings_of
from aggregator.cli.opened import opened
from aggregator.cli.reading import check_names, check_search, group_option, topic_option
from aggregator.config import Settings
from aggregator.errors import StoreError, UsageError
from aggregator.files import put
from aggregator.model import StoryView, TimelineSpec
from aggregator.publish.archive import COLUMNS, record, reference, row
from aggregator.publish.view import shown
from aggregator.store import Store

PAGE = 200  # stories that are read at once


@click.command("export")
@config_option
@topic_option
@group_option
@click.option("--source", help="Only stories with an article of this source.")
@click.option("--search", metavar="Q", help="Only what this query finds, as in the search box.")
@click.option("--since", type=Duration(), help="Only stories published within this time: 12h, 30d.")
@click.option("--format", "format_", type=click.Choice(["jsonl", "csv", "csl-json"]), default="jsonl",
              show_default=True)  # fmt: skip
@click.option("-o", "--output", type=click.Path(dir_okay=False, path_type=Path),
              help="A file in place of standard output; .gz is compressed.")  # fmt: skip
@click.option("--all", "house", type=click.Path(dir_okay=False, path_type=Path), metavar="FILE",
              help="Instead everything, for `aggregator import`; .gz is compressed.")  # fmt: skip
def export_(
    config_path: Path | None, topic: str | None, group: str | None, source: str | None, search: str | None,
    since: timedelta | None, format_: str, output: Path | None, house: Path | None,
) -> None:  # fmt: skip
    """Write stories with texts, hashes, all times, relations, revisions and decisions."""
    with opened(config_path) as (settings, store):
        if house is not None:
            if any((topic, group, source, search, since, output)):
                raise UsageError("--all takes everything; leave the filters and --output out")
            with written(house, private=True) as file:
                lines = sum(1 for line in store.upkeep.house() if file.write(line + "\n"))
            said = f"{house}: {lines} lines. `aggregator import {house}` reads them."
            messages().print(said, highlight=False)
            return
        check_names(settings, topic, group, source)
        check_search(settings, search)
        spec = TimelineSpec(
            topic=topic, group=group, source=source, search=search, limit=PAGE, with_content=False,
            since=None if since is None else now() - since,
        )  # fmt: skip
        with written(output) as file:
            count = FORMATS[format_](file, settings, store, found(store, spec))
    messages().print(f"{count} stories.", highlight=False)


@click.command("import")
@config_option
@click.argument("file", type=click.Path(dir_okay=False, exists=True, path_type=Path))
def import_(config_path: Path | None, file: Path) -> None:
    """Fill an empty database with what `export --all` wrote: ids, state, corrections and all."""
    store = Store.open(settings_of(config_path).database, now=now, upgrade=True)
    try:
        store.daemons.become()
        with opened_text(file) as lines:
            counted = store.upkeep.move_in(lines)
    finally:
        store.close()
    articles, stories = counted.get("articles", 0), counted.get("stories", 0)
    messages().print(f"{stories} stories, {articles} articles: moved in.", highlight=False)


def found(store: Store, spec: TimelineSpec) -> Iterator[StoryView]:
    """Each story of a timeline with all of its texts; one that is merged meanwhile is left out."""
    while page := store.timeline(spec):
        for listed in page:
            story = store.story(listed.id)
            if isinstance(story, StoryView):
                yield story
        spec = replace(spec, before=page[-1].id)


def _jsonl(file: IO[str], settings: Settings, store: Store, stories: Iterable[StoryView]) -> int:
    count, corrections = 0, store.corrections.listed()
    for story in stories:
        count += 1
        origins = store.record.origins([one.id for one in story.articles])
        made = record(story, origins, corrections, settings.dedup.additions)
        file.write(json.dumps(made, ensure_ascii=False, separators=(",", ":")) + "\n")
    return count


def _csv(file: IO[str], settings: Settings, store: Store, stories: Iterable[StoryView]) -> int:  # noqa: ARG001
    count, writer = 0, csv.writer(file, lineterminator="\r\n")  # RFC 4180
    writer.writerow(COLUMNS)
    for story in stories:
        count += 1
        origins = store.record.origins([one.id for one in story.articles])
        writer.writerows(row(story, one, origins[one.id]) for one in story.articles)
    return count


def _csl(file: IO[str], settings: Settings, store: Store, stories: Iterable[StoryView]) -> int:
    items, at = [], now()
    for story in stories:
        number = shown(story).id
        items.append(reference(story, store.record.origins([number])[number], settings.web.base_url, at))
    file.write(json.dumps(items, ensure_ascii=False, indent=1) + "\n")
    return len(items)


FORMATS: dict[str, Callable[[IO[str], Settings, Store, Iterable[StoryView]], int]] = {
    "jsonl": _jsonl,
    "csv": _csv,
    "csl-json": _csl,
}


@contextmanager
def written(path: Path | None, *, private: bool = False) -> Iterator[IO[str]]:
    """A text file that appears whole or not at all; standard output without a path.

    ``private``: for nobody but this user, since it holds hashes of passwords.
    """
    if path is None:
        yield sys.stdout
        return
    part = path.with_name(path.name + ".part")
    mode = 0o600 if private else 0o666
    try:
        raw = os.fdopen(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, mode), "wb")
        with (
            raw,
            gzip.GzipFile(fileobj=raw, mode="wb") if path.suffix == ".gz" else nullcontext(raw) as plain,
            TextIOWrapper(plain, encoding="utf-8", newline="") as file,
        ):
            yield file
        put(part, path)
    except OSError as error:
        raise StoreError(f"{path}: cannot be written: {error.strerror or error}") from error
    finally:
        part.unlink(missing_ok=True)


@contextmanager
def opened_text(path: Path) -> Iterator[Iterable[str]]:
    """The lines of a file, compressed or not."""
    try:
        with gzip.open(path, "rb") if path.suffix == ".gz" else path.open("rb") as raw:
            yield TextIOWrapper(raw, encoding="utf-8")
    except (OSError, UnicodeDecodeError, EOFError) as error:
        raise StoreError(f"{path}: cannot be read: {error}") from error
