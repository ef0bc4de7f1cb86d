"""What an outlet changed in its own text, as far as it matters: facts, and words that take a report back.

A version that only adds, cuts or rewords is no correction. It is one when a fact that both texts state is
another one now (a number, a name, a day, a negation: the mark ``differs`` of `dedup.passages`), or when the
headline begins to say that the report is withdrawn.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

from aggregator.dedup.passages import passages

# Beginnings of headlines that take a report back, as outlets and agencies write them.
_TAKEN_BACK = re.compile(
    r"\s*[\[(【<]?\s*(?:"
    r"retract(?:ed|ion)|withdrawn|this (?:story|article|report) has been (?:withdrawn|removed|retracted)|"
    r"(?:mandatory |news )?kill\b|advisory: withdrawn|"
    r"تکذیب|حذف شد|سحب|تراجع عن|"
    r"삭제|기사 ?취소|전문 ?취소|"
    r"撤稿|撤回|取り消し|削除"
    r")",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Corrected:
    """``kind``: ``facts`` or ``retracted``. ``pairs``: what it says now, and what it said instead before."""

    kind: Literal["facts", "retracted"]
    pairs: tuple[tuple[str, str], ...]


def corrected(title: str, text: str, new_title: str, new_text: str) -> Corrected | None:
    """What a newer version of a text corrects; None when it corrects nothing."""
    found = passages(title, text, new_title, new_text)
    pairs = tuple((one.text, one.instead) for one in found if one.kind == "differs")
    if takes_back(new_title) and not takes_back(title):
        return Corrected("retracted", pairs)
    return Corrected("facts", pairs) if pairs else None


def takes_back(title: str) -> bool:
    """Whether a headline says that the report is withdrawn."""
    return _TAKEN_BACK.match(title) is not None
