"""What pages write into the YAML: settings of a source, and of the detector.

The file is read anew for each change, so that what somebody else wrote meanwhile is not lost; a form that was
made from another state of the file is refused with the patch, as is whatever cannot be written.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from aggregator.config import Settings, load
from aggregator.config.edit import Edit, EditRefusedError, change_section, change_source
from aggregator.errors import ConfigError
from aggregator.web.services import Edited

NOWHERE = (
    "this daemon was given no file: its configuration is kept in the database, and is changed in the file of "
    "the daemon that gave it"
)


class Editing:
    """Edits of one configuration's files. ``path`` None: there is no file here."""

    def __init__(self, path: Path | None, environ: Mapping[str, str]) -> None:
        self._path = path
        self._environ = environ

    @property
    def path(self) -> Path | None:
        """The main file."""
        return self._path

    def seen(self) -> str:
        """A hash of all files as they are now; a form gives it back."""
        if self._path is None:
            return ""
        return _digest(load(self._path, self._environ))

    def source(self, name: str, changes: Mapping[str, Any], seen: str) -> Edited:
        """Set keys of a source; None takes a key out."""
        return self._edit(seen, lambda settings: change_source(settings, name, changes, self._environ))

    def detector(self, changes: Mapping[str, Any], seen: str) -> Edited:
        """Set keys of ``dedup:``."""
        return self._edit(seen, lambda settings: change_section(settings, "dedup", changes, self._environ))

    def _edit(self, seen: str, change: Callable[[Settings], Edit]) -> Edited:
        if self._path is None:
            return Edited(saved=False, reason=NOWHERE)
        try:
            settings = load(self._path, self._environ)
            edit = change(settings)
            if seen and seen != _digest(settings):
                reason = f"{edit.path} was changed since this page was made"
                return Edited(saved=False, reason=reason, patch=edit.patch)
            if edit.before != edit.after:
                edit.save()
        except EditRefusedError as error:
            return Edited(saved=False, reason=error.reason, patch=error.patch)
        except ConfigError as error:
            return Edited(saved=False, reason=str(error))
        return Edited(saved=True, reason=str(edit.path), patch=edit.patch)


def _digest(settings: Settings) -> str:
    parts = b"\0".join(file.read_bytes() for file in settings.files)
    return hashlib.sha256(parts).hexdigest()
