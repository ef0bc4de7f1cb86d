"""One line of an archive: bytes to a checked document. What both engines read alike."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from aggregator.dedup.archive.documents import Document, read
from aggregator.errors import UsageError

GZIP_MAGIC = b"\x1f\x8b"
WANTED = "a line must be a JSON object, with id, source, title, text or html, published"


def document_of(line: bytes | Mapping[str, Any], where: str) -> Document | None:
    """A line of JSON, or a row, as a document; None of an empty line. Errors begin with ``where``."""
    if isinstance(line, bytes):
        if not line.strip():
            return None
        line = parse_line(line, where)
    found = read(line, where)
    for field in ("id", "source"):
        if not _sound(str(getattr(found, field))):
            raise UsageError(f"{where}: {field}: has half a character (a lone surrogate)")
    return found


def parse_line(line: bytes, where: str) -> dict[str, Any]:
    """The object of a line."""
    try:
        document = json.loads(line.decode("utf-8-sig"))
    except UnicodeDecodeError as error:
        packed = "; gzip, by its first bytes: the name must end in .gz" if line[:2] == GZIP_MAGIC else ""
        raise UsageError(f"{where}: not UTF-8: {error.reason} at byte {error.start + 1}{packed}") from error
    except (json.JSONDecodeError, RecursionError) as error:
        raise UsageError(f"{where}: not JSON: {error}") from error
    if not isinstance(document, dict):
        raise UsageError(f"{where}: {WANTED}")
    return document


def _sound(text: str) -> bool:
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True
