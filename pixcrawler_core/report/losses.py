"""What the ledger tells a report: the way from found to accepted, what was left out and why, duplicates."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pixcrawler_core.errors import WorkspaceError
from pixcrawler_core.records import State
from pixcrawler_core.report.tallies import DISTINCT
from pixcrawler_core.report.times import Times

LEDGER = "metadata/ledger.parquet"
EXAMPLES = 8
"""Rows shown for a reason, at most."""
UNSEEN = 4
"""Those of them without bytes, at most: there is nothing to see."""
GROUPS = 60
"""Groups of duplicates shown, at most."""
COPIES = 7
"""Duplicates shown of a group, at most."""
BATCH = 5_000
"""Rows read at once: bounds memory."""
COUNTED = ("state", "reason", "category", "duplicate_of", "detail")
"""Columns that are read of all rows."""
COLUMNS = (
    "id", "state", "stage", "reason", "detail", "sha256", "duplicate_of", "category", "url", "page_url",
    "title", "engine", "safe", "width", "height", "number", "created_at", "updated_at",
)  # fmt: skip
MATCH = re.compile(r"\((?P<method>[^()]+), distance (?P<distance>[-+.\de]+)\)$")
"""The end of a duplicate's detail, as deduplication writes it."""
LOST = (State.REJECTED, State.FAILED, State.REFUSED, State.DUPLICATE)
"""States of rows that were left out for a reason."""

Row = dict[str, Any]
"""A row of the ledger, with the columns above."""


@dataclass
class Reason:
    """Why rows were left out, how many, and some of them."""

    state: str
    name: str
    count: int = 0
    examples: list[Row] = field(default_factory=list)

    def add(self, fetched: bool, row: Callable[[], Row]) -> None:
        """Count a row, and keep it if it is one of the first."""
        self.count += 1
        if len(self.examples) < (EXAMPLES if fetched else UNSEEN):
            self.examples.append(row())


@dataclass(frozen=True)
class Copy:
    """A duplicate, by which method it was recognised and at which distance; both empty if not told."""

    row: Row
    method: str
    distance: str

    @classmethod
    def of(cls, row: Row) -> Copy:
        """The duplicate in a row of the ledger."""
        match = MATCH.search(row["detail"] or "")
        return cls(row, match["method"] if match else "", match["distance"] if match else "")


@dataclass
class Group:
    """An image that was kept, None if the ledger has it not, and what was left out because of it."""

    kept: Row | None
    count: int
    copies: list[Copy] = field(default_factory=list)


@dataclass
class Losses:
    """The rows of a ledger, summed up."""

    rows: int = 0
    states: Counter[tuple[str, bool]] = field(default_factory=Counter)
    """Rows by state, and by whether their bytes were fetched."""
    reasons: dict[tuple[str, str], Reason] = field(default_factory=dict)
    by_category: defaultdict[str, Counter[str]] = field(default_factory=lambda: defaultdict(Counter))
    """Reasons of rows that were left out, by category."""
    groups: list[Group] = field(default_factory=list)
    all_groups: int = 0
    times: Times = field(default_factory=Times)

    def add(
        self, state: str, reason: str | None, category: str, fetched: bool, row: Callable[[], Row]
    ) -> None:
        """Count a row; `row` gives the whole of it."""
        self.rows += 1
        self.states[state, fetched] += 1
        if state not in LOST:
            return
        key = state, reason or "unknown"
        if key in self.reasons or len(self.reasons) < DISTINCT:
            self.reasons.setdefault(key, Reason(*key)).add(fetched, row)
        if category in self.by_category or len(self.by_category) < DISTINCT:
            self.by_category[category][key[1]] += 1

    def funnel(self) -> list[tuple[str, int]]:
        """Steps from what was found to what was accepted, with the rows that came so far."""
        lost = [
            ("asked for", self._of(State.FOUND) + self.states[State.REJECTED, False]),
            ("allowed", self._of(State.REFUSED)),
            ("fetched", self._of(State.FAILED)),
            ("needed", self._of(State.FETCHED)),
            ("fit", self.states[State.REJECTED, True]),
            ("accepted", self._of(State.DUPLICATE)),
        ]
        steps = [("found", self.rows)]
        for name, less in lost:
            steps.append((name, steps[-1][1] - less))
        return steps

    def _of(self, state: State) -> int:
        return self.states[state, True] + self.states[state, False]


def read_losses(folder: Path) -> Losses | None:
    """What the ledger in a dataset's folder tells; None if there is none. Raises WorkspaceError."""
    path = folder / LEDGER
    if not path.exists():
        return None
    import pyarrow as pa

    try:
        return _read(path)
    except (OSError, KeyError, TypeError, ValueError, AttributeError, pa.ArrowException) as error:
        raise WorkspaceError(
            f"{path} cannot be read as a ledger ({error}); run the job again, which writes it anew"
        ) from error


def _read(path: Path) -> Losses:
    """Reads twice: to count, and to choose groups; then the rows of those, and the spans of time."""
    losses = Losses()
    copies: Counter[int] = Counter()
    near: set[int] = set()
    for batch in _batches(path):
        losses.times.widen(batch)
        for duplicate_of, detail in _count(losses, batch):
            copies[duplicate_of] += 1
            near.update([duplicate_of] if _distance(detail) != "0" else ())
    chosen = sorted(copies, key=lambda key: (key not in near, -copies[key], key))[:GROUPS]
    groups = {key: Group(None, copies[key]) for key in chosen}
    for batch in _batches(path):
        losses.times.add(batch)
        for row in _rows_of(groups, batch):
            _place(row, groups)
    losses.all_groups, losses.groups = len(copies), list(groups.values())
    return losses


def _batches(path: Path) -> Iterator[Any]:
    import pyarrow.parquet as pq

    with pq.ParquetFile(path) as file:
        if missing := set(COLUMNS).difference(file.schema_arrow.names):
            raise KeyError(f"it has no column {min(missing)}")
        yield from file.iter_batches(BATCH, columns=list(COLUMNS))


def _count(losses: Losses, batch: Any) -> Iterator[tuple[int, str]]:
    """Count rows; gives of duplicates which row was kept, and the detail."""
    columns = [batch.column(name).to_pylist() for name in COUNTED]
    fetched = batch.column("sha256").is_valid().to_pylist()
    for place, (has, state, reason, category, duplicate_of, detail) in enumerate(
        zip(fetched, *columns, strict=True)
    ):

        def whole(place: int = place) -> Row:
            row: Row = batch.slice(place, 1).to_pylist()[0]
            return row

        losses.add(state, reason, category, has, whole)
        if duplicate_of is not None:
            yield duplicate_of, detail or ""


def _rows_of(groups: dict[int, Group], batch: Any) -> Iterator[Row]:
    """The rows of a batch that belong to groups."""
    import pyarrow as pa
    import pyarrow.compute as pc

    keys = pa.array(groups, pa.int64())
    wanted = [pc.is_in(batch.column(name).cast(pa.int64()), keys) for name in ("id", "duplicate_of")]
    yield from batch.filter(pc.or_(*wanted)).to_pylist()


def _place(row: Row, groups: dict[int, Group]) -> None:
    """Put a row into the groups to which it belongs."""
    if row["id"] in groups:
        groups[row["id"]].kept = row
    group = groups.get(row["duplicate_of"])
    if group is not None and len(group.copies) < COPIES:
        group.copies.append(Copy.of(row))


def _distance(detail: str) -> str:
    match = MATCH.search(detail)
    return match["distance"] if match else ""
