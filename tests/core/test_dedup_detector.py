"""The detector over synthetic news with exact truth: copies found, templates apart, order without effect."""

from __future__ import annotations

import itertools
import random
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import dedup_synthetic as synthetic
import pytest

from aggregator.dedup.archive import dedup
from aggregator.dedup.canonical import choose_canonical, choose_text
from aggregator.dedup.explain import explain
from aggregator.dedup.fingerprint import fingerprint
from aggregator.dedup.memory import Memory
from aggregator.dedup.neighbourhood import Constraint
from aggregator.dedup.place import place
from aggregator.dedup.rules import Rules
from aggregator.dedup.views import Views
from aggregator.errors import UsageError
from aggregator.model import Fold, Held
from aggregator.text import plain_to_paragraphs

NOON = datetime(2024, 3, 4, 12, tzinfo=UTC)


def held(number: int, title: str, text: str, *, hours: float = 0, source: str = "", **more: object) -> Held:
    """An arrival; each has a source of its own unless one is named."""
    return Held(
        id=-number,
        source=source or f"source{number}",
        group="default",
        title=title,
        effective=NOON + timedelta(hours=hours),
        fingerprint=fingerprint(title, plain_to_paragraphs(text)),
        guid=str(number),
        **more,  # type: ignore[arg-type]
    )


def arrive(memory: Memory, *arrivals: Held) -> list[int]:
    """Place each by itself; return their stories now."""
    ids = [memory.apply([a], place([a], memory, memory.rules))[a.id] for a in arrivals]
    return [memory.articles[i].story or 0 for i in ids]


def article(seed: int, sentences: int = 14) -> tuple[str, str]:
    title, text = synthetic.report(random.Random(seed), sentences)
    return title, synthetic.paragraphs(text)


@pytest.mark.parametrize(
    ("change", "least"),
    [("cut", 0.98), ("edited", 0.98), ("cut, edited, furnished", 0.95), ("reordered", 0.95)],
)
def test_synthetic_copies_are_found(change: str, least: float) -> None:
    """Copies cut to 50 words, edited by 5 %, with boilerplate or reordered join their original."""
    documents, truth = synthetic.copies(7, synthetic.CHANGES[change], 40)
    story = {line["id"]: line["story"] for line in dedup(documents)}
    assert sum(story[a] == story[b] for a, b in truth) >= least * len(truth)
    assert len(set(story.values())) >= len(truth)


def test_look_alike_templates_stay_apart() -> None:
    """The same form with other numbers and names is another story (at most 2 % folded)."""
    documents = synthetic.look_alikes(5, 100)
    assert len({line["story"] for line in dedup(documents)}) >= 0.98 * len(documents)


def partition(arrivals: list[Held]) -> set[tuple[str, str]]:
    """The pairs that are together after arrivals in batches of seven."""
    memory, views = Memory(Rules()), Views()
    for start in range(0, len(arrivals), 7):
        batch = arrivals[start : start + 7]
        memory.apply(batch, place(batch, memory, memory.rules, views), views)
    stories = [sorted(memory.articles[i].guid for i in members) for members in memory.stories.values()]
    return {pair for guids in stories for pair in itertools.combinations(guids, 2)}


def agreement(seed: int, stories: int, orders: int) -> tuple[int, int]:
    """Over all pairs of random orders of a day: pairs together in both, pairs together in either."""
    day = synthetic.day(seed, stories)
    arrivals = [
        replace(
            held(n, d["title"], d["text"], source=d["source"]),
            effective=datetime.fromisoformat(d["published"]),
        )
        for n, d in enumerate(day, 1)
    ]
    found = []
    for order in range(orders):
        random.Random(order).shuffle(arrivals)
        found.append(partition(arrivals))
    both = list(itertools.combinations(found, 2))
    return sum(len(a & b) for a, b in both), sum(len(a | b) for a, b in both)


def test_orders_of_arrival_agree() -> None:
    """However a day's articles arrive, 99.5 % of the pairs that are together in either order agree."""
    both, either = agreement(8, 12, 4)
    assert both >= 0.995 * either


@pytest.mark.long
def test_ten_orders_of_arrival_agree() -> None:
    """The same over ten orders of two larger days."""
    days = [agreement(seed, 30, 10) for seed in (3, 8)]
    assert sum(both for both, _ in days) >= 0.995 * sum(either for _, either in days)


def test_a_whole_story_is_not_assembled_for_what_is_known() -> None:
    """Late copies of one text come into its story as they would if all of it were assembled again.

    It is where a person said anything, be it of something else.
    """
    rng, (title, text) = random.Random(11), article(4)
    copies = [
        held(n, title, synthetic.cut(rng, text) if n % 3 else text, hours=hours, source=f"source{n % 5}")
        for n, hours in enumerate(rng.sample(range(40), 12), 1)
    ]
    plain, said = Memory(Rules()), Memory(Rules(), constraints=[Constraint(1, 99, together=False)])
    for start in range(0, len(copies), 4):
        plans = [place(copies[start : start + 4], memory, memory.rules) for memory in (plain, said)]
        assert plans[0] == plans[1]
        for plan, memory in zip(plans, (plain, said), strict=True):
            memory.apply(copies[start : start + 4], plan)
    assert len(plain.stories) == 1
    assert min(plain.articles.values(), key=lambda it: it.effective).reason == "first"


