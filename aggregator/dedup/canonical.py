"""Which article of a story speaks for it: stable, by a policy, and changed only for a better reason."""

from __future__ import annotations

from collections.abc import Sequence

from aggregator.dedup.rules import CanonicalStep
from aggregator.model import Held

MUCH_LONGER = 1.2  # times: texts grow with every edit, and the canonical must not follow each of them


def choose_canonical(members: Sequence[Held], policy: Sequence[CanonicalStep], current: int | None) -> int:
    """Return the id of the member that should be canonical. ``members`` must not be empty.

    Articles behind a paywall give no text, so one is chosen only where all are. Then the policy's steps
    decide, the first that tells two apart: ``authority`` the higher, ``agency`` a wire before others,
    ``earliest`` the earlier effective time, ``longest`` the text with more tokens. ``current`` (None: not
    yet chosen) stays unless another is better at the first step that tells them apart; to be "longest"
    against it takes `MUCH_LONGER`. Each change is thus an improvement in one fixed order: no flipping back.
    """
    best = min(members, key=lambda held: (held.paywall, *(_rank(held, step) for step in policy), *_tie(held)))
    holder = next((held for held in members if held.id == current), None)
    if holder is None or holder.id == best.id or not _better(best, holder, policy):
        return best.id if holder is None else holder.id
    return best.id


def _better(challenger: Held, holder: Held, policy: Sequence[CanonicalStep]) -> bool:
    if challenger.paywall != holder.paywall:
        return holder.paywall
    for step in policy:
        if step == "longest":
            ours, theirs = challenger.fingerprint.tokens, holder.fingerprint.tokens
            if ours > MUCH_LONGER * theirs:
                return True
            if theirs > MUCH_LONGER * ours:
                return False
        elif (ours_rank := _rank(challenger, step)) != (their_rank := _rank(holder, step)):
            return ours_rank < their_rank
    return False


def _rank(held: Held, step: CanonicalStep) -> float:
    """Smaller is better."""
    match step:
        case "authority":
            return -held.authority
        case "agency":
            return not held.agency
        case "earliest":
            return held.effective.timestamp()
        case "longest":
            return -held.fingerprint.tokens


def _tie(held: Held) -> tuple[float, str, str, bytes, int]:
    """A total order that does not depend on arrival, so that equal articles are chosen among alike."""
    return held.effective.timestamp(), held.source, held.guid, held.fingerprint.text_sha256, held.id
