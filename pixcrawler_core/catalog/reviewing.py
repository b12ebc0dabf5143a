"""Applies people's decisions to a dataset's images: what follows from each, and all of it at once."""

from __future__ import annotations

import dataclasses
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice
from typing import Any
from uuid import UUID

from pixcrawler_core.catalog import statements
from pixcrawler_core.catalog.audit import Entry, append
from pixcrawler_core.catalog.columns import (
    CANDIDATE,
    candidate_of,
    clean,
    image_values,
    labelled,
    meta_of,
    outcome_of,
    outcome_values,
    row_key,
    unasked,
)
from pixcrawler_core.catalog.fields import to_sql_time
from pixcrawler_core.catalog.label_reviews import Holds, LabelDecision
from pixcrawler_core.catalog.ledger import Ledger
from pixcrawler_core.catalog.reviews import REVIEWED, Decision, Verb, decisions_of
from pixcrawler_core.records import Candidate, Labelling, Outcome, Stage, State

AT_ONCE = 10_000
"""Values that are looked up in one query, which goes through all rows: SQLite takes 32,766."""
_SPLIT = len(CANDIDATE)
"""Where the outcome begins in a row that has both."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Known:
    """A row of the ledger whose bytes were fetched once."""

    candidate: Candidate
    outcome: Outcome
    engine: str
    query: str

    @property
    def kept(self) -> bool:
        """Whether it is an image of the dataset."""
        return self.outcome.state is State.ACCEPTED


@dataclass(frozen=True, kw_only=True, slots=True)
class Effect:
    """A decision, and what follows from it now."""

    decision: Decision
    rejected: Sequence[Known] = ()
    """Rows that are rejected from now on."""
    moved: Sequence[Known] = ()
    """Images that go to another category."""
    added: Known | None = None
    """The row that becomes an image."""

    @property
    def removed(self) -> int:
        """Images that leave the dataset."""
        return sum(known.kept for known in self.rejected)


@dataclass(kw_only=True)
class Effects:
    """What follows from all decisions."""

    effects: list[Effect] = field(default_factory=list)
    labels: Sequence[LabelDecision] = ()
    """Decisions on labels, of which nothing else follows."""

    @property
    def decisions(self) -> dict[str, int]:
        """How many decisions there are of each kind."""
        counts = Counter(effect.decision.verb for effect in self.effects)
        return {**{verb.value: counts[verb] for verb in Verb}, Verb.LABEL.value: len(self.labels)}

    @property
    def images(self) -> dict[str, int]:
        """How many images are `added`, `removed` and `moved`."""
        return {
            "added": sum(effect.added is not None for effect in self.effects),
            "removed": sum(effect.removed for effect in self.effects),
            "moved": sum(len(effect.moved) for effect in self.effects),
        }


def effect_of(decision: Decision, rows: Sequence[Known]) -> Effect:
    """What follows from a decision on the bytes that these rows have; the first one comes in if none has."""
    if decision.verb is Verb.REJECT:
        return Effect(decision=decision, rejected=rows)
    kept = [row for row in rows if row.kept]
    if not kept:
        return Effect(decision=decision, added=rows[0])
    if decision.verb is Verb.ACCEPT:
        return Effect(decision=decision)
    return Effect(
        decision=decision, moved=[row for row in kept if row.candidate.category != decision.category]
    )


class ReviewLedger(Ledger):
    """The ledger of a job, on which people decide; they do so on what other jobs of its dataset found, too.

    Raises WorkspaceError, as it does.
    """

    def digests_at(self, paths: Iterable[str]) -> dict[str, str]:
        """Digests of the dataset's images by their paths in its folder."""
        return dict(self._found(statements.IMAGES_AT, (self.dataset_id,), paths))

    def digests_from(self, urls: Iterable[str]) -> dict[str, set[str]]:
        """Digests of the bytes that were fetched for URLs, as sources gave them."""
        wanted = {clean(url): url for url in urls}
        found: defaultdict[str, set[str]] = defaultdict(set)
        keys = (row_key(url)[0] for url in wanted.values())
        for url, digest in self._found(statements.ROWS_WITH_KEYS, (self.dataset_id,), keys):
            if url in wanted:
                found[wanted[url]].add(digest)
        return dict(found)

    def rows_with(self, digests: Iterable[str]) -> dict[str, list[Known]]:
        """The rows whose bytes have these digests, in the order in which they were found."""
        known: defaultdict[str, list[Known]] = defaultdict(list)
        for engine, query, *row in self._found(statements.ROWS_WITH_BYTES, (self.dataset_id,), digests):
            candidate, outcome = candidate_of(row[:_SPLIT], engine, query), outcome_of(row[_SPLIT:])
            known[outcome.sha256 or ""].append(
                Known(candidate=candidate, outcome=outcome, engine=engine, query=query)
            )
        return {digest: sorted(rows, key=lambda each: each.candidate.id) for digest, rows in known.items()}

    def review(self, effects: Effects, actor: UUID | None = None) -> None:
        """Keep decisions and apply what follows from them: all of it, or nothing if it is interrupted.

        `actor` is the user who decides; None for the command line.
        """
        before = decisions_of(self.database, self.dataset_id)
        at = self._clock()
        now = to_sql_time(at)
        with self._sql.transaction():
            for effect in effects.effects:
                self._apply(effect, now)
            decisions = [effect.decision for effect in effects.effects]
            self._sql.many(statements.KEEP_REVIEW, [self._kept(decision, now) for decision in decisions])
            told = {**effects.decisions, **effects.images}
            entries = [self._logged(each, before) for each in decisions]
            entries += [self._label(each, now) for each in effects.labels]
            entries.append(
                Entry(action="images reviewed", entity="dataset", entity_id=self.dataset_id, details=told)
            )
            append(self._sql, [dataclasses.replace(entry, actor=actor) for entry in entries], at)
            self._sql.run(statements.REOPEN_JOB, (now, self.job_id))

    def _apply(self, effect: Effect, now: str) -> None:
        why = effect.decision.refusal("")
        for known in effect.rejected:
            self._sql.run(statements.FORGET_IMAGE, (known.candidate.id,))
            self._sql.run(statements.REJECT_ROW, (REVIEWED, why, now, known.candidate.id))
        if effect.decision.keeps:
            self._sql.run(statements.TAKE_BACK, (now, self.dataset_id, effect.decision.sha256))
        for known in effect.moved:
            self._move(known, effect.decision.category or "", now)
        if effect.added is not None:
            self._add(effect.added, effect.decision.category, now)

    def _move(self, known: Known, category: str, now: str) -> None:
        """Give an image a place in another category; it is labelled anew."""
        row, number = known.candidate.id, self.next_number(category)
        self._recategorise(known, category, number, now)
        for metadata, _ in self._sql.all(statements.IMAGE_METADATA, (row,)):
            told = labelled(metadata, Labelling())
            self._sql.run(statements.MOVE_IMAGE, (clean(category), number, told, row))

    def _add(self, known: Known, category: str | None, now: str) -> None:
        candidate = dataclasses.replace(known.candidate, category=category or known.candidate.category)
        outcome = dataclasses.replace(
            known.outcome,
            state=State.ACCEPTED,
            stage=Stage.REVIEW,
            reason=None,
            detail=None,
            duplicate_of=None,
            passing=False,
            number=self.next_number(candidate.category),
        )
        self._sql.run(statements.UPDATE_ROW, (*outcome_values(outcome), now, candidate.id))
        self._recategorise(known, candidate.category, outcome.number or 0, now)
        self._sql.run(statements.KEEP_IMAGE, image_values(self.dataset_id, candidate, outcome, now))

    def _recategorise(self, known: Known, category: str, number: int, now: str) -> None:
        moved = dataclasses.replace(known.candidate, category=category)
        meta = meta_of(moved, known.engine, known.query)
        self._sql.run(statements.MOVE_ROW, (clean(category), meta, number, now, moved.id))

    def _label(self, decision: LabelDecision, now: str) -> Entry:
        """Keep a decision on a label; its labeler is asked again when the dataset is assembled."""
        key = (self.dataset_id, *map(clean, decision.key))
        if decision.holds is Holds.OPEN:
            self._sql.run(statements.FORGET_LABEL_REVIEW, key)
        else:
            told = (clean(decision.note), clean(decision.reviewer), now)
            self._sql.run(statements.KEEP_LABEL_REVIEW, (*key, decision.holds is Holds.YES, *told))
        for row, metadata in self._sql.all(statements.IMAGES_WITH, (self.dataset_id, decision.sha256)):
            self._sql.run(statements.SAVE_METADATA, (unasked(metadata, decision.labeler), row))
        details = {"dataset": self.dataset_id, **decision.as_json()}
        del details["decided_at"]
        return Entry(action="label reviewed", entity="image", entity_id=decision.sha256, details=details)

    def _kept(self, decision: Decision, now: str) -> tuple[object, ...]:
        told = (clean(text) for text in (decision.category, decision.note, decision.reviewer))
        return (self.dataset_id, decision.sha256, decision.verb.value, *told, now)

    def _logged(self, decision: Decision, before: Mapping[str, Decision]) -> Entry:
        told: dict[str, Any] = {"dataset": self.dataset_id, **decision.as_json()}
        del told["decided_at"]
        if decision.sha256 in before:
            told["before"] = before[decision.sha256].as_json()
        return Entry(action="image reviewed", entity="image", entity_id=decision.sha256, details=told)

    def _found(
        self, statement: str, values: tuple[object, ...], wanted: Iterable[object]
    ) -> Iterator[tuple[Any, ...]]:
        """Rows of a statement that ends with the column that must have one of these values."""
        source = iter(wanted)
        while part := tuple(islice(source, AT_ONCE)):
            marks = ", ".join("?" * len(part))
            yield from self._sql.all(f"{statement} IN ({marks})", (*values, *part))
