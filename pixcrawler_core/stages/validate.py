"""Third pipeline: decodes once and runs the job's checks, in a thread; what a person decided counts more."""

from __future__ import annotations

import asyncio
import dataclasses
from typing import TYPE_CHECKING, Any

from scrapy.exceptions import DropItem

from pixcrawler_core.catalog.reviews import REVIEWED
from pixcrawler_core.dedup.recogniser import Study
from pixcrawler_core.errors import DecodeError, WorkspaceError
from pixcrawler_core.image import Image
from pixcrawler_core.records import Outcome, Stage, State
from pixcrawler_core.stages.work import Fetched, session_of
from pixcrawler_core.takedown.matching import TAKEN_DOWN

if TYPE_CHECKING:
    from typing import Self

    from scrapy.crawler import Crawler

    from pixcrawler_core.crawl.session import Session
    from pixcrawler_core.validation import Report


class ValidatePipeline:
    """Rejections end here, recorded with the check's measures."""

    def __init__(self, session: Session) -> None:
        self.session = session

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        return cls(session_of(crawler))

    async def process_item(self, item: Fetched) -> Fetched:
        self._refuse_taken_down(item, self.session.tombstones.fetched(item.image.sha256))
        decision = self.session.decisions.get(item.image.sha256)
        refusal = decision.refusal(item.candidate.category) if decision else None
        if refusal is not None:
            self.session.run.settle(item.candidate, _reviewed(item.outcome, refusal))
            raise DropItem(REVIEWED)
        item.image = dataclasses.replace(item.image, detailed=self.session.checks.detailed)
        try:
            report, study = await self._checked(item.image, wanted=decision is not None)
        except WorkspaceError as error:
            self.session.run.stop(error)
            raise DropItem(str(error)) from error
        self._refuse_taken_down(item, self.session.tombstones.seen(report.phash))
        report = report if decision else self._filtered(item, report)
        outcome = _judged(item.outcome, report)
        if not report.accepted:
            self.session.run.settle(item.candidate, outcome)
            raise DropItem(report.reason or "rejected")
        # A fresh record, so that images that wait for their turn do not hold their decoded views.
        image = Image(item.image.file, item.image.sha256, item.image.size, item.candidate)
        return Fetched(candidate=item.candidate, image=image, outcome=outcome, study=study)

    def _refuse_taken_down(self, item: Fetched, taken_down: bool) -> None:
        """Settle a picture that was taken down, and remove its bytes. Raises DropItem."""
        if not taken_down:
            return
        self.session.blobs.remove(item.image.sha256)
        outcome = dataclasses.replace(
            item.outcome,
            state=State.REFUSED,
            stage=Stage.TAKEDOWN,
            reason=TAKEN_DOWN,
            detail="the same picture was taken down",
        )
        self.session.run.settle(item.candidate, outcome)
        raise DropItem(TAKEN_DOWN)

    async def _checked(self, image: Image, *, wanted: bool) -> tuple[Report, Study]:
        session = self.session
        known = await session.measured.of(image.sha256)
        loop = asyncio.get_running_loop()
        report, study = await loop.run_in_executor(session.threads, self._looked_at, image, known, wanted)
        await session.measured.add(image.sha256, {**report.fresh, **study.fresh})
        return report, study

    def _looked_at(
        self, image: Image, known: dict[str, dict[str, Any]], wanted: bool
    ) -> tuple[Report, Study]:
        """In a worker thread: the checks, and while the picture is decoded what duplicates are known by.

        What a person has decided is `wanted` comes in if it can be decoded, whatever the checks say.
        """
        report = self.session.checks.run(image, known)
        if not report.accepted and not wanted:
            return report, Study()
        try:
            report = report if report.accepted else _overruled(report, image)
            return report, self.session.recalling.study(image, known)
        except DecodeError as error:
            rejected = dataclasses.replace(
                report, accepted=False, check="dedup", reason=error.reason, detail=error.detail
            )
            return rejected, Study()

    def _filtered(self, item: Fetched, report: Report) -> Report:
        """The job's filters again, now that the size is measured."""
        plan = self.session.plan
        if not report.accepted or not plan.filters.given:
            return report
        width, height = item.image.header.display_size
        why = plan.misfit(dataclasses.replace(item.candidate, width=width, height=height))
        return (
            report
            if why is None
            else dataclasses.replace(report, accepted=False, reason="filtered", detail=why)
        )


def _overruled(report: Report, image: Image) -> Report:
    """The report of an image that comes in although a check rejected it. Raises DecodeError."""
    header = image.header
    return dataclasses.replace(
        report,
        accepted=True,
        check=None,
        reason=None,
        detail=None,
        format=header.format,
        width=header.width,
        height=header.height,
        phash=image.phash,
    )


def _reviewed(outcome: Outcome, why: str) -> Outcome:
    return dataclasses.replace(outcome, state=State.REJECTED, stage=Stage.REVIEW, reason=REVIEWED, detail=why)


def _judged(outcome: Outcome, report: Report) -> Outcome:
    return dataclasses.replace(
        outcome,
        state=outcome.state if report.accepted else State.REJECTED,
        stage=Stage.VALIDATION,
        reason=report.reason,
        detail=report.detail,
        format=report.format,
        width=report.width,
        height=report.height,
        phash=report.phash,
        scores=report.scores,
    )
