"""Second pipeline: waits until a candidate is wanted, then gets its bytes, from the web or an earlier run."""

from __future__ import annotations

import asyncio
import dataclasses
from typing import TYPE_CHECKING

from scrapy.exceptions import DropItem

from pixcrawler_core.dedup.recogniser import Study
from pixcrawler_core.errors import WorkspaceError
from pixcrawler_core.image import Image
from pixcrawler_core.records import Candidate, Outcome, Stage, State
from pixcrawler_core.stages.work import Fetched, session_of
from pixcrawler_core.takedown.matching import TAKEN_DOWN
from pixcrawler_core.urls import url_key

if TYPE_CHECKING:
    from typing import Self

    from scrapy.crawler import Crawler

    from pixcrawler_core.crawl.session import Session


class FetchPipeline:
    """One download per URL, whoever asks for it; failures and refusals end here, recorded."""

    def __init__(self, session: Session) -> None:
        self.session = session

    @classmethod
    def from_crawler(cls, crawler: Crawler) -> Self:
        return cls(session_of(crawler))

    async def process_item(self, candidate: Candidate) -> Fetched:
        run = self.session.run
        await self.session.ledger.room()
        if not await run.selection.admit(candidate):
            raise DropItem("not needed")
        try:
            outcome = await run.guard(candidate, self._outcome(candidate))
        except WorkspaceError as error:
            run.stop(error)
            raise DropItem(str(error)) from error
        if outcome is None:
            raise DropItem("not needed")
        if outcome.state is not State.FETCHED:
            run.settle(candidate, outcome)
            raise DropItem(outcome.reason or "not fetched")
        spread = self.session.spread
        examined = spread is not None and spread.examined(candidate)
        if not examined:  # else the shard has recorded it
            run.fetched(candidate, outcome)
        return self._fetched(candidate, outcome, examined=examined)

    async def _outcome(self, candidate: Candidate) -> Outcome:
        if by := self.session.tombstones.found(candidate):
            return Outcome(
                state=State.REFUSED, stage=Stage.TAKEDOWN, reason=TAKEN_DOWN, detail=f"by {by.value}"
            )
        stored = self.session.run.selection.stored(candidate)
        if stored is not None and self._present(stored):
            return stored
        try:
            key = url_key(candidate.image_url)
        except ValueError:
            return await self._download(candidate)
        while key in self.session.downloads:
            await asyncio.wait([self.session.downloads[key]])
        task = asyncio.current_task()
        assert task is not None  # noqa: S101  # guard() runs this in a task
        self.session.downloads[key] = task
        try:
            return await self._known(key, candidate) or await self._download(candidate)
        finally:
            del self.session.downloads[key]

    async def _known(self, key: int, candidate: Candidate) -> Outcome | None:
        """What became of the same URL found by another query, engine or category."""
        if not candidate.seen_before and key not in self.session.repeated:
            return None
        self.session.repeated.add(key)
        known = await self.session.ledger.call(
            self.session.ledger.ledger.known, key, candidate.id, candidate.image_url
        )
        if known is None:
            return None
        if self._present(known):
            return dataclasses.replace(
                known, state=State.FETCHED, stage=Stage.FETCH, reason=None, detail=None
            )
        return known if known.state in (State.FAILED, State.REFUSED) and not known.passing else None

    async def _download(self, candidate: Candidate) -> Outcome:
        spread = self.session.spread
        return await (self._ask(candidate) if spread is None else spread.fetch(candidate, self._ask))

    async def _ask(self, candidate: Candidate) -> Outcome:
        from pixcrawler_core.fetch.fetcher import NotFetched

        try:
            fetched = await self.session.fetcher.fetch(candidate)
        except NotFetched as problem:
            return problem.outcome
        self.session.tally.downloaded(fetched.size)
        return fetched.outcome()

    def _present(self, outcome: Outcome) -> bool:
        return outcome.sha256 is not None and self.session.blobs.has(outcome.sha256, outcome.size)

    def _fetched(self, candidate: Candidate, outcome: Outcome, *, examined: bool) -> Fetched:
        assert outcome.sha256 is not None  # noqa: S101  # state FETCHED has a digest
        file = self.session.blobs.file(outcome.sha256)
        image = Image(file, outcome.sha256, outcome.size or 0, candidate)
        study = Study()
        return Fetched(candidate=candidate, image=image, outcome=outcome, study=study, examined=examined)
