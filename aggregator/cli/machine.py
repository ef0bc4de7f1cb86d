"""doctor, continued: who may read the files and reach the page, open files, backups."""

from __future__ import annotations

import stat
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy.engine import make_url

from aggregator.config import Settings
from aggregator.config.check import is_loopback
from aggregator.store.pgtools import installed
from aggregator.web.passwords import is_hash

DESCRIPTORS = 1024  # open files that a daemon may need: a connection a fetch, the database, the page's


@dataclass(frozen=True, slots=True)
class Finding:
    """One check: what was looked at, whether it is well, and what to do if not."""

    check: str
    well: bool
    found: str
    advice: str = ""


def examine(settings: Settings) -> Iterator[Finding]:
    """All checks of this page."""
    yield from private(settings)
    yield from passwords(settings)
    yield proxies(settings)
    yield descriptors(settings)
    yield backups(settings)


def private(settings: Settings) -> Iterator[Finding]:
    """Files that hold what people read, and perhaps secrets, are for their owner."""
    url = make_url(settings.database)
    kept = Path(url.database) if url.get_backend_name().startswith("sqlite") and url.database else None
    for what, path in (("configuration's rights", settings.path), ("database's rights", kept)):
        if path is None or not path.exists():
            continue
        mode = path.stat().st_mode
        reached = all(folder.stat().st_mode & stat.S_IXOTH for folder in path.resolve().parents)
        open_to_all = reached and bool(mode & (stat.S_IROTH | stat.S_IWOTH))
        secret = what.startswith("database") or has_plain_secrets(settings)
        well = not (reached and mode & stat.S_IWOTH) and not (open_to_all and secret)
        yield Finding(
            what, well, f"{path}: {stat.filemode(mode)}",
            "" if well else f"Other users of this machine can get at it: chmod o-rwx {path}",
        )  # fmt: skip


def has_plain_secrets(settings: Settings) -> bool:
    """Whether a password stands in the files as it is, neither hashed nor as ${NAME}."""
    secrets = [settings.web.password, settings.web.api_password]
    for reader in settings.web.readers:
        secrets += [reader.password, reader.api_password]
    secrets += [source.password for source in settings.sources]
    plain = [secret for secret in secrets if secret and not is_hash(secret)]
    try:
        written = "".join(file.read_text("utf-8") for file in settings.files)
    except (OSError, UnicodeDecodeError):
        return bool(plain)
    return any(secret in written for secret in plain)


def passwords(settings: Settings) -> Iterator[Finding]:
    """Whoever can reach the page must sign in."""
    web = settings.web
    if not web.password:
        alone = is_loopback(web.host)
        yield Finding(
            "passwords", alone, f"none, and the page listens on {web.host}",
            "" if alone else "Set web.password to what `aggregator password` prints.",
        )  # fmt: skip
        return
    hashed = is_hash(web.password) and all(is_hash(each.password) for each in web.readers)
    how = "hashes" if hashed else "not all hashes"
    plain = has_plain_secrets(settings)
    yield Finding(
        "passwords", not plain, f"{1 + len(web.readers)} people, {how}",
        "A password stands in the YAML as it is: write what `aggregator password` prints, or ${NAME}."
        if plain else "",
    )  # fmt: skip


def proxies(settings: Settings) -> Finding:
    """A public address is a proxy's, mostly; without its name all strangers look alike."""
    web = settings.web
    public = web.public_url or ""
    behind = public.startswith("https://")
    well = not behind or bool(web.trusted_proxies)
    return Finding(
        "proxies", well,
        f"{', '.join(web.trusted_proxies) or 'none'} trusted; public address {public or 'not set'}",
        "" if well else "web.public_url is https, so a proxy is before us: name it in web.trusted_proxies "
        "(127.0.0.1 when it runs here), or wrong passwords of one stranger slow everybody down.",
    )  # fmt: skip


def descriptors(settings: Settings) -> Finding:
    """Files and connections that this process may have open."""
    try:
        import resource

        soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    except ImportError:  # not a system of Unix
        return Finding("open files", True, "not limited here")
    wanted = max(DESCRIPTORS, 4 * settings.polling.concurrency + 200)
    well = soft in (-1, resource.RLIM_INFINITY) or soft >= wanted
    return Finding(
        "open files", well, f"{soft} at once, of {hard} that may be asked for",
        "" if well else f"Start it with `ulimit -n {wanted}` or more, or lower polling.concurrency.",
    )  # fmt: skip


def backups(settings: Settings) -> Finding:
    """What copies are made with, and those that upgrades have left."""
    url = make_url(settings.database)
    if url.get_backend_name().startswith("postgresql"):
        well = installed("pg_dump", "pg_restore", "psql")
        return Finding(
            "backups", well, "pg_dump, pg_restore and psql " + ("are here" if well else "are not all here"),
            "" if well else "Install PostgreSQL's client programs, or back up where the server is.",
        )  # fmt: skip
    file = Path(url.database or "")
    left = sorted(file.parent.glob(f"{file.name}.schema-*.bak")) if file.parent.is_dir() else []
    size = sum(each.stat().st_size for each in left) / 1e6
    told = f"{len(left)} copies from before upgrades, {size:.0f} MB in {file.parent}"
    return Finding("backups", True, told if left else "no copies from before upgrades")
