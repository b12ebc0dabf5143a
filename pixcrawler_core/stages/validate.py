"""Third pipeline: decodes once and runs the job's checks, in a thread; what a person decided counts more."""

from __future__ import annotations

import asyncio
import dataclasses
from functools import partial
from typing import TYPE_CHECKING

from scrapy.exceptions import DropItem

from pixcrawler_core.catalog.reviews import REVIEWED
from pixcrawler_core.crawl.looking import judged, look, report_in
from pixcrawler_core.errors import WorkspaceError
from pixcrawler_core.image import Image
from pixcrawler_core.records import Outcome, Stage, State
from pixcrawler_core.stages.work import Fetched, session_of
from pixcrawler_core.takedown.matching import TAKEN_DOWN

if TYPE_CHECKING:
    from typing import Self

    from scrapy.crawler import Crawler

    from pixcrawler_core.crawl.session import Session
    from pixcrawler_core.dedup.recogniser import Study
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
            report, study = await self._checked(item, wanted=decision is not None)
        except WorkspaceError as error:
            self.session.run.stop(error)
            raise DropItem(str(error)) from error
        if self.session.spread is not None:
            self.session.spread.finish(item.candidate)
        self._refuse_taken_down(item, self.session.tombstones.seen(report.phash))
        report = report if decision else self._filtered(item, report)
        outcome = judged(item.outcome, report)
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

    async def _checked(self, item: Fetched, *, wanted: bool) -> tuple[Report, Study]:
        session, image = self.session, item.image
        told = None if wanted or not item.examined else report_in(item.outcome)
        known = await session.measured.of(image.sha256, checked=told is not None)
        work = partial(
            look, image, known, session.checks, session.recalling.study, wanted=wanted, report=told
        )
        if told is not None and not session.measured.prints:
            return work()  # nothing is left to look at
        report, study = await asyncio.get_running_loop().run_in_executor(session.threads, work)
        await session.measured.add(image.sha256, {**report.fresh, **study.fresh})
        return report, study

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


def _reviewed(outcome: Outcome, why: str) -> Outcome:
    return dataclasses.replace(outcome, state=State.REJECTED, stage=Stage.REVIEW, reason=REVIEWED, detail=why)
