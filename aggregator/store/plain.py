"""Statements for the hot path: built with SQLAlchemy, compiled once, run on the driver's own cursor.

SQLAlchemy's execution costs as much as the statement itself when that is a look-up of a few rows. Here a
statement's text and the processors of its parameters are kept, and rows are plain tuples, as the driver makes
them: flags of SQLite are 0 and 1.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from sqlalchemy.engine import Dialect
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.expression import Executable


class Compiled:
    """A statement's text with named parameters."""

    def __init__(self, statement: Any, dialect: Dialect) -> None:
        compiled = statement.compile(dialect=dialect)
        assert isinstance(compiled, SQLCompiler)
        self.statement = statement  # kept, so that its id stays its own
        self.text = str(compiled)
        self._compiled = compiled
        self._own = {name: bind for bind, name in compiled.bind_names.items()}
        self._process: dict[str, Callable[[Any], Any]] = {}
        for name, bind in self._own.items():
            processor = bind.type.dialect_impl(dialect).bind_processor(dialect)
            if processor is not None:
                self._process[name] = processor
        self._constants = {
            name: bind.effective_value for name, bind in self._own.items() if not bind.required
        }

    def values(self, params: Mapping[str, Any]) -> dict[str, Any]:
        """The parameters as the driver takes them."""
        values = {**self._constants, **params} if self._constants else dict(params)
        for name, process in self._process.items():
            values[name] = process(values[name])
        return values


class Plain:
    """The compiled statements of one database."""

    def __init__(self, dialect: Dialect) -> None:
        self._dialect = dialect
        self._known: dict[int, Compiled] = {}

    def of(self, statement: Executable) -> Compiled:
        """The statement, compiled at its first use. It must be one that lives as long as the program."""
        known = self._known.get(id(statement))
        if known is None:
            known = self._known[id(statement)] = Compiled(statement, self._dialect)
        return known
