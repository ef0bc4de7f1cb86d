"""``column IN (a list that is one parameter)``: the statement's text, and so its plan, is always the same."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from sqlalchemy import BigInteger, Boolean, Text, bindparam
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.engine import Dialect
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.sql.elements import ColumnElement
from sqlalchemy.sql.functions import FunctionElement
from sqlalchemy.types import TypeDecorator, TypeEngine

_JSON = json.JSONEncoder(separators=(",", ":"))  # `json.dumps` makes one at every call


class _Numbers(TypeDecorator[list[int]]):
    """A list of 64-bit integers: a JSON array on SQLite, an array on PostgreSQL."""

    impl = Text
    cache_ok = True
    item: type[TypeEngine[Any]] = BigInteger

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        """Text, or an array where the database has them."""
        return dialect.type_descriptor(ARRAY(self.item) if dialect.name == "postgresql" else Text())

    def process_bind_param(self, value: Iterable[Any] | None, dialect: Dialect) -> Any:
        """Sorted, so that a tree is walked in its own order."""
        items = sorted(set(value or ()))
        return items if dialect.name == "postgresql" else _JSON.encode(items)


class _Strings(_Numbers):
    """A list of strings, likewise."""

    cache_ok = True
    item = Text


class _Among(FunctionElement[bool]):
    name = "among"
    type = Boolean()
    inherit_cache = True
    _is_implicitly_boolean = True  # else SQLite is asked "… = 1", which no index answers


@compiles(_Among, "sqlite")
def _sqlite(element: _Among, compiler: SQLCompiler, **options: Any) -> str:
    column, items = element.clauses
    return (
        f"{compiler.process(column, **options)} IN (SELECT value FROM "  # noqa: S608  compiled parts
        f"json_each({compiler.process(items, **options)}))"
    )


@compiles(_Among, "postgresql")
def _postgresql(element: _Among, compiler: SQLCompiler, **options: Any) -> str:
    column, items = element.clauses
    return f"{compiler.process(column, **options)} = ANY({compiler.process(items, **options)})"


def among(column: ColumnElement[Any], name: str) -> ColumnElement[bool]:
    """``column`` is one of the integers of the parameter ``name``, any iterable."""
    return _Among(column, bindparam(name, type_=_Numbers()))


def among_strings(column: ColumnElement[Any], name: str) -> ColumnElement[bool]:
    """``column`` is one of the strings of the parameter ``name``, any iterable."""
    return _Among(column, bindparam(name, type_=_Strings()))
