"""What a run recognises: the images of its dataset, or of all datasets of the workspace."""

from __future__ import annotations

import dataclasses
from collections.abc import Collection, Iterable, Mapping, Sequence
from itertools import chain
from statistics import fmean
from typing import TYPE_CHECKING, Any, NamedTuple

from pixcrawler_core.dedup.best import Standing
from pixcrawler_core.dedup.kept import recogniser_of
from pixcrawler_core.records import Stage, State

if TYPE_CHECKING:
    from pixcrawler_core.config.job import Job
    from pixcrawler_core.crawl.references import References
    from pixcrawler_core.dedup.methods import Method
    from pixcrawler_core.dedup.recogniser import Recognised, Recogniser, Study
    from pixcrawler_core.image import Image
    from pixcrawler_core.records import Candidate, Outcome
    from pixcrawler_core.workspace import Workspace


class Place(NamedTuple):
    """The place of a kept image in its dataset."""

    category: str
    number: int
    standing: Standing


class Recalling:
    """Tells which valid images are duplicates, and which of two a dataset keeps.

    With `best`, an image takes the place of a worse one of its category that is the only one it duplicates
    by any method; else the first one stays. `engines` are the sources, the preferred ones first. Images whose
    digests are `decided` duplicate nothing but themselves, and stay: a person wants them.
    """

    def __init__(
        self,
        recogniser: Recogniser,
        references: References | None = None,
        *,
        best: bool,
        engines: Sequence[str] = (),
        decided: Collection[str] = (),
    ) -> None:
        self.recogniser = recogniser
        self._references = references
        self._best = best
        self._order = {engine: place for place, engine in enumerate(engines)}
        self._places: dict[int, Place] = {}
        self._replaced: set[int] = set()
        """Rows that an index may have again: another process that starts now takes them for kept."""
        self.decided = decided
        self._there: set[str] = set()

    def close(self) -> None:
        """Write what was added to the indexes, and let go of all files."""
        self.recogniser.close()
        if self._references is not None:
            self._references.close()

    def place(self, candidate: Candidate, outcome: Outcome) -> None:
        """Note where an image is that the dataset keeps."""
        digest = outcome.sha256 or ""
        if digest in self.decided:
            self._there.add(digest)
        elif self._best:
            standing = self._standing(candidate, outcome)
            self._places[candidate.id] = Place(candidate.category, outcome.number or 0, standing)

    def study(self, image: Image, known: Mapping[str, Mapping[str, Any]]) -> Study:
        """Make the fingerprints of an image that are not known; looks at what it may duplicate beforehand.

        For worker threads. Raises DecodeError for a picture that cannot be decoded or told apart.
        """
        study = self.recogniser.study(image, known)
        if any(method.keeps for method in self.recogniser.methods):
            self._look(image, study)
        if self._references is None:
            return study
        return dataclasses.replace(study, reference=self._references.find(image, study))

    def judged(self, candidate: Candidate, image: Image, outcome: Outcome, study: Study) -> Outcome:
        """The outcome as it is, if the image is new; else it is a duplicate, or takes another one's place."""
        if image.sha256 in self.decided and image.sha256 not in self._there:
            return outcome
        duplicate = dataclasses.replace(outcome, state=State.DUPLICATE, stage=Stage.DEDUP, reason="duplicate")
        if study.reference is not None:
            return dataclasses.replace(duplicate, reason="in-reference", detail=study.reference)
        answers = self.recogniser.answers(image, study, self._replaced | {candidate.id})
        found = next(answers, [])
        if not found:
            return outcome
        nearest = found[0]
        taken = self._places.get(nearest.key)
        better = taken is not None and self._better(candidate, outcome, taken)
        if taken and better and _only(nearest.key, chain([found], answers)):
            return dataclasses.replace(
                outcome,
                state=State.ACCEPTED,
                stage=Stage.SELECTION,
                number=taken.number,
                replaces=nearest.key,
            )
        told = f"the same as row {nearest.key} ({nearest.method}, distance {nearest.distance:g})"
        return dataclasses.replace(duplicate, detail=told, duplicate_of=nearest.key)

    def keep(self, candidate: Candidate, image: Image, outcome: Outcome, study: Study) -> None:
        """Know an accepted image again."""
        if outcome.replaces is not None:
            self.recogniser.remove(outcome.replaces)
            self._replaced.add(outcome.replaces)
            del self._places[outcome.replaces]
        self.recogniser.add(candidate.id, image, study)
        self.place(candidate, outcome)

    def _look(self, image: Image, study: Study) -> None:
        """Look beforehand at what an image may duplicate, as far as `judged` is going to ask."""
        answers = self.recogniser.answers(image, study, self._replaced)
        found = next(answers, [])
        taken = self._places.get(found[0].key) if found else None
        if taken and image.header.width * image.header.height >= taken.standing.pixels:
            _only(found[0].key, chain([found], answers))

    def _better(self, candidate: Candidate, outcome: Outcome, taken: Place) -> bool:
        """Whether an image is of the category of a place, and better than the one that has it."""
        same = candidate.category == taken.category
        return same and self._standing(candidate, outcome).key < taken.standing.key

    def _standing(self, candidate: Candidate, outcome: Outcome) -> Standing:
        scores = [each["score"] for each in (outcome.scores or {}).values() if "score" in each]
        return Standing(
            name="",  # of two that are equal otherwise, the first one stays
            pixels=(outcome.width or 0) * (outcome.height or 0),
            quality=round(fmean(scores), 1) if scores else None,
            licence=candidate.license,
            source=self._order.get(candidate.engine, len(self._order)),
            size=outcome.size or 0,
        )


def _only(key: int, answers: Iterable[Iterable[Recognised]]) -> bool:
    """Whether this is the only key in the answers, which are asked until there is another one."""
    return all(each.key == key for found in answers for each in found)


def recall(
    job: Job, methods: Sequence[Method], workspace: Workspace, decided: Collection[str] = ()
) -> Recalling:
    """What a job recognises, and how; `decided` as in `Recalling`. Raises ConfigError and WorkspaceError."""
    table = job.dedup
    recogniser = recogniser_of(methods, workspace, job.slug if table.scope == "dataset" else None)
    references = None
    if table.against:
        from pixcrawler_core.crawl.references import References

        references = References((job.folder / path for path in table.against), methods)
    best = table.keep == "best"
    return Recalling(recogniser, references, best=best, engines=job.engines, decided=decided)
