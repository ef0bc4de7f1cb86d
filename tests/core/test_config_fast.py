"""libyaml reads configurations as ruamel.yaml does: the same data, and every value in the same line."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from aggregator.config import document
from aggregator.config.fastyaml import compose_fast
from aggregator.errors import ConfigError

ROOT = Path(__file__).parents[2]
FILES = sorted([*(ROOT / "tests" / "data" / "config").rglob("*.yaml"), ROOT / "config" / "aggregator.yaml"])
PLAIN = (
    "yes", "no", "on", "off", "y", "~", "null", "Null", "true", "True", "FALSE", "0", "007", "0o17", "0x1f",
    "1_000", "-5", "+5", "1e3", "1.5", ".5", ".inf", "-.INF", ".nan", "1:30", "12:30:45", "2018-08-09", "=",
    "a:b", "a#b", "'x'", '"x"', "''", "30m", "http://a.example/b?c=d&e", "${HOME:-x}",
    "${N:-5}", "${T:-true}", "!!str 1", "",
)  # fmt: skip


def outcome(text: str, *, fast: bool) -> object:
    """The data and the places of a text, or what is said of it."""
    with pytest.MonkeyPatch.context() as patch:
        if not fast:
            patch.setattr(document, "compose_fast", lambda _: None)
        try:
            found = document.parse(text, Path("a.yaml"), {})
        except ConfigError as error:
            return str(error)
    return repr(found.data), found.places


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_files_are_read_alike(path: Path) -> None:
    """Good files and bad ones."""
    text = path.read_text(encoding="utf-8")
    assert outcome(text, fast=True) == outcome(text, fast=False)


def test_the_shipped_file_is_read_by_libyaml() -> None:
    """So that what is compared above is not the authority with itself."""
    assert compose_fast((ROOT / "config" / "aggregator.yaml").read_text(encoding="utf-8")) is not None


@given(st.lists(st.sampled_from(PLAIN), min_size=1, max_size=6), st.booleans())
@settings(max_examples=150, deadline=None)
def test_plain_scalars_are_typed_alike(values: list[str], flow: bool) -> None:
    """What is a number, a truth value or nothing follows YAML 1.2 with both."""
    listed = f"a: [{', '.join(values)}]\n" if flow else "a:\n" + "".join(f"  - {each}\n" for each in values)
    assert outcome(listed, fast=True) == outcome(listed, fast=False)
