"""metadata/quality.json: how each check scored the images, by category, and which fared worst."""

from __future__ import annotations

import heapq
from collections import defaultdict
from collections.abc import Iterator, Mapping
from typing import Any

WORST = 10
"""Images with the lowest scores that are named for each check."""


class QualityReport:
    """Sums up manifest entries one by one; memory grows with checks and categories only."""

    def __init__(self) -> None:
        self._sums: defaultdict[str, defaultdict[str, _Sum]] = defaultdict(lambda: defaultdict(_Sum))
        self._worst: defaultdict[str, list[tuple[float, int, str]]] = defaultdict(list)
        self._images = 0

    def add(self, entry: Mapping[str, Any]) -> None:
        """Count one image."""
        self._images += 1
        for check, score in scores_of(entry):
            self._sums[check][entry["category"]].add(score)
            found = (-score, -self._images, entry["path"])
            heap = self._worst[check]
            if len(heap) < WORST:
                heapq.heappush(heap, found)
            else:
                heapq.heappushpop(heap, found)

    def as_json(self) -> dict[str, Any]:
        """What the file holds, by the names of the checks that give scores."""
        return {
            check: {
                "categories": {category: each.as_json() for category, each in sorted(sums.items())},
                "worst": [
                    {"path": path, "score": -score} for score, _, path in sorted(self._worst[check])[::-1]
                ],
            }
            for check, sums in sorted(self._sums.items())
        }


class _Sum:
    def __init__(self) -> None:
        self.tenths = [0] * 10
        self.total = 0.0

    def add(self, score: float) -> None:
        self.tenths[min(9, int(score * 10))] += 1
        self.total += score

    def as_json(self) -> dict[str, Any]:
        images = sum(self.tenths)
        return {"images": images, "mean": round(self.total / images, 4), "tenths": self.tenths}


def scores_of(entry: Mapping[str, Any]) -> Iterator[tuple[str, float]]:
    """The checks that gave an image a score, and the score, 0 to 1."""
    for check, measures in entry["scores"].items():
        if isinstance(measures, dict) and isinstance(measures.get("score"), (float, int)):
            yield check, measures["score"]
