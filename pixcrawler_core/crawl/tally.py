"""Counts what a run does, for progress displays and the closing words."""

from __future__ import annotations

from collections import Counter, deque
from collections.abc import Iterable
from typing import TYPE_CHECKING, Any

from pixcrawler_core.records import State

if TYPE_CHECKING:
    from pixcrawler_core.records import Candidate, Outcome


LATEST = 12
"""Candidates that were accepted, and that were not, which are remembered."""
LONGEST_TITLE = 120


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
        self.latest: dict[str, deque[dict[str, Any]]] = {
            "accepted": deque(maxlen=LATEST),
            "rejected": deque(maxlen=LATEST),
        }
        """The last ones whose pictures were fetched, with their rows in the ledger."""

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
        if outcome.sha256 is not None:
            self._remember(candidate, outcome)

    def _remember(self, candidate: Candidate, outcome: Outcome) -> None:
        kind = "accepted" if outcome.state is State.ACCEPTED else "rejected"
        self.latest[kind].append(
            {
                "id": candidate.id,
                "category": candidate.category,
                "engine": candidate.engine,
                "title": (candidate.title or "")[:LONGEST_TITLE],
                "reason": outcome.reason,
            }
        )
