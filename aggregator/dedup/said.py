"""The signals of a pair in words: each a statement with its value, true whatever it speaks for."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping

from aggregator.dedup.signals import Signals

MOST = 0.9  # containment from which one text is (nearly) all in the other
LITTLE = 0.1  # containment below which what is said about the shared passages means nothing
ABOUT_SHARED = frozenset({"slots", "fact_slots", "own", "run", "start"})


def worth_saying(name: str, pair: Signals) -> bool:
    """Whether a person would bring this up. "No name is swapped" is none about two strangers."""
    if name in ABOUT_SHARED and pair.containment < LITTLE:
        return False
    if name == "slots" and not _times(pair.slots) and pair.containment > MOST:
        return False  # that a whole text is word for word another's is no sign of a quotation
    return not (name == "title_found" and pair.untitled)


def argued(names: Iterable[str]) -> list[str]:
    """Signals in the order in which a person argues: the texts, the facts, what is around them."""
    order = list(_SAYING)
    return sorted(names, key=lambda name: order.index(name) if name in order else len(order))


def in_words(name: str, pair: Signals, *, speaks_for: bool = True) -> str:
    """What a signal says about the pair. One that this page does not know is named with its value.

    ``speaks_for``: whether it speaks for one story.
    """
    value = float(getattr(pair, name))
    if name in ABOUT_SHARED and not pair.containment:
        return "they share no passage that could be looked at"
    if name == "title_found" and pair.untitled:
        return "there are not two titles to compare"
    if name == "slots" and not speaks_for and not _times(value):
        return "what they share is the same word for word, as a quotation would be"
    if name in _SAYING:
        return _SAYING[name](value)
    return f"{name.replace('_', ' ')} is {value:.2f}"


def _share(value: float) -> str:
    if value <= 0:
        return "none"
    if value >= 0.9995:
        return "all"
    return "less than 1 %" if value < 0.01 else f"{min(99, round(100 * value))} %"


def _words(log_count: float) -> str:
    count = round(math.expm1(log_count))
    return "no words" if count == 0 else "1 word" if count == 1 else f"{count} words"


def _times(log_times: float) -> str | None:
    """How often in a hundred words; None for (nearly) never."""
    times = math.expm1(log_times)
    return None if times < 0.05 else f"about {_number(times)} times in a hundred words"


def _number(value: float) -> str:
    return f"{value:.0f}" if value >= 9.5 else f"{value:.1f}".removesuffix(".0")


def _own(value: float) -> str:
    said = 1 - value
    if said < 0.005:
        return "what they share stands in no other text near by"
    return f"of what they share {_share(said)} stands in another text near by, too"


def _slots(value: float) -> str:
    times = _times(value)
    if times is None:
        return "what they share is the same word for word"
    return f"within what they share a few words are replaced, {times}"


def _fact_slots(value: float) -> str:
    times = _times(value)
    if times is None:
        return "no number or name stands in place of another"
    return f"other numbers or names stand in the same places, {times}"


def _title_found(value: float) -> str:
    if value >= 0.995:
        return "every word of either title is found in the other article"
    return f"of one title {_share(value)} of the words are found in the other article"


def _start(value: float) -> str:
    if value < 0.02:
        return "the shorter's opening opens the longer, too"
    if value > 0.98:
        return "the shorter's opening does not stand in the longer, or only at its end"
    return f"the shorter's opening stands {_share(value)} into the longer"


_SAYING: Mapping[str, Callable[[float], str]] = {
    "containment": lambda v: f"{_share(v)} of the shorter text's phrases stand in the longer",
    "jaccard": lambda v: f"{_share(v)} of the phrases of both are common to the two",
    "run": lambda v: f"the passages that they share are about {_words(v)} long",
    "missing": lambda v: f"the shorter has {_words(v)} of its own",
    "extra": lambda v: f"the longer has {_words(v)} that the shorter has not",
    "start": _start,
    "fact_slots": _fact_slots,
    "slots": _slots,
    "title_found": _title_found,
    "subject": lambda v: f"{_share(v)} of the names and numbers that one opens with are in the other",
    "own": _own,
    "same_source": lambda v: "one outlet published both" if v else "two outlets published them",
    "untitled": lambda v: "a title is missing" if v else "both have a title",
}
