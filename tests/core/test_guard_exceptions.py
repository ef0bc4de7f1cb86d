"""Private addresses are reached where the YAML says so, and at no other host."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from aggregator.config import load
from aggregator.errors import ConfigError
from aggregator.model import Source
from aggregator.sources.guard import permits


def source(tmp_path: Path, own: dict[str, Any], **polling: Any) -> Source:
    """The one source of a configuration."""
    path = tmp_path / "a.yaml"
    listed = {"id": "a", "url": "http://Nas.lan:8080/feed", **own}
    path.write_text(json.dumps({"polling": polling, "sources": [listed]}), encoding="utf-8")
    return load(path, {}).sources[0]


@pytest.mark.parametrize(
    ("own", "polling", "reached", "refused"),
    [
        ({}, {}, "", "nas.lan 127.0.0.1"),
        ({}, {"allow_private": True}, "nas.lan 127.0.0.1 [::1]", ""),
        ({"allow_private": True}, {}, "nas.lan NAS.lan. nas.lan:9", "127.0.0.1 other.lan a.nas.lan"),
        ({"allow_private": False}, {"allow_private": True}, "", "nas.lan 127.0.0.1"),
        ({"private_hosts": ["127.0.0.1"]}, {}, "127.0.0.1 0x7f.1 2130706433", "nas.lan 127.0.0.2 [::1]"),
        ({"private_hosts": ["fd00::9"]}, {}, "[fd00::9] [fd00:0::9]", "nas.lan [fd00::8]"),
        ({}, {"private_hosts": ["other.lan"]}, "other.lan", "nas.lan"),
        ({"allow_private": True}, {"private_hosts": ["other.lan"]}, "other.lan nas.lan", "127.0.0.1"),
        ({"allow_private": True, "proxy": "http://proxy.lan:3128"}, {}, "proxy.lan nas.lan", "other.lan"),
    ],
)
def test_exceptions(
    tmp_path: Path, own: dict[str, Any], polling: dict[str, Any], reached: str, refused: str
) -> None:
    """Of one source: its own host, those that are named, or all of them for everybody."""
    made = source(tmp_path, own, **polling)
    assert [host for host in reached.split() if not permits(made, f"http://{host}/x")] == []
    assert [host for host in refused.split() if permits(made, f"http://{host}/x")] == []


@pytest.mark.parametrize("wrong", ["http://nas.lan/", "nas.lan:80", "*.lan", ""])
def test_an_exception_is_a_host(tmp_path: Path, wrong: str) -> None:
    """No address, no port, no pattern."""
    with pytest.raises(ConfigError, match="host alone"):
        source(tmp_path, {"private_hosts": [wrong]})
