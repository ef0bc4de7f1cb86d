"""Alerts: what people want to be told of, and how: webhooks, Apprise, mail, a daily digest, a hub's ping."""

from aggregator.notify.rules import Alerts, Digest, Mail, Quiet, Rule, Target

__all__ = ["Alerts", "Digest", "Mail", "Quiet", "Rule", "Target"]
