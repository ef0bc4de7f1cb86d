"""From pydantic's errors, and from what one key says about another, to ConfigErrors with their places."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any, get_args

from pydantic import BaseModel, ValidationError

from aggregator.config.document import Document, KeyPath
from aggregator.config.models import File, SourceDefaults
from aggregator.config.problems import nearest
from aggregator.config.units import format_duration
from aggregator.errors import ConfigError
from aggregator.search import Of, QueryError, check_names, parse
from aggregator.topics import resolve

SECRET_KEYS = frozenset(
    {"apprise", "secret", "webhook", "password", "api_password", "fever_key", "proxy", "database", "headers"}
)


def is_secret(path: KeyPath) -> bool:
    """Whether the value at ``path`` must never be printed."""
    return any(step in SECRET_KEYS for step in path)


def validation_problems(document: Document, error: ValidationError) -> list[ConfigError]:
    """One ConfigError for each thing that pydantic found."""
    return [_problem(document, item) for item in error.errors(include_url=False)]


def _problem(document: Document, item: Any) -> ConfigError:
    path: KeyPath = tuple(step for step in item["loc"] if step != "[key]")
    value = _value(document, path)
    hidden = is_secret(path) or isinstance(value, (dict, list)) or "@" in str(value)  # user:password@host
    shown = None if hidden else value
    match item["type"]:
        case "extra_forbidden":
            return document.problem(path, "unknown key", hint=nearest(str(path[-1]), known_keys(path[:-1])))
        case "missing":
            return document.problem(path, "is missing; it is required")
        case "value_error":
            return document.problem(path, str(item["ctx"]["error"]), value=shown)
        case "literal_error":
            choices = [
                part.strip().strip("'") for part in item["ctx"]["expected"].replace(" or ", ", ").split(",")
            ]
            near = nearest(str(shown), choices) if shown is not None else None
            hint = near if near and near.startswith("did") else None
            return document.problem(path, f"must be one of: {', '.join(choices)}", value=shown, hint=hint)
        case "string_pattern_mismatch":
            message = "must be lower-case letters, digits, - _ and . only, beginning with a letter or digit"
            return document.problem(path, message, value=shown)
        case "dict_type" | "model_type" | "model_attributes_type":
            return document.problem(path, "must be a mapping of keys to values", value=shown)
        case "tuple_type" | "list_type":
            return document.problem(path, "must be a list; write [a, b] or one - a line", value=shown)
        case "string_type":
            return document.problem(path, "must be text; put it in quotes", value=shown)
        case "bool_type" | "bool_parsing":
            return document.problem(path, "must be true or false", value=shown)
    message = str(item["msg"]).replace("Input should be", "must be")
    return document.problem(path, message[0].lower() + message[1:], value=shown)


def _value(document: Document, path: KeyPath) -> object:
    here: Any = document.data
    for step in path:
        try:
            here = here[step]
        except (KeyError, IndexError, TypeError):
            return None
    return here


def known_keys(path: KeyPath) -> list[str]:
    """The keys that may stand in the mapping at ``path``."""
    model: type[BaseModel] | None = File
    steps = iter(path)
    for step in steps:
        if model is None:
            return []
        found = next(
            (info for name, info in model.model_fields.items() if (info.alias or name) == step), None
        )
        if found is None:
            return []
        model = _inner(found.annotation)
        if _is_container(found.annotation):
            next(steps, None)  # an index, or a name that people chose
    return [] if model is None else [info.alias or name for name, info in model.model_fields.items()]


def _inner(annotation: Any) -> type[BaseModel] | None:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    return next((model for part in get_args(annotation) if (model := _inner(part))), None)


def _is_container(annotation: Any) -> bool:
    return getattr(annotation, "__origin__", None) in (dict, tuple)


def cross_problems(document: Document, file: File) -> Iterator[ConfigError]:
    """What only several keys together show: names that are not there, twice there, or at odds."""
    yield from _web(document, file)
    yield from _sources(document, file)
    yield from _intervals(document, file)
    yield from _terms(document, file)
    yield from _topics(document, file)
    yield from _searches(document, file)
    yield from _alerts(document, file)


def is_loopback(host: str) -> bool:
    """Whether only this machine can reach a server on ``host``."""
    if host.lower() == "localhost":
        return True
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False


def _web(document: Document, file: File) -> Iterator[ConfigError]:
    if not is_loopback(file.web.host) and not file.web.password:
        yield document.problem(
            ("web", "host"),
            "others can reach this address, so web.password is required",
            value=file.web.host,
            hint='write password: "${AGGREGATOR_PASSWORD}", or keep to 127.0.0.1',
        )
    if file.web.readers and not file.web.password:
        yield document.problem(
            ("web", "readers"),
            "several people need passwords, so web.password is required, too",
            hint='write password: "${AGGREGATOR_PASSWORD}", or what `aggregator password` prints',
        )
    names: set[str] = {file.web.user}
    for index, reader in enumerate(file.web.readers):
        if reader.name in names:
            yield document.problem(
                ("web", "readers", index, "name"), "two readers have this name", value=reader.name
            )
        names.add(reader.name)


def _sources(document: Document, file: File) -> Iterator[ConfigError]:
    seen: dict[str, int] = {}
    groups = ["default", *file.groups]
    for index, source in enumerate(file.sources):
        if source.id in seen:
            first = document.place(("sources", seen[source.id]))
            place = document.place(("sources", index, "id"))
            yield ConfigError(
                f"two sources have this id, the first in {first.file.name}:{first.line}",
                place.file, place.line, f"sources.{source.id}.id", source.id,
            )  # fmt: skip
        seen.setdefault(source.id, index)
        if source.group not in groups:
            yield document.problem(
                ("sources", index, "group"), "there is no such group", value=source.group,
                hint=nearest(source.group, groups),
            )  # fmt: skip


def layers(file: File, source_index: int) -> list[tuple[KeyPath, SourceDefaults]]:
    """Where a source's settings come from, the weakest first: defaults, its group, itself."""
    source = file.sources[source_index]
    found: list[tuple[KeyPath, SourceDefaults]] = [(("defaults",), file.defaults)]
    if source.group in file.groups:
        found.append((("groups", source.group), file.groups[source.group]))
    found.append((("sources", source_index), source))
    return found


