"""Synthetic news with exact truth, by seed: reports, their copies as outlets make them, look-alike templates.

Every word here was written for the project. Reports are put together from clauses so that any two share
words and phrases, as news does, but no passage.
"""

# ruff: noqa: E501 - texts read better unbroken
from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from aggregator.model import Held

Document = dict[str, Any]
START = datetime(2024, 3, 4, 6, 0, tzinfo=UTC)

_PEOPLE = """Marta Selwyn|Oskar Brandvold|Leyla Demircan|Tomas Varga|Ines Caldeira|Jonah Whitlock|Priya Raman|Emil
Sandholt|Nadia Korsak|Henrik Aalto|Rosa Quintela|David Okonjo|Mina Takahara|Peter Lindqvist|Sofia Marchetti|Idris
Belkacem|Hana Novak|Carl Ostrander|Yusuf Adeyemi|Greta Hollander""".replace("\n", " ").split("|")
_PLACES = """Velmora|Port Ansel|Karsk|Lindow|Tarrasca|Beldin|Ostrava Bay|Niemar|Quellen|Sundhavn|Marrow Hill|Istria
Point|Dunmere|Calvero|Zelnik|Harrowgate|Pellworth|Savanka|Orlis|Brentmoor""".replace("\n", " ").split("|")
_BODIES = """the transport ministry|the harbour authority|the regional court|the farmers' union|the water board|the
national library|the fisheries council|the city assembly|the grid operator|the health inspectorate|the railway
company|the university senate|the customs office|the forestry agency|the teachers' federation""".replace(
    "\n", " "
).split("|")
_ADJECTIVES = [
    "eastern",
    "disused",
    "coastal",
    "flooded",
    "narrow",
    "unfinished",
    "salted",
    "wooden",
    "northern",
    "hollow",
    "crowded",
    "silent",
    "rented",
    "striped",
    "frozen",
    "borrowed",
    "polished",
    "crooked",
    "modest",
    "distant",
    "painted",
    "leaking",
    "rusted",
    "sealed",
    "temporary",
    "generous",
    "shallow",
    "secret",
    "uneven",
    "tidy",
]
_NOUNS = [
    "ferry",
    "terminal",
    "bridge",
    "orchard",
    "tunnel",
    "stadium",
    "archive",
    "depot",
    "reservoir",
    "chapel",
    "lighthouse",
    "quarry",
    "market",
    "warehouse",
    "greenhouse",
    "tramway",
    "vineyard",
    "signal",
    "ledger",
    "granary",
    "barracks",
    "aqueduct",
    "cannery",
    "seawall",
    "nursery",
    "kiln",
    "observatory",
    "pasture",
    "jetty",
    "foundry",
    "harbour",
    "clinic",
]
_VERBS = [
    "rebuilt",
    "sold",
    "inspected",
    "abandoned",
    "insured",
    "repainted",
    "drained",
    "leased",
    "surveyed",
    "moved",
    "doubled",
    "blocked",
    "cleared",
    "reopened",
    "fenced",
    "auctioned",
    "lit",
    "flooded",
    "measured",
    "blessed",
    "mapped",
    "renamed",
    "photographed",
    "strengthened",
    "divided",
    "counted",
    "sealed",
    "defended",
]
_WHY = """because storms had weakened it|despite warnings from engineers|in the hope of summer visitors|to meet a
deadline|following a petition|as supplies ran short|although two members voted against|once the insurers
agreed|while the courts weigh an appeal|since costs had doubled|before the spring tides return""".replace(
    "\n", " "
).split("|")
_SAID = ["said", "told reporters", "explained", "insisted", "noted", "argued", "conceded", "added"]
_SYNONYMS = {
    "said": "stated",
    "told": "informed",
    "plan": "scheme",
    "approved": "endorsed",
    "began": "started",
    "asked": "urged",
    "money": "funds",
    "opened": "launched",
    "residents": "locals",
    "because": "as",
    "although": "though",
    "after": "following",
    "dispute": "row",
    "weeks": "days",
    "costs": "expenses",
    "repairs": "works",
    "people": "citizens",
    "wait": "delay",
    "delays": "hold-ups",
    "households": "homes",
}
FURNITURE = {
    "s1": ["Subscribe to our morning briefing", "LEAVE A REPLY", "Share this on your favourite network"],
    "s2": [
        "You may also like these stories from our desk",
        "All rights reserved by the publisher of this page",
    ],
    "s3": ["Click here to follow our channel", "Comments are moderated and appear with a delay"],
}


def _thing(rng: random.Random) -> str:
    return f"the {rng.choice(_ADJECTIVES)} {rng.choice(_NOUNS)}"


