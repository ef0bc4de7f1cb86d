"""The configuration as files: which one, the first run, edits by machine, changes noticed while running."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from aggregator.config import Settings, Watcher, find, first_run, load, shipped, user_directory
from aggregator.config.edit import (
    Edit,
    EditRefusedError,
    add_source,
    add_sources,
    change_source,
    remove_source,
)
from aggregator.errors import ConfigError, NotFoundError

STYLES = Path(__file__).parent.parent / "data" / "config" / "styles.yaml"
ONE = 'sources:\n  - {id: a, url: "https://a.example/feed"}\n'
TWO = ONE + '  - {id: b, url: "https://b.example/feed"}\n'


def written(path: Path, text: str) -> Path:
    """A file with this text."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(text.encode())
    return path


# ----------------------------------------------------------------------------- which file


def test_find_in_order(tmp_path: Path) -> None:
    """--config, then the variable, then ./config/aggregator.yaml, then the user's directory."""
    environ = {"HOME": str(tmp_path / "home"), "AGGREGATOR_CONFIG": str(tmp_path / "named.yaml")}
    here = tmp_path / "here"
    local = written(here / "config" / "aggregator.yaml", ONE)
    assert find(tmp_path / "given.yaml", environ, here=here) == tmp_path / "given.yaml"
    assert find(None, environ, here=here) == tmp_path / "named.yaml"
    del environ["AGGREGATOR_CONFIG"]
    assert find(None, environ, here=here) == local
    assert find(None, environ, here=tmp_path) == tmp_path / "home/.config/aggregator/aggregator.yaml"
    environ["XDG_CONFIG_HOME"] = str(tmp_path / "xdg")
    assert find(None, environ, here=tmp_path) == tmp_path / "xdg/aggregator/aggregator.yaml"
    assert user_directory(environ) == tmp_path / "xdg/aggregator"


def test_the_shipped_file_is_passed_over(tmp_path: Path) -> None:
    """In a checkout ./config/aggregator.yaml is the example: the user's copy counts, made or not."""
    checkout = shipped().parent.parent
    assert (
        find(None, {"HOME": str(tmp_path)}, here=checkout) == tmp_path / ".config/aggregator/aggregator.yaml"
    )


def test_first_run(tmp_path: Path) -> None:
    """The example is copied with its schema, once; data goes to the user's data directory."""
    environ = {"HOME": str(tmp_path)}
    path = find(None, environ, create=True, here=tmp_path)
    assert path.read_bytes() == shipped().read_bytes()
    assert (path.parent / "aggregator.schema.json").is_file()
    assert load(path, environ).database == f"sqlite:///{tmp_path}/.local/share/aggregator/aggregator.db"
    assert sorted(inner.name for inner in path.parent.iterdir()) == [
        "aggregator.schema.json",
        "aggregator.yaml",
    ]
    path.write_text(ONE)
    assert not first_run(path)
    assert path.read_text() == ONE
    other = tmp_path / "elsewhere" / "my.yaml"
    assert first_run(other)
    assert load(other, environ).database == f"sqlite:///{tmp_path}/elsewhere/data/aggregator.db"


def test_first_run_says_where_it_cannot_write(tmp_path: Path) -> None:
    """A path below a file is no place for a configuration."""
    blocker = written(tmp_path / "file", "x")
    with pytest.raises(ConfigError, match="could not be written here"):
        first_run(blocker / "aggregator.yaml")


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    """The error names the path and what makes one."""
    with pytest.raises(ConfigError, match=r"absent.yaml: there is no such file; `aggregator run`"):
        load(tmp_path / "absent.yaml", {})


def test_not_utf8(tmp_path: Path) -> None:
    """Another encoding is named with its line, instead of a traceback."""
    path = tmp_path / "latin.yaml"
    path.write_bytes(b"web:\n  user: Jos\xe9\n")
    with pytest.raises(ConfigError, match=r"latin.yaml:2: is not UTF-8"):
        load(path, {})


# ----------------------------------------------------------------------------- edits


def edited(path: Path, edit: Edit) -> Settings:
    """Save, and read anew from the disk."""
    edit.save()
    again = load(path, {})
    assert again == edit.settings
    return again


@pytest.mark.parametrize("style", STYLES.read_text(encoding="utf-8").split("=====\n"))
@pytest.mark.parametrize("newline", ["\n", "\r\n"])
def test_edits_keep_everything_else(tmp_path: Path, style: str, newline: str) -> None:
    """In every style of list: a source added and removed again leaves the bytes as they were."""
    path = written(tmp_path / "c.yaml", style.replace("\n", newline))
    before = load(path, {})
    fields: dict[str, Any] = {
        "id": "new", "url": "https://new.example/f?a=1#x", "title": 'Neu: "n", ${X} – 뉴스', "authority": 2,
    }  # fmt: skip
    added = edited(path, add_source(before, fields, {}))
    assert added.sources[:-1] == before.sources
    assert added.sources[-1].title == fields["title"]
    changed = edited(path, change_source(added, "new", {"interval": "2h", "title": None, "tags": ["x"]}, {}))
    assert changed.sources[:-1] == before.sources
    assert (changed.sources[-1].title, changed.sources[-1].tags) == ("new", ("x",))
    removed = edited(path, remove_source(changed, "new", {}))
    assert removed == before
    assert comments(path.read_text(encoding="utf-8")) == comments(style)


