"""stories, show, explain, feed, split, merge, undo: what people read, and what they correct."""

from __future__ import annotations

import getpass
import sys
from collections.abc import Collection, Sequence
from datetime import timedelta
from pathlib import Path

import click
from rich.table import Table
from rich.text import Text

from aggregator.cli.argument import print_explanation
from aggregator.cli.common import (
    Duration,
    config_option,
    json_option,
    known_or_fail,
    messages,
    now,
    output,
    print_json,
)
from aggregator.cli.opened import opened
from aggregator.config import Settings
from aggregator.model import ArticleView, StoryLink, StoryView, TimelineSpec
from aggregator.publish import FORMATS
from aggregator.publish.diff import changes
from aggregator.publish.shapes import (
    explanation_shape,
    passages_shape,
    question_shape,
    story_shape,
    whole_story_shape,
)
from aggregator.publish.view import shown
from aggregator.search import Of, parse
from aggregator.search import check_names as check_query
from aggregator.store import Store

PIECE_SIGNS = {"same": ("", ""), "dropped": ("[-", "-]"), "added": ("{+", "+}")}
PIECE_STYLE = {"same": "dim", "dropped": "red strike", "added": "green bold"}
topic_option = click.option("--topic", help="Only stories of this topic of the YAML.")
group_option = click.option("--group", help="Only stories with an article of this group of sources.")


def check_names(settings: Settings, topic: str | None, group: str | None, source: str | None = None) -> None:
    """Refuse names that the configuration does not have, naming the nearest."""
    known_or_fail("topic", topic, settings.topics.titles)
    known_or_fail("group", group, settings.group_titles)
    known_or_fail("source", source, [one.id for one in settings.sources])


def check_search(settings: Settings, search: str | None) -> None:
    """Refuse a query that cannot be understood, or that names what the configuration does not have."""
    if search is not None:
        known: dict[Of, Collection[str]] = {"topic": settings.topics.names, "group": settings.groups}
        check_query(parse(search, now()), known)


@click.command()
@config_option
@topic_option
@group_option
@click.option("--source", help="Only stories with an article of this source.")
@click.option("--since", type=Duration(), help="Only stories published within this time: 12h, 2d.")
@click.option("--search", metavar="Q", help="Only what this query finds, as in the search box.")
@click.option("--unread", is_flag=True, help="Only stories not read yet.")
@click.option("--starred", is_flag=True, help="Only starred stories.")
@click.option("--asked", is_flag=True, help="Instead what is asked: pairs of sources set to `fold: ask`.")
@click.option("--limit", default=50, show_default=True, type=click.IntRange(1, 100_000))
@json_option
def stories(
    config_path: Path | None,
    topic: str | None,
    group: str | None,
    source: str | None,
    since: timedelta | None,
    search: str | None,
    unread: bool,
    starred: bool,
    asked: bool,
    limit: int,
    as_json: bool,
) -> None:
    """List stories, newest first: each once, with the number of outlets that carry it."""
    with opened(config_path) as (settings, store):
        if asked:
            print_questions(store.corrections.questions(limit), as_json=as_json)
            return
        check_names(settings, topic, group, source)
        check_search(settings, search)
        spec = TimelineSpec(
            topic=topic,
            group=group,
            source=source,
            search=search,
            since=None if since is None else now() - since,
            unread=unread,
            starred=starred,
            reader=settings.web.user,
            limit=limit,
            with_content=False,
        )
        found = store.timeline(spec)
    if as_json:
        for story in found:
            print_json(story_shape(story))
        return
    table = Table(box=None, pad_edge=False, show_header=bool(found))
    for name, justify in (("id", "right"), ("published", "left"), ("outlets", "right"), ("story", "left")):
        table.add_column(name, justify=justify)  # type: ignore[arg-type]
    for story in found:
        outlets = len({article.source for article in story.articles})
        line = Text(story.title or "(no title)", style="" if story.read else "bold")
        line.append(f"  {story.canonical.source_title}", style="dim")
        table.add_row(str(story.id), f"{story.published:%Y-%m-%d %H:%M}", str(outlets), line)
    output().print(table)
    if not found:
        messages().print("No stories yet. `aggregator poll` fetches the sources that are due.")


