"""What supervisors, collectors of logs and Prometheus see of the daemon; and what none of them does."""

from __future__ import annotations

import asyncio
import base64
import json
import logging
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import pytest
from click.testing import CliRunner

from aggregator.cli import program
from aggregator.config import load
from aggregator.daemon.server import listen
from aggregator.daemon.systemd import Supervisor, watchdog
from aggregator.errors import ConfigError, NotFoundError, UsageError
from aggregator.logs import Console, Json, blackened
from aggregator.web.passwords import matches
from tests.commands import ROOT, aggregator, write_config

CANARY = "swordfish-4711"  # in every secret of the configuration


class Listener:
    """systemd's end of the socket."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / "notify"
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.socket.bind(str(self.path))
        self.heard: list[str] = []

    def hear(self, wanted: str, within: float = 60) -> None:
        """Wait until a message has this line."""
        end = time.monotonic() + within
        while not any(wanted in message.splitlines() for message in self.heard):
            self.socket.settimeout(max(0.01, end - time.monotonic()))
            self.heard.append(self.socket.recv(4096).decode())


def test_an_answer_does_not_wait_for_acknowledgements(tmp_path: Path) -> None:
    """On the daemon's own socket asyncio turns Nagle's algorithm off, which would cost a page 40 ms."""

    async def connected() -> int:
        found: asyncio.Future[int] = asyncio.get_running_loop().create_future()

        async def answer(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            found.set_result(
                writer.get_extra_info("socket").getsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY)
            )
            writer.close()

        listening = listen(load(write_config(tmp_path, []), {}), "127.0.0.1", 0)
        async with await asyncio.start_server(answer, sock=listening):
            _, writer = await asyncio.open_connection(*listening.getsockname())
            writer.close()
            return await found

    assert asyncio.run(connected())


def test_a_supervised_daemon(tmp_path: Path) -> None:
    """READY when the page answers, signs of life, STOPPING; JSON lines; and no secret anywhere."""
    listener = Listener(tmp_path)
    config = write_config(
        tmp_path,
        [{"id": "one", "url": "http://127.0.0.1:9/feed", "auth": {"username": "me", "password": CANARY},
          "headers": {"X-Key": CANARY}}],
        log={"format": "json"},
        web={"port": 0, "user": "anna", "password": "${ANNA}", "api_password": CANARY,
             "readers": [{"name": "mina", "password": f"{CANARY}-mina", "api_password": f"{CANARY}-sync"}]},
    )  # fmt: skip
    environ = {
        **os.environ, "ANNA": CANARY, "NOTIFY_SOCKET": str(listener.path), "WATCHDOG_USEC": "900000",
    }  # fmt: skip
    log = tmp_path / "daemon.log"
    with log.open("w") as said:
        process = subprocess.Popen(
            [sys.executable, "-m", "aggregator", "run", "--config", str(config)], cwd=ROOT, env=environ,
            stderr=said, stdout=said,
        )  # fmt: skip
    try:
        listener.hear("READY=1")
        address = re.search(r"http://[\d.:]+", log.read_text())
        assert address
        listener.hear("WATCHDOG=1", 10)
        before = len(listener.heard)
        listener.hear("WATCHDOG=1", 10)
        assert len(listener.heard) >= before
        request = urllib.request.Request(f"{address[0]}/metrics")
        request.add_header("Authorization", "Basic " + base64.b64encode(f"anna:{CANARY}".encode()).decode())
        for _ in range(2):  # the second one counts the first
            with urllib.request.urlopen(request) as answer:
                measured = answer.read().decode()
        pages: list[str] = []
        for path in ("/", "/sources", "/sources/one", "/tokens", "/api/v1/sources", "/feed.atom"):
            request.full_url = f"{address[0]}{path}"
            with urllib.request.urlopen(request) as answer:
                pages.append(answer.read().decode())
        process.send_signal(signal.SIGTERM)
        begun = time.monotonic()
        listener.hear("STOPPING=1", 10)
        assert process.wait(10) == 0
        assert time.monotonic() - begun < 10
    finally:
        process.kill()
        process.wait()
    assert 'aggregator_sources_by_state{state="failing"}' in measured
    assert "process_open_fds" in measured
    assert 'aggregator_http_request_seconds_count{method="GET",status="2xx"}' in measured
    told = [json.loads(line) for line in log.read_text().splitlines()[0:]]
    assert {"time", "level", "logger", "message"} <= set(told[-1])
    assert told[-1]["message"].startswith("stopped: ")
    env = {"ANNA": CANARY}
    commands = [
        aggregator("config", "show", config=config, env=env),
        aggregator("config", "show", "--source", "one", config=config, env=env),
        aggregator("sources", "export", config=config, env=env),
        aggregator("tokens", "add", "script", config=config, env=env),
    ]
    secret = commands[-1].stdout.strip()
    commands.append(aggregator("tokens", "list", config=config, env=env))
    assert secret not in commands[-1].stdout
    for text in (log.read_text(), measured, *pages, *(done.stdout + done.stderr for done in commands)):
        assert CANARY not in text
    assert secret.encode() not in b"".join(path.read_bytes() for path in tmp_path.glob("news.db*"))


def test_nobody_listens(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """Without a socket nothing is sent; a socket that is gone is complained of once, and stops nothing."""
    assert not Supervisor({}).send("READY=1")
    gone = Supervisor({"NOTIFY_SOCKET": str(tmp_path / "none")})
    gone.ready("x")
    gone.alive()
    assert len(caplog.records) == 1
    name = f"@aggregator-test-{os.getpid()}"
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as listening:
        listening.bind("\0" + name[1:])
        Supervisor({"NOTIFY_SOCKET": name}).ready("two\nlines")
        assert listening.recv(100) == b"READY=1\nSTATUS=two lines"


def test_the_watchdog_is_ours_or_not() -> None:
    """By WATCHDOG_PID; numbers that are none count as nothing."""
    assert watchdog({"WATCHDOG_USEC": "60000000"}, 5) == 60
    assert watchdog({"WATCHDOG_USEC": "60000000", "WATCHDOG_PID": "5"}, 5) == 60
    assert watchdog({"WATCHDOG_USEC": "60000000", "WATCHDOG_PID": "6"}, 5) is None
    assert watchdog({"WATCHDOG_USEC": "x"}) is watchdog({}) is watchdog({"WATCHDOG_USEC": "0"}) is None


@pytest.mark.parametrize(
    ("said", "shown"),
    [
        ("GET /feed.atom?limit=3&token=agg_abcdefghijkl", "GET /feed.atom?limit=3&token=…"),
        ("the token agg_abcdefgh-ijkl_m is no more", "the token agg_… is no more"),
        ("postgresql+psycopg://me:secret@host/db is away", "postgresql+psycopg://…@host/db is away"),
        ("Authorization: Bearer abcdefghijk", "Authorization: Bearer …"),
        ("nothing to hide: a@b.example", "nothing to hide: a@b.example"),
    ],
)
def test_logs_are_blackened(said: str, shown: str) -> None:
    """In both forms; a traceback too."""
    assert blackened(said) == shown
    record = logging.LogRecord("x", logging.INFO, "f", 1, "%s", (said,), None)
    assert Console().format(record).endswith(shown)
    assert json.loads(Json().format(record))["message"] == shown
    error = ValueError(said)
    record.exc_info = (ValueError, error, None)
    assert shown in json.loads(Json().format(record))["error"]


def test_the_unit_is_one(tmp_path: Path) -> None:
    """systemd reads it without complaint, and counts it among the well protected."""
    if shutil.which("systemd-analyze") is None:
        pytest.skip("systemd-analyze is not installed")
    text = (ROOT / "config" / "aggregator.service").read_text()
    unit = tmp_path / "aggregator.service"
    unit.write_text(
        text.replace("/opt/aggregator/bin/aggregator", "/bin/true").replace("\nDocumentation=", "\n#")
    )
    done = subprocess.run(["systemd-analyze", "verify", str(unit)], capture_output=True, text=True)
    assert (done.returncode, done.stderr) == (0, "")
    done = subprocess.run(
        ["systemd-analyze", "security", "--offline=true", "--no-pager", str(unit)],
        capture_output=True,
        text=True,
    )
    level = re.search(r"exposure level for .*: ([\d.]+)", done.stdout)
    assert level
    assert float(level[1]) < 2


def test_the_image_has_no_rights() -> None:
    """Read, not built: a user without rights, nothing written outside of its home, hashes of all packages."""
    text = (ROOT / "Dockerfile").read_text()
    assert re.search(r"^USER 10001", text, re.MULTILINE)
    assert text.index("\nUSER ") < text.index("\nENTRYPOINT ")
    assert "--require-hashes" in text
    assert "ADD " not in text
    assert "read_only: true" in (ROOT / "compose.yaml").read_text()


def test_strangers_keep_it_from_starting(tmp_path: Path) -> None:
    """On another address than loopback the daemon wants a password, whether YAML or option names it."""
    config = write_config(tmp_path, [])
    done = aggregator("run", "--host", "0.0.0.0", config=config, code=2)
    assert "web.password must be set" in done.stderr
    for web in ({"host": "192.0.2.1"}, {"readers": [{"name": "mina", "password": "x"}]}):
        with pytest.raises(ConfigError, match="password is required"):
            load(write_config(tmp_path, [], web=web), {})


def test_the_commands_for_people(tmp_path: Path) -> None:
    """`password` prints a hash that fits; `tokens` gives, lists and revokes."""
    runner = CliRunner()

    def called(*arguments: str, given: str | None = None) -> str:
        return runner.invoke(program, arguments, input=given, catch_exceptions=False).stdout

    assert matches(called("password", "--stdin", given="brød og smør\n").strip(), "brød og smør")
    config = str(write_config(tmp_path, []))
    with pytest.raises(UsageError, match="empty"):
        called("password", "--stdin", given="\n")
    assert called("tokens", "add", "phone", "--scope", "feeds", "--config", config).startswith("agg_")
    with pytest.raises(UsageError, match="already"):
        called("tokens", "add", "phone", "--config", config)
    with pytest.raises(UsageError, match="no reader"):
        called("tokens", "add", "x", "--reader", "nobody", "--config", config)
    listed = called("tokens", "list", "--json", "--config", config)
    assert json.loads(listed)["scope"] == "feeds"
    assert "agg_" not in listed
    called("tokens", "revoke", "phone", "--config", config)
    with pytest.raises(NotFoundError):
        called("tokens", "revoke", "phone", "--config", config)
