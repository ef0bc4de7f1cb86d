"""What the YAML may contain, key by key. Descriptions here become the JSON Schema that editors show.

Units: durations are `timedelta`, sizes are bytes. Inheritance (defaults → group → source) is in load.py.
"""

from aggregator.config.models.alerts import (
    AlertRule,
    Alerts,
    DigestOptions,
    MailOptions,
    QuietOptions,
    TargetOptions,
)
from aggregator.config.models.file import File
from aggregator.config.models.keeping import Dedup, Log, Retention
from aggregator.config.models.polling import Polling
from aggregator.config.models.section import Section
from aggregator.config.models.serving import ReaderOptions, Sync, Web
from aggregator.config.models.sources import (
    Auth,
    FoldOptions,
    GroupOptions,
    RuleOptions,
    SourceDefaults,
    SourceOptions,
)
from aggregator.config.models.topics import SearchOptions, TopicOptions
from aggregator.config.models.values import (
    AnyOf,
    ClockTime,
    Duration,
    FeverKey,
    Hosts,
    Language,
    Name,
    Network,
    OneOrMore,
    Order,
    Pattern,
    Paused,
    ProxyUrl,
    QueryText,
    Size,
    Terms,
    TermText,
    Timezone,
    WebUrl,
)

__all__ = [
    "AlertRule",
    "Alerts",
    "AnyOf",
    "Auth",
    "ClockTime",
    "Dedup",
    "DigestOptions",
    "Duration",
    "FeverKey",
    "File",
    "FoldOptions",
    "GroupOptions",
    "Hosts",
    "Language",
    "Log",
    "MailOptions",
    "Name",
    "Network",
    "OneOrMore",
    "Order",
    "Pattern",
    "Paused",
    "Polling",
    "ProxyUrl",
    "QueryText",
    "QuietOptions",
    "ReaderOptions",
    "Retention",
    "RuleOptions",
    "SearchOptions",
    "Section",
    "Size",
    "SourceDefaults",
    "SourceOptions",
    "Sync",
    "TargetOptions",
    "TermText",
    "Terms",
    "Timezone",
    "TopicOptions",
    "Web",
    "WebUrl",
]
