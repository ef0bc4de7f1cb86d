"""What the detector reads and decides: articles as it needs them, and where they go."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from aggregator.model.prepared import Fingerprint
from aggregator.model.source import Fold
from aggregator.model.tie import Relation, Tie


@dataclass(frozen=True, slots=True)
class Held:
    """An article as the detector needs it: already stored, or about to be (then ``story`` is None)."""

    id: int  # for one about to be stored: a negative number that is unique in its batch
    source: str
    group: str
    title: str
    effective: datetime  # the earlier of published and first seen
    fingerprint: Fingerprint
    story: int | None = None
    canonical: bool = False
    url_key: str | None = None
    guid: str = ""
    language: str | None = None
    authority: int = 0
    agency: bool = False
    paywall: bool = False
    credit: str | None = None
    fold: Fold = Fold()
    reason: str = ""  # of its placement; "" before it

    def placed(
        self, story: int | None, reason: str, *, number: int | None = None, canonical: bool = False
    ) -> Held:
        """The same article in a story. ``number``: the id that it was given, None: it has one.

        `dataclasses.replace` asks for every field by its name, which takes several times as long.
        """
        return Held(
            self.id if number is None else number, self.source, self.group, self.title, self.effective,
            self.fingerprint, story, canonical, self.url_key, self.guid, self.language, self.authority,
            self.agency, self.paywall, self.credit, self.fold, reason,
        )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Link:
    """A story that an article is near to without being of it: ``partial`` or ``related``, or asked for."""

    article: int  # the article at the other end (may be negative: of the same batch)
    relation: Relation
    similarity: float


@dataclass(frozen=True, slots=True)
class Placement:
    """Where an arriving article goes.

    ``story``: the id of a stored story, or of a new one, which is numbered -1, -2, … within its `Plan`.
    ``join``: the article (id as in Held, may be negative) there that it is most alike, None: it is the first
    by time. ``similarity``: probability 0…1 that both carry one text (1.0 for exact steps).
    ``reason``: ``first``, ``same-url``, ``same-text``, ``copy``, ``version``, ``corrected`` (by a person).
    ``marks``: ``adds`` and/or ``differs``, against the text that `Plan.texts` names.
    """

    article: int
    story: int
    join: int | None
    relation: Relation
    similarity: float
    reason: str
    marks: tuple[str, ...] = ()
    links: tuple[Link, ...] = ()


@dataclass(frozen=True, slots=True)
class Move:
    """A stored article that an earlier one, which arrived later, puts into another story or another role."""

    article: int
    story: int  # as in Placement
    relation: Relation
    similarity: float
    reason: str


@dataclass(frozen=True, slots=True)
class Plan:
    """What placing a batch changes.

    ``placements``: one an arrival, by time. ``moves``: of stored articles; first of all. ``merged``: stored
    stories of which no article is left, with the story where they went (as in Placement), which all their
    articles do that are not among the moves. ``texts``: whose text speaks, of the stories of the placements.
    ``ties``: the pairs that were decided and are to be kept, also those of stored articles that are another
    now (`aggregator.dedup.ties`).
    """

    placements: tuple[Placement, ...] = ()
    moves: tuple[Move, ...] = ()
    merged: Mapping[int, int] = field(default_factory=dict)
    texts: Mapping[int, int] = field(default_factory=dict)
    ties: tuple[Tie, ...] = ()
