"""A small newsroom in memory behind the web's Protocols; its texts were written for the project."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from aggregator.dedup.explain import Explanation, explain
from aggregator.dedup.fingerprint import Document, analyses
from aggregator.dedup.memory import Memory
from aggregator.dedup.place import place
from aggregator.dedup.rules import Rules
from aggregator.dedup.tuning import Tuning, replay
from aggregator.errors import NotFoundError, UsageError
from aggregator.model import (
    Activity,
    ArticleView,
    Correction,
    Flow,
    Held,
    LinkEnd,
    Relation,
    RevisionView,
    Source,
    SourceView,
    StoryLink,
    StoryView,
    TimelineSpec,
)
from aggregator.web.app import Services, WebSettings

NOW = datetime(2018, 8, 7, 18, 30, tzinfo=UTC)
TOPICS = {"tehran-pyongyang": "Tehran and Pyongyang"}
GROUPS = {"iran": "Iran", "korea": "Korea", "world": "World"}

OUTLETS = {
    "caspian-wire": ("Caspian Wire", "iran", "en", True),
    "meydan": ("Meydan Daily", "iran", "en", False),
    "haft-khabar": ("هفت خبر", "iran", "fa", False),
    "daedong": ("대동일보", "korea", "ko", False),
    "harbour-post": ("Harbour Post", "world", "en", False),
    "al-jisr": ("الجسر", "world", "ar", False),
    "north-river": ("北河时报", "world", "zh", False),
    "old-quay": ("The Old Quay Gazette", "world", "en", False),
}

VISIT = [
    (
        "The speaker of Iran's parliament received North Korea's foreign minister in Tehran on Tuesday and "
        "said that both countries had learnt not to take a signature for a promise."
    ),
    (
        "The guest, who came from a meeting in Singapore, thanked his host for the early hour and the bread, "
        "and spoke for 20 minutes about railways, sanctions and the weather at the ports."
    ),
    "Neither side took questions. The minister leaves on Thursday, his embassy said.",
]


def paragraphs(parts: Sequence[str]) -> str:
    """Plain paragraphs as sanitised HTML."""
    return "".join(f"<p>{part}</p>" for part in parts)


def article(
    number: int, source: str, title: str, parts: Sequence[str], minutes: int, **more: object
) -> ArticleView:
    """An article of an outlet, published so many minutes before now."""
    name, group, language, _ = OUTLETS[source]
    published = NOW - timedelta(minutes=minutes)
    made = ArticleView(
        id=number,
        source=source,
        source_title=name,
        guid=f"urn:{number}",
        url=f"https://{source}.example/{number}",
        title=title,
        published=published,
        first_seen=published + timedelta(minutes=4),
        similarity=1.0,
        reason="first",
        group=group,
        language=language,
        published_claimed=published.strftime("%a, %d %b %Y %H:%M:%S GMT"),
        summary="",
        content=paragraphs(parts),
        text="\n\n".join(parts),
    )
    return replace(made, **more)  # type: ignore[arg-type]


def story(number: int, articles: Sequence[ArticleView], **more: object) -> StoryView:
    """A story whose canonical article is the first one given."""
    canonical = articles[0]
    made = StoryView(
        id=number,
        guid=f"tag:reader.example,2018:story:{number}",
        title=canonical.title,
        url=canonical.url,
        published=canonical.published,
        updated=canonical.published,
        placed=canonical.published,
        canonical=canonical,
        articles=tuple(sorted(articles, key=lambda one: one.published)),
        groups=tuple(dict.fromkeys(one.group for one in articles)),
    )
    return replace(made, **more)  # type: ignore[arg-type]


def end(number: int, one: ArticleView) -> LinkEnd:
    """An end of a link."""
    return LinkEnd(one.id, number, one.title, one.url, one.source, one.source_title, one.published)


def link(
    relation: Relation, here: ArticleView, story_there: int, there: ArticleView, alike: float
) -> StoryLink:
    """A link from story 16."""
    return StoryLink(end(16, here), end(story_there, there), relation, alike)


def front_page() -> list[StoryView]:
    """Eight stories in five languages, the newest first."""
    wire = article(1, "caspian-wire", "Speaker receives North Korean foreign minister in Tehran", VISIT, 300)
    copies = [
        article(2, "meydan", "A signature is no promise, speaker tells guest", VISIT[:2], 262,
                similarity=0.93, reason="copy", relation="copy", credit="Caspian Wire"),
        article(3, "harbour-post", "Speaker receives North Korean foreign minister in Tehran",
                [*VISIT[:1], VISIT[1].replace("20", "40"), VISIT[2], "Sign up for our letter."], 180,
                similarity=0.97, reason="copy", relation="copy", marks=("differs",)),
        article(4, "old-quay", "Pyongyang's minister in Tehran", VISIT, 20,
                similarity=1.0, reason="same-text", relation="copy"),
    ]  # fmt: skip
    persian = article(
        5, "haft-khabar", "رئیس مجلس با وزیر خارجه کره شمالی در تهران دیدار کرد",
        ["رئیس مجلس شورای اسلامی روز سه‌شنبه در تهران میزبان وزیر خارجه کره شمالی بود.",
         "او گفت امضا جای قول را نمی‌گیرد.",
         "مهمان از راه‌آهن، تحریم و هوای بندرها سخن گفت و از میزبان برای نان تازه تشکر کرد."], 90,
    )  # fmt: skip
    korean = article(
        6, "daedong", "북한 외무상, 테헤란에서 이란 의회 의장과 회담",
        ["북한 외무상이 화요일 테헤란에서 이란 의회 의장을 만나 철도와 제재, 항구의 날씨에 대해 이야기했다.",
         "양측은 질문을 받지 않았으며 외무상은 목요일에 출국할 예정이라고 대사관이 밝혔다."], 75,
    )  # fmt: skip
    arabic = article(
        7, "al-jisr", "الميناء القديم يفتح أبوابه بعد أعمال ترميم دامت عامين",
        ["فتح الميناء القديم أبوابه صباح اليوم أمام الصيادين بعد أعمال ترميم استمرت عامين.",
         "وقالت البلدية إن الرصيف الجديد يتسع لستين قاربا."], 400,
    )  # fmt: skip
    chinese = article(
        8, "north-river", "北河大桥提前一个月通车，两岸居民步行庆祝",
        ["北河大桥今天上午提前一个月通车，两岸居民步行过桥庆祝。市政部门表示，首周只允许行人和自行车通行。",
         "大桥全长一千二百米，工程历时三年。"], 500,
    )  # fmt: skip
    oil = article(
        9, "harbour-post", "Night ferry keeps its winter timetable after all",
        ["The night ferry will keep its winter timetable, the harbour office said.",
         "Bakers on both shores had complained that the first boat would arrive after the first bread.",
         "A petition had gathered four hundred names in a week."], 620,
    )  # fmt: skip
    museum = article(
        10,
        "old-quay",
        "Museum of small machines finds its smallest one",
        ["A brass counter the size of a fingernail, lost for eleven years, was found behind a radiator."],
        1500,
    )
    return [
        story(18, [korean], topics=("tehran-pyongyang",)),
        story(17, [persian], topics=("tehran-pyongyang",)),
        story(
            16,
            [wire, *copies],
            topics=("tehran-pyongyang",),
            revised=True,
            updated=NOW - timedelta(minutes=50),
            links=(
                link("copy", wire, 12, museum, 0.91),
                link("partial", copies[0], 13, oil, 0.4),
                link("related", wire, 18, korean, 0.1),
            ),
            revisions=(
                RevisionView(
                    2,
                    1,
                    NOW - timedelta(minutes=200),
                    "A signature is a promise, speaker tells guest",
                    "\n\n".join([VISIT[0].replace("Tuesday", "Monday"), VISIT[1]]),
                ),
            ),
        ),
        story(15, [arabic]),
        story(14, [chinese]),
        story(13, [oil], read=True, starred=True),
        story(12, [museum]),
    ]


def source_views() -> list[SourceView]:
    """How the outlets do: one fails, one is new."""
    made = []
    for source, (title, group, language, agency) in OUTLETS.items():
        made.append(
            SourceView(
                source=Source(
                    source, f"https://{source}.example/feed", title, group, language, 3, agency=agency
                ),
                state="ok",
                last_polled=NOW - timedelta(minutes=6),
                last_success=NOW - timedelta(minutes=6),
                next_due=NOW + timedelta(minutes=24),
                next_reason="every 30 min",
                http_status=200,
                elapsed=0.42,
                articles=12,
                copies=3,
                first=1,
                site_url=f"https://{source}.example/",
                format="rss20",
            )
        )
    made[1] = replace(
        made[1], state="failing", failures=3, error_kind="timeout", error="No answer within 30 s.",
        http_status=None, next_reason="backing off after 3 failures",
    )  # fmt: skip
    made[2] = replace(made[2], state="new", last_polled=None, last_success=None, articles=0, copies=0)
    return made


class Newsroom:
    """The read and the write side, on lists."""

    def __init__(self, stories: Sequence[StoryView] | None = None) -> None:
        self.stories = {one.id: one for one in (front_page() if stories is None else stories)}
        self.merged: dict[int, int] = {}
        self.history: list[tuple[dict[int, StoryView], dict[int, int]]] = []
        self.changes = 1
        self.polled: list[str] = []
        self.corrected: list[Correction] = []
        self.answers: list[tuple[int, int, bool]] = []

    def timeline(self, spec: TimelineSpec) -> list[StoryView]:
        """Filtered as the specification says, ids descending."""
        found = []
        for one in sorted(self.stories.values(), key=lambda each: -each.id):
            texts = " ".join(f"{a.title} {a.text}" for a in one.articles).casefold()
            wanted = (
                (spec.before is None or one.id < spec.before)
                and (spec.topic is None or spec.topic in one.topics)
                and (spec.group is None or spec.group in one.groups)
                and (spec.source is None or spec.source in {a.source for a in one.articles})
                and (not spec.unread or not one.read)
                and (not spec.starred or one.starred)
                and (spec.since is None or one.published >= spec.since)
                and all(word.casefold() in texts for word in (spec.search or "").split())
            )
            if wanted:
                found.append(one)
        return found[: spec.limit]

    def leading(self, since: datetime, limit: int, /, *, reader: str = "reader") -> list[StoryView]:
        """Counted one by one."""
        lately = [one for one in self.stories.values() if one.published >= since and not one.read]
        found = [(len({each.source for each in one.articles}), one) for one in lately]
        ordered = sorted(found, key=lambda pair: (-pair[0], -pair[1].id))
        return [one for count, one in ordered if count > 1][:limit]

    def newer(self, spec: TimelineSpec, after: int, most: int, /) -> int:
        """Counted one by one."""
        found = self.timeline(replace(spec, limit=1_000))
        return min(most, sum(one.id > after for one in found))

    def story(self, story: int, /, *, reader: str = "reader") -> StoryView | int:
        """A story, or where it went."""
        if story in self.merged:
            return self.merged[story]
        if story not in self.stories:
            raise NotFoundError(f"there is no story {story}")
        return self.stories[story]

    def sources(self) -> list[SourceView]:
        """How the outlets do."""
        return source_views()

    def article(self, article: int, /) -> ArticleView:
        """An article of any story."""
        for one in self.stories.values():
            for each in one.articles:
                if each.id == article:
                    return each
        raise NotFoundError(f"there is no article {article}")

    def explain(self, a: int, b: int, /) -> Explanation:
        """The real argument, about texts that were placed in their order."""
        if a == b:
            raise UsageError(f"article {a} is one article; give two to explain")
        memory = Memory(Rules())
        texts = {}
        for number in (a, b):
            one = self.article(number)
            parts = one.text.split("\n\n")
            made = analyses([Document(one.title, parts, skip=one.boilerplate)])[0]
            arrival = Held(
                -1, one.source, one.group, one.title, one.published, made.fingerprint, language=one.language
            )
            ids = memory.apply([arrival], place([arrival], memory, Rules()))
            story = next(s.id for s in self.stories.values() if number in {each.id for each in s.articles})
            texts[number] = (replace(memory.articles[ids[-1]], id=number, story=story), parts)
            memory.articles[number] = texts[number][0]
            memory.stories.setdefault(story, []).append(number)
        return explain(
            texts[a][0], texts[b][0], texts[a][1], texts[b][1], memory, Rules(), said=(),
            left_out_a=self.article(a).boilerplate, left_out_b=self.article(b).boilerplate,
            names={name: facts[0] for name, facts in OUTLETS.items()},
        )  # fmt: skip

    def tuning(self, threshold: float | None, /) -> Tuning:
        """The real one, over the articles that the newsroom has now."""
        rules = Rules()
        held = []
        for one in sorted(self.stories.values(), key=lambda each: each.id):
            for each in one.articles:
                made = analyses([Document(each.title, each.text.split("\n\n"), skip=each.boilerplate)])[0]
                held.append(
                    Held(
                        each.id, each.source, each.group, each.title, each.published, made.fingerprint,
                        story=one.id, language=each.language,
                    )
                )  # fmt: skip
        now = replay(held, [], rules)
        then = now if threshold is None else replay(held, [], replace(rules, threshold=threshold))
        said = frozenset((min(a, b), max(a, b)) for a, b, _ in self.answers)
        return Tuning({one.id: one for one in held}, now, then, said)

    def activity(self, days: int, /) -> Activity:
        """Counted over the stories, by claimed dates; nothing is certain."""
        first_day = NOW.replace(hour=0, minute=0) - timedelta(days=days - 1)
        counts = {source: [0] * days for source in OUTLETS}
        flows: dict[tuple[str, str], int] = {}
        for one in self.stories.values():
            sources = list(dict.fromkeys(each.source for each in one.articles))
            for later in sources[1:]:
                flows[sources[0], later] = flows.get((sources[0], later), 0) + 1
            for each in one.articles:
                counts[each.source][max(0, (each.published - first_day).days)] += 1
        made = sorted(flows.items(), key=lambda one: (-one[1], one[0]))
        return Activity(
            first_day, {source: tuple(row) for source, row in counts.items()},
            tuple(Flow(a, b, n, 0) for (a, b), n in made),
        )  # fmt: skip

    def questions(self) -> list[StoryLink]:
        """The links of all stories that ask, unless answered."""
        answered = {frozenset((a, b)) for a, b, _ in self.answers}
        return [
            each
            for one in self.stories.values()
            for each in one.links
            if each.relation == "copy" and frozenset((each.here.article, each.there.article)) not in answered
        ]

    def corrections(self) -> list[Correction]:
        """The newest first."""
        return list(reversed(self.corrected))

    def labelled(self, *, texts: bool = False) -> list[dict[str, object]]:
        """A pair a correction that stands."""
        pairs = [
            {"a": f"test:{one.story}", "b": f"test:{one.other}", "label": "copy"}
            for one in self.corrected
            if not one.undone
        ]
        return [{"id": "test:1", "text": "…"}, *pairs] if texts else list(pairs)

    def answer(self, a: int, b: int, *, same: bool, author: str, reason: str) -> int:
        """Remembered; nothing moves."""
        self.answers.append((a, b, same))
        self.changes += 1
        return next(one.id for one in self.stories.values() if b in {each.id for each in one.articles})

    def version(self) -> int:
        """Counts changes."""
        return self.changes

    def mark(
        self, reader: str, story_ids: Sequence[int], *, read: bool | None = None, starred: bool | None = None
    ) -> None:
        """Set read and starred."""
        self.changes += 1
        for number in story_ids:
            one = self.stories[number]
            self.stories[number] = replace(
                one,
                read=one.read if read is None else read,
                starred=one.starred if starred is None else starred,
            )

    def split(self, article: int, *, author: str, reason: str) -> int:
        """The article as a story of its own."""
        old = next((one for one in self.stories.values() if article in {a.id for a in one.articles}), None)
        if old is None:
            raise NotFoundError(f"there is no article {article}")
        gone = next(a for a in old.articles if a.id == article)
        rest = tuple(a for a in old.articles if a.id != article)
        number = max(self.stories) + 1
        self._remember("split", old.id, number, author, reason, article)
        self.stories[old.id] = replace(old, articles=rest)
        self.stories[number] = story(number, [gone])
        return number

    def merge(self, story_a: int, story_b: int, *, author: str, reason: str) -> int:
        """Both as the older one."""
        if story_a not in self.stories or story_b not in self.stories:
            raise NotFoundError(f"there is no story {story_a if story_a not in self.stories else story_b}")
        kept, gone = sorted((story_a, story_b))
        self._remember("merge", kept, gone, author, reason)
        left = self.stories.pop(gone)
        old = self.stories[kept]
        self.stories[kept] = replace(
            old, articles=tuple(sorted((*old.articles, *left.articles), key=lambda one: one.published))
        )
        self.merged[gone] = kept
        return kept

    def undo(self, *, author: str, correction: int | None = None) -> None:
        """As before the last correction; another one is only noted as undone."""
        standing = [one for one in self.corrected if not one.undone]
        if not self.history or (correction and correction not in {one.id for one in standing}):
            raise NotFoundError("there is no correction to undo")
        named = correction or standing[-1].id
        self.corrected = [
            replace(one, undone=NOW, undone_by=author) if one.id == named else one for one in self.corrected
        ]
        self.changes += 1
        if named != standing[-1].id:
            return
        before, made = self.stories, set(self.stories)
        self.stories, self.merged = self.history.pop()
        for gone in made - set(self.stories):  # an id that was shown once leads on to where its articles are
            inside = {article.id for article in before[gone].articles}
            self.merged[gone] = next(
                one.id for one in self.stories.values() if inside & {article.id for article in one.articles}
            )
        self.changes += 1

    def _remember(
        self, kind: str, one: int, other: int, author: str, reason: str, article: int | None = None
    ) -> None:
        number = len(self.corrected) + 1
        self.corrected.append(Correction(number, kind, one, other, author, NOW, reason, article=article))
        self.history.append((dict(self.stories), dict(self.merged)))
        self.changes += 1

    def poll_now(self, source: str) -> bool:
        """Refuses the source that backs off."""
        self.polled.append(source)
        return source != "meydan"


def services(room: Newsroom, settings: WebSettings | None = None) -> Services:
    """What `create_app` takes, around a newsroom."""
    return Services(
        reading=room,
        correcting=room,
        topics=lambda: TOPICS,
        groups=lambda: GROUPS,
        now=lambda: NOW,
        settings=settings or WebSettings(),
        poll_now=room.poll_now,
        metrics=lambda: {"aggregator_polls_total": 7},
        secret=b"a secret of the tests",
    )
