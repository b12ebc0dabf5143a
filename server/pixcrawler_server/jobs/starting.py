"""How a worker begins the processes that run jobs and work on shards, and what it tells them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pixcrawler_core.catalog.datasets import CrawlJob
from pixcrawler_server.jobs.children import Child
from pixcrawler_server.jobs.orders import over_tables

if TYPE_CHECKING:
    from pixcrawler_core.jobs.claims import Claim
    from pixcrawler_server.crawl_settings import CrawlTable


SILENCE = 4
"""Leases without a sign of life after which a run is killed."""


@dataclass(frozen=True, kw_only=True)
class Starter:
    """Begins processes in the workspace at `root`."""

    root: Path
    crawl: CrawlTable
    environment: Mapping[str, str]

    def job(self, job: CrawlJob) -> Child:
        """The run of a job. Raises OSError."""
        size = self.crawl.shard_size if self.crawl.shards == "auto" else 0
        told = {"tables": self._over(job), "token": job.token, "shard_size": size}
        silence = SILENCE * self.crawl.lease
        return Child(job.id, self.root, told, self.environment, silence=silence)

    def shard(self, claim: Claim) -> Child:
        """The work on a shard. Raises OSError."""
        lease = timedelta(seconds=self.crawl.lease)
        told = {
            "tables": self._over(CrawlJob.get_by_id(claim.job)),
            "token": claim.token,
            "lease": lease.total_seconds(),
        }
        return Child(claim.job, self.root, told, self.environment, ("--shard", str(claim.shard)))

    def _over(self, job: CrawlJob) -> Mapping[str, Any]:
        """What holds over a job's tables: nothing for what was ordered on this machine, by its owner."""
        return over_tables(self.crawl, job.tables) if job.ordered_by else {}