def print_questions(questions: Sequence[StoryLink], *, as_json: bool) -> None:
    """What a person is asked: whether two articles are one story; and how to answer."""
    if as_json:
        for one in questions:
            print_json(question_shape(one))
        return
    for one in questions:
        output().print(Text(f"Are these one story? ({one.similarity:.2f})", style="bold"))
        for end in (one.here, one.there):
            title = end.title or "(no title)"
            output().print(
                Text(f"  {end.published:%Y-%m-%d %H:%M}  {end.source_title}: {title}  article {end.article}")
            )
        output().print(
            Text(
                f"  yes: aggregator merge {one.here.story} {one.there.story}   "
                f"no: aggregator split {one.here.article}",
                style="dim",
            )
        )
    if not questions:
        messages().print("Nothing is asked. Sources and groups with `fold: {scope: ask}` ask.")


def surviving(store: Store, story: int) -> StoryView:
    """The story of this id, or the one that it was merged into."""
    found = store.story(story)
    while isinstance(found, int):
        found = store.story(found)
    return found


@click.command()
@config_option
@click.argument("story", type=int)
@click.option("--diff", is_flag=True, help="What each copy changed against the canonical text.")
@json_option
def show(config_path: Path | None, story: int, diff: bool, as_json: bool) -> None:
    """Show one story: its canonical text and its copies in time order."""
    with opened(config_path) as (settings, store):
        view = surviving(store, story)
    additions = settings.dedup.additions
    if as_json:
        print_json(whole_story_shape(view, additions))
        return
    out, text = output(), shown(view)
    out.print(Text(view.title, style="bold"))
    head = f"{view.canonical.source_title}, {view.published:%Y-%m-%d %H:%M} UTC  {view.url or ''}"
    if view.canonical.credit:
        head += f"  credits {view.canonical.credit}"
    out.print(Text(head, style="dim"))
    out.print()
    out.print(Text(text.text) if text.text or text.dropped is None else text_dropped(text))
    out.print()
    for article in view.articles:
        print_article(view, article, additions)
        if article.dropped is not None:
            out.print(text_dropped(article))
        elif diff and article.id != text.id and text.dropped is None:
            print_changes(text.text, article.text)
    print_links(view)


def text_dropped(article: ArticleView) -> Text:
    """Why there is no text."""
    return Text(f"    the text was dropped on {article.dropped:%Y-%m-%d}, as `retention` says", style="dim")


def print_article(story: StoryView, article: ArticleView, additions: int) -> None:
    """A line of the time line; what the article's marks mean; how many texts it had before."""
    mark = "●" if article.id == shown(story).id else "○"
    marks = f" [{', '.join(article.marks)}]" if article.marks else ""
    credit = f"  credits {article.credit}" if article.credit else ""
    output().print(
        Text(
            f"{mark} {article.published:%Y-%m-%d %H:%M}  {article.source_title}: {article.title}  "
            f"({article.reason}, {article.similarity:.2f}){marks}{credit}  "
            f"article {article.id}  {article.url or ''}"
        )
    )
    for passage in passages_shape(shown(story), article, additions):
        line = Text(f"    {passage['kind']}: ", style="dim").append(
            passage["text"], style=PIECE_STYLE["added"]
        )
        if passage["kind"] == "differs":
            line.append(" for ", style="dim").append(passage["instead"], style=PIECE_STYLE["dropped"])
        output().print(line)
    for kept in story.revisions:
        if kept.article == article.id:
            until = f"    until {kept.until:%Y-%m-%d %H:%M}, text {kept.no}: {kept.title}"
            output().print(Text(until, style="dim"))


