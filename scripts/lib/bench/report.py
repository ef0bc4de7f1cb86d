"""What all benchmarks share: where they ran, how they print, and how one measures in a process of its own."""

from __future__ import annotations

import argparse
import importlib.util
import json
import os
import platform
import subprocess
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[3]


def parser(name: str, description: str | None) -> argparse.ArgumentParser:
    """The options that all have."""
    made = argparse.ArgumentParser(
        prog=f"bench {name}",
        description=description,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    made.add_argument("--quick", action="store_true", help="small and in seconds: to see that it works")
    made.add_argument("--out", type=Path, help=f"folder for {name}.json and a picture")
    return made


def where() -> dict[str, str]:
    """The machine and the day."""
    names = {}
    if (info := Path("/proc/cpuinfo")).exists():
        names = dict(
            part.split(":", 1) for part in info.read_text().replace("\t", "").splitlines() if ":" in part
        )
    model = names.get("model name", platform.machine()).strip()
    load = ", ".join(f"{part:.1f}" for part in os.getloadavg())
    return {
        "date": f"{datetime.now(UTC):%Y-%m-%d}",
        "machine": f"{model}, {os.cpu_count()} CPUs, Python {platform.python_version()}",
        "load": load,
    }


def emit(
    name: str, found: dict[str, Any], out: Path | None, draw: Callable[[dict[str, Any], Path], None]
) -> None:
    """Print as JSON; write it, and a picture where matplotlib is installed, into ``out``."""
    text = json.dumps(found, indent=2)
    print(text)
    if out is None:
        return
    out.mkdir(parents=True, exist_ok=True)
    (out / f"{name}.json").write_text(text + "\n")
    if importlib.util.find_spec("matplotlib"):
        draw(found, out / f"{name}.png")
    else:
        print("no picture: matplotlib is not installed", file=sys.stderr)


def pyplot() -> Any:
    """matplotlib's pyplot, without a screen."""
    import matplotlib as mpl

    mpl.use("agg")
    from matplotlib import pyplot as plt

    return plt


def apart(module: str, *arguments: object) -> dict[str, Any]:
    """The JSON object that a module of the benchmarks prints in a process that does nothing else."""
    paths = [str(ROOT), str(ROOT / "scripts")]
    done = subprocess.run(
        [sys.executable, "-m", f"lib.bench.{module}", *map(str, arguments)],
        env=os.environ | {"PYTHONPATH": os.pathsep.join(paths)},
        stdout=subprocess.PIPE, check=True, text=True,
    )  # fmt: skip
    found: dict[str, Any] = json.loads(done.stdout)
    return found
