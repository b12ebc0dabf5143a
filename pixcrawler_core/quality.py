"""What quality is, wherever it is told: the mean of the scores that checks give an image."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from statistics import fmean
from typing import Any

HIGH = 0.7
"""Quality from which it is called high."""
LOW = 0.5
"""Quality below which it is called low."""


def quality(scores: Iterable[float | None]) -> float | None:
    """The mean of the scores, 0 to 1; None is that of a check that cannot tell, and of no scores at all."""
    told = [score for score in scores if score is not None]
    return fmean(told) if told else None


def quality_of(scores: Mapping[str, Any]) -> float | None:
    """The quality that checks' entries in a row of the ledger make, each with its `score` if it has one."""
    return quality(map(_score, scores.values()))


def grade(score: float) -> str:
    """`high`, `medium` or `low`."""
    if score >= HIGH:
        return "high"
    return "medium" if score >= LOW else "low"


def _score(entry: Any) -> float | None:
    value = entry.get("score") if isinstance(entry, Mapping) else entry
    return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else None
