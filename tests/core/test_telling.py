"""What the log is told: one line when trouble begins, one when it ends."""

from __future__ import annotations

from aggregator.model import Applied
from aggregator.polling.trouble import Telling


def failed(source: str, error: str, kind: str) -> Applied:
    """A poll that failed."""
    return Applied(source, "failed", error=error, error_kind=kind)


def said(telling: Telling, *polls: Applied) -> list[str]:
    """What is said of these polls, one after the other."""
    return [line.text for poll in polls for line in telling.of(poll)]


def test_a_source_in_trouble_is_told_once() -> None:
    """Again when it fails in another way, and when it is well."""
    telling = Telling()
    slow, gone = failed("a", "too slow", "timeout"), failed("a", "HTTP 404", "status")
    well = Applied("a", "fetched")
    assert said(telling, well, slow, slow, slow) == ["a: too slow"]
    assert said(telling, gone, gone, well, well) == ["a: HTTP 404", "a: polled again"]


def test_trouble_of_ours_is_one_episode() -> None:
    """Five hundred sources without open files are two lines."""
    telling = Telling()
    polls = [failed(f"s{n}", "Too many open files", "local") for n in range(500)]
    lines = said(telling, *polls, *polls, Applied("s1", "unchanged"), *polls[:1])
    assert len(lines) == 3
    assert "polling lacks" in lines[0]
    assert lines[1] == "sources can be reached again; 1000 polls had failed"
    assert "polling lacks" in lines[2]


def test_one_name_that_dns_does_not_answer_is_no_outage() -> None:
    """From the third on, with no answer in between, it is."""
    telling = Telling()
    polls = [failed(f"s{n}", f"DNS does not answer for s{n}", "offline") for n in range(100)]
    well = Applied("x", "fetched")
    assert said(telling, polls[0], well, polls[0], well, polls[0]) == ["s0: DNS does not answer for s0"]
    lines = said(telling, *polls, *polls, well)
    assert lines[0].startswith("s1: ")
    assert "nothing can be reached from here" in lines[1]
    assert lines[2].startswith("sources can be reached again")
    assert len(lines) == 3


def test_refused_addresses_prove_no_way_out() -> None:
    """They failed before anything was sent."""
    telling = Telling()
    polls = [failed(f"s{n}", "no way out", "offline") for n in range(9)]
    refused = failed("r", "10.0.0.1 is not public", "address")
    assert len(said(telling, *polls, refused, *polls, refused)) == 4


def test_a_database_that_takes_nothing_is_one_episode() -> None:
    """However many polls it does not take."""
    telling = Telling()
    lines = [line for n in range(50) for line in telling.not_stored(f"s{n}", "the disk is full")]
    assert [line.text for line in lines] == ["s0: the poll was not stored, nor are others: the disk is full"]
    assert said(telling, Applied("s1", "fetched"))[0].startswith("the database takes polls again; 50 were")
