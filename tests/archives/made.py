"""An archive in all the forms that are read, of texts written for the project."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterable
from datetime import datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet

from tests.core import dedup_synthetic as synthetic

Document = dict[str, Any]
FOOTER = "Subscribe to the Harbour Gazette for two crowns a week."


def documents(stories: int = 14) -> list[Document]:
    """Copies, look-alikes, equal texts, shared addresses, an outlet's furniture, names in other scripts."""
    forms = [{**each, "id": f"f-{each['id']}"} for each in synthetic.look_alikes(3, 12, kinds=2)]
    day = [*synthetic.day(5, stories), *forms]
    day += [{**each, "id": f"ещё-{each['id']}", "source": "zweites Blatt 한국"} for each in day[::9]]
    day = [{**each, "url": f"https://news.example/{number // 2}"} for number, each in enumerate(day)]
    for number, each in enumerate(day[::5]):
        each |= {"source": "gazette", "text": f"{each['text']}\n\n{FOOTER}", "id": 1000 + number}
    return day


def lines(some: Iterable[Document]) -> bytes:
    """JSON Lines, with an empty one and both ends of lines."""
    return b"\r\n".join(json.dumps(each, ensure_ascii=False).encode() for each in some) + b"\n\n"


def parquet(some: Iterable[Document], file: Path) -> None:
    """A table with times as times, ids as text, and a column that nobody asked for."""
    rows = [
        {**each, "id": str(each["id"]), "published": datetime.fromisoformat(each["published"]), "extra": 1}
        for each in some
    ]
    pyarrow.parquet.write_table(pa.Table.from_pylist(rows), file, row_group_size=7)


def folder(where: Path, some: list[Document]) -> Path:
    """The documents as a folder: lines, packed lines, a table in a folder below, and what is no archive."""
    (where / "older" / "_temporary").mkdir(parents=True)
    (where / "a.jsonl").write_bytes(lines(some[::3]))
    (where / "b.ndjson.gz").write_bytes(gzip.compress(lines(some[1::3])))
    parquet([each for each in some[2::3] if isinstance(each["id"], str)], where / "older" / "c.parquet")
    numbered = [each for each in some[2::3] if not isinstance(each["id"], str)]
    (where / "older" / "d.json").write_bytes(lines(numbered))
    (where / "notes.txt").write_text("no archive")
    (where / "older" / "_temporary" / "e.jsonl").write_text("not finished")
    (where / ".hidden.jsonl").write_text("hidden")
    return where