def print_links(story: StoryView) -> None:
    """The stories near by: questions, passages shared, the same event; how to see why."""
    said = {"copy": "is it the same?", "partial": "shares passages", "related": "on the same event"}
    for link in story.links:
        there = link.there
        line = Text(
            f"{said.get(link.relation, link.relation)}: ", style="bold" if link.relation == "copy" else "dim"
        )
        line.append(f"story {there.story}  {there.source_title}: {there.title}  ")
        line.append(f"aggregator explain {link.here.article} {there.article}", style="dim")
        output().print(line)


def print_changes(canonical: str, copy: str) -> None:
    """What a copy dropped, added and reworded, paragraph by paragraph; what is the same is left out."""
    for change in changes(canonical, copy):
        if change.kind == "same":
            continue
        out, line = output(), Text(f"    {change.kind}: ", style="dim")
        for piece in change.pieces:
            if out.is_terminal or change.kind in ("dropped", "added"):
                line.append(piece.text, style=PIECE_STYLE[piece.kind])
            else:  # in a pipe signs stand for colours, as in `git diff --word-diff`
                before, after = PIECE_SIGNS[piece.kind]
                line.append(before + piece.text + after)
        out.print(line)


@click.command()
@config_option
@click.argument("article_a", type=int)
@click.argument("article_b", type=int)
@json_option
def explain(config_path: Path | None, article_a: int, article_b: int, as_json: bool) -> None:
    """Say why two articles are, or are not, one story."""
    with opened(config_path) as (settings, store):
        found = store.detector.explain(article_a, article_b, settings.rules())
    if as_json:
        print_json(explanation_shape(found))
    else:
        print_explanation(output(), found)


@click.command()
@config_option
@click.option("--format", "format_", type=click.Choice(sorted(FORMATS)), default="atom", show_default=True)
@topic_option
@group_option
@click.option("--limit", default=50, show_default=True, type=click.IntRange(1, 10_000))
def feed(config_path: Path | None, format_: str, topic: str | None, group: str | None, limit: int) -> None:
    """Write the merged feed to standard output."""
    # Imported here: the other commands need neither the web's part nor the engine's, which load slowly.
    from aggregator.daemon.composition import site_of
    from aggregator.web.feeds import Feeds, Wanted

    with opened(config_path) as (settings, store):
        check_names(settings, topic, group)
        feeds = Feeds(
            store, lambda: site_of(settings, store, f"http://{settings.web.host}:{settings.web.port}")
        )
        wanted = Wanted(format_, topic, group, limit)
        document = feeds.document(wanted, feeds.title(wanted) or "")
    if document is not None:
        sys.stdout.buffer.write(document.body)


@click.command()
@config_option
@click.argument("article", type=int)
@click.option("--reason", default="", help="Why, for those who read it later.")
def split(config_path: Path | None, article: int, reason: str) -> None:
    """Take an article out of its story; remembered, so that no later decision folds it again.

    Of an article that is alone it answers what is asked about it (`aggregator stories --asked`): no.
    """
    with opened(config_path) as (settings, store):
        made = store.corrections.split(
            article, author=getpass.getuser(), reason=reason, rules=settings.rules()
        )
    messages().print(f"Article {article} is story {made}. `aggregator undo` takes this back.")


@click.command()
@config_option
@click.argument("story_a", type=int)
@click.argument("story_b", type=int)
@click.option("--reason", default="", help="Why, for those who read it later.")
def merge(config_path: Path | None, story_a: int, story_b: int, reason: str) -> None:
    """Make two stories one; remembered. The older id survives, the other one redirects."""
    with opened(config_path) as (settings, store):
        survivor = store.corrections.merge(
            story_a, story_b, author=getpass.getuser(), reason=reason, rules=settings.rules()
        )
    messages().print(f"Both are story {survivor} now. `aggregator undo` takes this back.")


@click.command()
@config_option
@click.argument("correction", type=int, required=False)
def undo(config_path: Path | None, correction: int | None) -> None:
    """Take a split or merge back: the one with this number of `aggregator corrections list`, or the last."""
    with opened(config_path) as (settings, store):
        what = store.corrections.undo(author=getpass.getuser(), correction=correction, rules=settings.rules())
    messages().print(what, highlight=False, markup=False)