def test_the_order_of_lines_does_not_matter() -> None:
    """An archive gives the same output whatever the order of its lines, equal times included."""
    documents = [{**d, "published": d["published"][:13] + ":00:00+00:00"} for d in synthetic.day(4, 15)]
    shuffled = documents[:]
    random.Random(0).shuffle(shuffled)
    assert dedup(documents) == dedup(shuffled)


def test_batches_see_their_own_copies() -> None:
    """Copies within one batch join each other."""
    title, text = article(1)
    memory = Memory(Rules())
    batch = [held(1, title, text), held(2, "Other words", text[:-40], hours=1)]
    memory.apply(batch, place(batch, memory, memory.rules))
    assert len(memory.stories) == 1


def test_same_text_knows_no_horizon_but_likeness_does() -> None:
    """A verbatim reprint weeks later joins; an edited one does not."""
    title, text = article(2)
    edited = synthetic.edited(random.Random(0), text)
    memory = Memory(Rules())
    first, reprint, late = arrive(
        memory,
        held(1, title, text),
        held(2, title, text, hours=24 * 30),
        held(3, title, edited, hours=24 * 31),
    )
    assert first == reprint != late


def test_same_address_is_a_version_and_a_reused_address_is_not() -> None:
    """A changed text at its address is a version; an unrelated text at that address is another story."""
    title, text = article(3)
    other_title, other = article(4)
    memory = Memory(Rules())
    a, b, c = arrive(
        memory,
        held(1, title, text, source="x", url_key="example.org/1"),
        held(2, title, text + "\n\nUpdated with more.", source="x", hours=900, url_key="example.org/1"),
        held(3, other_title, other, source="x", hours=901, url_key="example.org/1"),
    )
    assert a == b != c
    assert memory.placements[2].relation == "version"
    assert memory.placements[2].reason == "same-url"


def test_a_digest_does_not_chain_two_stories() -> None:
    """A document that carries two reports whole does not make them one story."""
    (t1, one), (t2, two) = article(5), article(6)
    memory = Memory(Rules())
    arrive(
        memory, held(1, t1, one), held(2, "Digest", one + "\n\n" + two, hours=1), held(3, t2, two, hours=2)
    )
    story = {i: memory.articles[i].story for i in memory.articles}
    assert story[1] != story[3]


def test_a_bridge_merges_two_halves_of_one_story() -> None:
    """Where two stories turn out to be one text, the older id survives and the other redirects."""
    title, text = article(7, 24)
    whole = text.split("\n\n")
    rng = random.Random(1)
    memory = Memory(Rules(threshold=0.5))
    memory.apply([held(1, title, text)], place([held(1, title, text)], memory, memory.rules))
    lone = replace(held(2, title, synthetic.edited(rng, text), hours=1), fold=Fold(scope="never"))
    memory.apply([lone], place([lone], memory, memory.rules))
    assert len(memory.stories) == 2
    memory.articles[2] = replace(memory.articles[2], fold=Fold())
    bridge = held(3, title, "\n\n".join(whole), hours=2)
    plan = place([replace(bridge, fingerprint=fingerprint(title, whole[:-1]))], memory, memory.rules)
    memory.apply([bridge], plan)
    assert plan.merged == {2: 1}
    assert list(memory.stories) == [1]
    assert memory.current(2) == 1


def test_a_correction_outlasts_later_decisions() -> None:
    """Two articles that a person split are not merged by a later copy of both."""
    title, text = article(8)
    never = Fold(scope="never")
    memory = Memory(Rules(), constraints=[Constraint(1, 2, together=False)])
    arrive(
        memory, held(1, title, text), held(2, title, synthetic.cut(random.Random(0), text, 90), fold=never)
    )
    memory.articles[2] = replace(memory.articles[2], fold=Fold())
    arrive(memory, held(3, title, synthetic.edited(random.Random(2), text), hours=1))
    assert memory.articles[1].story != memory.articles[2].story


@pytest.mark.parametrize(
    ("fold", "source", "group", "folded"),
    [
        (Fold(scope="all"), "b", "g", True),
        (Fold(scope="never"), "b", "g", False),
        (Fold(scope="ask"), "b", "g", False),
        (Fold(scope="group"), "b", "default", True),
        (Fold(scope="group"), "b", "g", False),
        (Fold(scope="other"), "a", "default", False),
        (Fold(threshold=1.01), "b", "g", False),
    ],
)
def test_fold_rules(fold: Fold, source: str, group: str, folded: bool) -> None:
    """Sources and groups may forbid folding, or ask for more; what is not folded for "ask" is linked."""
    title, text = article(9)
    changed = synthetic.edited(random.Random(3), text)
    memory = Memory(Rules())
    second = replace(held(2, title, changed, source=source, hours=1, fold=fold), group=group)
    a, b = arrive(memory, held(1, title, text, source="a"), second)
    assert (a == b) is folded
    if fold.scope == "ask":
        assert [link.article for link in memory.placements[2].links] == [1]


