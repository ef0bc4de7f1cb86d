"""Edits by machine: add, change and remove a source in the YAML, keeping comments, order and style.

Each gives an `Edit`, checked to load and to change nothing else; `Edit.save` writes it atomically, or refuses
with the patch when the file is the shipped example, read-only, or was changed meanwhile.
"""

from __future__ import annotations

import contextlib
import difflib
import os
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ruamel.yaml.nodes import MappingNode, Node, SequenceNode

from aggregator.config import nodes
from aggregator.config.document import compose
from aggregator.config.gather import read_text
from aggregator.config.load import load
from aggregator.config.paths import is_shipped
from aggregator.config.settings import Settings
from aggregator.errors import AggregatorError, ConfigError, NotFoundError
from aggregator.files import put

_BOM = "\ufeff"


class EditRefusedError(AggregatorError):
    """The file cannot be written; ``patch`` (a unified diff) is what a person may apply."""

    def __init__(self, reason: str, patch: str) -> None:
        super().__init__(f"{reason}; this is the change:\n{patch}")
        self.reason = reason
        self.patch = patch


@dataclass(frozen=True, slots=True)
class Edit:
    """A change of one file, not yet written. ``settings``: what the configuration will be."""

    path: Path
    before: str
    after: str
    settings: Settings

    @property
    def patch(self) -> str:
        """As `diff -u` prints it."""
        name = str(self.path)
        lines = difflib.unified_diff(
            self.before.splitlines(keepends=True), self.after.splitlines(keepends=True), name, name
        )
        return "".join(line if line.endswith("\n") else line + "\n" for line in lines)

    def save(self) -> None:
        """Write. Raises EditRefusedError, with the file as it was."""
        target = self.path.resolve()
        if is_shipped(target):
            raise EditRefusedError(
                f"{self.path} is the shipped example, which is never edited in place", self.patch
            )
        try:
            mode = target.stat().st_mode
            if not mode & 0o222 or not os.access(target, os.W_OK):
                raise EditRefusedError(f"{self.path} is read-only", self.patch)
            if _read(target) != self.before:
                raise EditRefusedError(f"{self.path} was changed meanwhile", self.patch)
            _replace(target, self.after, mode)
        except OSError as error:
            reason = f"{self.path} could not be written ({error.strerror or error})"
            raise EditRefusedError(reason, self.patch) from error


def _read(path: Path) -> str:
    return path.read_bytes().decode("utf-8")


def _replace(target: Path, text: str, mode: int) -> None:
    """All of it or nothing, also when the power fails: write beside, flush to disk, rename."""
    handle, name = tempfile.mkstemp(dir=target.parent, prefix=f".{target.name}.")
    try:
        with os.fdopen(handle, "wb") as draft:
            draft.write(text.encode("utf-8"))
        Path(name).chmod(mode & 0o7777)
        put(Path(name), target)
    except BaseException:
        with contextlib.suppress(OSError):
            Path(name).unlink()
        raise


def add_source(
    settings: Settings, fields: Mapping[str, Any], environ: Mapping[str, str], *, variables: bool = False
) -> Edit:
    """Put a source behind the others of the main file; see `add_sources`."""
    return add_sources(settings, [fields], environ, variables=variables)


def add_sources(
    settings: Settings,
    sources: Sequence[Mapping[str, Any]],
    environ: Mapping[str, str],
    *,
    variables: bool = False,
    titles: Mapping[str, str] | None = None,
) -> Edit:
    """Put sources behind the others of the main file, in one edit. Their keys are those of the YAML.

    Groups that they name and that are not there are added, with a title where ``titles`` has another one.

    Raises ConfigError when the result is not valid (an id that is taken, for instance).
    ``variables``: whether ``${NAME}`` in values is one; else it is escaped.
    """
    items = [
        {key: nodes.render(value, variables=variables) for key, value in fields.items()} for fields in sources
    ]
    groups = [fields["group"] for fields in sources if "group" in fields]
    new = [group for group in dict.fromkeys(groups) if group not in (*settings.groups, "default")]

    def said(group: str) -> str:
        title = (titles or {}).get(group, group)
        return "{}" if title == group else f"{{title: {nodes.render(title)}}}"

    def added(text: str) -> str:
        if new:
            text = _with_groups(text, settings.path, [(nodes.render(group), said(group)) for group in new])
        return _with_items(text, settings.path, items)

    return _edit(settings, settings.path, environ, added)


