"""Several mistakes of one configuration, told together."""

from __future__ import annotations

from collections.abc import Sequence
from difflib import get_close_matches

from aggregator.errors import ConfigError


class ConfigErrors(ConfigError):  # noqa: N818 - several of one kind
    """A ConfigError whose fields are those of the first problem, and whose text is one line for each."""

    def __init__(self, problems: Sequence[ConfigError]) -> None:
        first = problems[0]
        super().__init__(first.message, first.file, first.line, first.key, first.value, first.hint)
        self.problems = tuple(problems)

    def __str__(self) -> str:
        return "\n".join(str(problem) for problem in self.problems)


def together(problems: Sequence[ConfigError]) -> ConfigError:
    """One problem as itself, several as `ConfigErrors`, by file and line. ``problems`` is not empty."""
    files = list(dict.fromkeys(problem.file for problem in problems))
    ordered = sorted(problems, key=lambda problem: (files.index(problem.file), problem.line or 0))
    return ordered[0] if len(ordered) == 1 else ConfigErrors(ordered)


def nearest(word: str, known: Sequence[str]) -> str | None:
    """The hint for an unknown word: the one that was probably meant, else what there is."""
    near = get_close_matches(word.lower(), known, n=1, cutoff=0.6)
    if near:
        return f"did you mean {near[0]!r}?"
    if not known:
        return None
    listed = ", ".join(sorted(known)[:20])
    return f"known here: {listed}{', …' if len(known) > 20 else ''}"
