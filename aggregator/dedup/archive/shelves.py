"""What the steps ask of their surroundings: where things lie, who works, whom to tell. Plain ones here."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Protocol, TypeVar

A = TypeVar("A")
B = TypeVar("B")
Progress = Callable[[str, int, int | None], None]


class Map(Protocol):
    """Runs a function over some things, in their order; perhaps in other processes."""

    def __call__(self, function: Callable[[A], B], things: Iterable[A], /) -> Iterator[B]:
        """The results, in order."""


class Shelf(Protocol[A]):
    """Keeps things by their place, from 0; a list is one. With a `Map` of other processes it goes to them."""

    def append(self, thing: A, /) -> None:
        """Put one at the end; not once one has been taken."""

    def __getitem__(self, place: int, /) -> A:
        """Take one."""


def here(function: Callable[[A], B], things: Iterable[A]) -> Iterator[B]:
    """A `Map` in this process."""
    return map(function, things)


def quietly(step: str, done: int, total: int | None) -> None:
    """Tell nobody how far it is."""
