"""Files that are there whole or not at all, also when the power fails."""

from __future__ import annotations

import os
from pathlib import Path


def put(part: Path, target: Path) -> None:
    """Put a file that is written beside ``target`` in its place, once the disk has it. Raises OSError."""
    with part.open("rb") as handle:
        os.fsync(handle.fileno())
    part.replace(target)
    sync_folder(target.parent)


def sync_folder(folder: Path) -> None:
    """Let the disk have the names of a folder's files, as they are now. Raises OSError."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