def remove_source(settings: Settings, name: str, environ: Mapping[str, str]) -> Edit:
    """Take a source out of the file that holds it. Raises NotFoundError."""

    def without(text: str) -> str:
        item, inside = _item(text, path, name)
        if inside.flow_style:
            return nodes.cut_flow(text, item.start_mark.index, nodes.end(item))
        return nodes.cut_lines(text, item.start_mark.index, nodes.end(item))

    path = _file_of(settings, name)
    return _edit(settings, path, environ, without)


def change_source(
    settings: Settings,
    name: str,
    changes: Mapping[str, Any],
    environ: Mapping[str, str],
    *,
    variables: bool = False,
) -> Edit:
    """Set keys of a source; a value of None takes the key out, so that group and defaults hold again.

    Raises NotFoundError, and ConfigError when the result is not valid.
    """
    path = _file_of(settings, name)

    def changed(text: str) -> str:
        for key, value in changes.items():
            item, _ = _item(text, path, name)
            found = nodes.get(item, key)
            written = nodes.render(value, variables=variables)
            if value is None:
                text = nodes.remove_key(text, item, key) if found and len(item.value) > 1 else text
            elif found:
                text = nodes.replace_value(text, found[1], written)
            else:
                text = nodes.add_key(text, item, key, written, _newline(text))
            if key == "id" and value is not None:
                raise ConfigError("the id of a source is what its articles are kept under", path, key="id")
        return text

    return _edit(settings, path, environ, changed)


def change_section(
    settings: Settings, section: str, changes: Mapping[str, Any], environ: Mapping[str, str]
) -> Edit:
    """Set keys of a section of the file, such as ``dedup``, in whichever file has it.

    Raises ConfigError when the result is not valid.
    """
    path = settings.document.place((section,)).file

    def changed(text: str) -> str:
        for key, value in changes.items():
            text = _with_key(text, path, section, key, nodes.render(value))
        return text

    return _edit(settings, path, environ, changed)


def _with_key(text: str, path: Path, section: str, key: str, written: str) -> str:
    newline = _newline(text)
    found = nodes.get(compose(text, path), section)
    if found is None:
        gap = "" if not text or text.endswith("\n") else newline
        return f"{text}{gap}{section}:{newline}  {key}: {written}{newline}"
    name, value = found
    if not isinstance(value, MappingNode) or not value.value:
        return _first_item(text, name, value, f"{newline}  {key}: {written}")
    held = nodes.get(value, key)
    if held is not None:
        return nodes.replace_value(text, held[1], written)
    return nodes.add_key(text, value, key, written, newline)


def _edit(settings: Settings, path: Path, environ: Mapping[str, str], change: Callable[[str], str]) -> Edit:
    before = _read(path)
    mark = _BOM if before.startswith(_BOM) else ""
    after = mark + change(before.removeprefix(_BOM))

    def read(file: Path) -> str:
        return after.removeprefix(_BOM) if file.absolute() == path.absolute() else read_text(file)

    return Edit(path, before, after, load(settings.path, environ, read))


def _newline(text: str) -> str:
    return "\r\n" if "\r\n" in text else "\n"


def _file_of(settings: Settings, name: str) -> Path:
    origins = settings.origins.get(name)
    if origins is None:
        raise NotFoundError(f"there is no source called {name!r}")
    return settings.document.place(origins["id"]).file


