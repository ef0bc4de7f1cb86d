"""A few random tries of each part that reads what others wrote; `scripts/fuzz` makes millions."""

from __future__ import annotations

import random

import pytest

from tests.fuzzing import TARGETS

TRIES = {"configuration": 8, "detector": 6, "parser": 40, "text": 50}


@pytest.mark.parametrize("name", TARGETS)
def test_random_input(name: str) -> None:
    """Only errors that are promised, whatever comes."""
    for seed in range(TRIES.get(name, 100)):
        TARGETS[name](random.Random(seed))
