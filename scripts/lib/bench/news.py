"""A made-up stream of news, in time order, with the mix that an aggregator meets; the same for a seed.

Of the articles 35 % are copies of a recent one (cut to a lead, lightly edited, re-headlined, with an outlet's
boilerplate or a dateline), 5 % fill in one of fifty forms with other numbers and names, and the rest are on
their own. Words are drawn from 60,000 made-up ones by Zipf and Mandelbrot's law, in sentences and paragraphs;
a copy is of a text of the last hours, as wire copies are.
"""

from __future__ import annotations

import hashlib
import random
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np

from aggregator.model import Entry, Source

VOCABULARY = 60_000
WINDOW = 3_000  # recent texts that copies are of
COPIES, FORMS = 0.35, 0.05
MEAN_WORDS = 378  # of the corpora in research
SOURCES = 300
LETTERS = "abcdefghijklmnopqrstuvwxyz"

Text = list[list[list[str]]]  # paragraphs of sentences of words


@dataclass(frozen=True, slots=True)
class Item:
    """An entry, whose it is, and the number of the item whose text it carries (its own, unless a copy)."""

    source: str
    entry: Entry
    number: int
    original: int


def outlets(count: int = SOURCES) -> list[Source]:
    """The sources of the stream."""
    return [
        Source(id=f"outlet-{i}", url=f"https://outlet-{i}.example/feed", title=f"Outlet {i}", authority=i % 4)
        for i in range(count)
    ]


class News:
    """The stream from ``start`` on. ``first``: the number of its first article, which is also its seed.

    ``mean``: words of a text that is no copy and fills in no form, more or less.
    Words, forms and footers are the same in every stream.
    """

    def __init__(
        self, start: datetime, a_day: float, first: int = 0, sources: int = SOURCES, mean: int = MEAN_WORDS
    ) -> None:
        seed = 7
        self.roll = random.Random(seed)
        self.numbers = np.random.default_rng(seed)
        self.now = start
        self.step = timedelta(days=1) / a_day
        self.sources = sources
        self.mean = mean
        self.made = first
        self.recent: deque[tuple[int, str, Text]] = deque(maxlen=WINDOW)
        self.words = self._vocabulary()
        weights = 1 / (np.arange(VOCABULARY) + 2.7)
        self.heights = np.cumsum(weights / weights.sum())
        self.names = [word.capitalize() for word in self.words[2_000:12_000]]
        self.forms = [self._text(110) for _ in range(50)]
        self.footers = [self._text(24) for _ in range(sources)]
        self.roll.seed(first)
        self.numbers = np.random.default_rng(first)

    def _vocabulary(self) -> list[str]:
        words: dict[str, None] = {}
        while len(words) < VOCABULARY:
            words.setdefault(
                "".join(self.roll.choices(LETTERS, k=self.roll.choice((2, 3, 4, 5, 6, 7, 8, 10))))
            )
        return sorted(words, key=lambda word: len(word) + self.roll.random() * 14)

    def _draw(self, count: int) -> list[str]:
        words = self.words
        places = np.searchsorted(self.heights, self.numbers.random(count)).tolist()
        return [words[place] for place in places]

    def _text(self, length: int) -> Text:
        roll, drawn, made, at = self.roll, self._draw(length), [], 0
        while at < length:
            paragraph = []
            for _ in range(roll.randint(1, 4)):
                sentence = drawn[at : at + roll.randint(10, 28)]
                at += len(sentence)
                if not sentence:
                    break
                if len(sentence) > 4:
                    sentence[roll.randrange(1, len(sentence))] = roll.choice(self.names)
                    if roll.random() < 0.35:
                        sentence[roll.randrange(1, len(sentence))] = str(roll.randint(2, 2_000))
                paragraph.append(sentence)
            if paragraph:
                made.append(paragraph)
        return made

    # ------------------------------------------------------------------ what is made of it

    def _edited(self, text: Text, share: float) -> Text:
        roll, words = self.roll, self.words
        return [
            [
                [roll.choice(words) if roll.random() < share else word for word in sentence]
                for sentence in each
            ]
            for each in text
        ]

    def _copy(self, text: Text) -> Text:
        roll = self.roll
        if roll.random() < 0.45:
            text = text[: max(1, round(len(text) * roll.uniform(0.25, 0.8)))]
        if roll.random() < 0.4:
            text = self._edited(text, roll.choice((0.01, 0.03, 0.05)))
        return text

    def _filled(self, form: Text) -> Text:
        roll = self.roll
        return [
            [
                [
                    str(roll.randint(2, 2_000)) if word.isdigit()
                    else roll.choice(self.names) if word[0].isupper()
                    else word
                    for word in sentence
                ]
                for sentence in paragraph
            ]
            for paragraph in form
        ]  # fmt: skip

    def _title(self) -> str:
        drawn = self._draw(self.roll.randint(6, 12))
        drawn[self.roll.randrange(len(drawn))] = self.roll.choice(self.names)
        return " ".join(drawn).capitalize()

    def __iter__(self) -> Iterator[Item]:
        return self

    def __next__(self) -> Item:
        """The next article."""
        roll, number = self.roll, self.made
        self.made += 1
        self.now += self.step
        source, chance = roll.randrange(self.sources), roll.random()
        if chance < COPIES and self.recent:
            # The newest are copied most: a quarter of copies within minutes.
            back = min(len(self.recent) - 1, int(roll.expovariate(1 / (WINDOW / 6))))
            original, title, text = self.recent[-1 - back]
            text = self._copy(text)
            title = title if roll.random() < 0.6 else self._title()
        elif chance < COPIES + FORMS:
            original, title, text = number, self._title(), self._filled(roll.choice(self.forms))
        else:
            length = min(2_500, max(40, int(roll.lognormvariate(np.log(self.mean * 0.85), 0.55))))
            original, title, text = number, self._title(), self._text(length)
            self.recent.append((number, title, text))
        if number % 3 == 0:
            text = [*text, *self.footers[source]]
        return Item(f"outlet-{source}", self._entry(source, number, title, text), number, original)

    def _entry(self, source: int, number: int, title: str, text: Text) -> Entry:
        paragraphs = [" ".join(_sentence(sentence) for sentence in paragraph) for paragraph in text]
        if number % 4 == 0:
            paragraphs[0] = (
                f"{self.roll.choice(self.names).upper()} ({self.roll.choice(self.names)}) — "
                + (paragraphs[0])
            )
        content = "".join(f"<p>{paragraph}</p>" for paragraph in paragraphs)
        address = f"https://outlet-{source}.example/{number}"
        return Entry(
            guid=address,
            url=address,
            title=title,
            authors=("A. Writer",),
            published=self.now,
            published_claimed=self.now.strftime("%a, %d %b %Y %H:%M:%S GMT"),
            content=content,
            categories=("World",),
            raw_sha256=hashlib.sha256(content.encode()).digest(),
        )


def _sentence(words: list[str]) -> str:
    joined = " ".join(words)
    return joined[0].upper() + joined[1:] + "."
