"""What other thresholds of checks would change, counted from the scores that the catalog has."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pixcrawler_server.bodies import View

if TYPE_CHECKING:
    from pixcrawler_core.catalog.sql import Sql

BINS = 50
"""Classes of a score."""
SQLITE = {
    "kept": "json_each(i.metadata, '$.scores')",
    "found": "json_each(r.scores)",
    "score": "CAST(json_extract(e.value, '$.score') AS REAL)",
    "threshold": "CAST(json_extract(e.value, '$.threshold') AS REAL)",
    "number": "REAL",
}
POSTGRES = {
    "kept": "json_each(CAST(i.metadata AS json) -> 'scores')",
    "found": "json_each(CAST(r.scores AS json))",
    "score": "CAST(e.value ->> 'score' AS double precision)",
    "threshold": "CAST(e.value ->> 'threshold' AS double precision)",
    "number": "double precision",
}
"""What each database says in its own way. Scores are kept as `{"CHECK": {"score": 1, "threshold": 0}}`."""
KEPT = (
    "FROM image i LEFT JOIN review v ON v.dataset_id = i.dataset_id AND v.sha256 = i.hash "
    "WHERE i.dataset_id = ? AND i.hash IS NOT NULL"
)
FOUND = (
    "FROM ledger_row r JOIN crawl_job j ON j.id = r.job_id "
    "LEFT JOIN review v ON v.dataset_id = j.dataset_id AND v.sha256 = r.sha256 "
    "WHERE j.dataset_id = ? AND r.state = 'rejected' AND r.stage = 'validation' AND r.sha256 IS NOT NULL "
    "AND r.scores IS NOT NULL"
)
UNDECIDED = "AND v.decision IS NULL"
"""What people decided stays as it is."""


class ScoresView(View):
    """How a check scored the images of a dataset."""

    check: str
    threshold: float | None
    """Below which it rejected; None where it never does."""
    kept: list[int]
    """Images whose score is under 0.02, under 0.04, and so on to 1."""
    rejected: list[int]
    """The same of what checks rejected."""


class AffectedView(View):
    """An image that would go, or a candidate that would come back."""

    id: int
    """Of the image, or of the candidate in the ledger."""
    sha256: str
    category: str


class ChangesView(View):
    """What thresholds would change."""

    removed: int
    """Images that lie below one of the thresholds."""
    added: int
    """Rejected candidates that would pass all of them."""
    remove: list[AffectedView]
    """The first of those images."""
    add: list[AffectedView]


@dataclass(frozen=True)
class Thresholds:
    """Asks the catalog about scores."""

    sql: Sql

    @property
    def _words(self) -> Mapping[str, str]:
        return POSTGRES if self.sql.database.sequences else SQLITE

    def scores(self, dataset_id: str) -> list[ScoresView]:
        """How each check that gives scores judged, by its name."""
        bins: defaultdict[str, dict[str, list[int]]] = defaultdict(
            lambda: {"kept": [0] * BINS, "found": [0] * BINS}
        )
        thresholds: dict[str, float] = {}
        for kind, of in (("kept", KEPT), ("found", FOUND)):
            for check, place, threshold, rows in self._bins(kind, of, dataset_id):
                bins[check][kind][max(0, min(BINS - 1, place))] += rows
                if threshold is not None:
                    thresholds[check] = max(threshold, thresholds.get(check, 0.0))
        return [
            ScoresView(
                check=check, threshold=thresholds.get(check), kept=found["kept"], rejected=found["found"]
            )
            for check, found in sorted(bins.items())
        ]

    def changes(self, dataset_id: str, given: Mapping[str, float], most: int) -> ChangesView:
        """What would change with these thresholds: the numbers, and at most so many of each."""
        checks = [value for pair in given.items() for value in pair]
        below = " OR ".join(f"(e.key = ? AND {self._words['score']} < ?)" for _ in given)
        kept = f"{KEPT} {UNDECIDED} AND EXISTS (SELECT 1 FROM {self._words['kept']} e WHERE {below})"  # noqa: S608
        removed, remove = self._listed("i.id, i.hash, i.category", kept, [dataset_id, *checks], most)
        found, values = self._coming(dataset_id, given)
        added, add = self._listed("MIN(r.id), r.sha256, MIN(r.category)", found, values, most)
        return ChangesView(removed=removed, added=added, remove=remove, add=add)

    def _coming(self, dataset_id: str, given: Mapping[str, float]) -> tuple[str, list[Any]]:
        """Rejected rows that a score kept out, and that no score would now."""
        words, checks = self._words, [value for pair in given.items() for value in pair]
        given_now = f"WHEN ? THEN CAST(? AS {words['number']}) " * len(given)
        now = f"CASE e.key {given_now}ELSE {words['threshold']} END"
        scores = f"SELECT 1 FROM {words['found']} e WHERE {words['score']} <"  # noqa: S608
        text = (
            f"{FOUND} {UNDECIDED} "  # noqa: S608
            f"AND EXISTS ({scores} {words['threshold']}) AND NOT EXISTS ({scores} {now}) "
            "AND NOT EXISTS (SELECT 1 FROM image i WHERE i.dataset_id = j.dataset_id AND i.hash = r.sha256) "
            "GROUP BY r.sha256"
        )
        return text, [dataset_id, *checks]

    def _bins(self, kind: str, of: str, dataset_id: str) -> list[tuple[Any, ...]]:
        score = self._words["score"]
        place = f"CAST(ROUND(CAST({score} * {BINS} AS NUMERIC) - 0.5) AS INTEGER)"
        head, _, where = of.partition(" WHERE ")
        statement = (
            f"SELECT e.key, {place}, MAX({self._words['threshold']}), COUNT(*) {head} "
            f"CROSS JOIN {self._words[kind]} e WHERE {where} AND {score} IS NOT NULL GROUP BY 1, 2"
        )
        return self.sql.all(statement, (dataset_id,))

    def _listed(
        self, columns: str, of: str, values: Sequence[Any], most: int
    ) -> tuple[int, list[AffectedView]]:
        count = self.sql.all(f"SELECT COUNT(*) FROM (SELECT 1 {of}) t", values)[0][0]  # noqa: S608
        rows = self.sql.all(f"SELECT {columns} {of} ORDER BY 1 LIMIT {most:d}", values)
        return count, [
            AffectedView(id=key, sha256=digest, category=category) for key, digest, category in rows
        ]