def comments(text: str) -> list[str]:
    """The comments of a file, in order."""
    return [line.partition("#")[2].strip() for line in text.splitlines() if "#" in line]


@pytest.mark.parametrize("style", STYLES.read_text(encoding="utf-8").split("=====\n"))
def test_each_source_can_be_changed_and_removed(tmp_path: Path, style: str) -> None:
    """Changing or removing one source leaves the others as they are."""
    path = written(tmp_path / "c.yaml", style)
    before = load(path, {})
    for source in before.sources:
        others = [other for other in before.sources if other.id != source.id]
        changed = change_source(
            before, source.id, {"url": "https://moved.example/", "paused": True}, {}
        ).settings
        assert [other for other in changed.sources if other.id != source.id] == others
        moved = changed.source(source.id)
        assert moved is not None
        assert (moved.url, moved.paused) == ("https://moved.example/", True)
        assert list(remove_source(before, source.id, {}).settings.sources) == others


def test_many_sources_are_one_edit(tmp_path: Path) -> None:
    """A list of feeds, as an OPML file holds it, is added whole, in order."""
    path = written(tmp_path / "c.yaml", ONE)
    many = [{"id": f"n{index}", "url": f"https://n{index}.example/"} for index in range(50)]
    after = edited(path, add_sources(load(path, {}), many, {}))
    assert [source.id for source in after.sources] == ["a", *(fields["id"] for fields in many)]
    assert not add_sources(after, [], {}).patch


@pytest.mark.parametrize(
    "groups",
    ["", "groups:  # none\n", "groups: {}\n", "groups: {x: {}}\n", "groups:\n  x:\n    title: X   # x\n"],
)
def test_new_groups_come_with_their_sources(tmp_path: Path, groups: str) -> None:
    """A source of a group that is not there brings it, however groups are written."""
    path = written(tmp_path / "c.yaml", groups + ONE)
    fields = [{"id": "b", "url": "https://b.example/", "group": "asia"}]
    after = edited(path, add_sources(load(path, {}), fields, {}))
    assert "asia" in after.groups
    assert after.sources[-1].group == "asia"
    assert ("x" in after.groups) == ("x:" in groups)


def test_edits_go_to_the_file_that_holds_the_source(tmp_path: Path) -> None:
    """A source of an included file is changed there."""
    main = written(tmp_path / "c.yaml", "include: more.yaml\n" + ONE)
    more = written(tmp_path / "more.yaml", '# mine\nsources:\n  - {id: b, url: "https://b.example/feed"}\n')
    edit = change_source(load(main, {}), "b", {"authority": 3}, {})
    assert edit.path == more
    assert edited(main, edit).source("b").authority == 3  # type: ignore[union-attr]


def test_wrong_edits(tmp_path: Path) -> None:
    """What would make the file wrong is refused, and nothing is written."""
    path = written(tmp_path / "c.yaml", ONE)
    settings = load(path, {})
    with pytest.raises(ConfigError, match="two sources have this id"):
        add_source(settings, {"id": "a", "url": "https://x.example/"}, {})
    with pytest.raises(ConfigError, match="kept under"):
        change_source(settings, "a", {"id": "z"}, {})
    with pytest.raises(NotFoundError):
        remove_source(settings, "z", {})
    assert path.read_text() == ONE


def test_variables_only_when_asked(tmp_path: Path) -> None:
    """${NAME} in a value that a page sends is text; the command line may mean the variable."""
    path = written(tmp_path / "c.yaml", ONE)
    environ = {"SECRET": "hidden"}
    edit = change_source(load(path, environ), "a", {"title": "${SECRET}"}, environ)
    assert edit.settings.sources[0].title == "${SECRET}"
    auth = {"auth": {"username": "me", "password": "${SECRET}"}}
    assert (
        change_source(load(path, environ), "a", auth, environ, variables=True).settings.sources[0].password
        == "hidden"
    )


def test_refused_with_the_patch(tmp_path: Path) -> None:
    """A read-only file, one changed meanwhile, and the shipped example are left alone; the patch is told."""
    path = written(tmp_path / "c.yaml", ONE)
    edit = add_source(load(path, {}), {"id": "b", "url": "https://b.example/feed"}, {})
    path.chmod(0o444)
    with pytest.raises(EditRefusedError, match="read-only") as raised:
        edit.save()
    assert '+  - {id: b, url: "https://b.example/feed"}' in raised.value.patch
    path.chmod(0o640)
    path.write_text("# meanwhile\n" + ONE)
    with pytest.raises(EditRefusedError, match="changed meanwhile"):
        edit.save()
    assert path.read_text() == "# meanwhile\n" + ONE
    example = add_source(
        load(shipped(), {"HOME": str(tmp_path)}),
        {"id": "b", "url": "https://b.example/"},
        {"HOME": str(tmp_path)},
    )
    with pytest.raises(EditRefusedError, match="shipped example"):
        example.save()


