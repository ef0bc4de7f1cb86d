"""Stories for research: everything about them as JSON, a line an article as CSV, references as CSL-JSON.

Times here are RFC 3339 in UTC to the microsecond, as they are kept. A text is cited as
``/stories/STORY@ARTICLE.NO``: the article's ``NO``-th text, which is that text for good.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from aggregator.model import ArticleView, Correction, Origin, StoryView
from aggregator.publish.shapes import correction_shape, whole_story_shape
from aggregator.publish.view import shown

COLUMNS = (
    "story", "article", "source", "outlet", "group", "language", "title", "url", "guid", "authors",
    "published_claimed", "published", "published_from", "effective", "first_seen", "last_absent",
    "last_seen", "updated", "relation", "similarity", "reason", "marks", "credit", "canonical", "shown",
    "story_published", "story_updated", "topics", "revision", "raw_sha256", "text_sha256", "cite", "text",
)  # fmt: skip
# A spreadsheet takes what begins so for a formula (OWASP, CSV Injection); an apostrophe makes it text.
_FORMULA = re.compile(r"[=+\-@\t\r]")


def exact(moment: datetime | None) -> str | None:
    """A time in UTC, to the microsecond."""
    return None if moment is None else moment.astimezone(UTC).isoformat().replace("+00:00", "Z")


def cite(story: int, article: int, no: int) -> str:
    """The path at which a text stays."""
    return f"/stories/{story}@{article}.{no}"


def record(
    story: StoryView, origins: Mapping[int, Origin], corrections: Sequence[Correction], additions: int
) -> dict[str, Any]:
    """A story with texts, hashes, times, relations, revisions and decisions."""
    made = whole_story_shape(story, additions)
    made |= {
        "published": exact(story.published), "updated": exact(story.updated), "placed": exact(story.placed)
    }  # fmt: skip
    for one, article in zip(made["articles"], story.articles, strict=True):
        origin = origins[article.id]
        one |= times(article, origin) | {
            "group": article.group,
            "raw_sha256": origin.raw_sha256.hex(),
            "text_sha256": origin.text_sha256.hex() or None,
            "revision": origin.no,
            "cite": cite(story.id, article.id, origin.no),
            "categories": list(article.categories),
            "authors": list(article.authors),
        }
        hashes = {no: (raw.hex(), text.hex() or None) for no, raw, text in origin.earlier}
        for kept in one["revisions"]:
            raw, text = hashes.get(kept["no"], (None, None))
            kept |= {"raw_sha256": raw, "text_sha256": text, "cite": cite(story.id, article.id, kept["no"])}
    made["cite"] = cite(story.id, shown(story).id, origins[shown(story).id].no)
    made["corrections"] = [correction_shape(one) for one in corrections if story.id in (one.story, one.other)]
    return made


def times(article: ArticleView, origin: Origin) -> dict[str, Any]:
    """Every time that is kept of an article; ``effective`` is the earlier of published and first seen."""
    return {
        "published_claimed": article.published_claimed,
        "published": exact(origin.published),
        "published_from": article.published_from,
        "effective": exact(article.published),
        "first_seen": exact(article.first_seen),
        "last_absent": exact(article.last_absent),
        "last_seen": exact(article.last_seen),
        "updated": exact(article.updated),
    }


def row(story: StoryView, article: ArticleView, origin: Origin) -> list[str]:
    """An article as a row of `COLUMNS`; what several things share is parted by spaces or semicolons."""
    values: dict[str, Any] = times(article, origin) | {
        "story": story.id, "article": article.id, "source": article.source, "outlet": article.source_title,
        "group": article.group, "language": article.language, "title": article.title, "url": article.url,
        "guid": article.guid, "authors": "; ".join(article.authors), "relation": article.relation,
        "similarity": f"{article.similarity:.4f}", "reason": article.reason,
        "marks": " ".join(article.marks), "credit": article.credit,
        "canonical": int(article.id == story.canonical.id), "shown": int(article.id == shown(story).id),
        "story_published": exact(story.published), "story_updated": exact(story.updated),
        "topics": " ".join(story.topics), "revision": origin.no, "raw_sha256": origin.raw_sha256.hex(),
        "text_sha256": origin.text_sha256.hex(), "cite": cite(story.id, article.id, origin.no),
        "text": article.text,
    }  # fmt: skip
    return [_cell("" if values[name] is None else str(values[name])) for name in COLUMNS]


def _cell(value: str) -> str:
    value = value.replace("\0", "")
    return f"'{value}" if _FORMULA.match(value) else value


def reference(story: StoryView, origin: Origin, site: str, accessed: datetime) -> dict[str, Any]:
    """The shown text of a story as an item of CSL-JSON (citationstyles.org, schema 1.0)."""
    text = shown(story)
    address = f"{site}{cite(story.id, text.id, origin.no)}"
    item = {
        "id": f"story-{story.id}@{text.id}.{origin.no}",
        "type": "article-newspaper",
        "title": story.title,
        "author": [{"literal": name} for name in text.authors],
        "container-title": text.source_title,
        "issued": _date(text.published),
        "accessed": _date(accessed),
        "URL": story.url or text.url,
        "language": text.language,
        "archive": "aggregator",
        "archive_location": address,
        "note": f"text SHA-256: {origin.text_sha256.hex()}" if origin.text_sha256 else None,
    }
    return {name: value for name, value in item.items() if value not in (None, "", [])}


def _date(moment: datetime) -> dict[str, Any]:
    utc = moment.astimezone(UTC)
    return {"date-parts": [[utc.year, utc.month, utc.day]]}
