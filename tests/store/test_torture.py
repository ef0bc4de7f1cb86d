"""A few upgrades and daemons that are killed at random; `scripts/torture` does it by hundreds."""

from __future__ import annotations

import random
from collections import Counter
from pathlib import Path

import pytest

from tests.torture import Victim, World, check, configuration, kill_migrating, serving


@pytest.mark.long
@pytest.mark.timeout(120)
def test_a_killed_upgrade_is_made_again(tmp_path: Path) -> None:
    """From the first schema: nothing is lost, and the next start upgrades."""
    assert kill_migrating(f"sqlite:///{tmp_path}/old.db", "0001", random.Random(3), 0.4) == []


@pytest.mark.long
@pytest.mark.timeout(600)
def test_killed_while_polling_and_reading(url: str, tmp_path: Path) -> None:
    """Six kills on each database: what the feed server and the reader saw is there, once."""
    world = World(random.Random(5))
    articles: Counter[str] = Counter()
    with serving(world):
        config = configuration(tmp_path, world, url)
        for _ in range(6):
            victim = Victim(config, world)
            assert victim.begun()
            victim.dead.wait(world.chance.uniform(0.0, 10.0))
            victim.kill()
            articles = check(url, world, articles)
    assert world.problems == []
    assert world.too_soon() == []
    assert articles.total() > 0
