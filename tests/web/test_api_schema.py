"""schemathesis on the API's own description, over a real store: no server error, no breach of the schema."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import newsroom
import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis.errors import Unsatisfiable
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from aggregator.store import Store
from aggregator.web.app import WebSettings, create_app
from aggregator.web.feeds import Site

sys.path.insert(0, str(Path(__file__).parents[1] / "store"))
sys.path.insert(0, str(Path(__file__).parent))

from made import poll, prepared, sources, words
from test_web_with_store import StoreCorrecting, StoreReading

CHECKS = [
    not_a_server_error, response_schema_conformance, status_code_conformance, content_type_conformance,
    response_headers_conformance,
]  # fmt: skip
NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)
TEXT = words("wire", 180) + " The council counted 417 boats in Velmora on Sunday.\n\n" + words("after", 60)


@contextmanager
def application(folder: Path) -> Iterator[Any]:
    """The API over a store with copies, a correction, a split and a merge."""
    store = Store.open(f"sqlite:///{folder}/a.db", now=lambda: NOW)
    store.sync_sources(sources(3), lambda: 0.5)
    at = NOW - timedelta(hours=1)
    poll(store, at, "s0", [prepared("a", "Boats counted", TEXT), prepared("x", "Bells", words("x"))])
    poll(store, at, "s1", [prepared("b", "Boats", TEXT), prepared("y", "Bread", words("y"))])
    poll(store, at, "s2", [prepared("c", "Boats", TEXT)])
    poll(store, NOW, "s1", [prepared("b", "Boats again", TEXT.replace("417", "471"))], also=["y"])
    store.corrections.split(3, author="mina", reason="no")
    store.record.note_changes()
    site = Site("Every story once", "http://localhost", store.tag, store.born)
    room = newsroom.services(newsroom.Newsroom(), WebSettings(hosts=("testserver",)))
    made = replace(
        room,
        reading=StoreReading(store),
        correcting=StoreCorrecting(store),
        watching=store.record,
        site=lambda: site,
    )
    try:
        yield create_app(made)
    finally:
        store.close()


def fuzz(folder: Path, examples: int) -> int:
    """Call every operation with so many requests made of its description. Returns how many were made."""
    with application(folder) as app:
        schema = schemathesis.openapi.from_asgi("/api/openapi.json", app)
        made = 0
        for found in schema.get_all_operations():
            operation = found.ok()
            if operation.path.endswith("/events"):
                continue  # a stream has no end

            def test(case: schemathesis.Case) -> None:
                nonlocal made
                made += 1
                case.call_and_validate(checks=CHECKS)

            for mode in schemathesis.GenerationMode:
                strategy = operation.as_strategy(generation_mode=mode)
                _run(strategy, test, examples)
        return made


def _run(strategy: Any, test: Any, examples: int) -> None:
    chosen = settings(
        max_examples=examples, deadline=None, database=None, derandomize=True, phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )  # fmt: skip
    with suppress(Unsatisfiable):  # what takes no parameter cannot be asked wrongly
        chosen(given(strategy)(test))()


def test_the_api_keeps_to_its_description(tmp_path: Path) -> None:
    """A few requests for every operation, right and wrong ones."""
    assert fuzz(tmp_path, 1) > 25


@pytest.mark.long
@pytest.mark.timeout(900)  # more than two minutes beside other work
def test_the_api_keeps_to_its_description_for_long(tmp_path: Path) -> None:
    """Hundreds of requests for every operation."""
    assert fuzz(tmp_path, 300) > 5_000
