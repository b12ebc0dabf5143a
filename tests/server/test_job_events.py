"""Streams of events: what they tell, how they go on, and what they cost."""

from __future__ import annotations

import asyncio
import contextlib
import dataclasses
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from falcon.testing import ASGIConductor
from pixcrawler_server.jobs.feed import Feed
from pixcrawler_server.jobs.headroom import Doorkeeper, Headroom
from pixcrawler_server.jobs.waiting import Waiting
from pixcrawler_server.operations import Budget

from pixcrawler_core.catalog.models import CrawlJob, JobEvent, JobStatus, LoginSession, Project, ProjectMember
from pixcrawler_core.jobs.transitions import move, remark
from tests.server.conftest import Api, Caller, MakeApi


def queued(api: Api, owner: Caller, name: str = "Cats") -> CrawlJob:
    key = api.job(api.dataset(api.project(owner, name)))
    return move(CrawlJob.get_by_id(key), JobStatus.QUEUED, now=api.clock())


def ended(api: Api, owner: Caller) -> CrawlJob:
    return move(queued(api, owner), JobStatus.CANCELLED, now=api.clock())


def told(text: str) -> list[tuple[str, str]]:
    """Kind and id of each event of a stream."""
    blocks = [
        dict(line.split(": ", 1) for line in block.splitlines()) for block in text.strip().split("\n\n")
    ]
    return [(block["event"], block["id"]) for block in blocks if "event" in block]


def followed(api: Api, caller: Caller, job: CrawlJob, **headers: str) -> list[tuple[str, str]]:
    """The events of a stream up to the first of progress."""

    async def follow() -> str:
        seen, path = "", f"/api/v1/jobs/{job.id}/events"
        async with (
            ASGIConductor(api.app) as conductor,
            conductor.simulate_get_stream(path, headers={**caller.headers, **headers}) as stream,
        ):
            assert stream.headers["Content-Type"].startswith("text/event-stream")
            while "progress" not in seen:
                seen += (await stream.stream.read()).decode()
        return seen

    return told(asyncio.run(follow()))


def test_a_job_that_has_ended_is_told_to_its_end(api: Api) -> None:
    ada = api.user()
    job = ended(api, ada)
    path = f"/jobs/{job.id}/events"
    whole = [("status", "1"), ("status", "2"), ("progress", "2")]
    assert followed(api, ada, job) == whole
    assert followed(api, ada, job, **{"Last-Event-ID": "1"}) == whole[1:]
    assert followed(api, ada, job, **{"Last-Event-ID": "-1; x"}) == whole
    assert ada("GET", path, headers={"Last-Event-ID": "2"}).status_code == 204
    assert api.services.budgets.taken[Budget.STREAM] == 0
    assert api.user("e@x.org")("GET", path).status_code == 404


def test_a_job_that_waits_is_told_once_that_there_is_no_room_for_it(api: Api, tmp_path: Path) -> None:
    ada = api.user()
    job = queued(api, ada)
    CrawlJob.update(queued_at=api.clock()).where(CrawlJob.id == job.id).execute()
    room = Headroom(root=tmp_path, disk=10, memory=0, free_disk=lambda _: 9, free_memory=lambda: None)
    waiting = Waiting(database=CrawlJob.bound_to(), door=Doorkeeper(room), now=api.clock)
    waiting.tell()
    api.clock.forward(seconds=11)

    async def follow() -> str:
        seen = ""
        async with ASGIConductor(api.app) as conductor:
            path = f"/api/v1/jobs/{job.id}/events"
            async with conductor.simulate_get_stream(path, headers=ada.headers) as stream:
                while "progress" not in seen:
                    seen += (await stream.stream.read()).decode()
                assert "room" not in seen
                waiting.tell()
                waiting.tell()
                while "room" not in seen:
                    seen += (await stream.stream.read()).decode()
        return seen

    seen = asyncio.run(follow())
    assert "a worker has no room for it: disk: fewer than 10 bytes are free" in seen
    events = JobEvent.select().where(JobEvent.job == job.id).order_by(JobEvent.revision)
    assert [str(each.status) for each in events] == ["queued", "queued"]
    assert not remark(ended(api, api.user("bob@example.org")).id, "too late", now=api.clock())


