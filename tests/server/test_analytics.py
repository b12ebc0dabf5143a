"""What jobs found and kept, from counts that are kept by day."""

from __future__ import annotations

from typing import Any

from pixcrawler_core.catalog.models import CrawlJob, CrawlTally, Dataset
from pixcrawler_core.catalog.sql import Sql
from tests.server.conftest import Api, Caller

TODAY, BEFORE = "2026-01-15", "2026-01-14"


def tally(project: int, *rows: tuple[str, str, str, str, int]) -> None:
    """A job in a project, and its counts: day, engine, state, reason, images (of 10 bytes)."""
    dataset = Dataset.create(id=f"d{project}", name="D", project=project)
    job = CrawlJob.create(dataset=dataset)
    for day, engine, state, reason, images in rows:
        told = {"engine": engine, "state": state, "reason": reason}
        CrawlTally.create(job=job, day=day, images=images, bytes=images * 10, **told)


def figures(who: Caller, by: str, **params: Any) -> dict[str, tuple[int, int, int, int]]:
    answer = who("GET", "/analytics", params={"by": by, **params})
    assert answer.status_code == 200
    items = answer.json["items"]
    return {x["key"]: (x["candidates"], x["accepted"], x["rejected"], x["bytes"]) for x in items}


def test_figures_by_day_source_reason_and_project(api: Api) -> None:
    ada, bob = api.user(), api.user("bob@example.org")
    cats, dogs, others = api.project(ada), api.project(ada, "Dogs"), api.project(bob)
    tally(
        cats,
        (TODAY, "openverse", "accepted", "", 3),
        (TODAY, "openverse", "rejected", "too-small", 2),
        (BEFORE, "wikimedia", "accepted", "", 4),
        ("2025-11-01", "wikimedia", "accepted", "", 100),
    )
    tally(dogs, (TODAY, "wikimedia", "rejected", "blurred", 5))
    tally(others, (TODAY, "openverse", "accepted", "", 1000))
    assert figures(ada, "day") == {TODAY: (10, 3, 7, 30), BEFORE: (4, 4, 0, 40)}
    assert figures(ada, "engine") == {"openverse": (5, 3, 2, 30), "wikimedia": (9, 4, 5, 40)}
    assert figures(ada, "reason") == {"": (7, 7, 0, 70), "blurred": (5, 0, 5, 0), "too-small": (2, 0, 2, 0)}
    assert figures(ada, "project") == {str(cats): (9, 7, 2, 70), str(dogs): (5, 0, 5, 0)}
    assert figures(ada, "day", project=dogs) == {TODAY: (5, 0, 5, 0)}
    assert figures(ada, "engine", engine="openverse") == {"openverse": (5, 3, 2, 30)}
    assert figures(ada, "day", since="2025-11-01", until="2025-11-02") == {"2025-11-01": (100, 100, 0, 1000)}
    assert figures(api.admin(), "project").keys() == {str(cats), str(dogs), str(others)}


def test_members_see_their_projects_and_strangers_nothing(api: Api) -> None:
    ada, viewer, stranger = api.user(), api.user("v@example.org"), api.user("s@example.org")
    project = api.project(ada, viewer=viewer)
    tally(project, (TODAY, "openverse", "accepted", "", 3))
    assert figures(viewer, "day") == figures(viewer, "day", project=project) == {TODAY: (3, 3, 0, 30)}
    assert figures(stranger, "day") == {}
    assert stranger("GET", "/analytics", params={"project": project}).status_code == 404
    assert ada("GET", "/analytics", params={"by": "colour"}).status_code == 422


def test_the_ledger_is_not_read(api: Api) -> None:
    ada = api.user()
    tally(api.project(ada), (TODAY, "openverse", "accepted", "", 3))
    Sql(api.services.catalog.database).run("ALTER TABLE ledger_row RENAME TO away")
    assert figures(ada, "day") == {TODAY: (3, 3, 0, 30)}
