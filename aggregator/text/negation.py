"""Words that turn a statement into its opposite: a change of one of them is never a copy-editor's touch."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from aggregator.text.tokens import tokenise

# Whole tokens. Contractions are listed because an apostrophe belongs to its word; Chinese and Japanese have
# one character a token. Words that are more often something else (French "pas", Persian "نا") are left out.
_LISTED: Final = """
    not no never none neither nor without cannot
    don't doesn't didn't won't wouldn't can't couldn't isn't aren't wasn't weren't hasn't haven't hadn't
    shouldn't mustn't needn't
    لا لم لن ليس ليست لیسوا غير دون بدون
    نه نیست نیستند نبود نبودند نشد نشده نخواهد نکرد نکرده نکردند ندارد ندارند نداشت بدون هیچ
    不 没 沒 無 无 未 非 否
    안 못 않았다 않는다 않다 않을 않고 않은 없다 없는 없이 없었다 아니다 아닌 아니라
    не нет ни без никогда
    değil yok hiç hiçbir olmadan
    nicht kein keine keinen keiner niemals ohne ne jamais aucun aucune sans nunca sin ninguno
    ไม่ ไม่มี
"""
WORDS: Final = tuple(_LISTED.split())


LISTED: Final = np.sort(tokenise(" ".join(WORDS)).hashes.astype(np.uint32))
COARSE: Final = np.zeros(1 << 12, bool)  # whether a word may be one of them, by the low bits of its hash
COARSE[LISTED & np.uint32(0xFFF)] = True
_HASHES: Final = frozenset(LISTED.tolist())


def negations(tokens: NDArray[np.uint32]) -> list[int]:
    """Positions of the tokens that negate. ``tokens``: uint32[n], the low halves of token hashes."""
    likely = COARSE.take(tokens & np.uint32(0xFFF)).nonzero()[0]
    hashes = tokens.take(likely).tolist()
    return [position for position, value in zip(likely.tolist(), hashes, strict=True) if value in _HASHES]
