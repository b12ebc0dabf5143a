"""Decisions on images, by members of a project, and how they are undone."""

from __future__ import annotations

from typing import Any

import pytest

from pixcrawler_core.catalog.models import ActivityLog, CrawlJob, Image, JobStatus, LabelReview, Task
from pixcrawler_core.records import State
from tests.conftest import until
from tests.server.conftest import Api, Caller, MakeApi, error_code
from tests.server.filled import Filled


@pytest.fixture
def api(make_api: MakeApi) -> Api:
    return make_api(server={"assembly_delay": 0})


@pytest.fixture
def ada(api: Api) -> Caller:
    return api.user()


@pytest.fixture
def filled(api: Api, ada: Caller) -> Filled:
    found = Filled(api, api.project(ada))
    found.keep(1)
    found.keep(2)
    found.keep(3, category="dog")
    found.find(4, State.REJECTED, reason="too-small")
    found.assemble()
    return found


def paths(caller: Caller, filled: Filled) -> list[str]:
    """The images that the dataset's folder has, once it is written anew."""
    until(lambda: not Task.select().where(Task.status.in_(("pending", "running"))).count())
    assert [task.detail for task in Task.select()] == [None] * Task.select().count()
    told = caller("GET", f"/datasets/{filled.id}/manifest").json["images"]
    return [each["path"].removeprefix("categories/") for each in told]


def decide(caller: Caller, filled: Filled, **decision: Any) -> dict[str, Any]:
    done = caller("POST", f"/datasets/{filled.id}/review", {"decisions": [decision]})
    assert done.status_code == 200, done.json
    return dict(done.json)


def test_images_of_all_jobs_of_a_dataset_are_reviewed(api: Api, ada: Caller, filled: Filled) -> None:
    api.job(filled.id, JobStatus.CANCELLED)
    filled.begin()
    filled.keep(5)
    filled.assemble()
    first, last = (Image.get(Image.number == number, Image.category == "cat") for number in (1, 3))
    for image in (first, last):
        done = ada("PUT", f"/images/{image.id}/review", {"decision": "reject"})
        assert (done.status_code, done.json["images"]["removed"]) == (200, 1), done.json
    assert paths(ada, filled) == ["cat/image_002.jpg", "dog/image_001.jpg"]
    decide(ada, filled, decision="accept", sha256=first.hash)
    assert paths(ada, filled) == ["cat/image_002.jpg", "cat/image_003.jpg", "dog/image_001.jpg"]
    statuses = [job.status for job in CrawlJob.select().order_by(CrawlJob.id)]
    assert statuses == ["completed", "cancelled", "completed_short"]


def test_an_image_is_rejected_and_comes_back(ada: Caller, filled: Filled) -> None:
    image = Image.get(Image.number == 1, Image.category == "cat")
    done = ada("PUT", f"/images/{image.id}/review", {"decision": "reject", "note": "blurred"})
    assert done.json["images"] == {"added": 0, "removed": 1, "moved": 0}
    assert paths(ada, filled) == ["cat/image_002.jpg", "dog/image_001.jpg"]
    assert ada("GET", f"/images/{image.id}").status_code == 404
    (undo,) = done.json["undo"]
    back = decide(ada, filled, **undo)
    assert back["images"]["added"] == 1
    (key,) = back["added"].values()
    assert ada("GET", f"/images/{key}").json["sha256"] == undo["sha256"]
    assert paths(ada, filled) == ["cat/image_002.jpg", "cat/image_003.jpg", "dog/image_001.jpg"]
    entry = ActivityLog.select().where(ActivityLog.action == "image reviewed").first()
    assert (entry.user_id, entry.actor) == (ada.id, str(ada.id))


def test_what_was_rejected_is_listed_and_can_be_brought_back(api: Api, ada: Caller, filled: Filled) -> None:
    path, images = f"/datasets/{filled.id}/review", list(Image.select().order_by(Image.id))
    for image in images[:2]:
        ada("PUT", f"/images/{image.id}/review", {"decision": "reject", "note": "blurred"})
    ada("PUT", f"/images/{images[2].id}/review", {"decision": "accept"})
    first = ada("GET", path, params={"decision": "reject", "limit": 1}).json
    rest = ada("GET", path, params={"decision": "reject", "cursor": first["next_cursor"]}).json
    told = [*first["items"], *rest["items"]]
    assert [each["sha256"] for each in told] == sorted(str(each.hash) for each in images[:2])
    assert {(each["decision"], each["note"]) for each in told} == {("reject", "blurred")}
    assert len(ada("GET", path).json["items"]) == 3
    assert ada("GET", f"/datasets/{filled.id}/images", params={"decision": "reject"}).status_code == 422
    assert decide(ada, filled, sha256=told[0]["sha256"], decision="accept")["images"]["added"] == 1
    assert api.user("eve@example.org")("GET", path).status_code == 404


def test_an_image_is_moved_and_moved_back(ada: Caller, filled: Filled) -> None:
    image = Image.get(Image.category == "dog")
    done = ada("PUT", f"/images/{image.id}/review", {"decision": "move", "category": "cat"})
    assert paths(ada, filled) == ["cat/image_001.jpg", "cat/image_002.jpg", "cat/image_003.jpg"]
    decide(ada, filled, **done.json["undo"][0])
    assert "dog/image_001.jpg" in paths(ada, filled)
    assert ada("GET", f"/images/{image.id}").json["decision"]["category"] == "dog"


