"""Counts over a finished dataset: stages and reasons, engines and categories, sizes, formats, licences."""

from __future__ import annotations

import bisect
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from pixcrawler_core.policies import POLICIES

if TYPE_CHECKING:
    from pixcrawler_core.catalog.reader import Count

SIDES = (128, 256, 512, 1024, 2048, 4096)
"""Bounds of the classes of the shorter side, in pixels."""


class ImageStatistics:
    """Sums up manifest entries one by one."""

    def __init__(self) -> None:
        self.images = 0
        self.bytes = 0
        self.formats: Counter[str] = Counter()
        self.licences: Counter[str] = Counter()
        self.policies = dict.fromkeys(POLICIES, 0)
        self.sides: Counter[str] = Counter()
        self.categories: Counter[str] = Counter()
        self.engines: Counter[str] = Counter()
        self._splits: defaultdict[str, Counter[str]] = defaultdict(Counter)
        self._labels: defaultdict[str, Counter[str]] = defaultdict(Counter)
        self._scores: defaultdict[str, list[float]] = defaultdict(lambda: [0.0] * 11)

    def add(self, entry: Mapping[str, Any]) -> None:
        """Count one accepted image."""
        self.images += 1
        self.bytes += entry["size"] or 0
        self.formats[entry["format"] or "unknown"] += 1
        self.licences[entry["licence"] or "unknown"] += 1
        for name, policy in POLICIES.items():
            self.policies[name] += policy.why_not(entry) is None
        self.sides[_side_class(min(entry["width"] or 0, entry["height"] or 0))] += 1
        self.categories[entry["category"]] += 1
        self.engines[entry["engine"]] += 1
        if entry["split"]:
            self._splits[entry["split"]][entry["category"]] += 1
        self._count_labels(entry)
        for check, measures in entry["scores"].items():
            if isinstance(measures, dict) and isinstance(measures.get("score"), (float, int)):
                bins = self._scores[check]
                bins[min(9, int(measures["score"] * 10))] += 1
                bins[10] += measures["score"]

    def _count_labels(self, entry: Mapping[str, Any]) -> None:
        given = Counter(label["source"] for label in entry["labels"])
        for name, labels in given.items():
            self._labels[name].update(images=1, labels=labels)
        for name in entry["label_errors"]:
            self._labels[name].update(errors=1)

    def as_json(self) -> dict[str, Any]:
        """The `images` part of statistics.json."""
        return {
            "count": self.images,
            "bytes": self.bytes,
            "mean_bytes": round(self.bytes / self.images) if self.images else 0,
            "formats": dict(self.formats.most_common()),
            "shorter_side_pixels": {name: self.sides[name] for name in _side_classes() if self.sides[name]},
            "licences": dict(self.licences.most_common()),
            "policies": self.policies,
            "engines": dict(self.engines.most_common()),
            "splits": {name: dict(sorted(found.items())) for name, found in sorted(self._splits.items())},
            "labels": {
                name: {what: counts[what] for what in ("images", "labels", "errors")}
                for name, counts in sorted(self._labels.items())
            },
            "quality": {name: _distribution(bins) for name, bins in sorted(self._scores.items())},
        }


def category_counts(goals: Mapping[str, int | None], accepted: Mapping[str, int]) -> dict[str, Any]:
    """The `categories` part of statistics.json: those of the goals, and others of which there are images."""
    return {
        category: {
            "wanted": goals.get(category),
            "accepted": accepted.get(category, 0),
            "short": max(0, (goals.get(category) or 0) - accepted.get(category, 0)),
        }
        for category in dict.fromkeys([*goals, *accepted])
    }


def stage_counts(counts: Iterable[Count]) -> dict[str, Any]:
    """The `candidates` part of statistics.json: rows of the ledger by state, reason, engine and category."""
    states: Counter[str] = Counter()
    reasons: Counter[str] = Counter()
    stages: Counter[str] = Counter()
    engines: defaultdict[str, Counter[str]] = defaultdict(Counter)
    categories: defaultdict[str, Counter[str]] = defaultdict(Counter)
    for count in counts:
        states[count.state] += count.rows
        stages[count.stage] += count.rows
        engines[count.engine][count.state] += count.rows
        categories[count.category][count.state] += count.rows
        if count.reason is not None:
            reasons[count.reason] += count.rows
    return {
        "count": states.total(),
        "by_state": dict(states),
        "by_stage": dict(stages),
        "by_reason": dict(reasons.most_common()),
        "by_engine": {name: dict(found) for name, found in sorted(engines.items())},
        "by_category": {name: dict(found) for name, found in sorted(categories.items())},
    }


def _side_classes() -> list[str]:
    return [f"<{bound}" for bound in SIDES] + [f">={SIDES[-1]}"]


def _side_class(side: int) -> str:
    return _side_classes()[bisect.bisect_right(SIDES, side)]


def _distribution(bins: list[float]) -> dict[str, Any]:
    total = sum(bins[:10])
    return {"mean": round(bins[10] / total, 4), "tenths": [int(count) for count in bins[:10]]}
