"""Every script: normal form, tokens, datelines and glued-on lines, as tests/data/text/*.json expects them."""

import json
from pathlib import Path

import pytest

from aggregator.text import dateline, is_glue, normalise, tokenise

FILES = sorted((Path(__file__).parent.parent / "data" / "text").glob("*.json"))
CASES = {path.stem: json.loads(path.read_text(encoding="utf-8")) for path in FILES}


def cases(kind: str):
    """(language, case) pairs of one kind, for parametrize."""
    return [
        pytest.param(case, id=f"{lang}-{i}")
        for lang, all_ in CASES.items()
        for i, case in enumerate(all_[kind])
    ]


def hashes(text: str) -> list[int]:
    """The hashes of a text's tokens."""
    return tokenise(text).hashes.tolist()


@pytest.mark.parametrize("case", cases("normalised"))
def test_normal_form(case):
    """The normal form is the one that the file gives."""
    assert normalise(case[0]) == case[1]


@pytest.mark.parametrize("case", cases("tokens"))
def test_tokens(case):
    """A sentence parts into the tokens listed, each with the hash it has alone."""
    text, expected = case
    assert hashes(text) == [value for word in expected for value in hashes(word)]
    assert all(len(hashes(word)) == 1 for word in expected)


@pytest.mark.parametrize("case", cases("same"))
def test_spellings_of_one_text_are_equal(case):
    """Spellings that differ in what writers leave out at will have the same tokens."""
    assert hashes(case[0]) == hashes(case[1])


@pytest.mark.parametrize("case", cases("different"))
def test_different_texts_differ(case):
    """A word, a number or a mark that changes the meaning changes the tokens."""
    assert hashes(case[0]) != hashes(case[1])


@pytest.mark.parametrize("case", cases("datelines"))
def test_dateline_is_parted_and_credited(case):
    """The dateline is taken off, and its agency kept by name."""
    paragraph, rest, credit = case
    found = dateline(paragraph)
    assert found is not None
    assert (paragraph[found.length :], found.credit) == (rest, credit)


@pytest.mark.parametrize("text", cases("plain"))
def test_sentence_is_no_dateline(text):
    """An ordinary first sentence stays whole."""
    assert dateline(text) is None


@pytest.mark.parametrize("text", cases("glue"))
def test_glue_is_known(text):
    """Page furniture is recognised."""
    assert is_glue(text)


@pytest.mark.parametrize("text", cases("article"))
def test_sentence_is_no_glue(text):
    """A sentence that mentions what furniture says stays."""
    assert not is_glue(text)
