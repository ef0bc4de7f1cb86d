"""YAML text → plain data, with the place of every value kept beside it.

libyaml, or ruamel.yaml where that refuses, composes a graph of nodes that know their lines; we build dicts,
lists and scalars from it, since positions must survive `include:` and inheritance. ``${NAME}`` and
``${NAME:-default}`` are replaced.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml as libyaml
from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError
from ruamel.yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from aggregator.config.fastyaml import compose_fast
from aggregator.config.problems import nearest, together
from aggregator.errors import ConfigError

KeyPath = tuple[str | int, ...]

MAX_NODES = 2_000_000  # aliases make exponential documents out of small files

_MAPPING = (MappingNode, libyaml.MappingNode)
_SEQUENCE = (SequenceNode, libyaml.SequenceNode)
_SCALAR = (ScalarNode, libyaml.ScalarNode)

_VARIABLE = re.compile(r"\$\$\{|\$\{([A-Za-z_][A-Za-z0-9_]*)(?:(:-)([^}]*))?\}|\$\{[^}]*\}?")
_INT = re.compile(r"[-+]?[0-9]+")


@dataclass(frozen=True, slots=True)
class Place:
    """Where a value stands: ``line`` starts at 1. ``raw`` is its text as written, for values from ${ENV}."""

    file: Path
    line: int
    raw: str | None = None


@dataclass(slots=True)
class Document:
    """The data of one file, and of those that it includes once they are merged in."""

    file: Path
    data: dict[str, Any] = field(default_factory=dict)
    places: dict[KeyPath, Place] = field(default_factory=dict)
    problems: list[ConfigError] = field(default_factory=list)

    def place(self, path: KeyPath) -> Place:
        """Of the value at ``path``, or of the nearest thing around it."""
        while path and path not in self.places:
            path = path[:-1]
        return self.places.get(path, Place(self.file, 1))

    def problem(
        self, path: KeyPath, message: str, *, value: object = None, hint: str | None = None
    ) -> ConfigError:
        """An error at ``path``. A value that came from the environment is told as it was written."""
        place = self.place(path)
        shown = place.raw if place.raw is not None and value is not None else value
        return ConfigError(message, place.file, place.line, self.dotted(path) or None, shown, hint)

    def dotted(self, path: KeyPath) -> str:
        """``("sources", 3, "url")`` → ``sources.ifp.url``: list items that have an id go by it."""
        parts, here = [], self.data
        for step in path:
            here = _child(here, step)
            name = here.get("id") if isinstance(here, dict) and isinstance(step, int) else None
            parts.append(name if isinstance(name, str) else str(step))
        return ".".join(parts)


def _child(here: Any, step: str | int) -> Any:
    try:
        return here[step]
    except (KeyError, IndexError, TypeError):
        return None


def compose(text: str, file: Path) -> Node | None:
    """The node graph of ``text``, None when it is empty. Raises ConfigError with the line at fault."""
    yaml = YAML(typ="safe", pure=True)
    try:
        return yaml.compose(text)  # type: ignore[no-any-return]
    except MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        said = " ".join(part for part in (error.context, error.problem) if part)
        line = mark.line + 1 if mark else None
        tab = "\t" in (text.splitlines()[mark.line : mark.line + 1] or [""])[0] if mark else False
        hint = "YAML allows no tabs for indentation" if tab else None
        if not tab and mark and error.context_mark and error.context_mark.line < mark.line:
            hint = f"what it belongs to begins in line {error.context_mark.line + 1}"
        raise ConfigError(f"not valid YAML: {said}", file, line, hint=hint) from error
    except YAMLError as error:
        raise ConfigError(f"not valid YAML: {' '.join(str(error).split())}", file) from error


def parse(text: str, file: Path, environ: Mapping[str, str]) -> Document:
    """Read one file's text. Raises ConfigError (all problems together) when it is not usable as data."""
    document = Document(file)
    root = compose_fast(text) or compose(text, file)
    if root is None:
        raise ConfigError("the file is empty", file, hint="feeds are listed under `sources:`")
    if not isinstance(root, _MAPPING):
        raise ConfigError(
            "the file must be a mapping of keys, such as `sources:`", file, root.start_mark.line + 1
        )
    data = _Builder(document, environ).build(root, ())
    if document.problems:
        raise together(document.problems)
    document.data = data
    return document


