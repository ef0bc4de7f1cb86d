"""An explanation in the terminal: the verdict, the signals, both texts marked. In a pipe marks are signs."""

from __future__ import annotations

from rich.console import Console
from rich.table import Table
from rich.text import Text

from aggregator.dedup.explain import Explanation, Factor, Side

STYLES = {"shared": "green", "differs": "bold red", "left-out": "dim italic", "own": ""}
BRACKETS = {"shared": ("[=", "=]"), "differs": ("[!", "!]"), "left-out": ("[-", "-]"), "own": ("", "")}
WHY = {
    "dateline": "the dateline",
    "usual": "a usual line of pages",
    "recurs": "recurs in this outlet's articles",
}


def print_explanation(out: Console, found: Explanation) -> None:
    """The argument in words, then the signals with values and weights, then the two texts."""
    style = "bold green" if found.one_story else "bold red"
    verdict, colon, why = found.decided.partition(":")
    out.print(Text(verdict, style=style).append(colon + why, style="not bold default"))
    for note in found.notes:
        out.print(Text(f"• {note}", style="dim"))
    out.print()
    out.print(Text(_summary(found), style="dim"))
    if found.factors:
        out.print(_factors(found))
    for ours, theirs in found.differs:
        line = Text("Differs: ").append(f"“{ours}”", style=STYLES["differs"]).append(" / ")
        out.print(line.append(f"“{theirs}”", style=STYLES["differs"]))
    for name, one in (("first", found.a), ("second", found.b)):
        out.print()
        _print_side(out, name, one)
    out.print()
    out.print(_legend(out))


def _summary(found: Explanation) -> str:
    by = "the signals" if found.step == "signals" else f"{found.step}, not by the signals"
    said = f"Decided by {by}; they give {found.weighed:.3f}, {found.threshold:.2f} is needed"
    return f"{said}; {found.relation}; {found.hours:.1f} hours apart."


def _factors(found: Explanation) -> Table:
    """A row a signal. The sum of the first column is the logarithm of the odds."""
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    for name in ("adds", "signal", "value", "weight"):
        table.add_column(name, justify="left" if name == "signal" else "right", no_wrap=True)
    table.add_column("which says")
    for factor in found.factors:
        table.add_row(*_row(factor, decided=factor.decided and found.step == "signals"))
    table.add_row(
        f"{found.intercept:+.2f}",
        "(start)",
        "",
        "",
        Text("what is assumed of any two candidates", style="dim"),
    )
    return table


def _row(factor: Factor, *, decided: bool) -> tuple[Text, Text, str, str, Text]:
    style = "green" if factor.contribution >= 0 else "red"
    words = Text(factor.words)
    if decided:
        words.append("  ← decided", style="bold")
    return (
        Text(f"{factor.contribution:+.2f}", style=style),
        Text(factor.name, style="bold" if decided else ""),
        f"{factor.value:.2f}",
        f"{factor.weight:+.2f}",
        words,
    )


def _print_side(out: Console, name: str, side: Side) -> None:
    own = f"{side.own_words} of {side.words} words its own"
    head = f"The {name}, article {side.article}: {side.source}, {side.published:%Y-%m-%d %H:%M} UTC ({own})"
    out.print(Text(head, style="bold"))
    out.print(Text(side.title or "(no title)", style="italic"))
    for paragraph in side.paragraphs():
        line = Text()
        for kind, text in paragraph:
            if out.is_terminal:
                line.append(text, style=STYLES[kind])
            else:
                before, after = BRACKETS[kind]
                line.append(before + text + after)
        out.print(line)
    for part in side.left_out:
        out.print(Text(f"left out, {WHY[part.why]}: {part.text}", style="dim"))


def _legend(out: Console) -> Text:
    said = {"shared": "stands in both", "differs": "says something else", "left-out": "does not count"}
    line = Text("Marks: ", style="dim")
    for kind, words in said.items():
        if out.is_terminal:
            line.append(words, style=STYLES[kind]).append("  ")
        else:
            line.append(f"{' … '.join(BRACKETS[kind])} {words}  ")
    return line
