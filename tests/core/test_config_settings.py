"""From YAML to settings: inheritance, units, variables, the shipped file and its schema."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator
from ruamel.yaml import YAML

from aggregator.config import Settings, load, schema, schema_json
from aggregator.config.nodes import render
from aggregator.config.show import MASK, effective
from aggregator.config.units import format_duration, format_size, parse_duration, parse_size
from aggregator.dedup.rules import Rules
from aggregator.errors import UsageError

ROOT = Path(__file__).parent.parent.parent
GOOD = ROOT / "tests" / "data" / "config" / "good"
SHIPPED = ROOT / "config" / "aggregator.yaml"
ENVIRON = {"TEST_SECRET": "s3cret-value", "HOME": "/home/someone"}


@pytest.fixture(scope="module")
def settings() -> Settings:
    """The settings of good/inheritance.yaml."""
    return load(GOOD / "inheritance.yaml", ENVIRON)


def plain(value: object) -> Any:
    """A setting as the expectation's JSON writes it."""
    if isinstance(value, timedelta):
        return format_duration(value)
    if hasattr(value, "scope"):
        return [value.scope, value.threshold]
    return dict(value) if hasattr(value, "keys") else value


def test_inheritance(settings: Settings) -> None:
    """Defaults, group and source override each other in that order, key by key, over included files."""
    expected = json.loads((GOOD / "inheritance.json").read_text(encoding="utf-8"))
    assert settings.database == f"sqlite:///{GOOD / expected['database']}"
    assert settings.group_titles == expected["groups"]
    assert [source.id for source in settings.sources] == list(expected["sources"])
    for name, facts in expected["sources"].items():
        source = settings.source(name)
        assert {key: plain(getattr(source, key)) for key in facts} == facts
    assert settings.files == (GOOD / "inheritance.yaml", GOOD / "parts" / "more.yaml")


def test_show_names_the_line_and_masks_secrets(settings: Settings) -> None:
    """Each effective value of a source comes with the line that sets it; secrets are never shown."""
    shown = {value.key.rpartition(".")[2]: value for value in effective(settings, "own")}
    lines = (GOOD / "inheritance.yaml").read_text(encoding="utf-8").splitlines()

    def line(key: str) -> str:
        return lines[int(shown[key].origin.rpartition(":")[2]) - 1]

    assert (shown["interval"].shown, line("interval").strip()) == ("1h30m", "interval: 1h30m")
    assert "korea:" in line("timezone") or "timezone: null" in line("timezone")
    assert line("max_body").startswith("polling:")
    assert shown["password"].shown == MASK
    assert shown["paywall"].origin == "default"
    everything = [*effective(settings), *(v for s in settings.sources for v in effective(settings, s.id))]
    assert not any("s3cret" in value.shown for value in everything)
    assert "s3cret" not in repr(settings)
    with pytest.raises(UsageError, match="did you mean 'own'"):
        list(effective(settings, "owm"))


def test_shipped_configuration() -> None:
    """The shipped file loads, lists every outlet once, and finds the story in six languages."""
    shipped = load(SHIPPED, ENVIRON)
    assert len(shipped.sources) == len({source.url for source in shipped.sources}) == 33
    assert {source.group for source in shipped.sources} == {"iran", "korea", "world"}
    assert all(source.language and source.authority for source in shipped.sources)
    assert shipped.rules() == Rules()
    for title in (
        "Parliament Speaker in Tehran talks to Pyongyang's foreign minister",
        "رئیس مجلس با وزیر خارجه کره‌شمالی در تهران دیدار کرد",
        "이란 국회의장, 북한 외무상 접견",
        "伊朗议长会见朝鲜外相",
        "Спикер Ирана принял министра КНДР",
        "رئيس البرلمان الإيراني يستقبل وزير خارجية كوريا الشمالية",
    ):
        assert shipped.topics.match(title) == ("tehran-pyongyang",), title
    assert shipped.topics.match("Tirana's mayor meets a minister of South Korea") == ()


def test_schema_is_current() -> None:
    """The exported schema is that of the models, is valid, and accepts the shipped file, which names it."""
    exported = (ROOT / "config" / "aggregator.schema.json").read_text(encoding="utf-8")
    assert exported == schema_json(), "run: aggregator config schema > config/aggregator.schema.json"
    Draft202012Validator.check_schema(schema())
    Draft202012Validator(schema()).validate(YAML(typ="safe", pure=True).load(SHIPPED))
    assert SHIPPED.read_text(encoding="utf-8").startswith(
        "# yaml-language-server: $schema=aggregator.schema.json\n"
    )


def test_schema_explains_every_key() -> None:
    """Editors show a description for every key."""
    made = schema()
    for model in (made, *made["$defs"].values()):
        for name, inner in model["properties"].items():
            assert inner.get("description") or "$ref" in str(inner), (model.get("title"), name)


def test_variables_keep_their_type() -> None:
    """A number from the environment is a number where it stands unquoted, and text in quotes."""
    settings = load(GOOD / "variables.yaml", {"PORT": "9000", "PASSWORD": "12345", "HOME": "/home/someone"})
    assert settings.web.port == 9000
    assert settings.web.password == "12345"
    assert settings.web.user == "${PORT}"
    assert settings.web.base_url == "https://news.example/here"


@given(st.integers(min_value=0, max_value=3_000_000_000))
def test_durations_read_what_they_write(seconds: int) -> None:
    """Parsing undoes formatting, to the second."""
    assert parse_duration(format_duration(timedelta(seconds=seconds))) == timedelta(seconds=seconds)


@given(st.integers(min_value=0, max_value=10**15))
def test_sizes_read_what_they_write(size: int) -> None:
    """Parsing undoes formatting, to the byte."""
    assert parse_size(format_size(size)) == size


def test_units() -> None:
    """MB is a million bytes, MiB is 2²⁰; durations may be joined; nonsense is refused."""
    assert (parse_size("15MB"), parse_size("15 MiB"), parse_size("1.5kB")) == (15_000_000, 15_728_640, 1500)
    assert parse_duration("1h30m") == timedelta(minutes=90)
    for wrong in ("", "30", "m", "-5m", "5 parsecs", "99999999d"):
        with pytest.raises(ValueError, match=r"duration|longer"):
            parse_duration(wrong)


@given(
    st.recursive(
        st.none()
        | st.booleans()
        | st.integers()
        | st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cs"])),
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(st.from_regex(r"[a-z]{1,9}", fullmatch=True), inner, max_size=3)
        ),
        max_leaves=6,
    )
)
def test_rendered_values_are_read_back(value: object) -> None:
    """What an edit writes is what a YAML parser reads."""
    assert YAML(typ="safe", pure=True).load("x: " + render(value, variables=True)) == {"x": value}
