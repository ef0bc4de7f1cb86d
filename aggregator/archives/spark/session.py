"""Connecting to Spark, and its errors in words."""

from __future__ import annotations

import os
import re
import shutil
import socket
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from py4j.protocol import Py4JError
from pyspark.errors import PySparkException
from pyspark.sql import SparkSession

from aggregator import __version__
from aggregator.dedup.fingerprint import RECIPE
from aggregator.errors import AggregatorError, UsageError

WAIT = 5.0  # seconds for a master to answer
JAVA = "Java 17 or newer (Debian, Ubuntu: apt-get install default-jre-headless), or JAVA_HOME to name it"
SETTINGS = {
    "spark.sql.session.timeZone": "UTC",
    "spark.sql.execution.arrow.maxRecordsPerBatch": "1024",
    "spark.sql.execution.pythonUDF.arrow.enabled": "true",
    "spark.log.level": "ERROR",
    "spark.ui.showConsoleProgress": "false",
}
PYTHON = "spark.pyspark.python"  # the executors'
HERE = "local[*]"  # all processors of this machine
ALONE = {  # nothing of it is open to other machines
    "spark.driver.host": "127.0.0.1",
    "spark.driver.bindAddress": "127.0.0.1",
    "spark.ui.enabled": "false",
}


@contextmanager
def session(master: str | None, conf: Mapping[str, str]) -> Iterator[SparkSession]:
    """A connection to Spark; errors become words. One that is there is used, unless one is named."""
    running = SparkSession.getActiveSession()
    if running is not None and master is None:
        with _in_words():
            yield running
        return
    _reachable(master or HERE)
    with _in_words():
        spark = _connect(master or HERE, conf)
        try:
            _same_version(spark)
            yield spark
        finally:
            spark.stop()


def _connect(master: str, conf: Mapping[str, str]) -> SparkSession:
    settings = dict(SETTINGS)
    if master.startswith("local"):
        settings |= ALONE
        os.environ.setdefault("PYSPARK_PYTHON", sys.executable)
    settings |= conf
    if python := conf.get(PYTHON):  # which itself is read by spark-submit alone
        os.environ["PYSPARK_PYTHON"] = python
    builder = SparkSession.builder.appName("aggregator dedup").master(master)
    for key, value in settings.items():
        builder = builder.config(key, value)
    with _silenced(none="spark.log.level" in conf) as heard:
        try:
            return builder.getOrCreate()
        except PySparkException as error:
            if "JAVA_GATEWAY_EXITED" not in str(error):
                raise
            reason = f"; Java said: {first}" if (first := heard()) else ""
            raise UsageError(f"Spark does not start; it needs {JAVA}{reason}") from error


@contextmanager
def _silenced(*, none: bool) -> Iterator[Callable[[], str]]:
    """Java's standard error goes to a file, as it is for those who run Spark; gives its first line."""
    if none:
        yield lambda: ""
        return
    with tempfile.TemporaryFile("w+") as file:

        def heard() -> str:
            file.seek(0)
            return next((line.strip() for line in file if line.strip()), "")

        kept = os.dup(2)
        os.dup2(file.fileno(), 2)
        try:
            yield heard
        finally:
            os.dup2(kept, 2)
            os.close(kept)


def _reachable(master: str) -> None:
    """Java is here, and a master of Spark's own kind answers: Spark itself would try for a minute."""
    home = os.environ.get("JAVA_HOME")
    java = Path(home, "bin", "java") if home else None
    if not (java.is_file() if java else shutil.which("java")):
        where = f"not at JAVA_HOME ({home})" if home else "not found"
        raise UsageError(f"--engine spark: Java is {where}; Spark needs {JAVA}")
    if master.startswith("spark://"):
        said = []
        for each in master.removeprefix("spark://").split(","):
            host, _, port = each.rpartition(":")
            try:
                socket.create_connection((host.strip("[]"), int(port)), WAIT).close()
            except ValueError:
                raise UsageError(f"--master {master}: must be spark://HOST:PORT") from None
            except OSError as error:
                said.append(error.strerror or str(error))
            else:
                return
        raise AggregatorError(f"{master}: the cluster is not reached: {'; '.join(said)}")


def _same_version(spark: SparkSession) -> None:
    """The executors have this program, in this version; else the one that answers is named."""
    ours = (__version__, RECIPE)

    def theirs(_: object) -> Iterator[tuple[str, str]]:
        import aggregator.dedup.fingerprint

        yield aggregator.__version__, aggregator.dedup.fingerprint.RECIPE

    parts = spark.sparkContext.defaultParallelism
    for other in set(spark.sparkContext.parallelize(range(parts), parts).mapPartitions(theirs).collect()):
        if other != ours:
            raise UsageError(
                f"the executors have aggregator {other[0]} ({other[1]}), this is {ours[0]} ({ours[1]}); both "
                "must be the same"
            )


@contextmanager
def _in_words() -> Iterator[None]:
    try:
        yield
    except (PySparkException, Py4JError, ConnectionError) as error:
        raise said(error) from error


def said(error: Exception) -> AggregatorError:
    """An error of Spark as one of ours."""
    text = str(error)
    if missing := re.search(r"No module named '([\w.]+)'", text):
        return UsageError(
            f"the executors' Python has no {missing[1]}; install feed-aggregator[spark] there, or send an "
            "environment along: --spark-conf spark.archives=env.tar.gz#env --spark-conf "
            "spark.pyspark.python=./env/bin/python"
        )
    if missing := re.search(r"PATH_NOT_FOUND\] Path does not exist: (\S+?)\.? ", text + " "):
        return UsageError(f"{plain(missing[1])}: no such file or folder, where Spark looks")
    if re.search(r"stopped SparkContext|Connection refused|All masters are unresponsive", text):
        return AggregatorError(f"Spark went away: {_first(text)}")
    return AggregatorError(f"Spark failed: {_last(text)}")


def plain(path: str) -> str:
    """A file's address as a person writes it."""
    from urllib.parse import unquote, urlsplit

    parts = urlsplit(path)
    return unquote(parts.path) if parts.scheme == "file" else path


def _first(text: str) -> str:
    return next((line.strip() for line in text.splitlines() if line.strip()), text)


def _last(text: str) -> str:
    """What a Python traceback within ends with, else the first line."""
    found = re.findall(r"^\s*((?:\w+\.)*\w*(?:Error|Exception|Interrupt): .+)$", text, re.MULTILINE)
    return found[-1].strip() if found else _first(text)
