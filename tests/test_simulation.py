"""The simulation of polling: our rule shows the entries of real feeds sooner, for as many requests."""

import json
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
ARCHIVE = ROOT.parent / "shared" / "data" / "feeds.tar.xz"


@pytest.mark.shared
def test_entries_wait_less_than_with_fixed_intervals(tmp_path: Path) -> None:
    """For as many requests as every 30 minutes take, the median wait is at most 0.6 of theirs."""
    if not ARCHIVE.exists():
        pytest.skip("../shared/data/feeds.tar.xz is not here")
    command = [
        sys.executable,
        ROOT / "scripts" / "simulate",
        "--days",
        "4",
        "--rounds",
        "1",
        "--out",
        tmp_path,
    ]
    done = subprocess.run(list(map(str, command)), capture_output=True, text=True, timeout=120, check=False)
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert json.loads((tmp_path / "simulation.json").read_text()) == found
    assert found["feeds"] == 100
    assert found["ours_as_part_of"]["fixed interval"]["median"] <= 0.6
    assert (tmp_path / "simulation.png").stat().st_size > 1_000


def test_without_the_feeds_it_says_so(tmp_path: Path) -> None:
    """A missing archive is told, and is no failure."""
    command = [sys.executable, ROOT / "scripts" / "simulate", "--feeds", tmp_path / "none.tar"]
    done = subprocess.run(list(map(str, command)), capture_output=True, text=True, timeout=60, check=False)
    assert (done.returncode, done.stdout) == (0, "")
    assert "not here" in done.stderr
