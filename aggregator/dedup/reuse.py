"""Whether an entry under a guid that is known is the article that we hold, changed, or another report."""

from __future__ import annotations

from aggregator.dedup.board import SAME_URL
from aggregator.dedup.fingerprint import STANDS_ALONE
from aggregator.dedup.signals import View, shared_count
from aggregator.model import Fingerprint

SAME_TITLE = 0.34  # share of the shorter title's words from which one title may be the other, rewritten


def another_report(
    before: Fingerprint, now: Fingerprint, *, retitled: bool, readdressed: bool, redated: bool
) -> bool:
    """Whether a guid was given to another report: next day's edition, a live page that began anew.

    ``before``: of the article that we hold; ``now``: of the entry. A text that shares hardly anything with
    the one before is another report when its title or its date is another too: with both of them kept it is
    a rewrite, however thorough. Where one of the texts is too short to tell, title and address must both be
    others. Texts of different recipes are not compared: what cannot be told is taken for a change.
    """
    if before.recipe != now.recipe:
        return False
    if now.text_sha256 and now.text_sha256 == before.text_sha256:
        return False
    a, b = View(before.evidence), View(now.evidence)
    if min(len(a.body), len(b.body)) < STANDS_ALONE:
        shorter = min(len(a.heading), len(b.heading))
        alike = shared_count(a.heading, b.heading) >= SAME_TITLE * shorter
        return retitled and readdressed and not alike
    shared = shared_count(a.shingles, b.shingles)
    unlike = shared < SAME_URL * min(len(a.shingles), len(b.shingles))
    return unlike and (retitled or redated)
