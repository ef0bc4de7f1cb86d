"""Nothing of the program goes out but through the client whose every connection the guard looks at."""

from __future__ import annotations

import ast
from pathlib import Path

from tests.commands import ROOT

OUTGOING = {
    "aiohttp",
    "requests",
    "httpx",
    "urllib3",
    "urllib.request",
    "http.client",
    "ftplib",
    "smtplib",
    "telnetlib",
}
HOMES = {
    "sources/http.py",
    "sources/guard.py",
    "sources/answers.py",  # reads what the client was answered …
    "sources/trouble.py",  # … and its errors; both open nothing: see below
    "archives/spark/session.py",  # the cluster's master, which the person at the command line names
    "notify/channels.py",  # mail server and Apprise are the administrator's own; webhooks are guarded
}
CALLS = {
    "create_connection",
    "open_connection",
    "create_datagram_endpoint",
    "urlopen",
    "ClientSession",
    "TCPConnector",
}


def names(tree: ast.AST) -> set[str]:
    """The modules that a module imports, and the calls that would connect."""
    found = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found |= {node.module, *(f"{node.module}.{alias.name}" for alias in node.names)}
        elif isinstance(node, ast.Call):
            called = node.func
            found.add(called.attr if isinstance(called, ast.Attribute) else getattr(called, "id", ""))
    return found


def goes_out(path: Path) -> set[str]:
    """What of a file could connect to somebody."""
    found = names(ast.parse(path.read_text(encoding="utf-8")))
    return {name for name in found if name in OUTGOING | CALLS or name.split(".")[0] in OUTGOING}


def test_one_way_out() -> None:
    """Feeds, pages, icons, hubs, robots.txt and pictures go through aggregator.sources.http."""
    package = ROOT / "aggregator"
    found = {str(path.relative_to(package)): goes_out(path) for path in package.rglob("*.py")}
    assert {path: how for path, how in found.items() if how and path not in HOMES} == {}
    assert found["sources/http.py"]
    assert found["sources/answers.py"] == found["sources/trouble.py"] == {"aiohttp"}
    assert found["archives/spark/session.py"] == {"create_connection"}
    assert found["notify/channels.py"] == {"smtplib"}


def test_the_client_is_always_guarded() -> None:
    """Each of its sessions has the guarded resolver, the guarded socket, and no proxy of the environment."""
    text = (ROOT / "aggregator" / "sources" / "http.py").read_text(encoding="utf-8")
    assert text.count("ClientSession(") == text.count("TCPConnector(") == 1
    for needed in ("resolver=GuardedResolver(", "socket_factory=guarded_socket(", "trust_env=False"):
        assert needed in text
