"""A source's settings as a form, and its fields as changes of the YAML: only what was changed is written."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from pydantic import BaseModel, Field

from aggregator.errors import UsageError
from aggregator.model import Source

FOLDS = {
    "all": "with all",
    "group": "only within its group",
    "other": "only with other sources",
    "ask": "ask me",
    "never": "never",
}
FLAGS = ("agency", "paywall", "fulltext")
_UNITS = (("d", 86_400), ("h", 3_600), ("m", 60), ("s", 1))


class SourceForm(BaseModel):
    """The form's fields. A check box that is off is not sent."""

    title: str = Field(default="", max_length=200)
    url: str = Field(default="", max_length=2_000)
    group: str = Field(default="", max_length=100)
    language: str = Field(default="", max_length=40)
    authority: str = Field(default="", max_length=6)
    interval: str = Field(default="", max_length=20)
    fold: str = Field(default="all", max_length=10)
    threshold: str = Field(default="", max_length=8)
    agency: bool = False
    paywall: bool = False
    fulltext: bool = False
    seen: str = Field(default="", max_length=64)


def form_of(source: Source, seen: str) -> SourceForm:
    """The form as it is shown first: what holds for the source, whoever set it."""
    return SourceForm(
        title=source.title, url=source.url, group=source.group, language=source.language or "",
        authority=str(source.authority), interval=duration(source.interval), fold=source.fold.scope,
        threshold="" if source.fold.threshold is None else f"{source.fold.threshold:g}",
        agency=source.agency, paywall=source.paywall, fulltext=source.fulltext, seen=seen,
    )  # fmt: skip


def changes_of(source: Source, form: SourceForm) -> dict[str, Any]:
    """The keys of the YAML that the form changes; None takes a key out. Raises UsageError."""
    before, changes = form_of(source, ""), dict[str, Any]()
    for name in ("title", "language"):
        if (value := getattr(form, name).strip()) != getattr(before, name):
            changes[name] = value or None
    for name in ("url", "group", "interval"):
        if (value := getattr(form, name).strip()) != getattr(before, name) and value:
            changes[name] = value
    for name in FLAGS:
        if getattr(form, name) != getattr(before, name):
            changes[name] = getattr(form, name)
    if form.authority.strip() != before.authority:
        changes["authority"] = _number(form.authority or "0", int, "authority is a whole number")
    if (form.fold, form.threshold.strip()) != (before.fold, before.threshold):
        if form.fold not in FOLDS:
            raise UsageError(f"there is no fold scope {form.fold!r}")
        fold: dict[str, Any] = {"scope": form.fold}
        if form.threshold.strip():
            fold["threshold"] = _number(form.threshold, float, "a threshold is a number from 0 to 1")
        changes["fold"] = fold
    return changes


def _number(text: str, kind: type[int | float], told: str) -> int | float:
    try:
        return kind(text.strip().replace(",", "."))
    except ValueError:
        raise UsageError(f"{told}, not {text.strip()!r}") from None


def duration(value: timedelta) -> str:
    """A length of time as the YAML writes it."""
    seconds = int(value.total_seconds())
    return next(f"{seconds // size}{unit}" for unit, size in _UNITS if seconds % size == 0)
