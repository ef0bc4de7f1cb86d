"""doctor: what is wrong with this installation, and what to do about it."""

from __future__ import annotations

import importlib.metadata
import os
import shutil
import socket
import sqlite3
from collections.abc import Callable, Iterator
from pathlib import Path
from xml.parsers.expat import EXPAT_VERSION

import click
from rich.text import Text
from sqlalchemy.engine import make_url

from aggregator import native
from aggregator.cli import machine
from aggregator.cli.common import config_option, json_option, now, output, print_json
from aggregator.cli.machine import Finding
from aggregator.config import Settings, find, load
from aggregator.errors import AggregatorError, ConfigError
from aggregator.sources.extract import MISSING, available
from aggregator.store import Store

LITTLE_SPACE = 500_000_000  # bytes: below this, a busy week of articles may fill the disk
CLOCKS_APART = 60  # seconds: more confuses schedules


@click.command()
@config_option
@json_option
def doctor(config_path: Path | None, as_json: bool) -> int:
    """Check configuration, database, disk, permissions, clock and network; exit 1 when one is not well."""
    findings = list(examine(config_path))
    for finding in findings:
        if as_json:
            print_json(
                {
                    "check": finding.check,
                    "well": finding.well,
                    "found": finding.found,
                    "advice": finding.advice,
                }
            )
            continue
        line = Text("✓ " if finding.well else "✗ ", style="green" if finding.well else "red")
        line.append(f"{finding.check}: {finding.found}", style="")
        if finding.advice:
            line.append(f"\n  {finding.advice}", style="dim")
        output().print(line)
    return 0 if all(finding.well for finding in findings) else 1


def examine(config_path: Path | None) -> Iterator[Finding]:
    """All checks, in the order in which they depend on each other."""
    try:
        settings = load(find(config_path, os.environ), os.environ)
    except ConfigError as error:
        yield Finding(
            "configuration", False, str(error), "Mend the file; nothing else can be checked before."
        )
        return
    yield Finding("configuration", True, f"{settings.path}, {len(settings.sources)} sources")
    yield sqlite_version()
    yield parser(settings)
    yield kernel()
    yield full_text(settings)
    yield certificates(settings)
    yield from database(settings)
    yield from disk(settings)
    yield network(settings, socket.getaddrinfo)
    yield from machine.examine(settings)


def sqlite_version() -> Finding:
    """The library that Python was built with: WAL needs 3.7, UPSERT and RETURNING need 3.35."""
    well = sqlite3.sqlite_version_info >= (3, 35)
    return Finding(
        "SQLite library", well, sqlite3.sqlite_version, "" if well else "Use a newer Python or SQLite ≥ 3.35."
    )


def parser(settings: Settings) -> Finding:
    """Which parser reads the feeds; a running daemon's /metrics count what each read."""
    chosen = {
        "auto": "the fast parser where it is sure, 1 body in 64 checked; feedparser else",
        "authority": "feedparser for all feeds",
        "check": "both for all feeds, compared; feedparser is believed",
    }
    told = chosen[settings.polling.parser]
    version = importlib.metadata.version("feedparser")
    found = f"{settings.polling.parser}: {told} (feedparser {version}, {EXPAT_VERSION})"
    return Finding("parser", True, found)


def kernel() -> Finding:
    """Whether the detector's innermost loops are compiled: the results are the same."""
    if native.kernel:
        return Finding("kernel", True, "compiled")
    advice = (
        "For speed: a C compiler and the headers of Python (Debian: apt-get install gcc python3-dev), then "
        "install the program again."
    )
    return Finding("kernel", True, "not compiled: numpy does the same work, slower", advice)


def full_text(settings: Settings) -> Finding:
    """The extra that reads linked pages, where a source asks for it."""
    asking = [source.id for source in settings.sources if source.fulltext]
    if asking and not available():
        return Finding("full text", False, f"asked for by {', '.join(asking[:5])}", MISSING)
    found = f"{len(asking)} sources read the linked pages" if asking else "no source asks for it"
    return Finding("full text", True, found)


