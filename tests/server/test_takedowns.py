"""Takedowns: by admins of everything, by owners of what is theirs alone."""

from __future__ import annotations

from typing import Any

import pytest

from pixcrawler_core.catalog.models import ActivityLog, CrawlJob, Image, JobStatus, LedgerRow, Tombstone
from tests.conftest import until
from tests.server.conftest import Api, Caller, error_code
from tests.server.filled import Filled


@pytest.fixture
def ada(api: Api) -> Caller:
    return api.user()


@pytest.fixture
def filled(api: Api, ada: Caller) -> Filled:
    found = Filled(api, api.project(ada))
    found.keep(1, image_url="https://bad.example/1.jpg", title="Secret")
    found.keep(2)
    found.assemble()
    return found


def ended(caller: Caller, path: str, body: dict[str, Any]) -> dict[str, Any]:
    """The task of a takedown when it has ended."""
    begun = caller("POST", path, body)
    assert begun.status_code == 202, begun.json
    place = begun.headers["Location"].removeprefix("/api/v1")
    until(lambda: caller("GET", place).json["status"] not in ("pending", "running"))
    found: dict[str, Any] = caller("GET", place).json
    return found


def test_a_domain_is_taken_down_after_a_look(api: Api, filled: Filled) -> None:
    root, workspace = api.admin(), api.services.workspace
    image = Image.get(Image.number == 1)
    digest = str(image.hash)
    workspace.thumbnails.keep(b"RIFF", digest, 128)
    order = {"domains": ["bad.example"], "note": "asked by the creator"}
    looked = ended(root, "/takedowns", {**order, "dry_run": True})
    assert (looked["status"], looked["detail"]) == ("done", None)
    assert (looked["result"]["images"], Image.select().count()) == ({filled.id: 1}, 2)
    told = ended(root, "/takedowns", order)
    assert (told["status"], told["detail"], told["result"]["not_assembled"]) == ("done", None, [])
    assert [each.number for each in Image.select()] == [2]
    assert not workspace.blobs.has(digest)
    assert workspace.thumbnails.read(digest, 128) is None
    manifest = (workspace.dataset(filled.id) / "manifest.json").read_text()
    assert "bad.example" not in manifest
    assert [job.status for job in CrawlJob.select()] == ["completed_short"]
    assert str(root.id) in [
        each.actor for each in ActivityLog.select().where(ActivityLog.action == "takedown")
    ]


def test_a_dataset_of_several_jobs_loses_images_of_each(api: Api, ada: Caller, filled: Filled) -> None:
    api.job(filled.id, JobStatus.CANCELLED)
    filled.begin()
    filled.keep(3, image_url="https://bad.example/3.jpg")
    filled.assemble()
    told = ended(api.admin(), "/takedowns", {"domains": ["bad.example"]})
    assert (told["status"], told["result"]["not_assembled"]) == ("done", [])
    assert len(ada("GET", f"/datasets/{filled.id}/manifest").json["images"]) == 1
    statuses = [job.status for job in CrawlJob.select().order_by(CrawlJob.id)]
    assert statuses == ["completed", "cancelled", "completed_short"]


def test_an_owner_takes_an_image_of_theirs_down(ada: Caller, filled: Filled) -> None:
    image = Image.get(Image.number == 1)
    told = ended(ada, f"/images/{image.id}/takedown", {"note": "no consent"})
    assert (told["status"], told["detail"]) == ("done", None)
    assert Image.select().count() == 1
    assert Tombstone.select().where(Tombstone.value == image.hash).count() == 1


def test_an_owner_takes_nothing_from_others(api: Api, ada: Caller, filled: Filled) -> None:
    other = Filled(api, api.project(api.user("b@x.org")))
    other.keep(1)
    other.assemble()
    image = Image.get(Image.number == 1, Image.dataset == filled.id)
    told = ended(ada, f"/images/{image.id}/takedown", {})
    assert (told["status"], "somebody else" in told["detail"]) == ("failed", True)
    assert Image.select().count() == 3
    assert (Tombstone.select().count(), LedgerRow.select().where(LedgerRow.state == "refused").count()) == (
        0,
        0,
    )


def test_it_waits_until_nobody_uses_the_workspace(api: Api, filled: Filled) -> None:
    root = api.admin()
    with api.services.workspace.attend():
        begun = root("POST", "/takedowns", {"domains": ["bad.example"]})
        place = begun.headers["Location"].removeprefix("/api/v1")
        assert root("GET", place).json["status"] in ("pending", "running")
    until(lambda: root("GET", place).json["status"] == "done")


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"urls": ["ftp://x"]},
        {"domains": ["a/b"]},
        {"sha256s": ["abc"]},
        {"domains": ["a.example"], "radius": 11},
        {"domains": ["a.example"], "yes": True},
    ],
)
def test_orders_that_do_not_fit(api: Api, body: dict[str, Any]) -> None:
    assert error_code(api.admin()("POST", "/takedowns", body)) == "VALIDATION_ERROR"


def test_who_may(api: Api, ada: Caller, filled: Filled) -> None:
    editor = api.user("e@x.org")
    ada("POST", f"/projects/{filled.project}/members", {"email": "e@x.org", "role": "editor"})
    image = Image.select().first()
    assert ada("POST", "/takedowns", {"domains": ["bad.example"]}).status_code == 403
    assert editor("POST", f"/images/{image.id}/takedown", {}).status_code == 403
    assert api.user("s@x.org")("POST", f"/images/{image.id}/takedown", {}).status_code == 404
    assert api.admin()("POST", "/takedowns", {"image_ids": [999]}).status_code == 404
