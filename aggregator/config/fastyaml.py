"""YAML text → nodes by libyaml, at a tenth of ruamel.yaml's time, for files of thousands of sources.

ruamel.yaml is the authority: it reads whatever this refuses and words every error. libyaml knows YAML 1.1,
but which plain words are numbers, truth values or nothing is decided here by ruamel.yaml's own table for
YAML 1.2 (section 10.3.2, the core schema): ``no`` and ``on`` are words.
"""

from __future__ import annotations

from typing import Any

import yaml
from ruamel.yaml.resolver import implicit_resolvers
from yaml.resolver import BaseResolver

try:
    from yaml.cyaml import CParser
except ImportError:  # a PyYAML without libyaml
    CParser = None

VERSION = (1, 2)


class _Core(BaseResolver):  # type: ignore[misc]
    """The core schema's plain scalars."""


for _versions, _tag, _pattern, _first in implicit_resolvers:
    if VERSION in _versions:
        _Core.add_implicit_resolver(_tag, _pattern, _first)


def compose_fast(text: str) -> Any | None:
    """The root of the node graph, of PyYAML's classes; None for an empty text, and what libyaml refuses."""
    if CParser is None or "%YAML" in text:
        return None

    class Reader(CParser, _Core):  # type: ignore[misc]
        def __init__(self) -> None:
            CParser.__init__(self, text)
            _Core.__init__(self)

    try:
        reader = Reader()
        try:
            return reader.get_single_node()
        finally:
            reader.dispose()
    except (yaml.YAMLError, UnicodeError, RecursionError):
        return None
