"""The compiled kernel reads texts as numpy does: tokens, passages, fingerprints, bit for bit."""

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from aggregator import topics
from aggregator.dedup import minhash, prints
from aggregator.native import kernel
from aggregator.text import tokens
from aggregator.text.negation import COARSE, LISTED, WORDS

pytestmark = pytest.mark.skipif(kernel is None, reason="the kernel was not compiled")

# Characters whose neighbours decide what they are, of every kind, thick.
CHARACTERS = st.sampled_from(
    "aaBcdeİßﬁ0123456789٣۴.,'’!?:\u00a0\u2009\u200b\u200c\u00ad\u0640\u0301  \n\n"
    "かなカナーｶﾞ\u3099漢字ที่นี่แกะເກາະကျွန်ុំ한국\u1112\u1161أىی№½…\ud800\U0001f600\U00020000"
)
TEXTS = st.text(CHARACTERS, max_size=150) | st.text(st.characters(), max_size=60)
HEADLINES = st.lists(
    st.sampled_from([*["the", "lake", "froze", "in", "May", "7", "漢", "ไป"], *WORDS]), max_size=230
)
PARAGRAPHS = st.lists(st.sampled_from(["a", "b", "cc", "ddddd", "9", "f", "ice.", "snow"]), max_size=40)
ARTICLES = st.lists(st.tuples(HEADLINES, st.lists(PARAGRAPHS, max_size=4)), min_size=1, max_size=5)


def same(one: tokens.Tokens, other: tokens.Tokens) -> bool:
    """Whether two readings are equal, types included."""
    return all(
        a.dtype == b.dtype and a.tolist() == b.tolist()
        for a, b in (
            (one.hashes, other.hashes),
            (one.flags, other.flags),
            (one.bounds, other.bounds),
        )
    )


@given(TEXTS)
@example("")
@example("\n")
@example("1,200.5'000 3’4 l’été 1\u00a0000 1.2.3 12.3456 .5 5. 1,,000")
@example("ひらがなカタカナーひら ｶﾀｶﾅ漢字かな เขาไปโรงเรียนแล้ว")
@settings(max_examples=400, deadline=None)
def test_tokens(text):
    """Hashes, flags and bounds of any text are those that numpy finds."""
    assert same(tokens.tokenise(text), tokens.by_numpy(text))


def test_tokens_of_every_character():
    """The same for each character there is, between letters, digits and Thai."""
    for start in range(0, 0x110000, 0x4000):
        codes = map(chr, range(start, min(start + 0x4000, 0x33480 + 0x4000)))
        text = "\n".join(f"a{char}b 1{char}234 {char} ก{char}ก" for char in codes if char != "\n")
        assert same(tokens.tokenise(text), tokens.by_numpy(text))


@given(ARTICLES, st.randoms(use_true_random=False))
@settings(max_examples=200, deadline=None)
def test_fingerprints(articles, random):
    """Fingerprints of any articles, some of their lines silent, are those that numpy makes."""
    lines, firsts = [], []
    for title, paragraphs in articles:
        firsts.append(len(lines))
        lines += [" ".join(title), *(" ".join(words) for words in paragraphs)]
    silent = [each for each in range(len(lines)) if each not in firsts and random.random() < 0.2]
    read = tokens.tokenise("\n".join(lines))
    assert prints.fingerprints(read, firsts, silent) == prints.by_numpy(read, firsts, silent)


def test_long_texts():
    """Titles and bodies beyond what counts are cut alike."""
    words = [f"w{number}" for number in range(prints.MOST_BODY + 500)]
    read = tokens.tokenise(" ".join(words[:300]) + "\n" + "\n".join(words))
    assert prints.fingerprints(read, [0]) == prints.by_numpy(read, [0])
    assert prints.fingerprints(read, [0], [1, 2, 700]) == prints.by_numpy(read, [0], [1, 2, 700])


@given(st.lists(st.integers(0, 2**32 - 1), min_size=30, max_size=90))
@settings(max_examples=40, deadline=None)
def test_signatures_are_the_authoritys(values):
    """What the kernel makes of tokens is what datasketch makes of their shingles."""
    hashes = np.array(values, np.uint64)
    read = tokens.Tokens(hashes, np.zeros(len(hashes), np.uint8), np.array([0, 0, len(hashes)], np.intp))
    made = prints.fingerprints(read, [0])[0]
    shingles = prints.shingle_hashes(hashes.astype(np.uint32), prints.WIDTH)
    assert np.frombuffer(made.signature, "<u4").tolist() == minhash.authority(shingles).hashvalues.tolist()


def test_what_does_not_belong_together_is_refused():
    """Arrays of other sizes or wrong bounds are errors, never read beyond their ends."""
    hashes, flags, bounds = np.arange(9, dtype=np.uint64), np.zeros(9, np.uint8), np.array([0, 4, 9])
    rest = (minhash.PERMUTED, LISTED, COARSE)
    good = (hashes, flags, bounds, bytes(2), [0], *rest)
    assert len(kernel.fingerprints(*good)) == 1
    for place, wrong in (
        (0, hashes[:8]),
        (1, flags[:8]),
        (2, bounds[:2]),
        (2, np.array([0, 4, 10])),
        (2, np.array([0, 5, 4])),
        (2, np.array([-1, 4, 9])),
        (3, bytes(1)),
        (4, [2]),
        (4, [1, 0]),
        (4, [0, 0]),
        (4, [-1]),
        (5, minhash.PERMUTED[:, :64].copy()),
        (7, COARSE[:64]),
    ):
        with pytest.raises(ValueError, match=r"not of one text|no lines of this text"):
            kernel.fingerprints(*good[:place], wrong, *good[place + 1 :])
    for wrong in (np.array([0, 10]), np.array([5, 4]), np.array([-1, 4]), b""):
        with pytest.raises(ValueError, match="no bounds of these tokens"):
            kernel.line_hashes(hashes, wrong)
    with pytest.raises(ValueError, match="another size"):
        kernel.tokenise("a", (b"", b"", b"", b"", b"", b""), False)
    with pytest.raises(TypeError):
        kernel.tokenise("a", (), False)


@given(TEXTS, st.integers(1, 9), st.integers(1, 5))
@example("\u00b5 a漢\u3099b", 9, 5)
@settings(max_examples=400, deadline=None)
def test_words(text, most, longest):
    """The words of any text are those that numpy finds, cut and counted alike."""
    plain = topics._tokenise(text)
    assert topics.words_of(text) == " ".join(plain)
    assert topics.words_of(text, most, longest) == " ".join(word[:longest] for word in plain[:most])


def test_words_of_every_character():
    """The same for each character there is, between letters and alone."""
    for start in range(0, 0x110000, 0x4000):
        each = [f"a{chr(code)}b {chr(code)}" for code in range(start, min(start + 0x4000, 0x33480 + 0x4000))]
        taken = "\n".join(text for text in each if kernel.words(text, topics._TABLES, 9, 9) is not None)
        assert kernel.words(taken, topics._TABLES, 10**9, 99) == " ".join(topics._tokenise(taken))
