"""Moving house: everything that the database holds, as lines of JSON, and back into an empty one.

The first line says what it is, then each table says its columns and its rows follow; the last line counts
them, so that half a file is not taken for a whole one. Between SQLite and PostgreSQL, since nothing in it
is either's own: the full-text index is made anew, numbers that the database gives go on after the last.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Iterable, Iterator
from typing import Any

from sqlalchemy import Connection, Integer, LargeBinary, Table, delete, func, select, text

from aggregator.errors import StoreError
from aggregator.store import search
from aggregator.store.database import Database
from aggregator.store.schema import REVISION, articles, metadata, texts

FORMAT = "aggregator-house-1"
LEFT = frozenset({"daemons"})  # what is true of running processes only
FREE = {"sources": ("lease_owner", "lease_until")}  # likewise
PAGE = 500  # rows that are written at once


def lines(connection: Connection) -> Iterator[str]:
    """Every row of every table, in an order in which what is referred to comes first."""
    yield _line({"format": FORMAT, "schema": REVISION})
    counted = {}
    for table in _tables():
        names = [column.name for column in table.columns]
        yield _line({"table": table.name, "columns": names})
        rows = connection.execution_options(yield_per=PAGE).execute(select(table))
        encoders = [base64.b64encode if isinstance(c.type, LargeBinary) else None for c in table.columns]
        free = [name in FREE.get(table.name, ()) for name in names]
        count = 0
        for row in rows:
            count += 1
            yield _line([
                None if value is None or gone else encode(value).decode() if encode else value
                for value, encode, gone in zip(row, encoders, free, strict=True)
            ])  # fmt: skip
        counted[table.name] = count
    yield _line({"end": counted})


def read(connection: Connection, database: Database, given: Iterable[str]) -> dict[str, int]:
    """Fill the empty database; returns how many rows of each table. StoreError: then nothing is kept."""
    if connection.execute(select(func.count()).select_from(articles)).scalar_one():
        raise StoreError("the database is not empty; `import` fills a new one: set `database:` to another")
    tables = {table.name: table for table in _tables()}
    for emptied in reversed(list(tables.values())):
        connection.execute(delete(emptied))
    counted: dict[str, int] = {}
    said: dict[str, object] = {}
    for name, columns, rows in _pages(tables, given, said):
        counted[name] = counted.get(name, 0) + len(rows)
        _write(connection, database, tables[name], columns, rows)
    if said.get("end") != counted:
        raise StoreError("the file is not whole: its last line, which counts all rows, is missing or differs")
    _index(connection, database)
    _go_on(connection)
    return counted


def _pages(
    tables: dict[str, Table], given: Iterable[str], said: dict[str, object]
) -> Iterator[tuple[str, list[str], list[list[Any]]]]:
    """Rows by the page, with their table and columns; an empty page for each table that begins.

    ``said`` takes what the last line says.
    """
    name, columns, rows = "", list[str](), list[list[Any]]()
    for number, line in enumerate(given, 1):
        found = _parsed(line, number)
        if number == 1:
            _check(found)
            continue
        if isinstance(found, list):
            if not columns or len(found) != len(columns):
                raise StoreError(f"line {number}: a row without a table that it fits")
            rows.append(found)
            if len(rows) < PAGE:
                continue
        if rows:
            yield name, columns, rows
            rows = []
        if isinstance(found, dict):
            said.update({key: found[key] for key in ("end",) if key in found})
            if "table" in found:
                name, columns = _begun(tables, found, number)
                yield name, columns, []


def _tables() -> list[Table]:
    return [table for table in metadata.sorted_tables if table.name not in LEFT]


def _line(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def _parsed(line: str, number: int) -> Any:
    try:
        found = json.loads(line)
    except ValueError as error:
        what = "the file is damaged, or not from `export --all`"
        raise StoreError(f"line {number}: is no JSON; {what}") from error
    if not isinstance(found, list | dict):
        raise StoreError(f"line {number}: is neither a table nor a row")
    return found


def _check(head: Any) -> None:
    if not isinstance(head, dict) or head.get("format") != FORMAT:
        raise StoreError("this is no file of `aggregator export --all`")
    if head.get("schema") != REVISION:
        raise StoreError(
            f"the file was written with schema {head.get('schema')}, this program has {REVISION}: "
            "write and read it with the same version (upgrade the older database first)"
        )


def _begun(tables: dict[str, Table], found: dict[str, Any], number: int) -> tuple[str, list[str]]:
    table = tables.get(str(found["table"]))
    columns = found.get("columns")
    if table is None or not isinstance(columns, list) or set(columns) != set(table.columns.keys()):
        raise StoreError(f"line {number}: a table {found['table']!r} that this program does not have so")
    return table.name, columns


def _write(
    connection: Connection, database: Database, table: Table, columns: list[str], rows: list[list[Any]]
) -> None:
    binary = [isinstance(table.columns[name].type, LargeBinary) for name in columns]
    try:
        made = [
            tuple(
                base64.b64decode(value) if is_binary and value is not None else value
                for value, is_binary in zip(row, binary, strict=True)
            )
            for row in rows
        ]
    except (ValueError, TypeError) as error:
        raise StoreError(f"a row of {table.name} cannot be read: {error}") from error
    database.bulk_insert(connection, table, columns, made)


def _index(connection: Connection, database: Database) -> None:
    """Make the full-text index of the articles."""
    after = -1
    page = (
        select(articles.c.id, articles.c.title, texts.c.text)
        .join_from(articles, texts, texts.c.article == articles.c.id)
        .order_by(articles.c.id)
        .limit(PAGE)
    )
    while rows := connection.execute(page.where(articles.c.id > after)).all():
        after = rows[-1].id
        search.add(connection, database, [(row.id, search.tokens(row.title, row.text)) for row in rows])


def _go_on(connection: Connection) -> None:
    """Let the database's own numbers begin after the last; SQLite does so by itself."""
    if connection.dialect.name != "postgresql":
        return
    for table in _tables():
        keys = list(table.primary_key.columns)
        if len(keys) == 1 and isinstance(keys[0].type, Integer) and keys[0].autoincrement is not False:
            name = keys[0].name
            sequence = connection.execute(
                text("SELECT pg_get_serial_sequence(:table, :name)"), {"table": table.name, "name": name}
            ).scalar()
            last = connection.execute(select(func.max(keys[0]))).scalar()
            if sequence and last:
                connection.execute(text("SELECT setval(:name, :last)"), {"name": sequence, "last": last})