def test_a_stream_tells_changes_as_they_come(api: Api) -> None:
    ada = api.user()
    job = queued(api, ada)

    async def follow() -> list[tuple[str, str]]:
        seen = ""
        async with ASGIConductor(api.app) as conductor:
            path = f"/api/v1/jobs/{job.id}/events"
            async with conductor.simulate_get_stream(path, headers=ada.headers) as stream:
                while "progress" not in seen:
                    seen += (await stream.stream.read()).decode()
                assert api.services.budgets.taken[Budget.STREAM] == 1
                running = move(job, JobStatus.RUNNING, now=api.clock())
                changes = {"live": {"accepted": 3}, "progress": 50.0, "revision": CrawlJob.revision + 1}
                CrawlJob.update(changes).where(CrawlJob.id == job.id).execute()
                while "accepted" not in seen:
                    seen += (await stream.stream.read()).decode()
                move(running, JobStatus.COMPLETED, now=api.clock())
                while "completed" not in seen:
                    seen += (await stream.stream.read()).decode()
        return told(seen)

    events = asyncio.run(follow())
    assert [each for each in events if each[0] == "status"] == [
        ("status", "1"),
        ("status", "2"),
        ("status", "4"),
    ]
    ids = [int(key) for _, key in events]
    assert ids == sorted(ids)


def test_many_streams_cost_one_question(api: Api) -> None:
    ada = api.user()
    jobs = [queued(api, ada, f"P{number}") for number in range(5)]
    feed = Feed(api.services.catalog, every=0.02)

    async def follow(job: CrawlJob) -> list[str]:
        return [news.status async for news in feed.follow(job.id) if news is not None]

    async def all_of_them() -> list[list[str]]:
        streams = [asyncio.ensure_future(follow(job)) for job in jobs for _ in range(40)]
        await asyncio.sleep(0.3)
        before = feed.looks
        assert before <= 16
        for job in jobs:
            move(job, JobStatus.CANCELLED, now=api.clock())
        found = await asyncio.gather(*streams)
        feed.close()
        return found

    assert asyncio.run(all_of_them()) == [["queued", "cancelled"]] * 200


async def followed_until(api: Api, who: Caller, job: CrawlJob, change: Callable[[], object]) -> str:
    """A stream whose rights are looked at again all the time, to its end, after a change."""
    seen, path = "", f"/api/v1/jobs/{job.id}/events"
    async with (
        ASGIConductor(api.app) as conductor,
        conductor.simulate_get_stream(path, headers=who.headers) as stream,
        asyncio.timeout(10),
    ):
        while "progress" not in seen:
            seen += (await stream.stream.read()).decode()
        change()
        api.clock.forward(seconds=3)
        while api.services.feed.followed:
            await asyncio.sleep(0.01)
    return seen


@pytest.mark.parametrize("end", ["membership", "session", "token"])
def test_a_stream_ends_with_the_right_to_it(api: Api, end: str) -> None:
    feed = Feed(api.services.catalog, every=0.02, heartbeat=0.05)
    quick = Api(dataclasses.replace(api.services, feed=feed), api.clock)
    ada, bob = quick.user(), quick.user("bob@example.org")
    job = queued(quick, ada)
    ProjectMember.create(project=Project.get(), user=bob.id, role="viewer")
    changes: dict[str, Callable[[], object]] = {
        "membership": lambda: ProjectMember.delete().execute(),
        "session": lambda: LoginSession.update(revoked_at=quick.clock()).execute(),
        "token": lambda: quick.clock.forward(minutes=15),
    }
    asyncio.run(followed_until(quick, bob, job, changes[end]))
    assert quick.services.budgets.taken[Budget.STREAM] == 0


def test_a_user_has_so_many_streams(make_api: MakeApi) -> None:
    api = make_api(places={"streams_of_user": 2})
    ada = api.user()
    job = queued(api, ada)

    async def follow() -> list[int]:
        path, statuses = f"/api/v1/jobs/{job.id}/events", list[int]()
        async with ASGIConductor(api.app) as conductor, contextlib.AsyncExitStack() as stack:
            for _ in range(2):
                opened = conductor.simulate_get_stream(path, headers=ada.headers)
                await (await stack.enter_async_context(opened)).stream.read()
            statuses.append((await conductor.simulate_get(path, headers=ada.headers)).status_code)
            move(job, JobStatus.CANCELLED, now=api.clock())
            await stack.aclose()
            statuses.append((await conductor.simulate_get(path, headers=ada.headers)).status_code)
        return statuses

    assert asyncio.run(follow()) == [429, 200]


def test_a_silent_stream_says_that_it_is_there(api: Api) -> None:
    job = queued(api, api.user())
    feed = Feed(api.services.catalog, every=10, heartbeat=0.01)

    async def follow() -> list[Any]:
        seen: list[Any] = []
        async for news in feed.follow(job.id):
            seen.append(news and news.status)
            if len(seen) == 3:
                break
        feed.close()
        return seen

    assert asyncio.run(follow()) == ["queued", None, None]


def test_a_job_that_is_removed_ends_its_streams(api: Api) -> None:
    job = queued(api, api.user())
    feed = Feed(api.services.catalog, every=0.01)

    async def follow() -> list[str]:
        seen = []
        async for news in feed.follow(job.id):
            seen.append(news.status if news else "")
            CrawlJob.delete().where(CrawlJob.id == job.id).execute()
        feed.close()
        return seen

    assert asyncio.run(follow()) == ["queued", "cancelled"]
