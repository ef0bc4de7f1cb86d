"""Which file is the configuration, where the shipped example lies, and the copy that the first run makes."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from importlib.resources import files
from pathlib import Path

from aggregator.errors import ConfigError

NAME = "aggregator.yaml"
SCHEMA_NAME = "aggregator.schema.json"


def user_directory(environ: Mapping[str, str]) -> Path:
    """$XDG_CONFIG_HOME/aggregator, that is ~/.config/aggregator (%APPDATA% on Windows)."""
    return _base(environ, "XDG_CONFIG_HOME", ".config")


def data_directory(environ: Mapping[str, str]) -> Path:
    """$XDG_DATA_HOME/aggregator, that is ~/.local/share/aggregator (%APPDATA% on Windows)."""
    return _base(environ, "XDG_DATA_HOME", ".local/share")


def _base(environ: Mapping[str, str], variable: str, fallback: str) -> Path:
    if sys.platform == "win32" and environ.get("APPDATA"):
        return Path(environ["APPDATA"]) / "aggregator"
    named = environ.get(variable, "")
    home = Path(environ["HOME"]) if environ.get("HOME") else Path.home()
    # The XDG specification has relative paths ignored.
    return (Path(named) if named and Path(named).is_absolute() else home / fallback) / "aggregator"


def default_database(path: Path, environ: Mapping[str, str]) -> str:
    """Where the database is when the YAML does not say.

    Beside the configuration file, as data/aggregator.db, except for the file in the user's configuration
    directory: data does not belong there (XDG), and is kept in the user's data directory.
    """
    if path.absolute().parent == user_directory(environ).absolute():
        return f"sqlite:///{data_directory(environ) / 'aggregator.db'}"
    return f"sqlite:///{path.absolute().parent / 'data' / 'aggregator.db'}"


def find(
    config: Path | None, environ: Mapping[str, str], *, create: bool = False, here: Path | None = None
) -> Path:
    """The configuration file to use: ``config``, $AGGREGATOR_CONFIG, ./config/aggregator.yaml, the user's.

    In a checkout ./config/aggregator.yaml is the shipped example, which no one edits: it is passed over, so
    that what the first run copied to the user's directory is what counts. The file need not exist yet;
    with ``create`` it is made by `first_run`.
    """
    path = _find(config, environ, here)
    if create:
        first_run(path)
    return path


def _find(config: Path | None, environ: Mapping[str, str], here: Path | None) -> Path:
    if config is not None:
        return config
    if environ.get("AGGREGATOR_CONFIG"):
        return Path(environ["AGGREGATOR_CONFIG"])
    local = (here or Path.cwd()) / "config" / NAME
    if local.is_file() and not is_shipped(local):
        return local
    return user_directory(environ) / NAME


def shipped(name: str = NAME) -> Path:
    """The shipped example. In a checkout aggregator/shipped/ links to config/; a wheel holds copies there."""
    folder = Path(str(files("aggregator")))
    packaged = folder / "shipped" / name
    # Where links are not checked out (Windows), the link is a small text file: take what it points to.
    original = folder.parent / "config" / name
    return (
        original
        if original.is_file() and (folder.parent / "pyproject.toml").is_file()
        else packaged.resolve()
    )


def is_shipped(path: Path) -> bool:
    """Whether ``path`` is the shipped example itself, not a copy of it."""
    return path.exists() and shipped().exists() and path.samefile(shipped())


def first_run(path: Path) -> bool:
    """Copy the shipped example and its schema to ``path`` if nothing is there; whether it did so.

    Never overwrites, not even when two programs start at once. Raises ConfigError when it cannot write.
    """
    if path.exists():
        return False
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        schema = path.parent / SCHEMA_NAME
        if not schema.exists():
            schema.write_bytes(shipped(SCHEMA_NAME).read_bytes())
        draft = path.with_name(f".{path.name}.{os.getpid()}")
        draft.write_bytes(shipped().read_bytes())
        try:
            with draft.open("rb") as written:
                os.fsync(written.fileno())
            os.link(draft, path)  # fails if it is there, and is whole from the first moment
        except FileExistsError:
            return False
        except OSError:  # a file system without hard links
            draft.replace(path)
            return True
        finally:
            draft.unlink(missing_ok=True)
    except OSError as error:
        message = f"the first configuration could not be written here: {error.strerror or error}"
        raise ConfigError(message, path) from error
    return True
