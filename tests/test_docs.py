"""The README holds every command, setting, route and format, and names none that is not there."""

from __future__ import annotations

import ast
import re
from fnmatch import fnmatch

import click
import pytest

from aggregator.cli import COMMANDS, program
from aggregator.config.models import File
from aggregator.publish import FORMATS
from aggregator.web import (
    account_pages,
    api,
    api_corrections,
    api_events,
    api_more,
    argument_pages,
    citing,
    connect,
    ops,
    pages,
    source_pages,
    watch,
)
from tests.commands import ROOT

README = (ROOT / "README.md").read_text(encoding="utf-8")
SHIPPED = (ROOT / "config" / "aggregator.yaml").read_text(encoding="utf-8")


def every_command() -> list[str]:
    """Full names: `stories`, `db backup`, …"""
    context = click.Context(program)
    names = []
    for name in COMMANDS:
        command = program.get_command(context, name)  # type: ignore[attr-defined]
        if isinstance(command, click.Group):
            names += [f"{name} {sub}" for sub in command.commands]
            names += [name] if hasattr(command, "otherwise") else []  # `import FILE`
        else:
            names.append(name)
    return names


def test_every_command_is_in_the_readme() -> None:
    """A command that the README does not name does not exist for its user."""
    assert [name for name in every_command() if f"aggregator {name}" not in README] == []


def test_the_readme_names_no_command_that_is_not_there() -> None:
    """Every `aggregator …` line of the tour is a command."""
    real = every_command()
    named = re.findall(r"^ {4}aggregator ((?:[a-z]+ ?)+)", README, re.MULTILINE)
    assert named
    assert [name for name in named if not any(name.startswith(one) for one in real)] == []


def test_every_command_explains_itself() -> None:
    """Each command has a help text of at least one sentence."""
    context = click.Context(program)
    for name in COMMANDS:
        command = program.get_command(context, name)
        assert command is not None
        for one in command.commands.values() if isinstance(command, click.Group) else [command]:
            assert (one.help or "").strip().endswith("."), f"{name} {one.name}"


def test_every_section_is_in_the_readme_and_every_key_in_the_shipped_file() -> None:
    """The README names the sections; the shipped file comments each of their keys."""
    for name, field in File.model_fields.items():
        assert f"`{field.alias or name}`" in README, name
        section = field.annotation
        for key, inner in getattr(section, "model_fields", {}).items():
            assert re.search(rf"\b{inner.alias or key}:", SHIPPED), f"{name}.{key}"


def test_every_format_is_in_the_readme() -> None:
    """Each format of the merged feed has its address there."""
    assert [name for name in FORMATS if f"/feed.{name}" not in README] == []


def test_every_public_route_is_in_the_readme() -> None:
    """Every address that people open or programs read is documented; what pages post to is not typed."""
    addresses = set()
    for part in (
        account_pages,
        pages,
        argument_pages,
        citing,
        connect,
        source_pages,
        api,
        api_corrections,
        api_more,
        api_events,
        watch,
        ops,
    ):
        for route in part.router.routes:
            if "GET" in (getattr(route, "methods", None) or ()):
                addresses.add(re.sub(r"\{[^}]*\}", "*", route.path))  # type: ignore[attr-defined]
    known = {
        re.sub(
            r"\b(ID|T|G|A|B|REVISION)\b|(?<=^/changes\.)atom|(?<=^/digest\.)atom", "*", one.partition("?")[0]
        )
        for one in re.findall(r"`(/[^`]*)`", README)
    }
    assert len(addresses) > 10
    assert sorted(addresses - known - {"/favicon.ico"}) == []


def test_every_metric_is_in_the_readme() -> None:
    """Whoever builds a dashboard finds what there is."""
    named = re.compile(r'"(aggregator_[a-z_]+)"')
    files = (ROOT / "aggregator").rglob("*.py")
    metrics = {name for file in files for name in named.findall(file.read_text(encoding="utf-8"))}
    assert len(metrics) > 10
    assert sorted(name for name in metrics if f"`{name}`" not in README) == []


@pytest.mark.parametrize("package", ["dedup", "sources", "web"])
def test_the_map_of_a_large_package_names_its_modules(package: str) -> None:
    """Whoever opens the folder finds each module in the docstring; ``fast…`` stands for all that begin so."""
    folder = ROOT / "aggregator" / package
    drawn = ast.get_docstring(ast.parse((folder / "__init__.py").read_text()), clean=False) or ""
    names = re.findall(r"[a-z_…]+", " ".join(line[4:] for line in drawn.splitlines() if line[:4] == "    "))
    patterns = [name.replace("…", "*") for name in names if name != "…"]
    modules = sorted(path.stem for path in folder.glob("*.py") if path.stem != "__init__")
    assert [name for name in modules if not any(fnmatch(name, pattern) for pattern in patterns)] == []
