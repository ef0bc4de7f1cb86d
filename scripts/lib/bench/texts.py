"""Texts drawn by seed from a made-up vocabulary with Zipf's frequencies, in paragraphs and sentences."""

from __future__ import annotations

import random

Documents = list[tuple[str, str]]  # titles and texts

LETTERS = {
    "latin": "abcdefghijklmnopqrstuvwxyz",
    "arabic": "ابتثجحخدذرزسشصضطظعغفقكلمنهويأإآةى",
    "han": "".join(chr(c) for c in range(0x4E00, 0x4E00 + 1500)),
}


def made_up(documents: int, words: int, script: str, seed: int = 1) -> Documents:
    """Titles and texts of about ``words`` tokens."""
    roll = random.Random(seed)
    letters = LETTERS[script]
    joint, lengths = ("", (1,)) if script == "han" else (" ", (2, 3, 4, 4, 5, 6, 7, 8, 10))
    vocabulary = ["".join(roll.choices(letters, k=roll.choice(lengths))) for _ in range(20_000)]
    weights = [1 / rank for rank in range(1, len(vocabulary) + 1)]
    made: Documents = []
    for _ in range(documents):
        drawn = roll.choices(vocabulary, weights, k=words + 8)
        title, sentences = joint.join(drawn[:8]), []
        at = 8
        while at < len(drawn):
            sentence = drawn[at : at + roll.randint(8, 30)]
            at += len(sentence)
            sentence[0] = sentence[0].capitalize()
            if roll.random() < 0.3:
                sentence[-1] = f"{roll.randint(1, 99)},{roll.randint(100, 999)}"
            sentences.append(joint.join(sentence) + ".")
        text = "".join(s + ("\n\n" if roll.random() < 0.4 else " ") for s in sentences)
        made.append((title, text))
    return made