def _typed(text: str) -> str | int | bool:
    """What YAML would take a plain scalar for, once its variables are replaced."""
    if _INT.fullmatch(text):
        return int(text)
    return text == "true" if text in ("true", "false") else text


@dataclass(slots=True)
class _Builder:
    document: Document
    environ: Mapping[str, str]
    nodes: int = 0

    def build(self, node: Node, path: KeyPath) -> Any:
        """Plain data of ``node``; notes the place of each value under its path."""
        self.nodes += 1
        if self.nodes > MAX_NODES:
            raise ConfigError("the aliases of this file expand to too much", self.document.file)
        line = node.start_mark.line + 1
        self.document.places.setdefault(path, Place(self.document.file, line))
        if isinstance(node, _MAPPING):
            return self._mapping(node, path)
        if isinstance(node, _SEQUENCE):
            return [self.build(child, (*path, index)) for index, child in enumerate(node.value)]
        assert isinstance(node, _SCALAR)
        return self._scalar(node, path)

    def _mapping(self, node: MappingNode, path: KeyPath) -> dict[str, Any]:
        found: dict[str, Any] = {}
        merged: dict[str, Any] = {}
        for key_node, value_node in node.value:
            line = key_node.start_mark.line + 1
            if not isinstance(key_node, _SCALAR):
                self._complain(line, path, "a key must be plain text")
                continue
            key = str(key_node.value)
            if key == "<<" and isinstance(value_node, (*_MAPPING, *_SEQUENCE)):
                for source in [value_node] if isinstance(value_node, _MAPPING) else value_node.value:
                    if isinstance(source, _MAPPING):
                        for name, value in self._mapping(source, path).items():
                            merged.setdefault(name, value)
                continue
            if key in found:
                first = self.document.places[(*path, key)].line
                self._complain(line, (*path, key), f"this key is here twice, first in line {first}")
                continue
            # The key's line is where people look; `build` keeps it, since it is there first.
            self.document.places[(*path, key)] = Place(self.document.file, line)
            found[key] = self.build(value_node, (*path, key))
        return {**merged, **found}

    def _scalar(self, node: ScalarNode, path: KeyPath) -> Any:
        text = str(node.value)
        kind = str(node.tag).rpartition(":")[2]
        if kind == "null":
            return None
        if kind == "bool":
            return text.lower() == "true"
        if kind == "int" and _INT.fullmatch(text):
            return int(text)
        if kind == "float":
            try:
                return float(text)
            except ValueError:
                return text
        if "${" not in text:
            return text
        expanded = self._expand(text, path)
        return expanded if node.style else _typed(expanded)  # quoted text stays text

    def _expand(self, text: str, path: KeyPath) -> str:
        place = self.document.places[path]
        self.document.places[path] = Place(place.file, place.line, raw=text)

        def value(match: re.Match[str]) -> str:
            if match[0] == "$${":  # the way to write a plain ${
                return "${"
            name, has_default, default = match[1], match[2], match[3]
            if name is None:
                self._complain(
                    place.line, path, f"{match[0]!r} is no variable; write ${{NAME}} or ${{NAME:-default}}"
                )
                return ""
            found = self.environ.get(name, "")
            if found or has_default:
                return found or default
            if name in self.environ:
                return ""
            hint = nearest(name, [known for known in self.environ if known.isupper()])
            hint = hint if hint and hint.startswith("did") else f"set it, or write ${{{name}:-default}}"
            self._complain(place.line, path, f"the environment variable {name} is not set", hint)
            return ""

        return _VARIABLE.sub(value, text)

    def _complain(self, line: int, path: KeyPath, message: str, hint: str | None = None) -> None:
        key = ".".join(str(step) for step in path) or None
        self.document.problems.append(ConfigError(message, self.document.file, line, key, hint=hint))
