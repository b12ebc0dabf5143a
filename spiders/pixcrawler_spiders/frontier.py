"""What is still to be visited of the addresses that a walk through the web has met."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from pixcrawler_core.answers import mapping, sequence
from pixcrawler_core.sources import Blocked, LayoutChanged, SourceProblem, Throttled
from pixcrawler_core.urls import url_key


@dataclass(kw_only=True)
class Frontier:
    """The addresses still to visit, and keys of all that were ever put among them."""

    most: int
    todo: list[tuple[str, int, int]] = field(default_factory=list)
    """Address, depth, and how often it was tried."""
    seen: dict[int, None] = field(default_factory=dict)
    read: int = 0
    """Addresses whose answer was of use."""
    misses: int = 0
    """Addresses in a row without an answer."""
    first: tuple[str, str] | None = None
    """Class and words of the first problem."""

    @classmethod
    def of(cls, cursor: Any, start: Iterable[str], most: int) -> Frontier:
        """The frontier that a cursor holds; starting addresses that it has not seen are put to its end."""
        told = mapping(cursor)
        known = dict.fromkeys(key for key in sequence(told.get("seen")) if isinstance(key, int))
        frontier = cls(most=most, seen=known)
        for each in sequence(told.get("todo")):
            url, depth, tries = each
            frontier.todo.append((str(url), int(depth), int(tries)))
        frontier.read, frontier.misses = int(told.get("read") or 0), int(told.get("misses") or 0)
        if first := sequence(told.get("first")):
            frontier.first = (str(first[0]), str(first[1]))
        for url in start:
            frontier.add(url, 0)
        return frontier

    def cursor(self) -> dict[str, Any]:
        """The frontier as JSON."""
        return {
            "todo": [list(each) for each in self.todo],
            "seen": list(self.seen),
            "read": self.read,
            "misses": self.misses,
            "first": list(self.first) if self.first else None,
        }

    def add(self, url: str, depth: int) -> None:
        """Put an address to the end, unless it was there before or there are too many."""
        if len(self.seen) < self.most and self.see(url):
            self.todo.append((url, depth, 0))

    def see(self, url: str) -> bool:
        """Note an address as seen; False if it was already, or cannot be asked for."""
        try:
            key = url_key(url)
        except ValueError:
            return False
        fresh = key not in self.seen
        self.seen[key] = None
        return fresh

    def take(self, url: str) -> tuple[str, int, int]:
        """The address that was asked for; where nobody asked, that of the answer."""
        if self.todo:
            return self.todo.pop(0)
        self.see(url)
        return url, 0, 0

    def problem(self, last: SourceProblem) -> SourceProblem:
        """With what a walk ends that came to nothing: the first thing that went wrong."""
        if self.first is None or isinstance(last, Throttled):
            return last
        kinds = (Blocked, LayoutChanged)
        kind = next((each for each in kinds if each.page_class == self.first[0]), SourceProblem)
        return kind(self.first[1])
