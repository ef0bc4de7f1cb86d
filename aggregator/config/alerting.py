"""The YAML's `alerts:` → what the notifier works with."""

from __future__ import annotations

from aggregator.config import models
from aggregator.notify import Alerts, Digest, Mail, Quiet, Rule, Target


def alerts_of(given: models.Alerts) -> Alerts:
    """The rules, with their targets."""
    quiet, digest, mail = given.quiet, given.digest, given.mail
    return Alerts(
        rules=tuple(Rule(name=name, **dict(rule)) for name, rule in given.rules.items()),
        targets={name: Target(name=name, **dict(target)) for name, target in given.targets.items()},
        quiet=None if quiet is None else Quiet(quiet.from_, quiet.to, quiet.timezone),
        digest=None if digest is None else Digest(**dict(digest)),
        mail=None if mail is None else Mail(**dict(mail)),
    )
