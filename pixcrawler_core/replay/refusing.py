"""Which images of a lock stay out whatever their bytes are: what was taken down, what a person left out."""

from __future__ import annotations

import dataclasses
from collections.abc import Collection, Mapping
from typing import TYPE_CHECKING

from pixcrawler_core.catalog.reviews import REVIEWED
from pixcrawler_core.records import Candidate, Outcome, Stage, State
from pixcrawler_core.takedown.matching import TAKEN_DOWN

if TYPE_CHECKING:
    from pixcrawler_core.catalog.reviews import Decision
    from pixcrawler_core.takedown.matching import Matcher


class Refusals:
    """Asked before an image is fetched, and when it was looked at. Threads may share it.

    `taken` are places, category and number, that a person gave to other images of the dataset.
    """

    def __init__(
        self,
        tombstones: Matcher,
        decisions: Mapping[str, Decision],
        taken: Collection[tuple[str, int | None]],
    ) -> None:
        self._tombstones = tombstones
        self._decisions = decisions
        self._taken = taken

    def before(self, candidate: Candidate) -> Outcome | None:
        """The outcome of an image that is not asked for; None for one that may be."""
        by = self._tombstones.found(candidate)
        if by is None and not self._tombstones.fetched(candidate.expected_sha256):
            return None
        detail = f"by {by.value}" if by else "the same picture was taken down"
        return Outcome(state=State.REFUSED, stage=Stage.TAKEDOWN, reason=TAKEN_DOWN, detail=detail)

    def after(self, candidate: Candidate, outcome: Outcome, phash: str) -> Outcome | None:
        """The outcome of an image with this hash that stays out; None for one that comes in."""
        if self._tombstones.seen(phash):
            detail = "the same picture was taken down"
            return dataclasses.replace(
                outcome, state=State.REFUSED, stage=Stage.TAKEDOWN, reason=TAKEN_DOWN, detail=detail
            )
        why = self._reviewed(candidate)
        if why is None:
            return None
        return dataclasses.replace(
            outcome, state=State.REJECTED, stage=Stage.REVIEW, reason=REVIEWED, detail=why
        )

    def _reviewed(self, candidate: Candidate) -> str | None:
        if (candidate.category, candidate.extra["number"]) in self._taken:
            return "a review gave its place to another image"
        decision = self._decisions.get(candidate.expected_sha256 or "")
        return decision.refusal(candidate.category) if decision else None