def _item(text: str, path: Path, name: str) -> tuple[MappingNode, SequenceNode]:
    """The node of a source, and the list that it stands in."""
    found = nodes.get(compose(text, path), "sources")
    if found and isinstance(found[1], SequenceNode):
        for item in found[1].value:
            named = nodes.get(item, "id")
            if named and named[1].value == name and isinstance(item, MappingNode):
                return item, found[1]
    raise NotFoundError(f"{path} has no source whose id is written as {name!r}")


def _with_items(text: str, path: Path, items: Sequence[Mapping[str, str]]) -> str:
    if not items:
        return text
    newline = _newline(text)
    flows = ["{" + ", ".join(f"{key}: {value}" for key, value in item.items()) + "}" for item in items]
    root = compose(text, path)
    found = nodes.get(root, "sources")
    if isinstance(root, MappingNode) and root.flow_style and (found is None or not found[1].value):
        return _into_flow(text, root, "sources", found, f"[{', '.join(flows)}]")  # as JSON is
    if found is None:
        gap = "" if not text or text.endswith("\n") else newline
        return f"{text}{gap}sources:{newline}" + "".join(f"  - {flow}{newline}" for flow in flows)
    key, value = found
    if not isinstance(value, SequenceNode) or not value.value:
        return _first_item(text, key, value, "".join(f"{newline}  - {flow}" for flow in flows))
    last = value.value[-1]
    if value.flow_style:
        return text[: nodes.end(last)] + "".join(f", {flow}" for flow in flows) + text[nodes.end(last) :]
    at = nodes.line_end(text, nodes.end(last))
    dash = text.rfind("-", 0, last.start_mark.index)
    indent = text[nodes.line_start(text, dash) : dash]
    if isinstance(last, MappingNode) and not last.flow_style:
        step = " " * (last.start_mark.column - len(indent) - 1)
        between = f"{newline}{indent} {step}"
        blocks = [between.join(f"{name}: {shown}" for name, shown in item.items()) for item in items]
        return text[:at] + "".join(f"{newline}{indent}-{step}{block}" for block in blocks) + text[at:]
    return text[:at] + "".join(f"{newline}{indent}- {flow}" for flow in flows) + text[at:]


def _with_groups(text: str, path: Path, groups: Sequence[tuple[str, str]]) -> str:
    """Add groups (name and options, as written) behind the others."""
    newline = _newline(text)
    root = compose(text, path)
    found = nodes.get(root, "groups")
    if isinstance(root, MappingNode) and root.flow_style and (found is None or not found[1].value):
        inner = ", ".join(f"{name}: {options}" for name, options in groups)
        return _into_flow(text, root, "groups", found, f"{{{inner}}}")
    lines = "".join(f"{newline}  {name}: {options}" for name, options in groups)
    if found is None:
        gap = "" if not text or text.endswith("\n") else newline
        return f"{text}{gap}groups:{lines}{newline}"
    key, value = found
    if not (isinstance(value, MappingNode) and value.value):
        return _first_item(text, key, value, lines)
    last = nodes.end(value.value[-1][1])
    if value.flow_style:
        return text[:last] + "".join(f", {name}: {options}" for name, options in groups) + text[last:]
    at = nodes.line_end(text, last)
    indent = " " * value.value[0][0].start_mark.column
    return text[:at] + "".join(f"{newline}{indent}{name}: {options}" for name, options in groups) + text[at:]


def _into_flow(text: str, root: MappingNode, key: str, found: tuple[Node, Node] | None, written: str) -> str:
    """A section of a file in flow style that is not there, or empty."""
    if found is not None:
        return nodes.replace_value(text, found[1], written)
    if root.value:
        return nodes.add_key(text, root, key, written, "")
    return text[: root.start_mark.index] + f"{{{key}: {written}}}" + text[nodes.end(root) :]


def _first_item(text: str, key: Node, value: Node, lines: str) -> str:
    """Into a section that is null, [] or {}."""
    if isinstance(value, (SequenceNode, MappingNode)) or value.value:
        at = value.start_mark.index
        text = text[:at].rstrip(" ") + text[nodes.end(value) :]
    at = nodes.line_end(text, key.end_mark.index)
    return text[:at] + lines + text[at:]
