"""corrections: what people corrected, as a list and as labelled pairs (scripts/fit, scripts/evaluate)."""

from __future__ import annotations

from pathlib import Path

import click
from rich.table import Table
from rich.text import Text

from aggregator.cli.archive import write_whole
from aggregator.cli.common import config_option, json_option, messages, output, output_option, print_json
from aggregator.cli.opened import opened
from aggregator.publish.shapes import correction_shape


@click.group()
def corrections() -> None:
    """What people corrected: splits, merges, and what was taken back."""


@corrections.command("list")
@config_option
@json_option
def list_(config_path: Path | None, as_json: bool) -> None:
    """List every correction, the newest first: what, who, when, why, and whether it still stands."""
    with opened(config_path) as (_, store):
        found = store.corrections.listed()
    if as_json:
        for one in found:
            print_json(correction_shape(one))
        return
    table = Table(box=None, pad_edge=False, show_header=bool(found))
    for name in ("no", "when (UTC)", "who", "what", "why"):
        table.add_column(name, justify="right" if name == "no" else "left")
    for one in found:
        what = Text(str(correction_shape(one)["words"]), style="dim strike" if one.undone else "")
        if one.undone:
            what.append(
                f"  taken back by {one.undone_by}, {one.undone:%Y-%m-%d %H:%M}", style="not strike dim"
            )
        table.add_row(str(one.id), f"{one.at:%Y-%m-%d %H:%M}", one.author, what, Text(one.reason))
    output().print(table)
    if not found:
        messages().print("No corrections yet. `aggregator split` and `aggregator merge` make them.")


@corrections.command()
@config_option
@output_option
@click.option(
    "--with-texts", is_flag=True,
    help="With the documents of the pairs and of what is near them, so that others can compute the signals.",
)  # fmt: skip
def export(config_path: Path | None, target: Path | None, with_texts: bool) -> None:
    """Write the corrections that stand as labelled pairs, JSON Lines; `scripts/fit FILE` reads them.

    Without --with-texts the lines hold no word of any article.
    """
    with opened(config_path) as (settings, store):
        pairs = store.corrections.labelled_pairs()
        documents = store.corrections.labelled_documents(settings.rules()) if with_texts else []
    write_whole(target, [*documents, *pairs])
    said = f"{len(pairs)} pair{'' if len(pairs) == 1 else 's'}"
    if with_texts:
        said += f", {len(documents)} document{'' if len(documents) == 1 else 's'}"
    messages().print(f"{said} written.", highlight=False)
