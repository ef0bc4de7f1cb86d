"""An explanation printed: colours in a terminal, signs in a pipe, everything in both."""

from __future__ import annotations

import io
import json

import pytest
from explain_pairs import LANGUAGES, explained, pairs
from rich.console import Console

from aggregator.cli.argument import print_explanation
from aggregator.publish.shapes import explanation_shape


def printed(kind: str, *, terminal: bool, language: str = "en") -> str:
    """What a terminal or a pipe is given."""
    out = io.StringIO()
    console = Console(
        file=out, force_terminal=terminal, width=100 if terminal else 10_000, soft_wrap=not terminal
    )
    print_explanation(console, explained(*pairs(language)[kind]))
    return out.getvalue()


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_pipe_gets_signs(language: str) -> None:
    """No escape sequence; the shared and the left-out passages between signs, the deciding signals named."""
    said = printed("copy with furniture", terminal=False, language=language)
    t = LANGUAGES[language]
    assert "\x1b" not in said
    assert f"[-{t.furniture[0]}-]" in said
    assert f"[={t.wire[1][:20]}" in said
    assert "← decided" in said
    assert "-2.55" in said or "weight" in said


def test_a_terminal_gets_colours() -> None:
    """And no sign; texts with square brackets are not taken for markup."""
    said = printed("copy with furniture", terminal=True)
    assert "\x1b[32m" in said
    assert "[=" not in said


def test_json_is_whole() -> None:
    """Every part of the argument can be written as JSON, with the times as text."""
    for a, b in pairs("fa").values():
        shape = json.loads(json.dumps(explanation_shape(explained(a, b)), ensure_ascii=False))
        assert shape["a"]["published"].endswith("Z")
        assert {"decided", "step", "factors", "deciding", "notes", "differs", "met", "a", "b"} <= set(shape)