def test_save_keeps_mode_and_link(tmp_path: Path) -> None:
    """Permissions stay (secrets), and a symbolic link stays one."""
    real = written(tmp_path / "dotfiles" / "real.yaml", ONE)
    real.chmod(0o600)
    link = tmp_path / "c.yaml"
    link.symlink_to(real)
    edited(link, add_source(load(link, {}), {"id": "b", "url": "https://b.example/feed"}, {}))
    assert link.is_symlink()
    assert real.stat().st_mode & 0o777 == 0o600
    assert real.read_text() == TWO
    assert [inner.name for inner in real.parent.iterdir()] == ["real.yaml"]


# ----------------------------------------------------------------------------- changes while running


def looks(watcher: Watcher, count: int = 4) -> list[Settings | ConfigError]:
    """What that many polls give."""
    return [answer for _ in range(count) if (answer := watcher.poll()) is not None]


def test_watcher_takes_a_change_once(tmp_path: Path) -> None:
    """A saved change comes within two looks, once; touching, comments and moving lines are no change."""
    path = written(tmp_path / "c.yaml", ONE)
    watcher = Watcher(load(path, {}), {})
    assert looks(watcher) == []
    path.write_text(TWO)
    assert watcher.poll() is None
    answer = watcher.poll()
    assert isinstance(answer, Settings)
    assert [source.id for source in answer.sources] == ["a", "b"]
    os.utime(path)
    assert looks(watcher) == []
    path.write_text("# a comment\n" + TWO)
    assert looks(watcher) == []
    assert watcher.settings.document.place(("sources",)).line == 2


def test_watcher_keeps_the_old_and_says_why_once(tmp_path: Path) -> None:
    """A wrong file is told once; mending it is noticed, also when it restores the old."""
    path = written(tmp_path / "c.yaml", ONE)
    watcher = Watcher(load(path, {}), {})
    path.write_text(ONE + "  - {id: b}\n")
    answers = looks(watcher)
    assert len(answers) == 1
    assert isinstance(answers[0], ConfigError)
    assert "sources.b.url" in str(answers[0])
    assert [source.id for source in watcher.settings.sources] == ["a"]
    path.write_text(ONE)
    assert looks(watcher) == []
    path.write_text(TWO)
    assert len(looks(watcher)) == 1


def test_watcher_waits_for_a_file_being_written(tmp_path: Path) -> None:
    """A list of sources cut short is valid YAML: while the file still grows it is not taken."""
    path = written(tmp_path / "c.yaml", TWO)
    watcher = Watcher(load(path, {}), {})
    for upto in range(0, len(TWO), 10):
        path.write_text("#" + TWO[:upto])
        assert watcher.poll() is None
    path.write_text(TWO)
    assert looks(watcher) == []


def test_watcher_follows_editors_that_replace(tmp_path: Path) -> None:
    """Renaming a new file over the old one, with a moment without any, is a save like any other."""
    path = written(tmp_path / "c.yaml", ONE)
    watcher = Watcher(load(path, {}), {})
    written(tmp_path / "new", TWO).replace(path)
    assert len(looks(watcher)) == 1
    path.rename(tmp_path / "c.yaml~")
    assert watcher.poll() is None
    written(path, ONE)
    answers = looks(watcher)
    assert len(answers) == 1
    assert isinstance(answers[0], Settings)


def test_watcher_follows_includes(tmp_path: Path) -> None:
    """Included files are watched as well: the old, the new, and those that a wrong file names."""
    path = written(tmp_path / "c.yaml", "include: conf.d/*.yaml\n" + ONE)
    written(tmp_path / "conf.d" / "b.yaml", 'sources:\n  - {id: b, url: "https://b.example/"}\n')
    watcher = Watcher(load(path, {}), {})
    more = written(tmp_path / "conf.d" / "c.yaml", 'sources:\n  - {id: c, url: "ftp://c.example/"}\n')
    answers = looks(watcher)
    assert len(answers) == 1
    assert isinstance(answers[0], ConfigError)
    written(more, 'sources:\n  - {id: c, url: "https://c.example/"}\n')
    answers = looks(watcher)
    assert len(answers) == 1
    assert isinstance(answers[0], Settings)
    assert [source.id for source in answers[0].sources] == ["a", "b", "c"]
    more.unlink()
    assert len(looks(watcher)) == 1


def test_config_imports_without_network_and_quickly(tmp_path: Path) -> None:
    """Reading the configuration pulls in neither the web server nor the HTTP client."""
    code = (
        "import sys, os; from pathlib import Path; from aggregator.config import load; "
        "load(Path(sys.argv[1]), os.environ); "
        "print(sorted({'aiohttp', 'fastapi', 'sqlalchemy', 'datasketch'} & set(sys.modules)))"
    )
    path = written(tmp_path / "c.yaml", ONE)
    done = subprocess.run([sys.executable, "-c", code, str(path)], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
