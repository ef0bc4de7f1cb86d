"""Step 5: the stories of an archive, by replaying its ties in order. Cheap, and no text is needed."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

from aggregator.dedup.archive.prints import Printed
from aggregator.dedup.assembly import Assembly
from aggregator.dedup.bounds import Bounds
from aggregator.dedup.canonical import choose_text
from aggregator.dedup.rules import Rules
from aggregator.dedup.ties import Ties
from aggregator.model import Tie


def assemble(
    articles: Sequence[Printed],
    ties: Iterable[Tie],
    rules: Rules,
    progress: Callable[[int], None] | None = None,
) -> Iterator[dict[str, Any]]:
    """The lines that come out, one an article. ``articles``: their `outline` is enough; in their order.

    A story is named by the id of its first article. ``progress`` is called with the number of those placed.
    """
    held = {each.held.id: each.held for each in articles}
    by_both = Ties()
    by_both.add(sorted(ties, key=lambda tie: (tie.a, tie.b, not tie.exact)))
    assembly = Assembly(held, by_both, Bounds(rules))
    steps = {}
    for done, each in enumerate(articles, 1):
        steps[each.held.id] = assembly.add(each.held.id)
        if progress is not None and not done % 1000:
            progress(done)
    speaks = {
        choose_text([held[member] for member in members], rules, None)
        for members in assembly.members.values()
    }
    ids = {each.held.id: each.id for each in articles}
    names = {story: ids[min(members)] for story, members in assembly.members.items()}
    for number, identity in ids.items():
        step = steps[number]
        yield {
            "id": identity,
            "story": names[assembly.story[number]],
            "canonical": number in speaks,
            "similarity": round(step.similarity, 3),
            "reason": step.reason,
        }
