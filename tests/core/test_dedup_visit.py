"""The story that the project grew from: an outlet's page of the visit, boilerplate and all."""

# ruff: noqa: E501, ISC004 - texts read better unbroken
from __future__ import annotations

import random
from pathlib import Path

import dedup_synthetic as synthetic
import pytest

from aggregator.dedup.archive import dedup

VISIT = Path(__file__).resolve().parents[3] / "shared" / "data" / "visit.txt"

INDEPENDENT = (
    (
        "Iranian speaker receives Pyongyang's top diplomat",
        "The speaker of Iran's parliament, Ali Larijani, sat down with Ri Yong-ho of North Korea on Thursday, the "
        "third day of a trip that diplomats in the region had not foreseen.\n\nBoth governments live under American "
        "sanctions, and the guests came only days after the first of them had returned to Iran. Mr. Ri was quoted as "
        "calling his hosts old friends. Officials gave no details of what was agreed, and no joint text was issued.\n\n"
        "Analysts in Tehran read the visit as a message to Washington, whose president had met the North's leader in "
        "Singapore in June.",
    ),
    (
        "North Korean foreign minister in Tehran as sanctions bite",
        "Tehran, Aug. 9 - Ri Yong-ho is spending this week in the Iranian capital, where Ali Larijani received him in "
        "the Majlis on Thursday morning. Cameras were let in for two minutes.\n\nIt is a delicate moment for both. "
        "Washington restored a first round of measures against Iran on Tuesday, and wants Pyongyang to give up its "
        "warheads after the summit of June 12. Iranian papers warned the visitors not to trust American signatures.",
    ),
    (
        "Larijani to Ri: America does not keep its word",
        "Iran's parliament speaker had one piece of advice for Ri Yong-ho, North Korea's foreign minister, when the two "
        "met in Tehran on Thursday: beware of what the United States signs.\n\nMr. Larijani, once his country's nuclear "
        "negotiator, pointed to the 2015 accord that Donald Trump walked away from in May. His guest, who had seen "
        "President Rouhani the day before, agreed with him, according to people who were in the room.",
    ),
    (
        "Ri Yong-ho and Larijani meet in Tehran",
        "The two met on Thursday, August 9, 2018, in Tehran. No more was said of it.",
    ),
)


@pytest.mark.shared
@pytest.mark.skipif(not VISIT.is_file(), reason="../shared/data/visit.txt is not there")
@pytest.mark.parametrize("seed", range(3))
def test_the_visit_joins_its_copies_and_no_independent_report(seed: int) -> None:
    """The page joins its lead alone, short and long, re-headlined, re-datelined and edited copies, and its title
    alone; reports in other words with the same names, numbers and day stay apart, from it and each other."""
    title, _, text = VISIT.read_text(encoding="utf-8").partition("\n\n")
    body = text.partition("› Subscribe")[0].strip()
    rng = random.Random(seed)
    copies = [
        (title, body),
        (title, text),  # the page, with all that was glued on
        ("Larijani and Ri Yong-ho meet", synthetic.cut(rng, body, 60)),
        ("Speaker sees the minister from Pyongyang", synthetic.cut(rng, body, 80)),
        (title, "TEHRAN, Aug. 9 (MNA) -- " + synthetic.edited(rng, body)),
        ("Parliament: talks with a delegation from the East", "Tehran, IRNA – " + body),
        (title, synthetic.edited(rng, synthetic.cut(rng, body, 120), 0.03)),
        ("A visit to the Majlis", synthetic.furnished(rng, body, "s2")),
        (title, ""),
    ]
    documents = [
        synthetic.document(n, f"outlet{n}", *copy, 30 * n + rng.uniform(0, 25))
        for n, copy in enumerate([*copies, *INDEPENDENT])
    ]
    story = {line["id"]: line["story"] for line in dedup(documents)}
    ids = [document["id"] for document in documents]
    assert len({story[each] for each in ids[: len(copies)]}) == 1
    assert len({story[each] for each in ids[len(copies) :]} | {story[ids[0]]}) == 1 + len(INDEPENDENT)
