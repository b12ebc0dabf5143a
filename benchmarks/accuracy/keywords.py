"""Widened keywords: whether their expansions are right, beside a list that was judged by hand; the time.

`python -m accuracy.keywords`. keywords.csv has an expansion a row, of a keyword that stands beside the others
in `context`; a keyword without expansions has an empty one. An expansion is right if a photograph that is
found with it would be a right picture for the keyword as it is meant. All expansions of `wordnet` were
judged, and 300 of the other expanders, drawn at random. The keywords of the set `held out` were chosen, and
judged, when the meanings and the expander were finished; the README tells what was changed after.
"""

from __future__ import annotations

import argparse
import csv
import os
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from measure import goal, table

from pixcrawler_core.components import Expander
from pixcrawler_core.config.keywords import DEFAULT_THRESHOLD, KeywordsTable
from pixcrawler_core.keywords.expanding import Expanders
from pixcrawler_core.keywords.process import expand_keywords
from pixcrawler_core.keywords.ranking import Ranker
from pixcrawler_core.records import Query
from pixcrawler_core.registry import Registry, load
from pixcrawler_core.words import folded

LIST = Path(__file__).resolve().parent / "keywords.csv"
NAMES = ("wordnet", "morphology", "templates")
"""Expanders that are looked at, as far as there are."""
WARMING = ("crane", "bulldozer", "sofa")
"""Keywords for which models are opened, before time is taken."""
RIGHT, QUICK = 0.9, 5.0
"""The goals: share of expansions that are right, seconds of CPU for 100 keywords."""
MOST = 1000


class Base(NamedTuple):
    """A keyword as it is written, the job's other keywords, and the set that it belongs to."""

    set: str
    keyword: str
    context: str

    @property
    def categories(self) -> dict[str, list[str]]:
        """The categories of its job, a keyword each."""
        return {word: [word] for word in (self.keyword, *filter(None, self.context.split("; ")))}


@dataclass(frozen=True, kw_only=True, slots=True)
class Found:
    """An expansion, and what the list says of it; None where it says nothing."""

    query: Query
    right: bool | None

    @property
    def score(self) -> float:
        """How near to the keyword it keeps."""
        return self.query.score or 0.0


def judged(path: Path = LIST) -> dict[Base, dict[str, bool]]:
    """What the list says of the expansions of each keyword, by their text, folded."""
    found: dict[Base, dict[str, bool]] = {}
    with path.open(newline="", encoding="utf-8") as file:
        for row in csv.DictReader(file):
            said = found.setdefault(Base(row["set"], row["keyword"], row["context"]), {})
            if row["expansion"]:
                said[folded(row["expansion"])] = row["right"] == "yes"
    return found


class Widening:
    """The expanders and the ranking, as a job has them, that drop nothing."""

    def __init__(self, registry: Registry, names: Sequence[str]) -> None:
        self._table = KeywordsTable(expanders=tuple(names), threshold=0, most=MOST)
        self._expanders = Expanders.build(registry, names)
        self._ranker = Ranker.of(lambda: registry.models)

    def widen(self, base: Base) -> list[Query]:
        """All expansions of a keyword. Raises SystemExit if an expander fails."""
        found = expand_keywords(base.categories, self._table, self._expanders, self._ranker)
        if found.errors:
            raise SystemExit(f"{base.keyword}: {', '.join(found.errors.values())}")
        return [query for query in found.queries if query.keyword == base.keyword and query.origin != "job"]


def share(found: Sequence[Found]) -> float:
    """Share of judged expansions that are right; 1 for none."""
    said = [each.right for each in found if each.right is not None]
    return sum(said) / len(said) if said else 1.0


def estimate(found: Sequence[Found]) -> float:
    """Share that are right if those of a relation that were not judged are as those that were."""
    relations = {each.query.relation for each in found}
    parts = [[each for each in found if each.query.relation == relation] for relation in relations]
    return sum(share(part) * len(part) for part in parts) / len(found) if found else 1.0


