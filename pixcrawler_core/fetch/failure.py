"""Why an image was not fetched."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pixcrawler_core.records import Outcome, Stage, State


class Failure(Exception):
    """What ends an attempt; inside the fetch stage only.

    `reason` is the slug that is counted, `detail` the sentence for a person. `passing` says that a later run
    may succeed, `again` that it is worth another attempt in this run.
    """

    def __init__(
        self,
        reason: str,
        detail: str,
        *,
        passing: bool = False,
        again: bool | None = None,
        stage: Stage = Stage.FETCH,
        status: int | None = None,
        retry_after: float | None = None,
    ) -> None:
        super().__init__(detail)
        self.reason = reason
        self.detail = detail
        self.passing = passing
        self.again = passing if again is None else again
        self.stage = stage
        self.status = status
        self.retry_after = retry_after
        """Seconds that the host asked us to wait."""
        self.url: str | None = None
        """The URL of the hop that failed."""
        self.consent: Mapping[str, Any] | None = None

    def copy(self) -> Failure:
        """The same failure for another candidate, without what belongs to this one."""
        return Failure(
            self.reason,
            self.detail,
            passing=self.passing,
            again=False,
            stage=self.stage,
            status=self.status,
        )

    def outcome(self) -> Outcome:
        """The record for the ledger: REFUSED if the consent step refused for good, FAILED otherwise."""
        refused = self.stage is Stage.CONSENT and not self.passing
        return Outcome(
            state=State.REFUSED if refused else State.FAILED,
            stage=self.stage,
            reason=self.reason,
            detail=self.detail,
            passing=self.passing,
            http_status=self.status,
            final_url=self.url,
            consent=self.consent,
        )


class NotFetched(Exception):
    """An image was not fetched; `outcome` says why, ready for the ledger."""

    def __init__(self, outcome: Outcome) -> None:
        super().__init__(f"{outcome.reason}: {outcome.detail}")
        self.outcome = outcome


def refusal(reason: str, detail: str) -> Failure:
    """A failure by which the consent step refuses an image for good."""
    return Failure(reason, detail, stage=Stage.CONSENT)
