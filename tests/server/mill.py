"""A workspace with a job over many hosts, workers for it, and what must be true when it has ended."""

from __future__ import annotations

import json
import subprocess
from collections import Counter
from collections.abc import Collection, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from pixcrawler_core.catalog.fields import utc_now
from pixcrawler_core.catalog.models import (
    CrawlJob,
    Dataset,
    Image,
    JobEvent,
    JobShard,
    LedgerRow,
    Project,
    UsageRecord,
    User,
)
from pixcrawler_core.config.load import check_tables
from pixcrawler_core.jobs.ordering import order, queue
from pixcrawler_core.jobs.transitions import ENDED
from pixcrawler_core.registry import Registry
from pixcrawler_core.testing.web import SimulatedWeb
from pixcrawler_core.workspace import Workspace
from tests.conftest import Command, until
from tests.e2e.jobs import manifest

HOSTS = 17
EVERY_TWENTIETH = 20
"""Of so many addresses one is another one's picture on another host, and one leads nowhere."""
DATASET = "ds-1"


class Mill:
    """One job, ordered for a user, that is fetched in small shards under short leases."""

    def __init__(self, workspace: Workspace, registry: Registry, web: SimulatedWeb) -> None:
        self.workspace, self._registry, self.web = workspace, registry, web
        self.user = User.create(email="ada@example.org")
        self.job = 0
        self.urls: list[str] = []

    def settings(self, **crawl: Any) -> None:
        """Write `server.toml`."""
        told = {
            "contact": "https://example.org/bot",
            "allow_private_hosts": ["127.0.0.1", "localhost"],
            "shard_size": 20,
            "lease": 2,
            **crawl,
        }
        lines = ["[crawl]", *(f"{key} = {json.dumps(value)}" for key, value in told.items())]
        (self.workspace.root / "server.toml").write_text("\n".join(lines))

    def order(self, count: int, max_images: int | None = None, **fetch: Any) -> int:
        """Order the job for so many addresses."""
        self.urls = [self._url(number) for number in range(count)]
        (self.workspace.root / "urls.txt").write_text("\n".join(self.urls) + "\n")
        project = Project.create(owner=self.user, name="Animals")
        Dataset.create(id=DATASET, name=DATASET, project=project)
        wanted = {"max_images": max_images} if max_images else {}
        tables = {
            "job": {"name": "pictures", "report": False, **wanted},
            "urls": {"file": "urls.txt"},
            "fetch": {"concurrency": 4, "retries": 1, "backoff": 0.05, **fetch},
        }
        job = check_tables(tables, self._registry, self.workspace.root)
        self.job = int(order(job, DATASET, now=utc_now(), actor=self.user.id).id)
        return self.job

    @property
    def status(self) -> str:
        """How the job stands."""
        return str(CrawlJob.get_by_id(self.job).status)

    @property
    def ended(self) -> bool:
        """Whether nothing becomes of the job by itself."""
        return self.status in ENDED

    def shards(self, *states: str) -> list[JobShard]:
        """The shards of the job's run, in these states or all."""
        found = JobShard.select().where(JobShard.job == self.job).order_by(JobShard.number)
        return [each for each in found if not states or each.state in states]

    def retry(self) -> None:
        """Begin the job again, as a person does whose job was given up."""
        queue(CrawlJob.get_by_id(self.job), now=utc_now())

    def events(self) -> list[str]:
        """What became of the job, with reasons."""
        rows = JobEvent.select().where(JobEvent.job == self.job).order_by(JobEvent.revision)
        return [f"{each.status} {each.why}".strip() for each in rows]

    def check(self) -> None:
        """Every address is accounted for once, no picture is lost or doubled, and usage is charged once."""
        rows = list(LedgerRow.select().where(LedgerRow.job == self.job).order_by(LedgerRow.id))
        assert [row.url for row in rows] == self.urls
        given_up = {row.url for row in rows if row.reason == "shard-failed"}
        assert bool(given_up) == bool(self.shards("parked"))
        assert Counter(row.state for row in rows) == self._expected(given_up)
        accepted = {row.id: row.sha256 for row in rows if row.state == "accepted"}
        assert len(set(accepted.values())) == len(accepted)
        assert {image.row: image.hash for image in Image.select()} == accepted
        told = manifest(self.workspace.root, DATASET)["images"]
        assert {each["row"]: each["sha256"] for each in told} == accepted
        charged = UsageRecord.select().where(UsageRecord.kind == "images")
        assert sum(int(each.amount) for each in charged) == len(accepted)
        assert not self.shards("waiting", "leased")

    def _url(self, number: int) -> str:
        host = f"h{number % HOSTS}"
        if number % EVERY_TWENTIETH == 7:
            return self.web.url(f"/big/1/{number - 1}.jpg", host)
        if number % EVERY_TWENTIETH == 13:
            return self.web.url(f"/nowhere/{number}.jpg", host)
        return self.web.url(f"/big/1/{number}.jpg", host)

    def _expected(self, given_up: Collection[str]) -> Counter[str]:
        """How many addresses end how, where those of shards that were given up fail."""
        parts = [urlsplit(url).path for url in self.urls if url not in given_up]
        pictures = [path for path in parts if path.startswith("/big/")]
        told = {
            "accepted": len(set(pictures)),
            "duplicate": len(pictures) - len(set(pictures)),
            "failed": len(self.urls) - len(pictures),
        }
        return Counter({state: number for state, number in told.items() if number})


@contextmanager
def opened_mill(
    workspace: Path,
    registry: Registry,
    web: SimulatedWeb,
    database: str | None,
    pixcrawler: Command,
    **crawl: Any,
) -> Iterator[Mill]:
    """A mill with these settings, whose pictures take a tenth of a second; commands know its catalog."""
    if database:
        pixcrawler.environment["PIXCRAWLER_DATABASE"] = database
    web.delay(100)
    with Workspace(workspace, database) as opened:
        mill = Mill(opened, registry, web)
        mill.settings(**crawl)
        yield mill


def processes_of(worker: int, option: str = "") -> Iterator[int]:
    """The runs and shards that a worker had begun; with `--ordered` or `--shard` those that do that."""
    wanted = f"pixcrawler run --quiet {option}"
    for each in children_of(worker):
        yield from (fork for fork in children_of(each) if wanted in command_of(fork))


def children_of(process: int) -> Iterator[int]:
    """The processes that a process has begun, and that have not ended."""
    for children in Path(f"/proc/{process}/task").glob("*/children"):
        with suppress(FileNotFoundError, ProcessLookupError):
            yield from map(int, children.read_text().split())


def command_of(process: int) -> str:
    """The command line of a process; empty if it has ended."""
    with suppress(FileNotFoundError, ProcessLookupError):
        return Path(f"/proc/{process}/cmdline").read_text().replace("\0", " ")
    return ""


def start_worker(pixcrawler: Command) -> subprocess.Popen[str]:
    """A worker that does one thing at a time."""
    said = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    return pixcrawler.start("worker", "--concurrency", 1, "--without-chores", **said)


def wait_for_shard(mill: Mill, settled: int = 0) -> JobShard:
    """A shard on which a process works."""
    found: list[JobShard] = []

    def working() -> bool:
        assert not mill.ended, "the job has ended without a shard"
        found[:] = [each for each in mill.shards("leased") if each.settled >= settled]
        return bool(found)

    until(working)
    return found[0]
