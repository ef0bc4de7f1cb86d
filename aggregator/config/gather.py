"""Read the main file and what it includes, as one document."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from glob import has_magic
from pathlib import Path
from typing import Any

from aggregator.config.document import Document, KeyPath, Place, parse
from aggregator.errors import ConfigError

ReadText = Callable[[Path], str]

NAMED = ("terms", "topics", "searches", "groups")  # sections whose keys are names: files add to them


class Shelf:
    """Files held in memory, by absolute path: those of another machine. A `ReadText`."""

    def __init__(self, texts: Mapping[Path, str]) -> None:
        self._texts = texts

    def __call__(self, path: Path) -> str:
        """A file's text. Raises ConfigError when it is not one of them."""
        try:
            return self._texts[path]
        except KeyError:
            raise ConfigError("there is no such file", path) from None

    def named(self, full: Path) -> list[Path]:
        """The files that a path, in which `*` may stand, means."""
        return sorted(path for path in self._texts if path == full or path.match(str(full)))


def read_text(path: Path) -> str:
    """A file's text. Raises ConfigError when it cannot be read or is not UTF-8."""
    try:
        return path.read_bytes().decode("utf-8-sig")
    except FileNotFoundError:
        raise ConfigError("there is no such file", path) from None
    except OSError as error:
        raise ConfigError(f"cannot be read: {error.strerror or error}", path) from error
    except UnicodeDecodeError as error:
        line = error.object[: error.start].count(b"\n") + 1
        raise ConfigError("is not UTF-8 text", path, line, hint="save it with the encoding UTF-8") from error


def gather(
    path: Path, environ: Mapping[str, str], read: ReadText = read_text
) -> tuple[Document, tuple[Path, ...]]:
    """The merged document and every file read, the main one first. Raises ConfigError."""
    files: list[Path] = []
    document = _read(path, environ, read, (), files)
    return document, tuple(files)


def _read(
    path: Path, environ: Mapping[str, str], read: ReadText, within: tuple[Path, ...], files: list[Path]
) -> Document:
    files.append(path)
    document = parse(read(path), path, environ)
    _drop_empty(document)
    wanted = document.data.get("include") or []
    if isinstance(wanted, str):
        wanted = [wanted]
    if not isinstance(wanted, list):
        return document  # the models say what is wrong with it
    for index, name in enumerate(wanted):
        at: KeyPath = ("include", index) if ("include", index) in document.places else ("include",)
        for file in _named(document, at, name, path, read):
            if file.resolve() in (*(outer.resolve() for outer in within), path.resolve()):
                raise document.problem(at, "files include each other in a circle", value=name)
            if file.resolve() in (known.resolve() for known in files):
                raise document.problem(at, "this file is included twice", value=name)
            _merge(document, _read(file, environ, read, (*within, path), files))
    return document


def _named(document: Document, at: KeyPath, name: Any, path: Path, read: ReadText) -> list[Path]:
    """The files that an item of `include:` means, relative to the file that names it."""
    if not isinstance(name, str) or not name.strip():
        raise document.problem(at, "must be the name of a file", value=name)
    base = path.parent
    target = Path(name).expanduser()
    full = target if target.is_absolute() else base / target
    if isinstance(read, Shelf):
        if not (held := read.named(full)) and not has_magic(name):
            raise document.problem(at, "there is no such file", value=name, hint=f"looked for {full}")
        return held
    if has_magic(name):
        anchor = Path(full.anchor) if full.is_absolute() else Path()
        return sorted(found for found in anchor.glob(str(full.relative_to(anchor))) if found.is_file())
    if not full.is_file():
        raise document.problem(at, "there is no such file", value=name, hint=f"looked for {full}")
    return [full]


def _drop_empty(document: Document) -> None:
    """A section whose keys are all commented out is null in YAML; we take it as not there."""
    for name in [name for name, value in document.data.items() if value is None and name != "database"]:
        del document.data[name]
    for section in ("topics", "groups", "searches"):
        named = document.data.get(section)
        if isinstance(named, dict):
            for name, value in named.items():
                named[name] = {} if value is None else value


def _merge(into: Document, other: Document) -> None:
    """Add what an included file says. What both say is an error, except lists of sources, which join."""
    for key, value in other.data.items():
        if key == "include":
            continue
        if key not in into.data:
            into.data[key] = value
            _adopt(into, other, (key,), (key,))
        elif key == "sources" and isinstance(value, list) and isinstance(into.data[key], list):
            for index, item in enumerate(value):
                into.data[key].append(item)
                _adopt(into, other, (key, index), (key, len(into.data[key]) - 1))
        elif isinstance(value, dict) and isinstance(into.data[key], dict):
            for name, inner in value.items():
                if name in into.data[key]:
                    raise _twice(into, other, (key, name))
                into.data[key][name] = inner
                _adopt(into, other, (key, name), (key, name))
        else:
            raise _twice(into, other, (key,))


def _twice(into: Document, other: Document, path: KeyPath) -> ConfigError:
    first: Place = into.place(path)
    return other.problem(path, f"is set twice, first in {first.file}:{first.line}")


def overlay(document: Document, other: Document) -> None:
    """Let what another file says of terms, topics and searches stand for what ``document`` says of them."""
    for section in ("terms", "topics", "searches"):
        named = other.data.get(section)
        if not isinstance(named, dict):
            continue
        held = document.data.setdefault(section, {})
        for name, value in named.items():
            for path in [path for path in document.places if path[:2] == (section, name)]:
                del document.places[path]
            held[name] = value
            _adopt(document, other, (section, name), (section, name))


def _adopt(into: Document, other: Document, old: KeyPath, new: KeyPath) -> None:
    depth = len(old)
    for path, place in other.places.items():
        if path[:depth] == old:
            into.places[(*new, *path[depth:])] = place
