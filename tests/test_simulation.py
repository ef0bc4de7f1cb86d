"""The simulation of polling: our rule shows entries sooner than fixed intervals, for as many requests."""

import json
import random
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
ARCHIVE = ROOT.parent / "shared" / "data" / "feeds.tar.xz"
sys.path.append(str(ROOT / "scripts"))

from lib.simulate import rules  # noqa: E402
from lib.simulate.replay import Window, dice, replay  # noqa: E402

HOUR = 3_600.0


def made_up() -> dict[str, list[float]]:
    """Twelve feeds over four weeks: two with thirty entries a day, ten with one in two days."""
    roll, found = random.Random(5), {}
    for number, often in enumerate([30.0] * 2 + [0.5] * 10):
        count = int(28 * often)
        found[f"f{number}"] = sorted(1e9 + roll.random() * 28 * rules.DAY for _ in range(count))
    return found


def test_made_up_feeds_are_seen_sooner() -> None:
    """For no more requests than every two hours take, the median wait is at most 0.6 of theirs."""
    times = made_up()
    window = Window.of(times, 8)
    fixed = replay(times, window, rules.fixed(2 * HOUR), dice(1))
    ours = replay(times, window, rules.Ours(2 * HOUR, dice(2)), dice(1))
    assert ours.requests <= 1.1 * fixed.requests
    assert ours.quantile(0.5) <= 0.6 * fixed.quantile(0.5)
    assert ours.mean < fixed.mean


@pytest.mark.long
@pytest.mark.shared
def test_entries_of_real_feeds_are_seen_sooner(tmp_path: Path) -> None:
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
