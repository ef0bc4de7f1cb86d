"""A private PostgreSQL server on loopback, for tests and for `scripts/cluster`; gone when the block ends."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import psycopg

MISSING = "PostgreSQL's server programs (initdb, pg_ctl) are not installed"


def server_programs() -> Path | None:
    """The folder of initdb and pg_ctl: on the path, or the newest of Debian's."""
    if found := shutil.which("initdb"):
        return Path(found).resolve().parent
    folders = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    return folders[-1].parent if folders else None


@dataclass(frozen=True)
class Server:
    """A running server. ``url``: without a database's name."""

    url: str
    programs: Path
    folder: Path
    port: int

    def control(self, action: str, *more: str) -> None:
        """``start``, ``restart`` or ``stop`` it, and wait until that is done."""
        # Files may be lost with the machine, as nothing here is kept: that is what fsync=off means.
        options = f"-c listen_addresses=127.0.0.1 -p {self.port} -c fsync=off -k {self.folder}"
        command = ["pg_ctl", "-D", "data", "-l", "log", "-o", options, "-w", *more, action]
        self.run(*command)

    def run(self, program: str, *arguments: str) -> None:
        """Run one of the server's programs as the user who may: it refuses root."""
        command = [str(self.programs / program), *arguments]
        if os.geteuid() == 0:
            command = ["runuser", "-u", "postgres", "--", *command]
        done = subprocess.run(command, capture_output=True, text=True, cwd=self.folder, check=False)
        assert done.returncode == 0, done.stdout + done.stderr

    def new_database(self, like: str | None = None) -> str:
        """The address of a new database: an empty one, or a copy of ``like``, which nobody has open."""
        template = "" if like is None else f" TEMPLATE {like.rpartition('/')[2]}"
        name = f"t{time.monotonic_ns()}"
        with psycopg.connect(self.url.replace("+psycopg", "") + "/postgres", autocommit=True) as connection:
            connection.execute(f"CREATE DATABASE {name}{template}")
        return f"{self.url}/{name}"


@contextmanager
def postgres() -> Iterator[Server]:
    """Start a server on a free port, and stop it. Raises FileNotFoundError when there are no programs."""
    programs = server_programs()
    if programs is None:
        raise FileNotFoundError(MISSING)
    with tempfile.TemporaryDirectory(prefix="aggregator-pg-") as name:
        folder = Path(name)
        if os.geteuid() == 0:
            shutil.chown(folder, "postgres")
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            port = probe.getsockname()[1]
        server = Server(f"postgresql+psycopg://postgres@127.0.0.1:{port}", programs, folder, port)
        server.run(
            "initdb", "-D", "data", "-U", "postgres", "--auth=trust", "-E", "UTF8", "--locale=C.UTF-8",
            "--no-sync",
        )  # fmt: skip
        server.control("start")
        try:
            yield server
        finally:
            server.control("stop", "-m", "immediate")
