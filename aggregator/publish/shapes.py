"""Stories, articles and sources as JSON: the shapes that the command line and the API share.

Times are RFC 3339 in UTC, whole seconds; what is not known is null.
"""

from __future__ import annotations

from dataclasses import asdict
from datetime import UTC, datetime
from typing import Any

from aggregator.dedup.explain import Explanation
from aggregator.dedup.passages import passages
from aggregator.dedup.rules import Rules
from aggregator.model import Applied, ArticleView, Correction, SourceView, StoryLink, StoryView
from aggregator.publish.view import shown


def rfc3339(moment: datetime | None) -> str | None:
    """A time in UTC (RFC 3339), whole seconds."""
    return None if moment is None else moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def article_shape(article: ArticleView) -> dict[str, Any]:
    """An ARTICLE of DESIGN.md, with what else is known of where it comes from."""
    return {
        "id": article.id,
        "source": article.source,
        "outlet": article.source_title,
        "guid": article.guid,
        "url": article.url,
        "title": article.title,
        "published": rfc3339(article.published),
        "published_claimed": article.published_claimed,
        "published_from": article.published_from,
        "first_seen": rfc3339(article.first_seen),
        "last_absent": rfc3339(article.last_absent),
        "text_dropped": rfc3339(article.dropped),
        "updated": rfc3339(article.updated),
        "similarity": round(article.similarity, 4),
        "reason": article.reason,
        "relation": article.relation,
        "marks": list(article.marks),
        "credit": article.credit,
        "language": article.language,
    }


def story_shape(story: StoryView) -> dict[str, Any]:
    """A STORY of DESIGN.md."""
    return {
        "id": story.id,
        "guid": story.guid,
        "title": story.title,
        "url": story.url,
        "published": rfc3339(story.published),
        "updated": rfc3339(story.updated),
        "topics": list(story.topics),
        "groups": list(story.groups),
        "read": story.read,
        "starred": story.starred,
        "canonical": article_shape(story.canonical),
        "articles": [article_shape(article) for article in story.articles],
    }


def whole_story_shape(story: StoryView, additions: int = Rules().additions) -> dict[str, Any]:
    """A story that is asked for alone: with the texts, what marks mean, links, earlier texts.

    ``additions``: as `Rules.additions`, as it was when the marks were set.
    """
    made = story_shape(story)
    text = shown(story)
    made["canonical"]["text"] = story.canonical.text
    made["text_from"] = text.id
    for one, article in zip(made["articles"], story.articles, strict=True):
        one["text"] = article.text
        one["left_out"] = list(article.boilerplate)
        one["passages"] = passages_shape(text, article, additions)
        one["revisions"] = [
            {"no": kept.no, "until": rfc3339(kept.until), "title": kept.title, "text": kept.text}
            for kept in story.revisions
            if kept.article == article.id
        ]
    made["links"] = [link_shape(link) for link in story.links]
    return made


def passages_shape(
    text: ArticleView, copy: ArticleView, additions: int = Rules().additions
) -> list[dict[str, Any]]:
    """The passages behind a copy's marks; ``start`` and ``end`` count the characters of its text."""
    if not copy.marks or not copy.text or not text.text or copy.id == text.id:
        return []
    found = passages(
        text.title, text.text, copy.title, copy.text, additions=additions,
        canonical_left_out=text.boilerplate, copy_left_out=copy.boilerplate,
    )  # fmt: skip
    return [
        {
            "kind": one.kind, "start": one.start, "end": one.end, "text": one.text, "instead": one.instead,
        }
        for one in found
        if one.kind in copy.marks
    ]  # fmt: skip


def link_shape(link: StoryLink) -> dict[str, Any]:
    """A story that another one is linked to. ``asked``: a person is asked whether they are one."""
    there = link.there
    return {
        "story": there.story,
        "title": there.title,
        "url": there.url,
        "article": there.article,
        "source": there.source,
        "outlet": there.source_title,
        "published": rfc3339(there.published),
        "own_article": link.here.article,
        "relation": link.relation,
        "similarity": round(link.similarity, 4),
        "asked": link.relation == "copy",
    }


def question_shape(question: StoryLink) -> dict[str, Any]:
    """Whether two articles are one story, as a source set to ``fold: ask`` asks: the later one first."""
    return {
        "similarity": round(question.similarity, 4),
        "articles": [
            {
                "story": end.story,
                "id": end.article,
                "source": end.source,
                "outlet": end.source_title,
                "title": end.title,
                "url": end.url,
                "published": rfc3339(end.published),
            }
            for end in (question.here, question.there)
        ],
    }


def correction_shape(correction: Correction) -> dict[str, Any]:
    """A correction; ``words`` says it in a sentence's part. ``undone`` is null while it stands."""
    return {
        "id": correction.id,
        "kind": correction.kind,
        "story": correction.story,
        "other": correction.other,
        "article": correction.article,
        "words": correction_words(correction),
        "author": correction.author,
        "at": rfc3339(correction.at),
        "reason": correction.reason,
        "undone": rfc3339(correction.undone),
        "undone_by": correction.undone_by,
    }


def correction_words(correction: Correction) -> str:
    """What was corrected."""
    story, other = correction.story, correction.other
    if correction.kind == "split":
        return f"article {correction.article} taken out of story {story}; it is story {other} now"
    if correction.kind == "merge":
        return f"stories {story} and {other} made one"
    if correction.kind == "same":
        return f"an article of story {story} and one of it are the same: confirmed"
    return f"stories {story} and {other} are not the same: confirmed"


def explanation_shape(found: Explanation) -> dict[str, Any]:
    """The argument about two articles, whole; the texts' passages by characters (UTF-16 has other counts)."""
    made = asdict(found)
    for side in (made["a"], made["b"]):
        side["published"] = rfc3339(side["published"])
    return made


def source_shape(view: SourceView) -> dict[str, Any]:
    """A source and how it does. Nothing secret: no headers, no credentials."""
    source = view.source
    return {
        "id": source.id,
        "title": source.title,
        "url": source.url,
        "group": source.group,
        "language": source.language,
        "authority": source.authority,
        "tags": list(source.tags),
        "verify_tls": source.verify_tls,
        "fulltext": source.fulltext,
        "state": view.state,
        "last_polled": rfc3339(view.last_polled),
        "last_success": rfc3339(view.last_success),
        "next_due": rfc3339(view.next_due),
        "next_reason": view.next_reason,
        "failures": view.failures,
        "error_kind": view.error_kind,
        "error": view.error,
        "http_status": view.http_status,
        "seconds": None if view.elapsed is None else round(view.elapsed, 3),
        "format": view.format,
        "articles": view.articles,
        "copies": view.copies,
        "copies_share": round(view.copies / view.articles, 3) if view.articles else None,
        "shared": view.shared,
        "first": view.first,
        "entries_a_day": None if view.entries_a_day is None else round(view.entries_a_day, 3),
        "busiest": view.busiest or None,
        "newest": rfc3339(view.newest),
        "polls": view.polls,
        "paused_until": rfc3339(source.paused_until),
    }


def applied_shape(applied: Applied) -> dict[str, Any]:
    """A line of ``poll --json``."""
    return {
        "source": applied.source,
        "status": applied.status,
        "entries": applied.entries,
        "new": applied.new,
        "updated": applied.updated,
        "copies": applied.copies,
        "error": applied.error,
    }
