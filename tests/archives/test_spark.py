"""The archive on a real Spark, on two cores of this machine: the lines of the local engine, byte for byte."""

from __future__ import annotations

import json
import os
import shutil
import socket
import venv
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from aggregator.archives import local
from aggregator.archives.spark import dedup
from aggregator.cli import run
from aggregator.dedup.rules import Rules
from aggregator.errors import AggregatorError, UsageError
from tests.archives import made
from tests.commands import SHARED, aggregator

MISSING = "no Java: apt-get install default-jre-headless"
QUICKLY = {  # a JVM that lives for seconds compiles little
    "spark.driver.extraJavaOptions": "-XX:TieredStopAtLevel=1 -XX:+UseSerialGC",
    "spark.sql.codegen.wholeStage": "false",
}


@pytest.fixture(scope="module")
def spark() -> Iterator[Any]:
    """A Spark with two cores."""
    if not (os.environ.get("JAVA_HOME") or shutil.which("java")):
        if os.environ.get("CI"):
            pytest.fail(MISSING)
        pytest.skip(MISSING)
    from aggregator.archives.spark.session import session

    with session("local[2]", QUICKLY) as connected:
        yield connected


def as_written(lines: Iterator[dict[str, Any]]) -> str:
    """The lines as the command writes them."""
    return "".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines)


@pytest.mark.timeout(300)  # a JVM on a busy machine
def test_a_folder_gives_the_same_bytes(spark: Any, tmp_path: Path) -> None:
    """Lines, packed lines and tables, cut into three parts; then lines of it that are wrong."""
    from aggregator.archives.spark.plan import fold

    folder = made.folder(tmp_path, made.documents())
    told: list[str] = []
    found = as_written(fold(spark, str(folder), Rules(), lambda step, *_: told.append(step), parts=3))
    assert found == as_written(local.dedup(str(folder), Rules()))
    assert told[0] == "read (step 1 of 6)"
    with (folder / "a.jsonl").open("ab") as file:
        file.write(b'{"id": 1, "text": 2}\n')
    number = len((folder / "a.jsonl").read_bytes().splitlines())
    for engine in (lambda: dedup(str(folder), Rules()), lambda: local.dedup(str(folder), Rules())):
        with pytest.raises(UsageError) as error:
            list(engine())
        assert str(error.value) == f"{folder}/a.jsonl:{number}: text: must be a string, not int"


@pytest.mark.long
@pytest.mark.timeout(600)
def test_what_is_wrong_is_said_as_the_local_engine_does(spark: Any, tmp_path: Path) -> None:
    """The same words for bytes that are no text, ids that are twice, folders without an archive."""
    good = b'{"id": 1, "text": "Velmora has a bridge."}\n'
    for number, (name, content) in enumerate([
        ("a.jsonl", b"\xef\xbb\xbf" + good + b"\n{half\n"),
        ("a.jsonl", good + b'{"id": "\xff"}\n'),
        ("a.jsonl", good * 2),
        ("a.txt", b"no archive"),
    ]):  # fmt: skip
        folder = tmp_path / str(number)
        folder.mkdir()
        (folder / name).write_bytes(content)
        said = []
        for engine in (local.dedup, dedup):
            with pytest.raises(UsageError) as error:
                list(engine(str(folder), Rules()))
            said.append(str(error.value))
        assert said[0] == said[1]


@pytest.mark.long
@pytest.mark.timeout(600)
def test_one_file_and_the_command(spark: Any, tmp_path: Path) -> None:
    """A file of each kind, named on the command line; a path that is not there."""
    documents = [each for each in made.documents() if isinstance(each["id"], str)]
    (tmp_path / "lines").write_bytes(made.lines(documents))
    made.parquet(documents, tmp_path / "table.parquet")
    local_lines = as_written(local.dedup(str(tmp_path / "lines"), Rules()))
    for name in ("lines", "table.parquet"):
        target = tmp_path / f"{name}.out"
        assert run(["dedup", str(tmp_path / name), "--engine", "spark", "-o", str(target)]) == 0
        assert target.read_text(encoding="utf-8") == local_lines
    with pytest.raises(UsageError, match="none: no such file or folder, where Spark looks"):
        list(dedup(str(tmp_path / "none"), Rules()))


@pytest.mark.long
@pytest.mark.shared
@pytest.mark.timeout(3600)
@pytest.mark.parametrize("language", ["en", "ar"])
def test_real_archives_give_the_same_bytes(spark: Any, language: str) -> None:
    """The texts of ../shared, thousands of them."""
    file = SHARED / "data" / f"{language}.docs.jsonl.gz"
    if not file.exists():
        pytest.skip(f"{file} is not there")
    assert as_written(dedup(str(file), Rules())) == as_written(local.dedup(str(file), Rules()))


def test_a_cluster_that_is_not_there_is_said_at_once() -> None:
    """No Spark is started for a master that does not answer, or whose address is none."""
    if not shutil.which("java"):
        pytest.skip(MISSING)
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
        with pytest.raises(
            AggregatorError, match=f"127.0.0.1:{port}: the cluster is not reached: Connection refused"
        ):
            list(dedup(__file__, Rules(), master=f"spark://127.0.0.1:{port}"))
    with pytest.raises(UsageError, match="must be spark://HOST:PORT"):
        list(dedup(__file__, Rules(), master="spark://nowhere"))


def test_what_is_missing_is_said(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Java, the extra, a place to read: each in a line that says what to do."""
    monkeypatch.setenv("JAVA_HOME", str(tmp_path))
    with pytest.raises(UsageError, match=r"Java is not at JAVA_HOME \(.*\); Spark needs Java 17 or newer"):
        list(dedup(__file__, Rules(), master="local[2]"))
    with pytest.raises(UsageError, match="reads a file or a folder, not standard input"):
        list(dedup("-", Rules()))
    monkeypatch.setattr("aggregator.archives.spark.NEEDS", ("no_such_package",))
    with pytest.raises(UsageError, match="needs pyspark and pyarrow: pip install"):
        list(dedup(__file__, Rules()))


def test_a_java_that_does_not_do_is_said(tmp_path: Path) -> None:
    """One line with what it said itself, and none of Spark's own."""
    java = tmp_path / "bin" / "java"
    java.parent.mkdir()
    java.write_text("#!/bin/sh\necho too old >&2\nexit 1\n")
    java.chmod(0o755)
    done = aggregator("dedup", __file__, "--engine", "spark", code=2, env={"JAVA_HOME": str(tmp_path)})
    assert done.stdout == ""
    (line,) = done.stderr.splitlines()
    assert line.startswith("aggregator: Spark does not start; it needs Java 17 or newer")
    assert line.endswith("; Java said: too old")


@pytest.mark.long
@pytest.mark.timeout(300)
def test_executors_without_the_program_are_said(tmp_path: Path) -> None:
    """Their Python is the one that is named, which has nothing installed; the line says what to do."""
    if not shutil.which("java"):
        pytest.skip(MISSING)
    venv.create(tmp_path / "bare", with_pip=False)
    python = f"spark.pyspark.python={tmp_path}/bare/bin/python"
    command = ["dedup", __file__, "--engine", "spark", "--master", "local[1]", "--spark-conf", python]
    (line,) = aggregator(*command, code=2).stderr.splitlines()
    assert line.startswith("aggregator: the executors' Python has no ")
    assert "install feed-aggregator[spark] there, or send an environment along" in line
