"""The files of a configuration as one text, for the database that several daemons share.

They are kept as written: ``${NAME}`` is replaced on each machine, from its own environment, so that secrets
given that way never leave it. ``database:`` is left out, since each daemon must be told where it is.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from aggregator.config.gather import Shelf, read_text
from aggregator.config.load import load
from aggregator.config.settings import Settings
from aggregator.errors import ConfigError

_DATABASE = re.compile(r"^database[ \t]*:.*$", re.MULTILINE)
_LEFT_OUT = "# database: each daemon is told its own"


@dataclass(frozen=True, slots=True)
class Snapshot:
    """``content``: JSON, the main file first. ``digest``: another one when any file says something else."""

    digest: str
    content: str


def take(settings: Settings) -> Snapshot:
    """Read the files of ``settings``. Raises ConfigError when one cannot be read any more."""
    files = [[str(path), _DATABASE.sub(_LEFT_OUT, read_text(path))] for path in settings.files]
    digest = hashlib.sha256(json.dumps([text for _, text in files]).encode()).hexdigest()
    return Snapshot(digest, json.dumps(files, ensure_ascii=False))


def settings_of(content: str, environ: Mapping[str, str], database: str) -> Settings:
    """The settings that a snapshot gives here, with that database. Raises ConfigError as `load` does."""
    try:
        files = [(Path(name), str(text)) for name, text in json.loads(content)]
        main = files[0][0]
    except (ValueError, TypeError, IndexError) as error:
        raise ConfigError(f"the configuration in the database cannot be read: {error}") from error
    return replace(load(main, environ, Shelf(dict(files))), database=database)