def _clause(rng: random.Random) -> str:
    return f"{_thing(rng)} {rng.choice(_VERBS)} {_thing(rng)} near {rng.choice(_ADJECTIVES)} {rng.choice(_NOUNS)}s"


def report(rng: random.Random, sentences: int = 16) -> tuple[str, list[str]]:
    """A title and sentences of one report about one matter."""
    place, body, thing = rng.choice(_PLACES), rng.choice(_BODIES), _thing(rng)
    verb = rng.choice(_VERBS)
    text = [f"{body[0].upper()}{body[1:]} in {place} {verb} {thing} {rng.choice(_WHY)}."]
    while len(text) < sentences:
        who, where, amount = rng.choice(_PEOPLE), rng.choice(_PLACES), rng.randint(3, 980)
        text.append(
            rng.choice(
                [
                    f"{who}, of {rng.choice(_BODIES)}, {rng.choice(_SAID)} that {_clause(rng)}.",
                    f"In {where}, {rng.choice(_BODIES)} {rng.choice(_VERBS)} {_thing(rng)} {rng.choice(_WHY)}.",
                    f"About {amount} {rng.choice(_NOUNS)}s were {rng.choice(_VERBS)}, and {_clause(rng)}, {who} {rng.choice(_SAID)}.",
                    f"{_clause(rng).capitalize()}, {rng.choice(_SAID)} {who} of {where}, {rng.choice(_WHY)}.",
                ]
            )
        )
    return f"{body.removeprefix('the ').capitalize()} of {place} {verb} {thing}", text


def paragraphs(sentences: list[str]) -> str:
    """Two sentences a paragraph."""
    return "\n\n".join(" ".join(sentences[i : i + 2]) for i in range(0, len(sentences), 2))


def cut(rng: random.Random, text: str, words: int = 50) -> str:
    """The lead: the first words, the paragraphs kept."""
    kept, left = [], words
    for paragraph in text.split("\n\n"):
        tokens = paragraph.split(" ")[:left]
        left -= len(tokens)
        kept.append(" ".join(tokens))
        if left <= 0:
            break
    return "\n\n".join(kept)


def edited(rng: random.Random, text: str, share: float = 0.05) -> str:
    """A share of the words replaced, dropped or doubled by a filler."""
    words = text.split(" ")
    for i in rng.sample(range(len(words)), max(1, int(share * len(words)))):
        word = words[i]
        words[i] = _SYNONYMS.get(
            word, rng.choice(["", f"{word} also", "indeed", "the", "still", "meanwhile"])
        )
    return " ".join(words)


def datelined(rng: random.Random, text: str) -> str:
    """An agency's dateline before the text."""
    return f"{rng.choice(_PLACES).upper()}, March {rng.randint(1, 30)} (Northern Wire) -- {text}"


def furnished(rng: random.Random, text: str, source: str) -> str:
    """The source's boilerplate glued on."""
    return "\n\n".join([text, *FURNITURE.get(source, FURNITURE["s1"])])


def reordered(rng: random.Random, text: str) -> str:
    """The paragraphs after the second in another order."""
    parts = text.split("\n\n")
    rest = parts[2:]
    rng.shuffle(rest)
    return "\n\n".join(parts[:2] + rest)


