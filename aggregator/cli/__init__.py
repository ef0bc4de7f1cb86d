"""The command line: `aggregator COMMAND`. The only place where errors become exit codes.

0 done, 1 failed, 2 wrong use or configuration. Messages go to standard error, one line each.
"""

from __future__ import annotations

import importlib
import os
import sys

import click

from aggregator import __version__
from aggregator.errors import AggregatorError

# command: the module of aggregator.cli that holds it. Modules are imported when their command is called, so
# that `aggregator config check` does not pay for the web server.
COMMANDS = {
    "run": "polling",
    "poll": "polling",
    "daemons": "polling",
    "stories": "reading",
    "show": "reading",
    "explain": "reading",
    "split": "reading",
    "merge": "reading",
    "undo": "reading",
    "corrections": "corrections",
    "feed": "reading",
    "export": "exporting",
    "import": "importing",
    "topics": "topics",
    "dedup": "archive",
    "sources": "adding",
    "config": "configuration",
    "db": "database",
    "password": "accounts",
    "tokens": "accounts",
    "doctor": "doctor",
}


class Commands(click.Group):
    """The commands, each imported when it is needed."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click calls it so
        """Names in the order of the design."""
        return list(COMMANDS)

    def get_command(
        self,
        ctx: click.Context,  # noqa: ARG002
        cmd_name: str,
    ) -> click.Command | None:
        """Import the module of a command and take the command from it."""
        if cmd_name not in COMMANDS:
            return None
        module = importlib.import_module(f"aggregator.cli.{COMMANDS[cmd_name]}")
        name = f"{cmd_name}_" if hasattr(module, f"{cmd_name}_") else cmd_name  # `import` is Python's own
        command: click.Command = getattr(module, name)
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        """As click does, naming the nearest command for one that is not there."""
        from difflib import get_close_matches

        if args and args[0] not in COMMANDS and not args[0].startswith("-"):
            near = get_close_matches(args[0], COMMANDS, n=1)
            hint = f"; did you mean {near[0]!r}?" if near else "; `aggregator --help` lists the commands"
            raise click.UsageError(f"there is no command {args[0]!r}{hint}", ctx)
        return super().resolve_command(ctx, args)


@click.command(
    cls=Commands, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100}
)
@click.version_option(__version__, prog_name="aggregator", message="%(prog)s %(version)s")
def program() -> None:
    """Polls many outlets' feeds politely and shows each story once."""


def main(arguments: list[str] | None = None) -> None:
    """Run a command; every error that has a name becomes one line and an exit code."""
    sys.exit(run(arguments))


def run(arguments: list[str] | None = None) -> int:
    """Run a command and return its exit code."""
    try:
        result = program.main(arguments, prog_name="aggregator", standalone_mode=False)
    except click.exceptions.Abort:
        return 130
    except click.ClickException as error:
        return complain(error.format_message(), error.exit_code)
    except AggregatorError as error:
        return complain(str(error), error.exit_code)
    except BrokenPipeError:
        # The reader of our pipe has left (`aggregator stories | head`): that is no error of ours.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except KeyboardInterrupt:
        return 130
    return result if isinstance(result, int) else 0


def complain(message: str, code: int) -> int:
    """One line on standard error."""
    sys.stderr.write(f"aggregator: {' '.join(message.split())}\n")
    return code
