"""Finds the rows of all ledgers of a workspace that rules mean, and takes them down in the catalog."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from itertools import islice
from typing import TYPE_CHECKING
from uuid import UUID

from pixcrawler_core.catalog.audit import Entry, append
from pixcrawler_core.catalog.columns import CANDIDATE, OUTCOME, candidate_of, outcome_of
from pixcrawler_core.catalog.datasets import CrawlJob
from pixcrawler_core.catalog.fields import to_sql_time
from pixcrawler_core.catalog.sql import Sql
from pixcrawler_core.catalog.statements import REOPEN_JOB
from pixcrawler_core.catalog.tombstones import keep_tombstones, note_swept, unswept
from pixcrawler_core.records import State
from pixcrawler_core.takedown.matching import TAKEN_DOWN, Matcher
from pixcrawler_core.takedown.rules import RADIUS, Kind, Rule

if TYPE_CHECKING:
    from peewee import Database

    from pixcrawler_core.records import Candidate, Outcome

PAGE = 10_000
"""Rows read at a time."""
_COLUMNS = ", ".join(f"r.{name}" for name in (*CANDIDATE, *OUTCOME))
_ROWS = (
    f"SELECT s.engine, s.query, j.dataset_id, r.job_id, {_COLUMNS} "  # noqa: S608  # our own columns
    "FROM ledger_row r JOIN stream s ON s.id = r.stream_id JOIN crawl_job j ON j.id = r.job_id "
    "WHERE r.id > ? ORDER BY r.id LIMIT ?"
)
_LOSERS = (
    "SELECT DISTINCT j.dataset_id FROM ledger_row r JOIN crawl_job j ON j.id = r.job_id WHERE r.reason = ?"
)
_TAKE_DOWN = (
    "UPDATE ledger_row SET state = 'refused', stage = 'takedown', reason = ?, detail = ?, passing = ?, "
    "number = NULL, phash = NULL, scores = NULL, meta = '{}', updated_at = ? WHERE id = ?"
)
_FORGET = (
    "DELETE FROM image_split WHERE ledger_row = ?",
    "DELETE FROM image WHERE ledger_row = ?",
)
_FORGET_BYTES = (
    "DELETE FROM kept_measures WHERE sha256 = ?",
    "DELETE FROM review WHERE sha256 = ?",
    "DELETE FROM label_review WHERE sha256 = ?",
)


@dataclass(frozen=True, kw_only=True, slots=True)
class Meant:
    """A row of a ledger that is taken down."""

    row: int
    job: int
    dataset: str
    by: Kind
    url: str
    sha256: str | None
    phash: str | None
    kept: bool
    """Whether it is an image of the dataset."""


@dataclass(kw_only=True)
class Takedown:
    """What rules mean among the rows of a workspace, and the rules that follow from it."""

    rules: Sequence[Rule]
    rows: list[Meant] = field(default_factory=list)
    earlier: frozenset[str] = frozenset()
    """Digests of takedowns that were broken off, whose files go now as well."""
    unfinished: Sequence[str] = ()
    """Datasets that may not have been assembled anew since such a takedown."""

    @property
    def images(self) -> dict[str, int]:
        """How many images each dataset loses."""
        told: dict[str, int] = {}
        for each in self.rows:
            if each.kept:
                told[each.dataset] = told.get(each.dataset, 0) + 1
        return dict(sorted(told.items()))

    @property
    def datasets(self) -> list[str]:
        """The datasets that have such rows, or may not have been assembled anew."""
        return sorted({*(each.dataset for each in self.rows), *self.unfinished})

    @property
    def digests(self) -> set[str]:
        """Digests of the bytes that go."""
        given = {each.value for each in self.rules if each.kind is Kind.SHA256}
        return given | self.earlier | {each.sha256 for each in self.rows if each.sha256}

    def derived(self, radius: int) -> list[Rule]:
        """Rules by which the same pictures are known under other addresses."""
        hashes = {each.phash for each in self.rows if each.phash and each.by is not Kind.PHASH}
        return [
            *(Rule(kind=Kind.SHA256, value=each) for each in sorted(self.digests)),
            *(Rule(kind=Kind.PHASH, value=each, radius=radius) for each in sorted(hashes)),
        ]


def find(database: Database, rules: Sequence[Rule], radius: int = RADIUS) -> Takedown:
    """What rules mean: the rows that they name, and all others with the same bytes or the same picture.

    Goes through all rows, twice. Raises WorkspaceError.
    """
    named = Takedown(rules=rules)
    if left := unswept(database):
        named.earlier = frozenset(value for value, kind in left.items() if kind is Kind.SHA256)
        named.unfinished = losers(database)
    given = Matcher(rules)
    for each in _rows(database):
        if by := _meant(given, each):
            named.rows.append(each.meant(by))
    same = Matcher(named.derived(radius))
    known = {each.row for each in named.rows}
    if same:
        for each in _rows(database):
            if each.candidate.id not in known and (by := _meant(same, each)):
                named.rows.append(each.meant(by))
    return named


def losers(database: Database) -> list[str]:
    """Datasets of which something was ever taken down. Raises WorkspaceError."""
    return [name for (name,) in Sql(database).all(_LOSERS, (TAKEN_DOWN,))]


def take_down(
    database: Database,
    takedown: Takedown,
    note: str | None,
    now: datetime,
    radius: int = RADIUS,
    actor: UUID | None = None,
) -> None:
    """Keep the rules, and forget in the catalog what they mean: all of it, or nothing if interrupted.

    The rows stay, refused, with their URLs and nothing else that a source told. Raises WorkspaceError.
    """
    sql, moment = Sql(database), to_sql_time(now)
    with sql.transaction():
        keep_tombstones(sql, takedown.derived(radius), derived=True, note=None, now=moment)
        keep_tombstones(sql, takedown.rules, derived=False, note=note, now=moment)
        for each in takedown.rows:
            for statement in _FORGET:
                sql.run(statement, (each.row,))
            sql.run(_TAKE_DOWN, (TAKEN_DOWN, f"by {each.by.value}", False, moment, each.row))
        for digest in takedown.digests:
            for statement in _FORGET_BYTES:
                sql.run(statement, (digest,))
        for name in takedown.images:
            if job := CrawlJob.that_made(name):
                sql.run(REOPEN_JOB, (moment, job.id))
        append(sql, [replace(entry, actor=actor) for entry in _log(takedown, note)], now)


def finish(database: Database, now: datetime) -> None:
    """Note that all files of what was taken down are gone. Raises WorkspaceError."""
    sql = Sql(database)
    with sql.transaction():
        note_swept(sql, to_sql_time(now))


@dataclass(frozen=True, slots=True)
class _Row:
    dataset: str
    job: int
    candidate: Candidate
    outcome: Outcome

    def meant(self, by: Kind) -> Meant:
        return Meant(
            row=self.candidate.id,
            job=self.job,
            dataset=self.dataset,
            by=by,
            url=self.candidate.image_url,
            sha256=self.outcome.sha256,
            phash=self.outcome.phash,
            kept=self.outcome.state is State.ACCEPTED,
        )


def _rows(database: Database) -> Iterator[_Row]:
    sql, last, split = Sql(database), 0, len(CANDIDATE)
    while page := sql.all(_ROWS, (last, PAGE)):
        for engine, query, dataset, job, *row in page:
            candidate = candidate_of(row[:split], engine, query)
            yield _Row(dataset, job, candidate, outcome_of(row[split:]))
        last = page[-1][4]


def _meant(matcher: Matcher, row: _Row) -> Kind | None:
    """By what rules mean a row."""
    if by := matcher.found(row.candidate, row.outcome.final_url):
        return by
    if matcher.fetched(row.outcome.sha256):
        return Kind.SHA256
    return Kind.PHASH if matcher.seen(row.outcome.phash) else None


def _log(takedown: Takedown, note: str | None) -> Iterator[Entry]:
    """The audit entries: one for all, and one for each dataset that loses images."""
    rules = [str(each) for each in takedown.rules]
    told = {"rules": rules, "rows": len(takedown.rows), "images": takedown.images, "note": note}
    yield Entry(action="takedown", entity="workspace", details=told)
    for dataset, images in takedown.images.items():
        details = {"images": images, "rules": ", ".join(islice(rules, 5))}
        yield Entry(action="images taken down", entity="dataset", entity_id=dataset, details=details)
