"""What the methods for duplicates found, scored and told.

Recall is the share of the versions whose own photograph is found. Precision is the share of all pairs, those
of the originals with each other included, that are the same picture; pairs of which it can be doubted do not
count. A pair is in the half of the picture that was looked up.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from accuracy.alterations import ALTERATIONS
from accuracy.copies import HALVES, Pair, Trial
from measure import goal, table

RECALL, PRECISION = 0.95, 0.99
"""Goals for all methods together, on the half that nothing was tuned on."""
Found = Mapping[str, set[Pair]]
"""Pairs by method."""
Clocks = Mapping[str, tuple[int, float]]
"""Number of calls and their seconds of CPU, by method and call."""


@dataclass(slots=True)
class Score:
    """What a method found among the pictures of one half."""

    asked: Counter[str] = field(default_factory=Counter)
    """Versions by alteration."""
    hits: Counter[str] = field(default_factory=Counter)
    """Those whose photograph was found."""
    right: int = 0
    wrong: list[Pair] = field(default_factory=list)

    @property
    def mean_recall(self) -> float:
        """Of all alterations alike; each has as many versions."""
        return self.hits.total() / max(1, self.asked.total())

    @property
    def precision(self) -> float | None:
        """None if nothing was found."""
        found = self.right + len(self.wrong)
        return self.right / found if found else None

    def recall(self, alteration: str) -> float:
        """Of one alteration."""
        return self.hits[alteration] / max(1, self.asked[alteration])


def scored(trial: Trial, pairs: set[Pair], half: int) -> Score:
    """The score of what a method found, in one half."""
    score = Score()
    for number, version in enumerate(trial.versions, len(trial.originals)):
        if trial.half(number) == half:
            score.asked[version.alteration] += 1
            score.hits[version.alteration] += (number, version.source) in pairs
    for pair in sorted(pairs):
        if trial.half(pair[0]) != half:
            continue
        right = trial.right(pair)
        score.right += right is True
        score.wrong += [pair] if right is False else []
    return score


def print_report(trial: Trial, found: Found, together: str, clocks: Clocks) -> None:
    """All tables, and the goals for one of what was found: the methods together."""
    print(f"{len(trial.originals)} originals, {len(trial.versions):,} versions\n")
    scores = {
        half: {name: scored(trial, pairs, number) for name, pairs in found.items()}
        for half, number in HALVES.items()
    }
    for half, each in scores.items():
        _print_scores(half, each)
    _print_copies(trial, found)
    rows = [[what, f"{calls:,}", _each(calls, seconds)] for what, (calls, seconds) in clocks.items()]
    print(table(["CPU, decoding included", "calls", "each"], rows), end="\n\n")
    half = [*HALVES][-1]
    _print_goals(half, scores[half][together])
    _print_wrong(trial, scores.values())


def _print_scores(half: str, scores: Mapping[str, Score]) -> None:
    """Recall by alteration, and precision, by method."""
    rows = [
        [each.name, *(f"{score.recall(each.name):.3f}" for score in scores.values())] for each in ALTERATIONS
    ]
    rows.append(["**mean recall**", *(f"**{score.mean_recall:.3f}**" for score in scores.values())])
    rows.append(["**precision**", *(_precision(score) for score in scores.values())])
    rows.append(["right, wrong", *(f"{s.right:,}, {len(s.wrong)}" for s in scores.values())])
    print(table([f"recall, {half}", *scores], rows), end="\n\n")


def _precision(score: Score) -> str:
    return "" if score.precision is None else f"**{score.precision:.4f}**"


def _print_copies(trial: Trial, found: Found) -> None:
    """How many of the copies among the originals each method finds, and how many pairs that are none."""
    copies = trial.true_copies()
    own = {name: {pair for pair in pairs if pair[0] < len(trial.originals)} for name, pairs in found.items()}
    rows = [
        ["found", *(str(len(copies & pairs)) for pairs in own.values())],
        ["wrong", *(str(sum(trial.right(pair) is False for pair in pairs)) for pairs in own.values())],
    ]
    print(table([f"{len(copies)} true copies", *found], rows), end="\n\n")


def _each(calls: int, seconds: float) -> str:
    return f"{1000 * seconds / calls:.2f} ms" if calls else ""


def _print_goals(half: str, score: Score) -> None:
    recall, precision = score.mean_recall, score.precision or 0.0
    print(goal(f"recall of all together, {half}, at least {RECALL}: {recall:.3f}", recall >= RECALL))
    print(goal(f"precision there at least {PRECISION}: {precision:.4f}", precision >= PRECISION))


def _print_wrong(trial: Trial, scores: Iterable[Mapping[str, Score]]) -> None:
    """Every pair that is wrong, but for those of others."""
    for half in scores:
        for name, score in half.items():
            for pair in score.wrong:
                print(f"- {name}: {trial.told(pair[0])} is not {trial.told(pair[1])}")
