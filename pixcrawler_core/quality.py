"""What quality is, wherever it is told: the mean of the scores that checks give an image."""

from __future__ import annotations

from collections.abc import Iterable
from statistics import fmean

HIGH = 0.7
"""Quality from which it is called high."""
LOW = 0.5
"""Quality below which it is called low."""


def quality(scores: Iterable[float | None]) -> float | None:
    """The mean of the scores, 0 to 1; None is that of a check that cannot tell, and of no scores at all."""
    told = [score for score in scores if score is not None]
    return fmean(told) if told else None


def grade(score: float) -> str:
    """`high`, `medium` or `low`."""
    if score >= HIGH:
        return "high"
    return "medium" if score >= LOW else "low"
