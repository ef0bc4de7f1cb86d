"""Every error that the program raises on purpose, in one tree.

    AggregatorError            something a person can act on; exit code 1
    ├── UsageError             wrong use of a command; exit code 2
    │   └── ConfigError        wrong configuration: file, line, key, value, hint; exit code 2
    ├── NotFoundError          a story, article, source or topic that is not there
    ├── StoreError             the database: locked, full, read-only, of another schema, unreachable
    │   └── TryAgainError      it restarts, or another transaction was in the way: the same again may work
    └── SourceError            one source's poll failed; kept with the source, never ends the program
        ├── FetchError         no usable answer (address refused, DNS, timeout, HTTP status, size, encoding)
        └── ParseError         an answer that is no feed, or that the parser could not finish in time

A message says what happened, where, and what to do. The command line turns an error into one line on
standard error and an exit code; nothing else prints a traceback for a person's or a server's mistake.
"""

from dataclasses import dataclass
from pathlib import Path


class AggregatorError(Exception):
    """The root of the tree. ``exit_code`` is what the command line ends with."""

    exit_code = 1


class UsageError(AggregatorError):
    """A command was called in a way that cannot work."""

    exit_code = 2


@dataclass(eq=False)
class ConfigError(UsageError):
    """The configuration is wrong. Prints as ``file:line: key: message (value …); hint``.

    ``line`` starts at 1; ``key`` is a dotted path such as ``sources.ifp.interval``.
    """

    message: str
    file: Path | None = None
    line: int | None = None
    key: str | None = None
    value: object = None
    hint: str | None = None

    def __str__(self) -> str:
        where = "" if self.file is None else f"{self.file}:{self.line}: " if self.line else f"{self.file}: "
        key = f"{self.key}: " if self.key else ""
        value = "" if self.value is None else f" (it is {self.value!r})"
        hint = f"; {self.hint}" if self.hint else ""
        return f"{where}{key}{self.message}{value}{hint}"


class NotFoundError(AggregatorError):
    """A story, article, source or topic that is not there."""


class StoreError(AggregatorError):
    """The database cannot do what was asked."""


class TryAgainError(StoreError):
    """The database could not do it just now; nothing of it was done, or all of it was."""


OURS = frozenset({"local", "offline"})
"""Kinds of a SourceError that say nothing about the source: this machine lacks something (open files, memory,
worker processes), or its network or DNS is gone. They are no reason to ask the source more rarely."""


@dataclass(eq=False)
class SourceError(AggregatorError):
    """One source's poll failed. ``kind`` is a stable word for machines, ``message`` a sentence for people."""

    kind: str
    message: str

    def __str__(self) -> str:
        return self.message


@dataclass(eq=False)
class FetchError(SourceError):
    """No usable answer.

    ``kind``: address, dns, connect, tls, timeout, status, redirect, size, encoding, url, or one of `OURS`.
    ``status`` is the HTTP status, if there was one; ``retry_after`` is in **seconds** from now, if the
    server named a time (RFC 9110 section 10.2.3), already capped at 7 days.
    """

    status: int | None = None
    retry_after: float | None = None


@dataclass(eq=False)
class ParseError(SourceError):
    """An answer that is no feed. ``kind``: not-a-feed, truncated, encoding, deadline, crashed, local."""
