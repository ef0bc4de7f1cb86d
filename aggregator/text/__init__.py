"""Text of articles, in every script: paragraphs, normal form, tokens, datelines, glued-on lines. Pure."""

from aggregator.text.dateline import Dateline, dateline
from aggregator.text.glue import is_glue
from aggregator.text.paragraphs import html_to_paragraphs, plain_to_paragraphs
from aggregator.text.tables import normalise
from aggregator.text.tokens import Tokens, tokenise

__all__ = [
    "Dateline",
    "Tokens",
    "dateline",
    "html_to_paragraphs",
    "is_glue",
    "normalise",
    "plain_to_paragraphs",
    "tokenise",
]
