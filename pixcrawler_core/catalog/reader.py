"""Reads a job's ledger in chunks, so that memory does not grow with it and rows may change meanwhile."""

from __future__ import annotations

import itertools
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, TypeVar

from peewee import Database

from pixcrawler_core.catalog import statements
from pixcrawler_core.catalog.columns import (
    CANDIDATE,
    candidate_of,
    clean,
    flat_row,
    labelled_like,
    labelling_of,
    outcome_of,
)
from pixcrawler_core.catalog.fencing import Fence
from pixcrawler_core.catalog.sql import Sql
from pixcrawler_core.errors import WorkspaceError
from pixcrawler_core.records import Candidate, Labelling, Outcome, Placement, Stage, State

T = TypeVar("T")
CHUNK = 500
"""Rows read at a time."""
_SPLIT = len(CANDIDATE)
"""Where the outcome begins in a row that has both; it begins with the state."""


@dataclass(frozen=True, kw_only=True, slots=True)
class StreamState:
    """How far the result pages of one query on one engine were read."""

    id: int
    category: str | None
    """None for a stream whose candidates name their own category."""
    engine: str
    query: str
    next_page: int
    """Counted from 1."""
    cursor: Any
    """What the source needs for the next page; any JSON value."""
    done: bool
    failure: str | None
    """Why the stream ended early."""
    rests_from: int | None = None
    """The page from which on it waits until the others of its category are exhausted."""


@dataclass(frozen=True, slots=True)
class Count:
    """Number of rows that came from one stream and ended alike."""

    category: str
    engine: str
    query: str
    state: State
    stage: Stage
    reason: str | None
    rows: int


@dataclass(frozen=True, slots=True)
class Kept:
    """An image that the dataset keeps, with what was said of it so far, and the split it was given."""

    candidate: Candidate
    outcome: Outcome
    labelling: Labelling
    placement: Placement | None


