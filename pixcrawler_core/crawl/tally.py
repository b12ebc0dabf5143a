"""Counts what a run does, for progress displays and the closing words."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from typing import TYPE_CHECKING

from pixcrawler_core.records import State

if TYPE_CHECKING:
    from pixcrawler_core.records import Candidate, Outcome


class Tally:
    """Counters of one run; what earlier runs did is in the ledger."""

    def __init__(self) -> None:
        self.candidates = 0
        """Candidates found."""
        self.downloads = 0
        """Images fetched."""
        self.bytes = 0
        """Bytes of the images fetched."""
        self.states: Counter[State] = Counter()
        self.reasons: Counter[str] = Counter()
        """Reasons of everything that was not accepted."""
        self.labelled = 0
        """Images labelled."""
        self.accepted: Counter[str] = Counter()
        """Accepted images by category."""

    def found(self, candidates: Iterable[Candidate]) -> None:
        """Count a page of candidates."""
        self.candidates += sum(1 for _ in candidates)

    def downloaded(self, size: int) -> None:
        """Count an image that came from the network; `size` in bytes."""
        self.downloads += 1
        self.bytes += size

    def label(self, images: int) -> None:
        """Note how many images are labelled by now."""
        self.labelled = images

    def count(self, candidate: Candidate, outcome: Outcome) -> None:
        """Count a candidate's new state."""
        if outcome.state is State.FETCHED:
            return
        self.states[outcome.state] += 1
        if outcome.state is State.ACCEPTED:
            self.accepted[candidate.category] += 1
        if outcome.reason is not None:
            self.reasons[outcome.reason] += 1