def certificates(settings: Settings) -> Finding:
    """Sources for which anybody on the way may pass for their server."""
    open_ones = [source.id for source in settings.sources if not source.verify_tls]
    if not open_ones:
        return Finding("certificates", True, "those of all sources are verified")
    return Finding(
        "certificates", False, f"not verified (verify_tls: false): {', '.join(open_ones[:5])}",
        "Anybody on the way can read and change what they publish. Take verify_tls out of the YAML, or give "
        "the server's own authority to the system (SSL_CERT_FILE).",
    )  # fmt: skip


def file_of(settings: Settings) -> Path | None:
    """Where an SQLite database lives; None for another kind."""
    url = make_url(settings.database)
    return Path(url.database).resolve() if url.get_backend_name() == "sqlite" and url.database else None


def database(settings: Settings) -> Iterator[Finding]:
    """Opens, is of this version, its invariants hold, and its times are not to come. Changes nothing."""
    shown = make_url(settings.database).render_as_string(hide_password=True)
    file = file_of(settings)
    if file is not None and not file.exists():  # not made here: this user may not be the daemon's
        yield Finding("database", True, f"{shown}: not there yet; the first start makes it")
        return
    try:
        store = Store.open(settings.database, now=now, upgrade=False)
    except AggregatorError as error:
        found = str(error).removeprefix(f"{shown}: ")
        advice = "" if file else "Does the server run, and is `database:` its address?"
        yield Finding("database", False, f"{shown}: {found}", advice)
        return
    try:
        problems = store.upkeep.integrity()
        yield Finding(
            "database", not problems, f"{shown}: {'; '.join(problems[:3]) or 'sound'}",
            "Stop the daemon, keep a copy of it, and `aggregator db restore` the last backup."
            if problems else "",
        )  # fmt: skip
        yield clock(store, settings)
    except AggregatorError as error:
        yield Finding("database", False, f"{shown}: {error}", "Ask again; if it stays, restart the server.")
    finally:
        store.close()


def disk(settings: Settings) -> Iterator[Finding]:
    """Room and permission where an SQLite database lives, or will."""
    file = file_of(settings)
    if file is None:
        return
    folder = next(each for each in file.parents if each.is_dir())
    free = shutil.disk_usage(folder).free
    yield Finding(
        "disk", free > LITTLE_SPACE, f"{free / 1e9:.1f} GB free in {folder}",
        "" if free > LITTLE_SPACE else "Make room, lower `retention`, or move `database:` to a larger disk.",
    )  # fmt: skip
    well = os.access(folder, os.W_OK) and (not file.exists() or os.access(file, os.W_OK))
    what = file if file.exists() else folder
    yield Finding(
        "permissions", well, f"{what} is {'' if well else 'not '}writable",
        "" if well else "Give the daemon's user the right to write there.",
    )  # fmt: skip


def clock(store: Store, settings: Settings) -> Finding:
    """The wall clock against the server's, where daemons share one, and against the newest poll."""
    moment = now()
    found = f"{moment:%Y-%m-%d %H:%M:%S} UTC"
    apart = (store.daemons.time() - moment).total_seconds() if store.shared else 0.0
    if abs(apart) > CLOCKS_APART:
        told = f"{found}, {abs(apart):.0f} s {'behind' if apart > 0 else 'ahead of'} the database server's"
        return Finding("clock", False, told, "Set both clocks by NTP.")
    latest = max(
        (one.last_polled for one in store.sources(settings.sources) if one.last_polled), default=None
    )
    if latest is not None and (latest - moment).total_seconds() > CLOCKS_APART:
        told = f"{found}, though the last poll was at {latest:%Y-%m-%d %H:%M:%S} UTC"
        return Finding("clock", False, told, "It is behind, or was ahead then: set it by NTP.")
    return Finding("clock", True, found)


def network(settings: Settings, resolve: Callable[..., object]) -> Finding:
    """Whether names of configured hosts resolve: no request is sent."""
    hosts = sorted({host for source in settings.sources[:3] if (host := make_host(source.url))})
    failed = []
    for host in hosts:
        try:
            resolve(host, 443)
        except OSError:
            failed.append(host)
    well = not hosts or len(failed) < len(hosts)
    found = f"{len(hosts) - len(failed)} of {len(hosts)} host names tried resolve"
    return Finding(
        "network", well, found, "" if well else "No name resolves: check the connection and the DNS server."
    )


def make_host(url: str) -> str | None:
    """The host of an address."""
    from aggregator.urls import host

    return host(url)
