"""The archive on this machine: every form of files, processes, scratch files, errors that name the line."""

from __future__ import annotations

import contextlib
import gzip
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from aggregator.archives import local
from aggregator.archives.files import lines_of
from aggregator.archives.scratch import shelves
from aggregator.cli import run
from aggregator.dedup.archive import dedup
from aggregator.dedup.archive.documents import read
from aggregator.dedup.archive.whole import fold
from aggregator.dedup.rules import Rules
from aggregator.errors import UsageError
from tests.archives import made
from tests.commands import ROOT


def here(path: Path) -> list[dict[str, Any]]:
    """What the local engine gives."""
    return list(local.dedup(str(path), Rules()))


def test_a_folder_of_all_forms_is_one_archive(tmp_path: Path) -> None:
    """Lines, packed lines and tables together give what the same documents give in memory."""
    documents = made.documents()
    found = here(made.folder(tmp_path, documents))
    assert found == dedup(documents)
    assert len({line["story"] for line in found}) < len(found) - 10
    assert [line["id"] for line in found if isinstance(line["id"], int)]


def test_processes_and_scratch_files_change_nothing(tmp_path: Path) -> None:
    """Two processes that share what lies in scratch files: the same lines; and progress up to the end."""
    documents = [read(each, "-") for each in made.documents()]
    told: dict[str, tuple[int, int | None]] = {}

    def progress(step: str, done: int, total: int | None) -> None:
        told[step] = done, total

    with shelves() as shelf, local.apart(2) as apart:
        several = list(fold(documents, Rules(), "-", apart=apart, shelf=shelf, progress=progress))
    assert several == list(fold(documents, Rules(), "-"))
    number = len(documents)
    assert told["fingerprinted"] == told["compared"] == (number, number)


def test_a_shelf_gives_what_was_put_there(tmp_path: Path) -> None:
    """By place, in any order; it is gone with its folder."""
    with shelves() as make:
        shelf = make()
        for number in range(10_000):
            shelf.append((number, b"x" * (number % 7)))
        places = [9_999, 0, 4_095, 4_096, 4_097, 17]
        assert [shelf[place] for place in places] == [(place, b"x" * (place % 7)) for place in places]
        files = list(Path(shelf._path).parent.iterdir())
        assert len(files) == 2
    assert not any(file.exists() for file in files)


GOOD = '{"id": 1, "text": "Velmora has a bridge.", "published": "2024-03-04"}\n'


@pytest.mark.parametrize(
    ("name", "content", "said"),
    [
        ("a.jsonl", GOOD.encode() + b"\n{half\n", "a.jsonl:3: not JSON: "),
        (
            "a.jsonl",
            GOOD.encode() + b'{"id": "\xff"}\n',
            "a.jsonl:2: not UTF-8: invalid start byte at byte 9",
        ),
        ("a.jsonl", b"[1]\n", "a.jsonl:1: a line must be a JSON object"),
        (
            "a.jsonl",
            GOOD.encode() + b'{"id": "\\ud800", "text": "x"}\n',
            "a.jsonl:2: id: has half a character",
        ),
        ("a.jsonl", GOOD.encode() + b'{"id": 2, "text": 3}\n', "a.jsonl:2: text: must be a string, not int"),
        ("a.jsonl", GOOD.encode() * 2, "occurs more than once"),
        ("a.jsonl.gz", gzip.compress(GOOD.encode() * 90, mtime=0)[:60], "a.jsonl.gz:"),
        ("a.parquet", b"PAR1 and no more", "a.parquet: no Parquet that can be read: "),
        ("a.txt", b"", "holds no archive: no file that ends in .jsonl, "),
    ],
)
def test_an_error_names_file_and_line(tmp_path: Path, name: str, content: bytes, said: str) -> None:
    """What is wrong, and where."""
    (tmp_path / name).write_bytes(content)
    with pytest.raises(UsageError) as error:
        here(tmp_path)
    assert said in str(error.value)
    assert "\n" not in str(error.value)


def test_a_failed_run_leaves_no_file(tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    """Exit 2, one line, and nothing at the place of the output."""
    (tmp_path / "a.jsonl").write_bytes(GOOD.encode() * 2)
    before = set(tmp_path.iterdir())
    assert run(["dedup", str(tmp_path / "a.jsonl"), "-o", str(tmp_path / "out.jsonl")]) == 2
    assert run(["dedup", str(tmp_path / "none.jsonl")]) == 2
    assert run(["dedup", str(tmp_path / "a.jsonl"), "--master", "local"]) == 2
    assert set(tmp_path.iterdir()) == before
    out, said = capfd.readouterr()
    assert out == ""
    assert said.splitlines() == [
        f"aggregator: {tmp_path}/a.jsonl: id: '1' occurs more than once; ids must be unique",
        f"aggregator: {tmp_path}/none.jsonl: cannot be read: No such file or directory",
        "aggregator: --master and --spark-conf are of --engine spark",
    ]


def test_a_byte_order_mark_is_no_error(tmp_path: Path) -> None:
    """As Windows writes files, and as Spark reads them."""
    (tmp_path / "a.jsonl").write_bytes(b"\xef\xbb\xbf" + GOOD.encode())
    assert [json.loads(line.content.decode("utf-8-sig"))["id"] for line in lines_of(str(tmp_path))] == [1]  # type: ignore[union-attr]
    assert len(here(tmp_path)) == 1


def below(process: int) -> set[int]:
    """The processes that a process started."""
    found = set()
    for entry in Path("/proc").iterdir():
        with contextlib.suppress(OSError):
            if (
                entry.name.isdigit()
                and int((entry / "stat").read_text().rpartition(")")[2].split()[1]) == process
            ):
                found.add(int(entry.name))
    return found


@pytest.mark.parametrize("ending", [signal.SIGTERM, signal.SIGKILL])
def test_nothing_stays_when_it_is_ended(tmp_path: Path, ending: signal.Signals) -> None:
    """No process waits for one that was killed; asked to end, it takes its scratch files along."""
    command = [sys.executable, "-m", "aggregator", "dedup", "-"]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, env=os.environ | {"TMPDIR": str(tmp_path)}
    ) as started:
        assert started.stdin is not None
        started.stdin.write(b"".join(b'{"id": %d, "text": "x"}\n' % number for number in range(2_000)))
        started.stdin.flush()
        wait_for(lambda: len(below(started.pid)) > min(2, local.processes()) - 1)
        helpers = below(started.pid)
        started.send_signal(ending)
        started.wait(60)
    assert started.returncode in (143, -9)
    wait_for(lambda: not any(map(alive, helpers)))
    assert list(tmp_path.iterdir()) == [] or ending == signal.SIGKILL


def alive(process: int) -> bool:
    """Whether it runs; one that nobody has asked about yet does not."""
    try:
        return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def wait_for(condition: Callable[[], bool]) -> None:
    """Until it is so."""
    until = time.monotonic() + 60
    while not condition():
        assert time.monotonic() < until
        time.sleep(0.05)


@pytest.mark.long
@pytest.mark.timeout(300)  # half a minute of work
def test_memory_does_not_hold_the_texts(tmp_path: Path) -> None:
    """Ten thousand more articles, most of 1,500 words, take less than 8 kB each in all processes together."""
    sys.path.append(str(ROOT / "scripts"))
    from lib.bench import archive

    small, large = (
        archive.measure(archive.written(number, tmp_path, 1_500), "local", "", tmp_path)["memory_mb"]
        for number in (4_000, 14_000)
    )
    assert (large - small) * 1_000_000 / 10_000 < 8_000