class LedgerReader:
    """What the ledger knows about one job. Synchronous; every method raises WorkspaceError."""

    def __init__(self, database: Database, job_id: int, fence: Fence | None = None) -> None:
        self.database = database
        self.job_id = job_id
        self._sql = Sql(database, fence)

    @cached_property
    def dataset_id(self) -> str:
        """The dataset that the job fills."""
        found = self._sql.first(statements.DATASET, (self.job_id,))
        if found is None:
            raise WorkspaceError(f"the catalog has no job {self.job_id}")
        return str(found[0])

    def unfinished(self, stream_id: int, chunk: int = CHUNK) -> Iterator[tuple[Candidate, Outcome | None]]:
        """Rows of a stream still found (outcome None) or fetched, in the order of their pages and ranks.

        They are read `chunk` at a time; a row that is finished before its chunk is read does not come.
        """
        stream = self.stream(stream_id)
        last = 0
        while rows := self._sql.all(statements.UNFINISHED_ROWS, (stream_id, last, chunk)):
            for row in rows:
                candidate = candidate_of(row[:_SPLIT], stream.engine, stream.query)
                yield candidate, None if row[_SPLIT] == State.FOUND else outcome_of(row[_SPLIT:])
            last = rows[-1][0]

    def unsettled(self, rows: Sequence[int]) -> Iterator[tuple[Candidate, Outcome | None]]:
        """Of these rows those still found (outcome None), or fetched and not examined."""
        for start in range(0, len(rows), CHUNK):
            part = rows[start : start + CHUNK]
            for engine, query, *row in self._sql.all(statements.unsettled_rows(len(part)), part):
                found = row[_SPLIT] == State.FOUND
                yield candidate_of(row[:_SPLIT], engine, query), None if found else outcome_of(row[_SPLIT:])

    def known(self, url_key: int, besides: int, url: str) -> Outcome | None:
        """What became of the job's first other row of the same image, once it is more than found.

        What is no image of the dataset counts only at this very URL: a small copy says nothing of the large.
        """
        found = self._sql.first(statements.KNOWN_ROW, (self.job_id, url_key, besides, clean(url)))
        return None if found is None else outcome_of(found)

    def accepted(self, chunk: int = CHUNK) -> Iterator[tuple[Candidate, Outcome]]:
        """The images that the dataset keeps, by category and number."""
        for _, _, _, _, _, engine, query, *row in self._accepted_rows(chunk):
            yield candidate_of(row[:_SPLIT], engine, query), outcome_of(row[_SPLIT:])

    def kept(self, chunk: int = CHUNK, *, but: Mapping[str, str] | None = None) -> Iterator[Kept]:
        """The same with their labels and splits, without those of which just these labelers spoke."""
        rows = self._accepted_rows(chunk, "" if but is None else labelled_like(but))
        for labels, metadata, split, made_by, before, engine, query, *row in rows:
            placement = Placement(split=split, made_by=made_by, before=before) if split else None
            candidate, outcome = candidate_of(row[:_SPLIT], engine, query), outcome_of(row[_SPLIT:])
            yield Kept(candidate, outcome, labelling_of(labels, metadata), placement)

    def accepted_counts(self) -> dict[str, int]:
        """Number of images that the dataset keeps, by category."""
        return dict(self._sql.all(statements.ACCEPTED_COUNTS, (self.dataset_id,)))

    def folders(self) -> dict[str, str]:
        """The folder of each category that has images in it, as `name_files` recorded them."""
        rows = self._sql.all(statements.FOLDERS, (self.dataset_id,))
        return {category: filename.split("/")[1] for category, filename in rows}

    def next_number(self, category: str) -> int:
        """The number of the next image of a category of the dataset."""
        return int(self._sql.all(statements.NEXT_NUMBER, (self.dataset_id, clean(category)))[0][0])

    def counts(self) -> list[Count]:
        """How many rows of each stream and category stand where, and why."""
        return [
            Count(category, engine, query, State(state), Stage(stage), reason, rows)
            for category, engine, query, state, stage, reason, rows in self._sql.all(
                statements.COUNTS, (self.job_id,)
            )
        ]

    def left_streams(self) -> list[StreamState]:
        """The streams of which images are fetched and not decided."""
        return [stream_of(row) for row in self._sql.all(statements.LEFT_STREAMS, (self.job_id,))]

    def decided(self) -> list[tuple[str, str, int, int, int]]:
        """Category, query and page number, and how many of their candidates were accepted, and decided."""
        rows = self._sql.all(statements.DECIDED, (self.job_id,))
        return [(category, query, page, int(good), int(rows)) for category, query, page, good, rows in rows]

    def resting(self) -> dict[tuple[str, str], int]:
        """From which page on queries rest, by category and query."""
        return {
            (category, query): page
            for category, query, page in self._sql.all(statements.RESTING, (self.job_id,))
        }

    def yields(self) -> dict[str, tuple[int, int]]:
        """How many of each source's candidates the other jobs accepted, and of how many judged."""
        rows = self._sql.all(statements.YIELDS, (self.job_id,))
        return {engine: (int(accepted), int(judged)) for engine, accepted, judged in rows}

    def answers(self) -> dict[tuple[int, int], tuple[str, str, str]]:
        """Engine, query and the answer's digest by stream and page, for pages that came over the network."""
        rows = self._sql.all(statements.ANSWERS, (self.job_id,))
        return {(stream, page): (engine, query, sha256) for stream, page, engine, query, sha256 in rows}

    def rows(self, chunk: int = CHUNK) -> Iterator[dict[str, Any]]:
        """Every row of the job by id, flat (see `columns.flat_row`), with its stream's engine and query."""
        names = ("engine", "query", *statements.ROW)
        first, last = self._sql.all(statements.BOUNDS, (self.job_id,))[0]
        while rows := self._sql.all(statements.ALL_ROWS, (first, last, self.job_id, chunk)):
            for row in rows:
                yield flat_row(dict(zip(names, row, strict=True)))
            first = rows[-1][names.index("id")] + 1

    def policy(self, host: str) -> dict[str, Any] | None:
        """What a host said, or None."""
        found = self._sql.first(statements.POLICY, (clean(host),))
        return None if found is None else dict(json.loads(found[0]))

    def _accepted_rows(self, chunk: int, unlike: str = "") -> Iterator[tuple[Any, ...]]:
        last: tuple[str, int] = ("", 0)
        while rows := self._sql.all(statements.ACCEPTED_ROWS, (self.dataset_id, unlike, *last, chunk)):
            for row in rows:
                yield row[2:]
            last = rows[-1][:2]

    def stream(self, stream_id: int) -> StreamState:
        """The state of a stream of this job."""
        found = self._sql.first(statements.STREAM_BY_ID, (stream_id, self.job_id))
        if found is None:
            raise WorkspaceError(f"job {self.job_id} has no stream {stream_id}")
        return stream_of(found)


def stream_of(row: Sequence[Any]) -> StreamState:
    """The stream behind the columns that the statements on streams give."""
    key, category, engine, query, next_page, cursor, done, failure, rests_from = row
    return StreamState(
        id=key,
        category=category or None,
        engine=engine,
        query=query,
        next_page=next_page,
        cursor=None if cursor is None else json.loads(cursor),
        done=bool(done),
        failure=failure,
        rests_from=rests_from,
    )


def titles_of(database: Database, category: str, most: int = 2000) -> list[str]:
    """Title and tags, in one text each, of the latest images kept in categories of this name."""
    rows = Sql(database).all(statements.TITLES, (category, most))
    told = (json.loads(meta) for (meta,) in rows)
    return [". ".join(filter(None, (each.get("title"), *each.get("tags", ())))) for each in told]


def take(rows: Iterator[T], most: int) -> list[T]:
    """Up to `most` further rows of an iterator."""
    return list(itertools.islice(rows, most))
