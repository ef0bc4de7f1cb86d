"""password and tokens: what people and programs sign in with."""

from __future__ import annotations

import sys
from pathlib import Path

import click
from rich.table import Table

from aggregator.cli.common import config_option, json_option, messages, now, output, print_json
from aggregator.errors import NotFoundError, UsageError

SCOPES = ("feeds", "read", "write", "admin")


@click.command()
@click.option("--stdin", "from_stdin", is_flag=True, help="Read the password from standard input.")
def password(from_stdin: bool) -> None:
    """Ask for a password and print its hash (argon2id) for the YAML: `password: "…"`."""
    from aggregator.web.passwords import hash_password

    if from_stdin:
        given = sys.stdin.readline().rstrip("\r\n")
    else:
        given = click.prompt("Password", hide_input=True, confirmation_prompt="The same again", err=True)
    if not given:
        raise UsageError("an empty password protects nothing")
    click.echo(hash_password(given))


@click.group()
def tokens() -> None:
    """Tokens for programs and for the private addresses of feeds."""


@tokens.command("list")
@config_option
@json_option
@click.option("--reader", help="Only those of this reader.")
def list_tokens(config_path: Path | None, as_json: bool, reader: str | None) -> None:
    """List the tokens that are not revoked: whose, for what, when last used; never the tokens themselves."""
    from aggregator.cli.opened import opened

    with opened(config_path) as (_, store):
        found = [one for one in store.people.tokens(reader) if one.revoked is None]
    table = Table(box=None, pad_edge=False)
    for name in ("no", "name", "reader", "scope", "made", "last used"):
        table.add_column(name)
    for one in found:
        if as_json:
            print_json(
                {
                    "no": one.no, "name": one.name, "reader": one.reader, "scope": one.scope,
                    "created": one.created.isoformat(), "used": one.used.isoformat() if one.used else None,
                }
            )  # fmt: skip
        used = f"{one.used:%Y-%m-%d %H:%M}" if one.used else "never"
        table.add_row(str(one.no), one.name, one.reader, one.scope, f"{one.created:%Y-%m-%d %H:%M}", used)
    if not as_json:
        output().print(table)


@tokens.command("add")
@config_option
@click.argument("name")
@click.option("--scope", type=click.Choice(SCOPES), default="read", show_default=True,
              help="What it may: fetch feeds, read, also mark and star, everything.")  # fmt: skip
@click.option("--reader", help="Whose it is; default: web.user.")
def add_token(config_path: Path | None, name: str, scope: str, reader: str | None) -> None:
    """Make a token for what NAME says, and print it: this once."""
    from aggregator.cli.opened import opened
    from aggregator.daemon.admission import listed
    from aggregator.web.accounts import Accounts

    with opened(config_path) as (settings, store):
        people = listed(settings.web)
        reader = people[0].name if reader is None else reader
        account = next((one for one in people if one.name == reader), None)
        if account is None:
            raise UsageError(
                f"no reader is called {reader!r}; there are: {', '.join(one.name for one in people)}"
            )
        if scope == "admin" and account.role != "admin":
            raise UsageError(f"{reader} is no admin, so a token of theirs cannot be one; give --scope write")
        secret, _ = Accounts(store.people, lambda: people, now).add_token(name, scope, reader)
    click.echo(secret)
    messages().print("Keep it now: it is shown this once.", highlight=False)


@tokens.command("revoke")
@config_option
@click.argument("token")
@click.option("--reader", help="Whose it is, where several have one of this name.")
def revoke_token(config_path: Path | None, token: str, reader: str | None) -> None:
    """End the token with this name or number, for good; the daemon refuses it from now on."""
    from aggregator.cli.opened import opened

    with opened(config_path) as (_, store):
        live = [one for one in store.people.tokens(reader) if one.revoked is None]
        found = [one for one in live if token in (one.name, str(one.no))]
        if not found:
            raise NotFoundError(f"there is no token {token!r}; `aggregator tokens list` shows them")
        if len(found) > 1:
            said = ", ".join(f"{one.no} of {one.reader}" for one in found)
            raise UsageError(f"several are called {token!r}: {said}; give the number")
        store.people.revoke(found[0].no)
    messages().print(f"Revoked: {found[0].name} of {found[0].reader}.", highlight=False)
