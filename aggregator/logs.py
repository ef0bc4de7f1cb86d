"""What the daemon says: a line for people, or a JSON object a line for what collects logs.

Secrets do not get into it: tokens, and the passwords of addresses, are blackened in whatever is said.
"""

from __future__ import annotations

import json
import logging
import re
import sys
from datetime import UTC, datetime
from typing import Literal

Form = Literal["console", "json"]

_SECRETS = (
    (re.compile(r"\bagg_[\w-]{8,}"), "agg_…"),
    (re.compile(r"(?<=://)[^/\s@'\"]+@"), "…@"),
    (re.compile(r"(?i)\b(token|password|passwd|api_key|secret)=[^&\s'\"]+"), r"\1=…"),
    (re.compile(r"(?i)\b(authorization: ?|bearer |basic )[\w+/=.~-]{8,}"), r"\1…"),
)
# What these libraries say of their own steps helps nobody.
OURS = "aggregator"  # name of the handler
QUIET = {"alembic": logging.WARNING, "uvicorn": logging.WARNING, "apscheduler": logging.ERROR}


def blackened(text: str) -> str:
    """The text without what signs in."""
    for pattern, instead in _SECRETS:
        text = pattern.sub(instead, text)
    return text


class Console(logging.Formatter):
    """Time, level and message."""

    def __init__(self) -> None:
        super().__init__("%(asctime)s %(levelname)s %(message)s")

    def format(self, record: logging.LogRecord) -> str:
        """As always, blackened."""
        return blackened(super().format(record))


class Json(logging.Formatter):
    """One object: ``time`` (RFC 3339), ``level``, ``logger``, ``message``, ``error`` (a traceback)."""

    def format(self, record: logging.LogRecord) -> str:
        """One line, whatever line breaks are said."""
        said = {
            "time": datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds"),
            "level": record.levelname.lower(),
            "logger": record.name,
            "message": blackened(record.getMessage()),
        }
        if record.exc_info:
            said["error"] = blackened(self.formatException(record.exc_info))
        return json.dumps(said, ensure_ascii=False)


def set_up(level: str, form: Form) -> None:
    """Say what is of this level or above on standard error, in this form; may be called again."""
    handler = logging.StreamHandler(sys.stderr)
    handler.set_name(OURS)
    handler.setFormatter(Json() if form == "json" else Console())
    root = logging.getLogger()
    for old in [each for each in root.handlers if each.get_name() == OURS]:
        root.removeHandler(old)
    root.addHandler(handler)
    root.setLevel(level.upper())
    for library, least in QUIET.items():
        logging.getLogger(library).setLevel(least)
