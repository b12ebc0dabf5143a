"""The two usual forms of a check, made of plain functions."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pixcrawler_core.records import Verdict

if TYPE_CHECKING:
    from pixcrawler_core.image import Image

Measures = Mapping[str, Any]


@dataclass(frozen=True, kw_only=True)
class PlainCheck:
    """A check made of its two steps."""

    measured: Callable[[Image], Measures]
    judged: Callable[[Measures], Verdict]

    def measure(self, image: Image, /) -> Measures:
        """What `measured` finds."""
        return self.measured(image)

    def judge(self, measures: Measures, /) -> Verdict:
        """What `judged` says of it."""
        return self.judged(measures)


@dataclass(frozen=True, kw_only=True)
class ScoreCheck:
    """A check that turns measures into one score and rejects what stays below a threshold."""

    measured: Callable[[Image], Measures]
    scored: Callable[[Measures], float]
    """0 to 1, higher is better; what lies outside is clipped."""
    reason: str
    told: Callable[[Measures], str]
    """The figures in a few words, for the detail of a rejection."""
    threshold: float
    """The least score that passes; 0 lets everything pass."""

    def measure(self, image: Image, /) -> Measures:
        """What `measured` finds."""
        return self.measured(image)

    def judge(self, measures: Measures, /) -> Verdict:
        """The score, and `reason` if it is below the threshold."""
        score = min(1.0, max(0.0, float(self.scored(measures))))
        if score >= self.threshold:
            return Verdict(score=score, threshold=self.threshold)
        detail = f"{self.told(measures)}: the score {score:.3f} is below {self.threshold:g}"
        return Verdict(reason=self.reason, detail=detail, score=score, threshold=self.threshold)