def template(rng: random.Random, kind: int) -> tuple[str, str]:
    """A look-alike: a fixed form with other numbers and names. ``kind``: 0…4."""
    p, q, a, b = (rng.choice(x) for x in (_PEOPLE, _PEOPLE, _PLACES, _PLACES))
    n = [rng.randint(11, 989) for _ in range(8)]
    match kind % 5:
        case 0:
            return f"Relief plane number {n[0]} lands in {a}", (
                f"Relief plane number {n[0]} landed in {a} today with {n[1]} tonnes of food, blankets and medicine "
                f"aboard. It was received by {p}, who thanked the donors in {b}. The plane is part of an air bridge "
                f"that has carried {n[2]} tonnes so far.\n\nThe cargo will be taken to {b} in {n[3]} lorries. "
                f"{q}, who heads the operation, said that the next flight would follow as soon as weather allows."
            )
        case 1:
            return f"{a} Mills declares a dividend of {n[0]} cents", (
                f"{a} Mills declared a quarterly dividend of {n[0]} cents a share, against {n[1]} cents a year ago. "
                f"It is payable on the last day of the month to holders of record. Net profit rose to {n[2]} "
                f"million from {n[3]} million, and revenue to {n[4]} million from {n[5]} million, the company said.\n\n"
                f"{p}, its chief executive, said that the outlook for the year was unchanged."
            )
        case 2:
            return f"Weather in {a}", (
                f"{a} expects {n[0] % 30} degrees tomorrow, with winds of {n[1] % 70} kilometres an hour from the "
                f"west. Showers are likely in the afternoon, {n[2] % 40} millimetres in places. The night will fall "
                f"to {n[3] % 12} degrees. Forecasters in {b} see little change until the weekend, and ask drivers "
                f"to take care on the passes."
            )
        case 3:
            return f"Central bank of {a} lends {n[0]} million", (
                f"The central bank of {a} lent {n[0]} million crowns to banks in its weekly operation, at a rate of "
                f"{n[1] % 9}.{n[2] % 90} per cent. Bids came to {n[3]} million. The operation matures in seven days. "
                f"Money market rates were at {n[4] % 9}.{n[5] % 90} per cent before it, dealers said.\n\nThe bank "
                f"expects a shortage of {n[6]} million crowns for the coming week."
            )
    return f"{p} congratulates {q}", (
        f"{p}, president of {a}, sent a cable of congratulation to {q} of {b} on the anniversary of independence. "
        f"The president wished {q} good health and happiness, and the friendly people of {b} steady progress and "
        f"prosperity.\n\nThe cable praised the distinguished relations that join the two countries, and the common "
        f"wish to strengthen them in all fields."
    )


def document(number: int, source: str, title: str, text: str, minutes: float) -> Document:
    """A line as ``aggregator dedup`` reads it; ``minutes`` after the start."""
    published = (START + timedelta(minutes=minutes)).isoformat()
    return {"id": f"d{number:05}", "source": source, "title": title, "text": text, "published": published}


def copies(
    seed: int, change: Callable[[random.Random, str, str], str], stories: int = 60
) -> tuple[list[Document], list[tuple[str, str]]]:
    """Reports, each with one changed copy at another outlet. Returns the documents and the true pairs."""
    rng = random.Random(seed)
    documents: list[Document] = []
    truth: list[tuple[str, str]] = []
    for n in range(stories):
        title, sentences = report(rng, rng.randint(8, 22))
        text, source = paragraphs(sentences), f"s{rng.randint(1, 3)}"
        at = rng.uniform(0, 1200)
        wire = document(2 * n, "wire", title, text, at)
        copy = document(2 * n + 1, source, title, change(rng, text, source), at + rng.uniform(2, 400))
        documents += [wire, copy]
        truth.append((wire["id"], copy["id"]))
    return documents, truth


CHANGES: dict[str, Callable[[random.Random, str, str], str]] = {
    "cut": lambda rng, text, source: cut(rng, text),
    "edited": lambda rng, text, source: edited(rng, text),
    "cut, edited, furnished": lambda rng, text, source: furnished(
        rng, datelined(rng, edited(rng, cut(rng, text))), source
    ),
    "reordered": lambda rng, text, source: reordered(rng, edited(rng, text)),
    "cut to 120": lambda rng, text, source: cut(rng, text, 120),
}


def look_alikes(seed: int, number: int = 150, kinds: int = 5) -> list[Document]:
    """Templates only: no two of them are one story. ``kinds``: how many of the forms are used."""
    rng = random.Random(seed)
    found = []
    for n in range(number):
        title, text = template(rng, n % kinds)
        found.append(document(n, f"s{rng.randint(1, 3)}", title, text, rng.uniform(0, 4000)))
    return found


def day(seed: int, stories: int = 40) -> list[Document]:
    """A day of news: reports with several copies each, and templates among them."""
    rng = random.Random(seed)
    documents: list[Document] = []
    for _ in range(stories):
        title, sentences = report(rng, rng.randint(8, 20))
        text, at = paragraphs(sentences), rng.uniform(0, 1000)
        documents.append(document(len(documents), "wire", title, text, at))
        for _ in range(rng.choice([0, 0, 1, 2, 4, 7])):
            source = f"s{rng.randint(1, 9)}"
            kind = rng.randrange(4)
            changed = [
                cut(rng, text, rng.randint(50, 120)),
                datelined(rng, edited(rng, text)),
                reordered(rng, text),
                furnished(rng, text, source),
            ][kind]
            documents.append(document(len(documents), source, title, changed, at + rng.uniform(1, 400)))
    for n in range(stories):
        title, text = template(rng, n)
        documents.append(document(len(documents), f"s{rng.randint(1, 9)}", title, text, rng.uniform(0, 1400)))
    return documents


def arriving(held: Held) -> Held:
    """An article of a memory as it was before it was placed."""
    return replace(held, id=-held.id, story=None, canonical=False)
