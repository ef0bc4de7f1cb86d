"""The configuration: YAML → `Settings`, edits by machine, and changes while the daemon runs.

`load` reads; `find` and `first_run` say which file; errors name file, line, key, value and what would do.
"""

from aggregator.config.load import load
from aggregator.config.paths import find, first_run, is_shipped, shipped, user_directory
from aggregator.config.problems import ConfigErrors
from aggregator.config.schema import schema, schema_json
from aggregator.config.settings import ROLES, Group, Settings
from aggregator.config.watch import Watcher

__all__ = [
    "ROLES",
    "ConfigErrors",
    "Group",
    "Settings",
    "Watcher",
    "find",
    "first_run",
    "is_shipped",
    "load",
    "schema",
    "schema_json",
    "shipped",
    "user_directory",
]