def origin(file: File, source_index: int, key: str) -> KeyPath | None:
    """The path of the layer that sets ``key`` for a source; None when none does."""
    found: KeyPath | None = None
    for path, layer in layers(file, source_index):
        if key in layer.model_fields_set:
            found = (*path, key)
    if found is None and key in type(file.polling).model_fields and key in file.polling.model_fields_set:
        return ("polling", key)
    return found


def _intervals(document: Document, file: File) -> Iterator[ConfigError]:
    reported: set[KeyPath] = set()
    if file.polling.interval < file.polling.min_interval:
        at: KeyPath = (
            "polling",
            "interval" if "interval" in file.polling.model_fields_set else "min_interval",
        )
        reported.add(at)
        yield document.problem(
            at, "polling.interval is shorter than polling.min_interval", value=_value(document, at)
        )
    if file.polling.interval > file.polling.max_interval and "max_interval" in file.polling.model_fields_set:
        at = ("polling", "max_interval")
        yield document.problem(
            at, "polling.max_interval is shorter than polling.interval", value=_value(document, at)
        )
    for index in range(len(file.sources)):
        at_interval = origin(file, index, "interval")
        at_min = origin(file, index, "min_interval")
        values: dict[str, Any] = {"interval": "auto", "min_interval": file.polling.min_interval}
        for _, layer in layers(file, index):
            for key in values:
                if key in layer.model_fields_set:
                    values[key] = getattr(layer, key)
        where = at_interval or at_min
        if values["interval"] == "auto":
            continue
        if values["interval"] < values["min_interval"] and where is not None and where not in reported:
            reported.add(where)
            least = format_duration(values["min_interval"])
            yield document.problem(
                where, f"the interval is shorter than min_interval, which is {least}",
                value=_value(document, where), hint="set min_interval as well to poll more often",
            )  # fmt: skip


