"""Wrong configurations, as files with the message that each gives beside them, and what must never leak."""

from __future__ import annotations

from pathlib import Path

import pytest

from aggregator.config import ConfigErrors, load
from aggregator.config.problems import nearest
from aggregator.errors import ConfigError

BAD = Path(__file__).parent.parent / "data" / "config" / "bad"
SECRET = "s3cret-value"


@pytest.mark.parametrize("path", sorted(BAD.glob("*.yaml")), ids=lambda path: path.stem)
def test_message(path: Path) -> None:
    """Each wrong file gives the lines of the .txt file beside it: file, line, key, value, hint."""
    with pytest.raises(ConfigError) as raised:
        load(path, {"TEST_SECRET": SECRET})
    said = str(raised.value).replace(f"{path.parent}/", "")
    assert said + "\n" == path.with_suffix(".txt").read_text(encoding="utf-8")
    assert raised.value.exit_code == 2


@pytest.mark.parametrize("path", sorted(BAD.glob("*.yaml")), ids=lambda path: path.stem)
def test_no_secret_in_messages(path: Path) -> None:
    """Neither a variable's value nor a password written into the file is repeated in an error."""
    with pytest.raises(ConfigError) as raised:
        load(path, {"TEST_SECRET": SECRET})
    assert SECRET not in str(raised.value) + repr(raised.value)
    assert "hunter2" not in str(raised.value) + repr(raised.value)


def test_fields_are_those_of_the_first_problem() -> None:
    """Programs read file, line, key, value and hint from the exception; all problems are in `problems`."""
    with pytest.raises(ConfigErrors) as raised:
        load(BAD / "unknown-key.yaml", {})
    error = raised.value
    assert (error.file, error.line, error.key) == (BAD / "unknown-key.yaml", 2, "poling")
    assert error.hint == "did you mean 'polling'?"
    assert [problem.key for problem in error.problems] == ["poling", "sources.ifp.autority"]


def test_nearest_names_what_there_is_when_nothing_is_near() -> None:
    """A hint is either the probable word or the list of words, never a guess."""
    assert nearest("zzz", ["group", "title"]) == "known here: group, title"
    assert nearest("zzz", []) is None
