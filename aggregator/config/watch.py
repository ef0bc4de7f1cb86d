"""Notice that the files changed while the daemon runs, and load them whole or not at all."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from pathlib import Path

from aggregator.config.load import load
from aggregator.config.settings import Settings
from aggregator.errors import ConfigError

Look = tuple[tuple[Path, int, int, int] | tuple[Path, None], ...]


class Watcher:
    """Cheap to ask often: a stat for each file, and a hash only when one of them differs.

    A change counts once two looks in a row find the same, so that a file is not taken half-written (a
    truncated list of sources is valid YAML). Asked every half second, a saved change acts within one second
    and a bit. Editors that replace the file by renaming are fine: files are looked up by name each time.
    """

    def __init__(self, settings: Settings, environ: Mapping[str, str]) -> None:
        self.settings = settings
        self._environ = environ
        self._files = _watched(settings.files)
        self._taken = self._seen = _look(self._files)
        self._digest = _digest(self._files)

    def poll(self) -> Settings | ConfigError | None:
        """New settings; or why the files as they are now cannot be used (told once, the old stay); or None."""
        look = _look(self._files)
        if look == self._taken:
            self._seen = look
            return None
        if look != self._seen:
            self._seen = look
            return None
        digest = _digest(self._files)
        self._taken = look
        if digest == self._digest:
            return None  # saved without a change
        self._digest = digest
        try:
            settings = load(self.settings.path, self._environ)
        except ConfigError as error:
            if _look(self._files) != look:  # it changed while we read it: look again before complaining
                self._taken = ()
                self._digest = b""
                return None
            return error
        if _look(self._files) != look:
            self._taken = ()
            self._digest = b""
            return None
        self._watch(settings)
        if settings == self.settings:
            self.settings = settings  # only comments or places changed
            return None
        self.settings = settings
        return settings

    def _watch(self, settings: Settings) -> None:
        self._files = _watched(settings.files)
        self._taken = self._seen = _look(self._files)
        self._digest = _digest(self._files)


def _watched(files: tuple[Path, ...]) -> tuple[Path, ...]:
    """The files, and their directories: `include: conf.d/*.yaml` may find a new one."""
    return (*files, *dict.fromkeys(file.parent for file in files[1:]))


def _look(files: tuple[Path, ...]) -> Look:
    found: list[tuple[Path, int, int, int] | tuple[Path, None]] = []
    for file in files:
        try:
            stat = file.stat()
        except OSError:
            found.append((file, None))
        else:
            found.append((file, stat.st_mtime_ns, stat.st_size, stat.st_ino))
    return tuple(found)


def _digest(files: tuple[Path, ...]) -> bytes:
    """Of the contents, and of the names in directories."""
    digest = hashlib.sha256()
    for file in files:
        try:
            content = (
                "\n".join(sorted(inner.name for inner in file.iterdir())).encode()
                if file.is_dir()
                else file.read_bytes()
            )
        except OSError:
            content = b"?"
        digest.update(len(content).to_bytes(8, "big") + content)
    return digest.digest()