def test_what_checks_rejected_is_taken(ada: Caller, filled: Filled) -> None:
    row = ada("GET", f"/datasets/{filled.id}/ledger", params={"state": "rejected"}).json["items"][0]
    done = decide(ada, filled, decision="accept", url=row["url"])
    assert len(paths(ada, filled)) == 4
    (undo,) = done["undo"]
    assert (undo["sha256"], undo["decision"], undo["category"]) == (row["sha256"], "reject", None)


def labels(caller: Caller, filled: Filled, image: Image) -> set[tuple[str, str]]:
    """What the manifest says of an image, once it is written anew."""
    paths(caller, filled)
    images = caller("GET", f"/datasets/{filled.id}/manifest").json["images"]
    (found,) = (each["labels"] for each in images if each["sha256"] == image.hash)
    return {(each["source"], each["name"]) for each in found}


def test_labels_are_removed_and_set_and_put_back(ada: Caller, filled: Filled) -> None:
    image, cat, tiger = Image.get(Image.number == 1, Image.category == "cat"), "cat", "tiger"
    decision = {"decision": "label", "labeler": "category", "label": cat, "holds": "no"}
    removed = ada("PUT", f"/images/{image.id}/review", decision)
    assert (removed.status_code, removed.json["decisions"]["label"]) == (200, 1)
    assert labels(ada, filled, image) == set()
    added = decide(ada, filled, **{**decision, "label": tiger, "holds": "yes"}, sha256=image.hash)
    assert labels(ada, filled, image) == {("category", tiger)}
    decide(ada, filled, **added["undo"][0])
    assert labels(ada, filled, image) == set()
    decide(ada, filled, **removed.json["undo"][0])
    assert labels(ada, filled, image) == {("category", cat)}
    assert not LabelReview.select().exists()
    actions = ActivityLog.select().where(ActivityLog.action == "label reviewed")
    assert {each.actor for each in actions} == {str(ada.id)}


def test_a_label_holds_though_the_image_is_moved_and_labelled_anew(ada: Caller, filled: Filled) -> None:
    image = Image.get(Image.category == "dog")
    named = {"sha256": image.hash}
    decide(ada, filled, **named, decision="label", labeler="category", label="wolf", holds="yes")
    decide(ada, filled, **named, decision="move", category="cat")
    assert labels(ada, filled, image) == {("category", "cat"), ("category", "wolf")}


@pytest.mark.parametrize(
    "wrong",
    [
        {"labeler": "objects"},
        {"label": "a\u202eb"},
        {"label": None},
        {"holds": None},
        {"holds": "maybe"},
        {"sha256": "0" * 64},
        {"category": "cat"},
        {"decision": "reject"},
    ],
)
def test_decisions_on_labels_that_do_not_fit(ada: Caller, filled: Filled, wrong: dict[str, Any]) -> None:
    fits = {"decision": "label", "labeler": "category", "label": "cat", "holds": "no"}
    body = {"decisions": [{**fits, "sha256": Image.select().first().hash, **wrong}]}
    refused = ada("POST", f"/datasets/{filled.id}/review", body)
    assert (refused.status_code, error_code(refused)) == (422, "VALIDATION_ERROR")
    assert not LabelReview.select().exists()


def test_the_job_is_finished_again_when_the_dataset_is_written(ada: Caller, filled: Filled) -> None:
    for image in list(Image.select()):
        assert ada("PUT", f"/images/{image.id}/review", {"decision": "reject"}).status_code == 200
    assert paths(ada, filled) == []
    assert [job.status for job in CrawlJob.select()] == ["completed_short"]


def test_all_decisions_are_applied_or_none(ada: Caller, filled: Filled) -> None:
    digests = [str(each.hash) for each in Image.select()]
    path = f"/datasets/{filled.id}/review"
    good = {"decision": "reject", "sha256": digests[0]}
    for bad in (
        {"decision": "reject", "sha256": "0" * 64},
        {"decision": "move", "sha256": digests[1], "category": "cats"},
        {"decision": "move", "sha256": digests[1]},
        {"decision": "accept", "sha256": digests[1], "category": "cat"},
        {"decision": "accept", "sha256": digests[0]},
        {"decision": "reject", "path": "../../catalog.db"},
        {"decision": "reject"},
        {"decision": "burn", "sha256": digests[1]},
    ):
        refused = ada("POST", path, {"decisions": [good, bad]})
        assert (refused.status_code, error_code(refused)) == (422, "VALIDATION_ERROR")
    assert Image.select().count() == 3
    tried = ada("POST", path, {"decisions": [good], "dry_run": True})
    assert (tried.json["images"]["removed"], tried.json["task"], Image.select().count()) == (1, None, 3)


def test_who_may_decide(api: Api, ada: Caller, filled: Filled) -> None:
    viewer = api.user("v@x.org")
    ada("POST", f"/projects/{filled.project}/members", {"email": "v@x.org"})
    image = Image.select().first()
    for caller, status in ((viewer, 403), (api.user("s@x.org"), 404)):
        assert caller("PUT", f"/images/{image.id}/review", {"decision": "reject"}).status_code == status
        path = f"/datasets/{filled.id}/review"
        body = {"decisions": [{"decision": "reject", "sha256": image.hash}]}
        assert caller("POST", path, body).status_code == status
    assert Image.select().count() == 3


def test_a_dataset_without_a_folder(api: Api, ada: Caller) -> None:
    filled = Filled(api, api.project(ada, "Other"))
    image = filled.keep(1)
    refused = ada("PUT", f"/images/{image.id}/review", {"decision": "reject"})
    assert error_code(refused) == "NOT_ASSEMBLED"
