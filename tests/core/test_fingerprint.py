"""Fingerprints: deterministic, independent of company, blind to furniture, laid out as stored."""

import hashlib
import os
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aggregator.dedup import keys
from aggregator.dedup.fingerprint import (
    MOST_BODY,
    RECIPE,
    Document,
    analyse,
    analyses,
    fingerprint,
    pack,
    passages,
    unpack,
)
from aggregator.dedup.minhash import estimate
from aggregator.model import Entry, Source
from aggregator.prepare import prepare, prepare_all
from aggregator.text import plain_to_paragraphs, tokens

TITLE = "Harbour of Qeshm takes in its first ferry of the year"
BODY = [
    "The first ferry of the year tied up at the new quay on Monday, with 212 people and 40 cars aboard.",
    "The harbour master said that the crossing, closed since December, would be served twice a day.",
    "Fishermen had feared that the ferry would disturb their nets; the authority moved the lane to the west.",
    "Tickets cost 1,200 rials more than last year, and children under six do not pay.",
]
TEXTS = st.text(st.characters(), max_size=120) | st.text(
    st.sampled_from("ab Çéß٣漢กำ\u0e49.,'\n\u200c\u0301 123"), max_size=80
)
DOCUMENTS = st.builds(Document, TEXTS, st.lists(TEXTS, max_size=4))


@given(st.lists(DOCUMENTS, min_size=1, max_size=5))
@settings(max_examples=50, deadline=None)
def test_company_changes_nothing(documents):
    """An article has the same analysis alone as among others, whatever the others hold."""
    assert analyses(documents) == [analyse(d.title, d.paragraphs) for d in documents]


@given(DOCUMENTS)
@settings(max_examples=50, deadline=None)
def test_any_text_has_a_fingerprint(document):
    """Any strings give a fingerprint within its bounds; passages are those of `passages`."""
    found = analyse(document.title, document.paragraphs)
    made = found.fingerprint
    evidence = unpack(made.evidence)
    assert made.recipe == RECIPE
    assert len(made.keys) <= keys.MOST
    assert len(set(made.keys)) == len(made.keys)
    assert all(-(2**63) <= key < 2**63 for key in made.keys)
    assert len(made.signature) == 512
    assert pack(evidence) == made.evidence
    assert made.tokens == len(evidence.title) + len(evidence.body)
    assert len(evidence.title_flags) == len(evidence.title)
    assert len(evidence.body_flags) == len(evidence.body)
    assert found.passages == passages(document.paragraphs)
    assert len(found.passages) == len(document.paragraphs)


def test_nothing_has_no_keys():
    """An empty article has no keys, no evidence, no text hash."""
    made = fingerprint("", [])
    assert (made.keys, made.text_sha256, made.tokens) == ((), b"", 0)


def test_keys_by_kind_of_article():
    """Full text has keys of text, lead and title; a title alone has those of its words and its own."""
    slots = [key >> 32 for key in fingerprint(TITLE, BODY).keys]
    assert slots == list(range(20))
    assert [key >> 32 for key in fingerprint(TITLE, []).keys] == [*range(12), *range(16, 20)]
    assert [key >> 32 for key in fingerprint("Three words only", []).keys] == list(range(12))
    assert [key >> 32 for key in fingerprint("", BODY).keys] == list(range(16))


def test_furniture_changes_nothing():
    """Dateline, share bars and comment forms are left out: the fingerprint is that of the bare text."""
    bare = analyse(TITLE, BODY)
    dressed = analyse(
        TITLE,
        [
            f"QESHM, Jan. 9 (Reuters) -- {BODY[0]}",
            *BODY[1:],
            "› Subscribe",
            "LEAVE A REPLY",
            "Share on Facebook",
        ],
    )
    assert dressed.fingerprint == bare.fingerprint
    assert (dressed.left_out, dressed.credit) == ((4, 5, 6), "Reuters")
    assert (bare.left_out, bare.credit) == ((), None)