def kept(found: Iterable[Found], threshold: float, most: int) -> list[Found]:
    """What a job with this threshold asks for, of the expansions of one keyword."""
    near = sorted((each for each in found if each.score >= threshold), key=lambda each: -each.score)
    return near[:most]


def row(name: str, parts: Sequence[Sequence[Found]], threshold: float) -> list[str]:
    """A row of the report."""
    most = KeywordsTable().most
    asked = [each for part in parts for each in kept(part, threshold, most)]
    right = sum(each.right is True for part in parts for each in part)
    lost = right - sum(each.right is True for each in asked)
    return [
        *(name, f"{len(parts)}", f"{len(asked) / max(len(parts), 1):.1f}"),
        *(f"{estimate(asked):.3f}", f"{lost} of {right}", f"{sum(each.right is None for each in asked)}"),
    ]


def print_accuracy(found: Mapping[Base, Sequence[Found]], threshold: float) -> None:
    """How right what is asked is: by set, by relation, and at other thresholds."""
    parts = list(found.values())
    head = ["keywords", "number", "expansions each", "right", "right ones lost", "not judged"]
    sets = {base.set: [part for each, part in found.items() if each.set == base.set] for base in found}
    rows = [row(name, part, threshold) for name, part in {**sets, "all": parts}.items()]
    print(table([f"threshold {threshold:g}", *head[1:]], rows))
    relations = sorted({each.query.relation for part in parts for each in part})
    of_relation = {
        name: [[each for each in part if each.query.relation == name] for part in parts] for name in relations
    }
    rows = [row(name, of_relation[name], threshold) for name in relations]
    print(f"\n{table(['relation', *head[1:]], rows)}")
    others = [row(f"{each:g}", parts, each) for each in (0.0, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8)]
    print(f"\n{table(['threshold', *head[1:]], others)}\n")
    for name, part in sets.items():
        asked = [each for one in part for each in kept(one, threshold, KeywordsTable().most)]
        number, reached = sum(each.right is not None for each in asked), estimate(asked)
        told = f"{reached:.1%}, by {number} judged of {len(asked)}"
        print(goal(f"{RIGHT:.0%} of the expansions right, {name}: {told}", reached >= RIGHT))


def print_failures(found: Mapping[Base, Sequence[Found]], threshold: float) -> None:
    """The expansions that are wrong and kept, right and lost, or not judged."""
    for base, part in found.items():
        for each in part:
            is_kept = each.score >= threshold
            if each.right is None or each.right is not is_kept:
                what = "not judged" if each.right is None else "wrong" if is_kept else "lost"
                print(f"- {what}: {base.keyword} -> {each.query.text} ({each.score:.2f})")


def print_time(seconds: float, opening: float, number: int) -> None:
    """What it took."""
    hundred = 100 * seconds / number
    print(goal(f"100 keywords in {QUICK:g} s of CPU: {hundred:.2f} s", hundred < QUICK))
    print(f"- {number} keywords took {seconds:.2f} s; opening the models before took {opening:.2f} s")


def main() -> None:
    """The command."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--threshold", type=float, default=DEFAULT_THRESHOLD, help="least score of a query")
    parser.add_argument("--failures", action="store_true", help="also list what is wrong, lost or not judged")
    parser.add_argument("--expanders", nargs="+", default=NAMES, help="which are asked")
    options = parser.parse_args()
    os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
    registry, said = load(installed=False), judged()
    names = [name for name in options.expanders if name in registry.all(Expander)]

    began = time.process_time()
    widening = Widening(registry, names)
    for word in WARMING:
        widening.widen(Base("", word, "; ".join(other for other in WARMING if other != word)))
    warm = time.process_time()
    queries = {base: widening.widen(base) for base in said}
    seconds = time.process_time() - warm

    found = {
        base: [Found(query=each, right=said[base].get(folded(each.text))) for each in queries[base]]
        for base in said
    }
    print(f"Expanders: {', '.join(names)}\n")
    print_accuracy(found, options.threshold)
    print_time(seconds, warm - began, sum(len(base.categories) for base in said))
    if options.failures:
        print_failures(found, options.threshold)


if __name__ == "__main__":
    main()
