"""Runs the real command line as its user does: a fresh process each time."""

from __future__ import annotations

import io
import json
import os
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, redirect_stdout
from pathlib import Path
from typing import Any

from aggregator.cli import run

ROOT = Path(__file__).resolve().parents[1]
SHARED = ROOT.parent / "shared"


def aggregator(
    *arguments: str,
    config: Path | None = None,
    code: int = 0,
    env: Mapping[str, str] | None = None,
    timeout: float = 120,
) -> subprocess.CompletedProcess[str]:
    """Run a command and hold its exit code against ``code``."""
    command = [sys.executable, "-m", "aggregator", *arguments]
    if config is not None:
        command += ["--config", str(config)]
    done = subprocess.run(
        command, capture_output=True, text=True, timeout=timeout, cwd=ROOT, env={**os.environ, **(env or {})}
    )
    assert done.returncode == code, f"{command} gave {done.returncode}:\n{done.stdout}\n{done.stderr}"
    return done


def inside(*arguments: str, config: Path, code: int = 0) -> str:
    """What a command prints that runs in this process, without a second of imports."""
    said = io.BytesIO()
    stream = io.TextIOWrapper(said, "utf-8", write_through=True)
    with redirect_stdout(stream):
        given = run([*arguments, "--config", str(config)])
    stream.detach()
    assert given == code, said.getvalue().decode()
    return said.getvalue().decode()


def records(*arguments: str, config: Path) -> list[dict[str, Any]]:
    """The JSON Lines of a command that runs in this process."""
    return [json.loads(line) for line in inside(*arguments, "--json", config=config).splitlines()]


def lines(done: subprocess.CompletedProcess[str]) -> list[dict[str, Any]]:
    """The JSON Lines that a command printed."""
    return [json.loads(line) for line in done.stdout.splitlines()]


def write_config(folder: Path, sources: list[dict[str, Any]], **sections: Any) -> Path:
    """A configuration that may poll loopback, as fast as the tests need. JSON is YAML."""
    config = {
        "database": f"sqlite:///{folder / 'news.db'}",
        "web": {"port": 0},
        "polling": {"interval": "1s", "min_interval": "1s", "allow_private": True, "per_host": 8},
        **sections,
        "sources": sources,
    }
    config["polling"].setdefault("icons", False)  # what feeds name as their sites is not all on loopback
    path = folder / "aggregator.yaml"
    path.write_text(json.dumps(config, ensure_ascii=False, indent=1), encoding="utf-8")
    return path


@contextmanager
def daemon(
    config: Path, *, kill: bool = False, program: tuple[str, ...] = ("-m", "aggregator")
) -> Iterator[subprocess.Popen[str]]:
    """`aggregator run`, ended by SIGTERM (or by SIGKILL) when the block ends."""
    log = (config.parent / "daemon.log").open("a", encoding="utf-8")
    process = subprocess.Popen(
        [sys.executable, *program, "run", "--config", str(config)],
        stdout=log, stderr=subprocess.STDOUT, text=True, cwd=ROOT, start_new_session=True,
    )  # fmt: skip
    try:
        yield process
    finally:
        if kill:
            os.killpg(process.pid, signal.SIGKILL)
        else:
            process.terminate()
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            process.wait(10)
            raise
        finally:
            log.close()


def log_of(config: Path) -> str:
    """What the daemons of this configuration said so far."""
    path = config.parent / "daemon.log"
    return path.read_text(encoding="utf-8") if path.exists() else ""


def web_address(config: Path, process: subprocess.Popen[str], within: float = 30) -> str:
    """Where a daemon that was told port 0 listens, from its own words; waits until it answers."""
    end = time.monotonic() + within
    while time.monotonic() < end:
        said = [line for line in log_of(config).splitlines() if "page:" in line]
        if said:
            address = said[-1].split("page:")[1].split()[0].rstrip("/")
            try:
                with urllib.request.urlopen(address + "/healthz", timeout=5) as answer:
                    if answer.status == 200:
                        return address
            except (urllib.error.URLError, OSError):
                pass
        assert process.poll() is None, f"the daemon ended:\n{log_of(config)}"
        time.sleep(0.1)
    raise AssertionError(f"the daemon did not say where its page is within {within} s:\n{log_of(config)}")


def wait_until(condition: Any, within: float = 30, every: float = 0.1) -> None:
    """Wait until ``condition()`` is true, or fail."""
    end = time.monotonic() + within
    while not condition():
        assert time.monotonic() < end, f"not so within {within} s"
        time.sleep(every)
