"""The ledger of one job: every URL its sources found, how far each got, and why."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from peewee import Database

from pixcrawler_core.catalog import statements
from pixcrawler_core.catalog.columns import (
    clean,
    image_values,
    labelled,
    larger,
    meta_of,
    outcome_values,
    row_key,
)
from pixcrawler_core.catalog.fencing import Fence
from pixcrawler_core.catalog.fields import to_json, to_sql_time, utc_now
from pixcrawler_core.catalog.label_reviews import corrected, corrections_of
from pixcrawler_core.catalog.reader import LedgerReader, StreamState, stream_of
from pixcrawler_core.records import Candidate, Labelling, Outcome, Placement, Stage, State
from pixcrawler_core.urls import MAX_LENGTH, without_credentials

LOOKUP = 500
"""URL keys asked for in one query."""
BAD_URL = "bad-url"
"""Reason of a row whose URL cannot be asked for."""


class Ledger(LedgerReader):
    """Reads and writes one job's rows; each call is one transaction, committed when it returns.

    Synchronous, and to be used from one thread at a time (`LedgerWriter` gives it one). Every method raises
    WorkspaceError when the database refuses; nothing of that call is then recorded. With a `fence`, what
    writes raises LeaseLost once the lease is somebody else's.
    """

    def __init__(
        self,
        database: Database,
        job_id: int,
        clock: Callable[[], datetime] = utc_now,
        fence: Fence | None = None,
    ) -> None:
        super().__init__(database, job_id, fence)
        self._clock = clock

    def open_stream(self, category: str | None, engine: str, query: str) -> StreamState:
        """The state of a stream, which is begun at page 1 if the job does not have it yet."""
        key = (self.job_id, clean(category) or "", clean(engine), clean(query))
        with self._sql.transaction():
            self._sql.run(statements.BEGIN_STREAM, (*key, False))
            return stream_of(self._sql.all(statements.STREAM_BY_NAME, key)[0])

    def add_page(
        self,
        stream_id: int,
        page: int,
        candidates: Sequence[Candidate],
        cursor: Any,
        done: bool,
        answer: str | None = None,
    ) -> list[Candidate]:
        """Record a page of a stream, the digest of the `answer`, and where the next page starts.

        Returns what is new to the stream, by rank, with `id` and `seen_before` set. A URL that the stream
        has already is left out; one that cannot be asked for is recorded as failed (`bad-url`) and left
        out. A page that was recorded before changes nothing and yields nothing.
        """
        with self._sql.transaction():
            stream = self.stream(stream_id)
            if page < stream.next_page:
                return []
            added = self._insert(stream, sorted(candidates, key=lambda each: each.rank))
            self._sql.many(statements.SAVE_ANSWER, [(stream_id, page, answer)] if answer else [])
            told = None if cursor is None else to_json(cursor)
            self._sql.run(statements.ADVANCE_STREAM, (page + 1, told, done, stream_id))
        return added

    def end_stream(self, stream_id: int, failure: str | None = None) -> None:
        """Mark a stream as done: read to its end, or given up for the reason named."""
        with self._sql.transaction():
            self._sql.run(statements.END_STREAM, (True, clean(failure), stream_id, self.job_id))

    def rest_stream(self, stream_id: int, page: int) -> None:
        """Note that a stream waits, from a page on, until the others of its category are exhausted."""
        with self._sql.transaction():
            self._sql.run(statements.REST_STREAM, (page, stream_id, self.job_id))

    def reopen_streams(self, exhausted: bool = False) -> int:
        """Let failed streams go on where they stopped, and exhausted ones too if asked; returns how many."""
        statement = statements.REOPEN_ALL_STREAMS if exhausted else statements.REOPEN_FAILED_STREAMS
        with self._sql.transaction():
            return self._sql.run(statement, (False, self.job_id, True))

    def restart_streams(self) -> int:
        """Read all streams from their first pages again: they are asked for something else; how many."""
        with self._sql.transaction():
            return self._sql.run(statements.RESTART_STREAMS, (False, self.job_id))

    def retry_passing(self) -> int:
        """Take rows that failed for a passing cause back to found; returns how many."""
        with self._sql.transaction():
            return self._sql.run(statements.RETRY_PASSING, (False, self._now(), self.job_id, True))

    def judge_again(self, *, refused: bool, rejected: bool, filtered: bool = False) -> int:
        """Take rows whose verdict came from options that have changed back to where they were; how many."""
        asked = (statements.ASK_AGAIN,) * refused + (statements.CHECK_AGAIN,) * rejected
        asked += (statements.SEE_AGAIN,) * filtered
        with self._sql.transaction():
            return sum(self._sql.run(statement, (self._now(), self.job_id)) for statement in asked)

    def apply(self, updates: Sequence[tuple[Candidate, Outcome]]) -> None:
        """Record what became of candidates, in order; accepted ones become images of the dataset.

        Recording the same again changes nothing but the time. Raises ValueError for a candidate that was
        never recorded and for an accepted one without a number.
        """
        now = self._now()
        for candidate, outcome in updates:
            if not candidate.id:
                raise ValueError(f"the candidate was never recorded: {candidate.image_url[:200]!r}")
            if outcome.state is State.ACCEPTED and outcome.number is None:
                raise ValueError(f"row {candidate.id} was accepted without a number")
        with self._sql.transaction():
            self._sql.many(
                statements.UPDATE_ROW, [(*outcome_values(outcome), now, each.id) for each, outcome in updates]
            )
            # The replaced image goes before the new one comes, since both have the same number; its row is
            # changed after the updates, so that one accepted and replaced in one batch ends as replaced.
            replaced = {outcome.replaces: each.id for each, outcome in updates if outcome.replaces}
            self._sql.many(statements.HAND_SPLIT_ON, [(by, row) for row, by in replaced.items()])
            self._sql.many(statements.FORGET_IMAGE, [(row,) for row in replaced])
            self._sql.many(statements.REPLACE_ROW, [(by, now, row) for row, by in replaced.items()])
            accepted = ((each, outcome) for each, outcome in updates if outcome.state is State.ACCEPTED)
            kept = [
                image_values(self.dataset_id, *each, now) for each in accepted if each[0].id not in replaced
            ]
            self._sql.many(statements.KEEP_IMAGE, kept)

    def check_again(self, rows: Sequence[int]) -> None:
        """Take accepted images out of the dataset, to be checked again; their bytes are there."""
        with self._sql.transaction():
            self._sql.many(statements.FORGET_IMAGE, [(row,) for row in rows])
            self._sql.many(statements.CHECK_ONE_AGAIN, [(self._now(), row) for row in rows])

    def choose_again(self) -> int:
        """Take images and duplicates back to fetched, to be told apart by other rules; how many.

        Those on which a person has decided stay as they are.
        """
        dataset = self.dataset_id
        with self._sql.transaction():
            self._sql.run(statements.FORGET_IMAGES, (dataset, dataset))
            return self._sql.run(statements.CHOOSE_AGAIN, (self._now(), self.job_id, dataset))

    def find_again(self, rows: Sequence[int]) -> None:
        """Take accepted images whose bytes are lost out of the dataset; they are to be fetched again."""
        with self._sql.transaction():
            self._sql.many(statements.FORGET_IMAGE, [(row,) for row in rows])
            self._sql.many(statements.FIND_AGAIN, [(self._now(), row) for row in rows])

    def name_files(self, names: Sequence[tuple[str, str, int]]) -> None:
        """Note the file name, the storage URL and the ledger row of kept images."""
        with self._sql.transaction():
            self._sql.many(statements.NAME_IMAGE, names)

    def save_labels(self, made: Iterable[tuple[int, Labelling]]) -> int:
        """Note what was said last of kept images, by their rows; how many. A person's word holds over it."""
        count = 0
        with self._sql.transaction():
            said = corrections_of(self.database, self.dataset_id)
            for row, labelling in made:
                for metadata, digest in self._sql.all(statements.IMAGE_METADATA, (row,)):
                    labels = to_json(corrected(labelling.labels, said.get(digest, {})))
                    told = labelled(metadata, labelling)
                    count += self._sql.run(statements.LABEL_IMAGE, (labels, told, row))
        return count

    def save_splits(self, made: Iterable[tuple[int, Placement]]) -> None:
        """Note which split images were given, by their ledger rows: of all of them, or of none."""
        with self._sql.transaction():
            told = ((row, each.split, each.made_by, each.before) for row, each in made)
            self._sql.many(statements.PLACE_IMAGE, told)

    def save_policy(self, host: str, policy: Mapping[str, Any]) -> None:
        """Remember what a host said, in place of what it said before; any JSON values."""
        with self._sql.transaction():
            self._sql.run(statements.SAVE_POLICY, (clean(host), to_json(policy), self._now()))

    def _insert(self, stream: StreamState, candidates: Iterable[Candidate]) -> list[Candidate]:
        keyed = [(candidate, *row_key(candidate.image_url)) for candidate in candidates]
        streams = self._streams_with([key for _, key, _ in keyed])
        new: dict[int, tuple[Candidate, str | None]] = {}
        for candidate, key, problem in keyed:
            if stream.id not in streams.get(key, ()) and larger(candidate, new.get(key)):
                new[key] = (candidate, problem)
        ids = self._sql.new_ids("ledger_row", len(new))
        now, rows, added = self._now(), [], []
        for row_id, (key, (candidate, problem)) in zip(ids, new.items(), strict=True):
            recorded = replace(candidate, id=row_id, seen_before=key in streams)
            rows.append(self._row(stream, recorded, key, problem, now))
            if problem is None:
                added.append(recorded)
        if rows:
            self._sql.many(statements.INSERT_ROW, rows)
        return added

    def _row(
        self, stream: StreamState, candidate: Candidate, key: int, problem: str | None, now: str
    ) -> tuple[object, ...]:
        url = clean(candidate.image_url) or ""
        end = (State.FOUND, None, None) if problem is None else (State.FAILED, BAD_URL, clean(problem))
        return (
            candidate.id,
            self.job_id,
            stream.id,
            key,
            url if problem is None else without_credentials(url)[:MAX_LENGTH],
            clean(candidate.category),
            candidate.page,
            candidate.rank,
            candidate.seen_before,
            meta_of(candidate, stream.engine, stream.query),
            end[0].value,
            Stage.DISCOVERY.value,
            end[1],
            end[2],
            False,
            now,
            now,
        )

    def _streams_with(self, keys: Sequence[int]) -> dict[int, set[int]]:
        found: dict[int, set[int]] = {}
        for start in range(0, len(keys), LOOKUP):
            part = keys[start : start + LOOKUP]
            for key, stream_id in self._sql.all(statements.streams_with(len(part)), (self.job_id, *part)):
                found.setdefault(key, set()).add(stream_id)
        return found

    def _now(self) -> str:
        return to_sql_time(self._clock())
