"""Notice that the files changed while the daemon runs, and load them whole or not at all."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from pathlib import Path

from aggregator.config.gather import read_text
from aggregator.config.load import load
from aggregator.config.settings import Settings
from aggregator.errors import ConfigError

Look = tuple[tuple[Path, int, int, int] | tuple[Path, None], ...]


class Watcher:
    """Cheap to ask often: a stat for each file, a hash only when one of them differs.

    A change counts once two looks in a row find the same, so that a file is not taken half-written (a
    truncated list of sources is valid YAML). Asked every half second, a saved change acts after a second.
    Editors that replace the file by renaming are fine: files are looked up by name each time.
    """

    def __init__(self, settings: Settings, environ: Mapping[str, str]) -> None:
        self.settings = settings
        self._environ = environ
        self._told = ""
        self._files: tuple[Path, ...] = ()
        self._taken: Look = ()
        self._seen: Look = ()
        self._digest = b""
        self._watch(settings.files)

    def poll(self) -> Settings | ConfigError | None:
        """New settings; or why the files as they are cannot be used (told once, the old stay); or None."""
        look = _look(self._files)
        settled, self._seen = look == self._seen, look
        if look == self._taken or not settled:
            return None
        digest = _digest(self._files)
        if digest == self._digest:  # saved without a change
            self._taken = look
            return None
        return self._load(look)

    def _load(self, look: Look) -> Settings | ConfigError | None:
        attempted: list[Path] = []

        def read(path: Path) -> str:
            attempted.append(path)
            return read_text(path)

        answer: Settings | ConfigError
        try:
            answer = load(self.settings.path, self._environ, read)
        except ConfigError as error:
            answer = error
        if _look(self._files) != look:
            return None  # it changed while we read it: the next looks settle it
        if isinstance(answer, ConfigError):
            # Also what a broken file includes: mending that must be noticed.
            self._watch(tuple(dict.fromkeys((self.settings.path, *self.settings.files, *attempted))))
            told, self._told = self._told, str(answer)
            return None if told == self._told else answer
        self._told = ""
        self._watch(answer.files)
        changed = answer != self.settings
        self.settings = answer
        return answer if changed else None

    def _watch(self, files: tuple[Path, ...]) -> None:
        """Remember ``files`` as they are, and their directories: an `include:` may find a new file there."""
        self._files = (*files, *dict.fromkeys(file.parent for file in files))
        self._taken = self._seen = _look(self._files)
        self._digest = _digest(self._files)


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
