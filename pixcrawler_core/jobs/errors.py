"""Why an order, or a change of a job, is refused."""

from __future__ import annotations

from collections.abc import Iterable

from pixcrawler_core.errors import PixCrawlerError


class DatasetBusy(PixCrawlerError):
    """Another job of the dataset waits or runs."""

    def __init__(self, dataset: str) -> None:
        super().__init__(
            f"another job of dataset {dataset!r} waits or runs; cancel it, or wait until it has ended"
        )


class IllegalTransition(PixCrawlerError):
    """A job cannot go from its status to the one that is asked."""

    def __init__(self, job_id: int, status: str, to: str, possible: Iterable[str]) -> None:
        told = ", ".join(sorted(possible)) or "nothing else"
        super().__init__(f"job {job_id} is {status} and cannot become {to}; it can become {told}")
