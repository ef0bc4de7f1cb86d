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
    "Iranian speaker receives Pyongyang's top diplomat",
    "The speaker of Iran's parliament, Ali Larijani, sat down with Ri Yong-ho of North Korea on Thursday, the "
    "third day of a trip that diplomats in the region had not foreseen.\n\nBoth governments live under American "
    "sanctions, and the guests came only days after the first of them had returned to Iran. Mr. Ri was quoted as "
    "calling his hosts old friends. Officials gave no details of what was agreed, and no joint text was issued.\n\n"
    "Analysts in Tehran read the visit as a message to Washington, whose president had met the North's leader in "
    "Singapore in June.",
)


@pytest.mark.shared
@pytest.mark.skipif(not VISIT.is_file(), reason="../shared/data/visit.txt is not there")
def test_the_visit_joins_its_copies_and_no_independent_report() -> None:
    """The page joins its lead alone, a re-headlined copy and an edited one, not a report in other words."""
    title, _, text = VISIT.read_text(encoding="utf-8").partition("\n\n")
    body = text.partition("› Subscribe")[0].strip()
    rng = random.Random(0)
    documents = [
        synthetic.document(0, "agency", title, body, 0),
        synthetic.document(1, "outlet", title, text, 30),
        synthetic.document(2, "daily", "Larijani and Ri Yong-ho meet", synthetic.cut(rng, body, 60), 60),
        synthetic.document(3, "portal", title, "TEHRAN, Aug. 9 (MNA) -- " + synthetic.edited(rng, body), 90),
        synthetic.document(4, "other", *INDEPENDENT, 120),
    ]
    story = {line["id"]: line["story"] for line in dedup(documents)}
    assert len({story[f"d{n:05}"] for n in range(4)}) == 1
    assert story["d00004"] != story["d00000"]
