"""The query language: one for the page, the API, the command line, saved searches and topics. Pure.

    tehran "north korea" -oil title:talks* source:ifp group:iran,korea topic:visit lang:fa since:30d

`parse` reads what a person wrote into a tree (`tree`), or says what is wrong with it; `of_topic` makes a tree
of a topic of the YAML; the store makes statements of trees, on every database.
"""

from aggregator.search.parse import QueryError, check_names, parse
from aggregator.search.tree import Bound, Either, Every, Filter, Lacking, Node, Of, Without, Words
from aggregator.search.wanted import of_topic

__all__ = [
    "Bound", "Either", "Every", "Filter", "Lacking", "Node", "Of", "QueryError", "Without", "Words",
    "check_names", "of_topic", "parse",
]  # fmt: skip
