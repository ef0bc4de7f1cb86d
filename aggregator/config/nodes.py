"""Text surgery on YAML: where a node's text ends, and how a value is written. Pure.

Edits replace or insert characters at the places that ruamel.yaml gives for nodes, so that everything else in
the file, comments, quoting, blanks and order, stays byte for byte.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from ruamel.yaml.nodes import MappingNode, Node, SequenceNode

from aggregator.config.units import format_duration

_PLAIN = re.compile(r"[A-Za-z][A-Za-z0-9_-]*(?: [A-Za-z0-9][A-Za-z0-9_-]*)*")
_WORDS = frozenset({"true", "false", "null", "yes", "no", "on", "off", "y", "n"})  # YAML 1.1 tools read these


def render(value: Any, *, variables: bool = False) -> str:
    """A value in YAML's flow style. ``${`` is escaped unless ``variables``: others may name no secret."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, (int, float)):
        return str(value)
    if isinstance(value, timedelta):
        return format_duration(value)
    if isinstance(value, Mapping):
        return (
            "{" + ", ".join(f"{render(k)}: {render(v, variables=variables)}" for k, v in value.items()) + "}"
        )
    if isinstance(value, (list, tuple)):
        return "[" + ", ".join(render(item, variables=variables) for item in value) + "]"
    text = str(value) if variables else str(value).replace("${", "$${")
    plain = _PLAIN.fullmatch(text) and text.lower() not in _WORDS
    return text if plain else json.dumps(text, ensure_ascii=False)


def end(node: Node) -> int:
    """The index after the last character of a node's own text: a block's end mark lies after comments."""
    if isinstance(node, (MappingNode, SequenceNode)) and not node.flow_style and node.value:
        last = node.value[-1]
        return end(last[1] if isinstance(node, MappingNode) else last)
    return int(node.end_mark.index)


def line_start(text: str, index: int) -> int:
    """The index of the first character of the line that holds ``index``."""
    return text.rfind("\n", 0, index) + 1


def line_end(text: str, index: int) -> int:
    """The index of the line break that ends the line of ``index``, or the length of the text."""
    found = text.find("\n", index)
    if found < 0:
        return len(text)
    return found - 1 if found and text[found - 1] == "\r" else found


def cut_lines(text: str, first: int, last: int) -> str:
    """Without the lines from the one that holds ``first`` to the one that holds ``last``."""
    after = text.find("\n", last)
    return text[: line_start(text, first)] + ("" if after < 0 else text[after + 1 :])


def cut_flow(text: str, first: int, last: int) -> str:
    """Without an item of a flow collection, and without the comma that goes with it."""
    before, after = text[:first], text[last:]
    comma = re.match(r"\s*,[ \t]*", after)
    if comma:
        return before + after[comma.end() :]
    return re.sub(r",\s*\Z", "", before) + after


def get(mapping: Node | None, key: str) -> tuple[Node, Node] | None:
    """The key and value nodes of ``key``."""
    if not isinstance(mapping, MappingNode):
        return None
    return next(((name, value) for name, value in mapping.value if name.value == key), None)


def add_key(text: str, item: MappingNode, key: str, written: str, newline: str) -> str:
    """Put ``key: written`` behind the last key of ``item``."""
    last = end(item.value[-1][1])
    if item.flow_style:
        return f"{text[:last]}, {key}: {written}{text[last:]}"
    at = line_end(text, last)
    indent = " " * item.value[0][0].start_mark.column
    return f"{text[:at]}{newline}{indent}{key}: {written}{text[at:]}"


def replace_value(text: str, value: Node, written: str) -> str:
    """Put ``written`` in place of a value."""
    start = value.start_mark.index
    gap = "" if text[start - 1 : start].isspace() else " "
    return text[:start] + gap + written + text[end(value) :]


def remove_key(text: str, item: MappingNode, key: str) -> str:
    """Take a key and its value out of ``item``, where another key remains."""
    index = next(i for i, (name, _) in enumerate(item.value) if name.value == key)
    name, value = item.value[index]
    first, last = name.start_mark.index, end(value)
    if item.flow_style:
        return cut_flow(text, first, last)
    if index == 0:  # behind the dash: the next key moves there
        return text[:first] + text[item.value[1][0].start_mark.index :]
    return cut_lines(text, first, last)