def test_learnt_passages_and_named_paragraphs_are_left_out():
    """What a source repeats is left out by its hash, and paragraphs by their index."""
    footer = "The Strait Gazette is printed on the island by its readers."
    bare = fingerprint(TITLE, BODY)
    learnt = analyse(TITLE, [footer.upper(), *BODY], leave_out=frozenset(passages([footer])))
    assert learnt.left_out == (0,)
    assert learnt.fingerprint == bare
    assert analyses([Document(TITLE, [*BODY, footer], skip={4})])[0].fingerprint == bare


def test_typography_changes_nothing_and_words_do():
    """Quotes, case and digits of other scripts change no bit; a word changes the text hash."""
    loud = [line.upper().replace("212", "٢١٢").replace("'", "’") for line in BODY]
    plain, other = fingerprint(TITLE, BODY), fingerprint(TITLE, loud)
    assert other.text_sha256 == plain.text_sha256
    assert other.signature == plain.signature
    changed = fingerprint(TITLE, [line.replace("Monday", "Tuesday") for line in BODY])
    assert changed.text_sha256 != plain.text_sha256
    assert 0.8 < estimate(plain.signature, changed.signature) < 1


def test_flags_are_kept():
    """Evidence says which tokens are numbers, capitals, starts and negations."""
    evidence = unpack(fingerprint(TITLE, BODY).evidence)
    assert (evidence.body_flags & tokens.NUMBER > 0).sum() == 3
    assert (evidence.body_flags & tokens.PARAGRAPH > 0).sum() == 4
    assert (evidence.body_flags & tokens.NEGATION > 0).sum() == 1
    assert evidence.title_flags[0] & tokens.CAPITALISED


def test_long_texts_are_cut():
    """A body counts up to its limit, in time that does not depend on what follows."""
    made = unpack(fingerprint("t", [" ".join(f"w{i}" for i in range(50_000))]).evidence)
    assert len(made.body) == MOST_BODY
    assert len(made.shingles) == MOST_BODY - 2


def test_other_process_and_hash_seed_give_the_same_bytes():
    """Nothing depends on PYTHONHASHSEED or on the process."""
    code = (
        "from aggregator.dedup.fingerprint import fingerprint as f; import hashlib;"
        f"print(hashlib.sha256(repr(f({TITLE!r}, {BODY!r})).encode()).hexdigest())"
    )
    run = subprocess.run(
        [sys.executable, "-c", code],
        env={**os.environ, "PYTHONHASHSEED": "2"},
        capture_output=True,
        text=True,
        check=True,
    )
    here = hashlib.sha256(repr(fingerprint(TITLE, BODY)).encode()).hexdigest()
    assert run.stdout.strip() == here


def test_prepare():
    """An entry's content is read, its summary where there is none; own expressions and learnt passages go."""
    html = "".join(f"<p>{line}</p>" for line in BODY) + "<p>Ad: buy boats</p><p>Our newsletter is good.</p>"
    source = Source("s", "http://localhost/", "S", boilerplate=("^Ad:",))
    entry = Entry("g", "http://localhost/a?utm_source=x", TITLE, content=html, summary="<p>short</p>")
    learnt = frozenset(passages(["Our newsletter is good."]))
    made = prepare(entry, boilerplate=learnt, source=source)
    assert made.fingerprint == fingerprint(TITLE, BODY)
    assert made.boilerplate == (4, 5)
    assert made.text.split("\n\n") == [*BODY, "Ad: buy boats", "Our newsletter is good."]
    assert made.url_key
    short = Entry("h", None, TITLE, summary="<p>short</p>")
    both = prepare_all([entry, short], boilerplate=learnt, source=source)
    assert both == (made, prepare(short, boilerplate=learnt, source=source))
    assert both[1].text == "short"
    assert both[1].url_key is None


@pytest.mark.shared
def test_visit_page_loses_what_was_glued_on():
    """On the page that the project grew from, exactly the lines after the report are left out."""
    page = Path(__file__).parents[3] / "shared" / "data" / "visit.txt"
    if not page.exists():
        pytest.skip("../shared is not here")
    title, *body = plain_to_paragraphs(page.read_text(encoding="utf-8"))
    found = analyse(title, body)
    assert found.left_out == tuple(range(len(body) - 5, len(body)))