def _terms(document: Document, file: File) -> Iterator[ConfigError]:
    for name, items in file.terms.items():
        yield from _references(document, ("terms", name), (f"${name}",), items, file)


def _references(
    document: Document, path: KeyPath, _outer: tuple[str, ...], items: tuple[str, ...], file: File
) -> Iterator[ConfigError]:
    for index, item in enumerate(items):
        if not item.startswith("$"):
            continue
        at = (*path, index) if (*path, index) in document.places else path
        name = item[1:]
        if name not in file.terms:
            hint = nearest(name, list(file.terms))
            yield document.problem(at, f"there is no list of terms called {name!r}", value=item, hint=hint)
            continue
        try:
            resolve([item], file.terms)
        except KeyError:
            continue  # told where that list names it
        except ValueError as error:
            yield document.problem(at, str(error), value=item)


def _topics(document: Document, file: File) -> Iterator[ConfigError]:
    ids = [source.id for source in file.sources]
    for name, topic in file.topics.items():
        at: KeyPath = ("topics", name)
        if not (topic.all or topic.any or topic.none or topic.groups or topic.sources):
            yield document.problem(
                at, "the topic asks for nothing; give it all, any, none, groups or sources"
            )
        for index, terms in enumerate(topic.all):
            yield from _references(document, (*at, "all", index), (), terms, file)
        yield from _references(document, (*at, "any"), (), topic.any, file)
        yield from _references(document, (*at, "none"), (), topic.none, file)
        for key, known in (("groups", ["default", *file.groups]), ("sources", ids)):
            for index, item in enumerate(getattr(topic, key)):
                if item not in known:
                    yield document.problem(
                        (*at, key, index),
                        f"there is no such {key[:-1]}",
                        value=item,
                        hint=nearest(item, known),
                    )


def _searches(document: Document, file: File) -> Iterator[ConfigError]:
    known: dict[Of, list[str]] = {
        "source": [source.id for source in file.sources],
        "group": ["default", *file.groups],
        "topic": list(file.topics),
    }
    for name, saved in file.searches.items():
        try:
            check_names(parse(saved.query, datetime(2000, 1, 1, tzinfo=UTC)), known)
        except QueryError as error:
            yield document.problem(("searches", name, "query"), str(error))


def _alerts(document: Document, file: File) -> Iterator[ConfigError]:
    alerts = file.alerts
    names = {
        "topic": list(file.topics),
        "source": [source.id for source in file.sources],
        "group": ["default", *file.groups],
    }
    for name, target in alerts.targets.items():
        if (target.apprise is None) == (target.webhook is None):
            yield document.problem(("alerts", "targets", name), "give it either apprise or webhook")
    for name, rule in alerts.rules.items():
        at: KeyPath = ("alerts", "rules", name)
        for to in rule.to:
            if to not in alerts.targets:
                hint = nearest(to, list(alerts.targets))
                yield document.problem((*at, "to"), "there is no such target", value=to, hint=hint)
        for key, known in names.items():
            value = getattr(rule, key)
            if value is not None and value not in known:
                yield document.problem(
                    (*at, key), f"there is no such {key}", value=value, hint=nearest(value, known)
                )
    yield from _mail(document, file)


def _mail(document: Document, file: File) -> Iterator[ConfigError]:
    alerts, digest = file.alerts, file.alerts.digest
    if digest is not None and digest.topic is not None and digest.topic not in file.topics:
        yield document.problem(("alerts", "digest", "topic"), "there is no such topic", value=digest.topic)
    if digest is not None and digest.to and alerts.mail is None:
        yield document.problem(("alerts", "digest", "to"), "mail needs alerts.mail: host, sender and so on")
    for number, address in enumerate(digest.to if digest is not None else ()):
        if not re.fullmatch(r"[^@\s,]+@[^@\s,]+", address):
            yield document.problem(("alerts", "digest", "to", number), "is no mail address", value=address)
    mail = alerts.mail
    if mail is not None and mail.security == "none" and not is_loopback(mail.host):
        yield document.problem(
            ("alerts", "mail", "security"), "mail would travel unprotected; write starttls or tls"
        )
