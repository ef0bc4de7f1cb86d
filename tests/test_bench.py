"""The benchmarks run and print what their readers parse; what they measure is not judged here."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).parents[1]
PHASES = {"candidates", "decide", "full-text index", "tokens and topics", "write"}


def bench(*arguments: object) -> subprocess.Popen[str]:
    """A benchmark, started."""
    command = [sys.executable, ROOT / "scripts" / "bench", *arguments]
    return subprocess.Popen(
        list(map(str, command)), stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )


def found(process: subprocess.Popen[str], seconds: int = 100) -> dict[str, Any]:
    """What it printed, once it ended well."""
    out, errors = process.communicate(timeout=seconds)
    assert process.returncode == 0, errors
    made: dict[str, Any] = json.loads(out)
    return made


def holds_placing(placing: dict[str, Any]) -> None:
    """Figures of articles that were really placed, copies among them."""
    assert 0 < placing["copies"] < placing["articles"]
    assert set(placing["phases_us_an_article"]) == PHASES
    assert all(spent > 0 for spent in placing["phases_us_an_article"].values())
    assert placing["cpu_us_an_article"] >= 0.8 * sum(placing["phases_us_an_article"].values())


@pytest.mark.long
def test_detector_and_placing(tmp_path: Path) -> None:
    """Both in seconds: every way has a speed, every phase a share; JSON and picture land in the folder."""
    started = [bench("detector", "--quick", "--out", tmp_path), bench("place", "--quick")]
    detector, place = map(found, started)
    assert {detector["benchmark"], place["benchmark"]} == {"detector", "place"}
    assert all(one["date"] and one["machine"] for one in (detector, place))
    speeds = detector["fingerprint"]["documents_a_second"]
    assert {"aggregator, in batches", "datasketch update", "datasketch update_batch"} <= set(speeds)
    assert "rensa" in set(speeds) | set(detector["fingerprint"]["left_out"])
    assert all(speed > 0 for speed in speeds.values())
    assert 0 < detector["deciding"]["copies"] < detector["deciding"]["articles"]
    holds_placing(detector["placing"])
    holds_placing(place)
    assert json.loads((tmp_path / "detector.json").read_text()) == detector
    assert (tmp_path / "detector.png").stat().st_size > 1_000


@pytest.mark.long
def test_archive() -> None:
    """Both engines over a small archive: the same bytes, and figures that a run can have."""
    made = found(bench("archive", "--quick"))
    (step,) = made["steps"]
    assert step["same bytes"] is True
    for engine in ("local", "spark"):
        assert 0 < step[engine]["cpu_seconds"] < 200
        assert 20 < step[engine]["memory_mb"] < 4_000
        assert step[engine]["scratch_mb"] < 100


def test_an_unknown_benchmark_is_refused() -> None:
    """Without a name that is known, the list of names and exit 2."""
    process = bench("nothing")
    _, errors = process.communicate(timeout=30)
    assert process.returncode == 2
    assert "scripts/bench growth" in errors


@pytest.mark.long
def test_a_day_in_virtual_time() -> None:
    """Sources of a made-up world are polled at their rhythm, what is new is stored, and its cost is told."""
    day = found(bench("day", "--sources", "400", "--minutes", "3"))
    assert (day["sources"], day["virtual_minutes"], day["errors"]) == (400, 3, [])
    assert day["polls"] == sum(day["statuses"].values()) > 0
    assert day["statuses"].get("fetched", 0) <= day["new"] <= day["polls"]
    assert day["cpu_seconds"]["main"] > 0
    assert day["memory_mb"] > 0


@pytest.mark.long
def test_growth_with_a_real_daemon() -> None:
    """At each size articles are placed; a daemon finds its feeds new, then unchanged, and is weighed."""
    process = bench("growth", "--quick")
    steps = found(process, seconds=300)["steps"]
    assert steps[0]["stored"] == 500 < steps[1]["stored"]
    for step in steps:
        holds_placing(step["placing"])
        assert step["index"]["articles"] <= step["stored"]
        assert 5 * step["index"]["articles"] < step["index"]["rows"] <= 20 * step["index"]["articles"]
        daemon = step["daemon"]
        assert daemon["new"] == 15 * daemon["sources"]
        assert daemon["unchanged"]["pass_cpu_seconds"] < daemon["cold"]["pass_cpu_seconds"]
        assert 0 < daemon["cold"]["largest_worker_mb"] < daemon["cold"]["main_mb"]