def test_marks_say_what_a_copy_adds_or_changes() -> None:
    """A copy with a paragraph of its own is marked "adds", one with another number "differs"."""
    title, text = article(10)
    _, more = article(11, 6)
    paragraphs = text.split("\n\n")
    number = (
        "The council counted 417 boats in the harbour on Sunday evening, more than ever before in its books."
    )
    memory = Memory(Rules())
    text = "\n\n".join([paragraphs[0], number, *paragraphs[1:]])
    arrive(
        memory,
        held(1, title, text),
        held(2, title, text + "\n\n" + more, hours=1),
        held(3, title, text.replace("417", "471"), hours=2),
        held(4, title, synthetic.cut(random.Random(0), text, 80), hours=3),
    )
    assert len(memory.stories) == 1
    assert [memory.placements[i].marks for i in (2, 3, 4)] == [("adds",), ("differs",), ()]


def test_titles_alone_join_but_never_bridge() -> None:
    """An entry that is only a title joins a same-day entry with the title, not one with other numbers."""
    memory = Memory(Rules())
    a, b, c = arrive(
        memory,
        held(1, "Harbour authority of Velmora reopens 3 ferry lines", ""),
        held(2, "Harbour authority of Velmora reopens 3 ferry lines", "", hours=2),
        held(3, "Harbour authority of Velmora reopens 4 ferry lines", "", hours=3),
    )
    assert a == b != c


def test_the_canonical_changes_only_for_a_better_reason() -> None:
    """Authority decides before time, a paywalled outlet has the credit but not the text, and a little longer
    is not better.
    """
    title, text = article(12)
    first = replace(held(1, title, text), id=1)
    later = replace(held(2, title, text + " More words follow here.", hours=2), id=2)
    policy = Rules().canonical
    assert choose_canonical([first, later], policy, None) == 1
    assert choose_canonical([first, replace(later, authority=5)], policy, 1) == 2
    walled = replace(first, paywall=True, authority=9)
    assert choose_canonical([walled, later], policy, 1) == 1
    assert choose_text([walled, later], Rules(), 1) == 2
    assert choose_canonical([first, later], ("longest",), None) == 2
    assert choose_canonical([first, later], ("longest",), 1) == 1


@pytest.mark.parametrize(
    ("line", "field"),
    [
        ({"source": "a", "text": "x"}, "id"),
        ({"id": 1, "source": "a"}, "text"),
        ({"id": 1, "source": "a", "text": 7}, "text"),
        ({"id": 1, "source": "a", "text": "x", "published": "yesterday"}, "published"),
    ],
)
def test_wrong_documents_name_line_and_field(line: dict[str, object], field: str) -> None:
    """What cannot be read is an error that says where."""
    with pytest.raises(UsageError, match=rf"^news\.jsonl:1: {field}: "):
        dedup([line], name="news.jsonl")


def test_html_and_undated_documents_are_read() -> None:
    """HTML counts as its text, and documents without a date or a title are of one day."""
    _, text = article(13)
    html = "".join(f"<p>{paragraph}</p>" for paragraph in text.split("\n\n"))
    lines = dedup([{"id": "a", "source": "x", "text": text}, {"id": 2, "source": "y", "html": html}])
    assert {line["story"] for line in lines} == {lines[0]["story"]}
    assert {line["reason"] for line in lines} == {"first", "same-text"}


def test_furniture_alone_makes_no_story() -> None:
    """Short texts under a source's boilerplate are told apart once it is learnt."""
    documents = []
    for n in range(12):
        _, text = article(100 + n, 3)
        glued = "\n\n".join([text, *(f"{word} furniture of this page, read and share it widely" for word in
                                      ("First", "Second", "Third", "Fourth", "Fifth", "Sixth"))])  # fmt: skip
        documents.append(synthetic.document(n, "s", f"Note {n}", glued, n))
    assert len({line["story"] for line in dedup(documents)}) == 12


def test_explain_argues_both_ways() -> None:
    """The explanation has the verdict, the weightiest signals in words, and the passages in both texts."""
    title, text = article(14)
    other_title, other = article(15)
    memory = Memory(Rules())
    changed = synthetic.cut(random.Random(4), text, 80)
    arrive(
        memory, held(1, title, text), held(2, title, changed, hours=1), held(3, other_title, other, hours=2)
    )
    one, two, three = (memory.articles[i] for i in (1, 2, 3))
    texts = [plain_to_paragraphs(t) for t in (text, changed, other)]
    found = explain(one, two, texts[0], texts[1], memory, memory.rules)
    assert found.one_story
    assert found.decided.startswith("One story")
    assert found.b.passages[0].kind == "shared"
    assert found.b.text[found.b.passages[0].start : found.b.passages[0].end].startswith(found.b.text[:20])
    apart = explain(one, three, texts[0], texts[2], memory, memory.rules)
    assert not apart.one_story
    assert apart.decided.startswith("Not one story")
    assert apart.relation == "none"
    assert abs(apart.factors[0].contribution) >= abs(apart.factors[-1].contribution)
