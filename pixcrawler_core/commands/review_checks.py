"""Checks a reviewer's decisions before any is applied: images and categories there are, no contradictions."""

from __future__ import annotations

import dataclasses
import difflib
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass

from pixcrawler_core.blobs.store import BlobStore
from pixcrawler_core.catalog.label_reviews import Holds, LabelDecision
from pixcrawler_core.catalog.reviewing import Effect, Effects, Known, ReviewLedger, effect_of
from pixcrawler_core.catalog.reviews import Decision, Verb
from pixcrawler_core.commands.review_rows import Row
from pixcrawler_core.errors import ConfigError, DecodeError
from pixcrawler_core.image import Image
from pixcrawler_core.labelling import LONGEST, label_name

TOLD = 20
"""Categories that an error names at most."""


@dataclass(frozen=True, kw_only=True)
class Checker:
    """What decisions are checked against. All methods raise ConfigError with file and line."""

    dataset: str
    ledger: ReviewLedger
    blobs: BlobStore
    categories: Collection[str]
    """Those of the job, and those of the images that were found."""
    labelers: Collection[str]
    """Those of the job."""

    def effects(self, rows: Sequence[Row]) -> Effects:
        """What follows from decisions."""
        on_labels = [row for row in rows if row.verb is Verb.LABEL]
        rows = [row for row in rows if row.verb is not Verb.LABEL]
        for row in rows:
            self._check_category(row)
        meant = _agreed(zip(rows, self._digests(rows), strict=True))
        known = self.ledger.rows_with(meant)
        return Effects(
            effects=[self._effect(row, digest, known.get(digest, ())) for digest, row in meant.items()],
            labels=self._on_labels(on_labels),
        )

    def _on_labels(self, rows: Sequence[Row]) -> Sequence[LabelDecision]:
        digests = self._digests(rows)
        known = self.ledger.rows_with(digests)
        made: dict[tuple[str, str, str], LabelDecision] = {}
        for row, digest in zip(rows, digests, strict=True):
            if not any(each.kept for each in known.get(digest, ())):
                raise self._unknown(row)
            decision = self._on_label(row, digest)
            if made.setdefault(decision.key, decision).holds is not decision.holds:
                raise ConfigError(f"{row.place}: it contradicts another one on {row.label!r}; remove one")
            made[decision.key] = decision
        return list(made.values())

    def _on_label(self, row: Row, digest: str) -> LabelDecision:
        if row.labeler not in self.labelers:
            there = ", ".join(self.labelers) or "none"
            raise ConfigError(f"{row.place}: the job has no labeler {row.labeler!r}; there are: {there}")
        if label_name(row.label) != row.label:
            raise ConfigError(
                f"{row.place}: label {row.label[:80]!r} is not of 1 to {LONGEST} plain characters"
            )
        return LabelDecision(
            sha256=digest,
            labeler=row.labeler,
            label=row.label,
            holds=Holds(row.holds),
            note=row.note or None,
            reviewer=row.reviewer or None,
        )

    def _effect(self, row: Row, digest: str, known: Sequence[Known]) -> Effect:
        if not known:
            raise self._unknown(row)
        decision = Decision(
            sha256=digest,
            verb=row.verb,
            category=row.category if row.verb is Verb.MOVE else None,
            note=row.note or None,
            reviewer=row.reviewer or None,
        )
        effect = effect_of(decision, known)
        if effect.added is None:
            return effect
        return dataclasses.replace(effect, added=self._looked_at(row, effect.added))

    def _digests(self, rows: Sequence[Row]) -> list[str]:
        paths = self.ledger.digests_at({row.path for row in rows if row.path})
        urls = self.ledger.digests_from({row.url for row in rows if row.url})
        return [self._digest(row, paths.get(row.path), urls.get(row.url, set())) for row in rows]

    def _digest(self, row: Row, at_path: str | None, from_url: Collection[str]) -> str:
        if (row.path and at_path is None) or (row.url and not from_url):
            raise self._unknown(row)
        given = [{digest} for digest in (row.sha256, at_path) if digest] + [set(from_url)] * bool(row.url)
        same = set.intersection(*given)
        if len(given) > 1 and not same:
            raise ConfigError(
                f"{row.place}: its path, sha256 and url name different images; keep one of them"
            )
        if len(same) > 1:
            raise ConfigError(
                f"{row.place}: {len(same)} images were fetched from url {row.url!r}; name it by its sha256"
            )
        return same.pop()

    def _check_category(self, row: Row) -> None:
        if row.verb is not Verb.MOVE or row.category in self.categories:
            return
        near = difflib.get_close_matches(row.category, self.categories, 1)
        there = ", ".join(map(repr, sorted(self.categories)[:TOLD]))
        hint = f"did you mean {near[0]!r}?" if near else f"there are {there}"
        raise ConfigError(f"{row.place}: the job has no category {row.category!r}; {hint}")

    def _unknown(self, row: Row) -> ConfigError:
        hint = "; take the paths of its manifest.json" if row.path else ""
        return ConfigError(f"{row.place}: dataset {self.dataset!r} has no image with {row.image}{hint}")

    def _looked_at(self, row: Row, known: Known) -> Known:
        """An image that comes in, with what its bytes say. They must be there, and a picture."""
        outcome = known.outcome
        digest = outcome.sha256 or ""
        if not self.blobs.has(digest, outcome.size):
            raise ConfigError(f"{row.place}: the bytes of {row.image} are not in the workspace any more")
        image = Image(self.blobs.file(digest), digest, outcome.size or 0)
        try:
            header, phash = image.header, image.phash
        except DecodeError as error:
            raise ConfigError(f"{row.place}: {row.image} cannot come in: {error.detail}") from None
        told = dataclasses.replace(
            outcome, format=header.format, width=header.width, height=header.height, phash=phash
        )
        return dataclasses.replace(known, outcome=told)


def _agreed(rows: Iterable[tuple[Row, str]]) -> dict[str, Row]:
    """The last row on each digest; all rows on it must say the same."""
    agreed: dict[str, Row] = {}
    for row, digest in rows:
        before = agreed.setdefault(digest, row)
        if _said(before) != _said(row):
            raise ConfigError(
                f"{row.place}: it says {' '.join(_said(row))!r} of the image of which {before.place} says "
                f"{' '.join(_said(before))!r}; remove one of them"
            )
        agreed[digest] = row
    return agreed


def _said(row: Row) -> tuple[str, ...]:
    return (row.verb, row.category) if row.verb is Verb.MOVE else (row.verb,)
