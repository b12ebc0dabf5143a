"""Datasets: making, showing, changing, moving and removing them, with all their files."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from falcon.testing import ASGIConductor
from pixcrawler_server.dataset_erasing import Removals

from pixcrawler_core.catalog.models import (
    ActivityLog,
    CrawlJob,
    Dataset,
    Image,
    JobStatus,
    LedgerRow,
    RemovedDataset,
)
from pixcrawler_core.records import State
from tests.conftest import until
from tests.server.conftest import Api, Caller, MakeApi, error_code
from tests.server.filled import Filled


def test_a_dataset_is_made_shown_changed_and_removed(api: Api) -> None:
    ada = api.user()
    project = api.project(ada)
    made = ada("POST", "/datasets", {"name": "Röd panda!", "project_id": project})
    assert made.status_code == 201
    place = made.headers["Location"].removeprefix("/api/v1")
    assert made.json["id"].startswith("rod-panda-")
    assert len(made.json["id"]) == len("rod-panda-") + 8
    assert ada("GET", place).json == made.json
    changed = ada("PATCH", place, {"name": "Pandas"})
    assert (changed.json["name"], changed.json["id"]) == ("Pandas", made.json["id"])
    assert ada("DELETE", place).status_code == 204
    assert error_code(ada("GET", place)) == "NOT_FOUND"
    assert [each.action for each in ActivityLog.select().order_by(ActivityLog.id)] == [
        "dataset created",
        "dataset changed",
        "dataset removed",
    ]


@pytest.mark.parametrize("name", ["../../etc", "日本", "🐈", "a" * 200, "CON", "-"])
def test_no_name_leads_out_of_the_workspace(api: Api, name: str) -> None:
    ada = api.user()
    made = ada("POST", "/datasets", {"name": name, "project_id": api.project(ada)})
    folder = api.services.workspace.dataset(made.json["id"])
    assert folder.parent == api.services.workspace.datasets


def test_who_may_make_datasets_where(api: Api) -> None:
    owner, viewer, editor = api.user("o@x.org"), api.user("v@x.org"), api.user("e@x.org")
    project = api.project(owner, viewer=viewer, editor=editor)
    body = {"name": "Cats", "project_id": project}
    told = [
        caller("POST", "/datasets", body).status_code
        for caller in (owner, editor, viewer, api.user("s@x.org"))
    ]
    assert told == [201, 201, 403, 404]


def test_a_plan_has_an_end_for_the_owner_whoever_makes_them(make_api: MakeApi) -> None:
    api = make_api(plans={"free": {"datasets": 2}})
    owner, editor = api.user("o@x.org"), api.user("e@x.org")
    body = {"name": "Cats", "project_id": api.project(owner, editor=editor)}

    async def at_once() -> list[int]:
        async with ASGIConductor(api.app) as client:
            asked = (client.post("/api/v1/datasets", json=body, headers=editor.headers) for _ in range(4))
            answers = await asyncio.gather(*asked)
        return sorted(each.status_code for each in answers)

    told = asyncio.run(at_once())
    assert told == [201, 201, 403, 403]
    assert error_code(owner("POST", "/datasets", body)) == "QUOTA_EXCEEDED"


def test_datasets_are_limited_by_the_hour(make_api: MakeApi) -> None:
    api = make_api(limits={"datasets_create": "2/hour"})
    ada = api.user()
    body = {"name": "Cats", "project_id": api.project(ada)}
    assert [ada("POST", "/datasets", body).status_code for _ in range(3)] == [201, 201, 429]


def test_lists_follow_and_are_of_a_project(api: Api) -> None:
    ada = api.user()
    cats, dogs = api.project(ada, "Cats"), api.project(ada, "Dogs")
    made = [Filled(api, cats).id for _ in range(3)]
    other = Filled(api, dogs).id
    Filled(api, api.project(api.user("s@x.org"))).keep()
    first = ada("GET", "/datasets", params={"limit": 2, "project": cats}).json
    rest = ada("GET", "/datasets", params={"limit": 2, "project": cats, "cursor": first["next_cursor"]}).json
    assert [each["id"] for page in (first, rest) for each in page["items"]] == made[::-1]
    assert [each["id"] for each in ada("GET", "/datasets").json["items"]] == [other, *made[::-1]]
    assert ada("GET", "/datasets", params={"project": 999}).status_code == 404


def test_datasets_of_the_command_line_are_seen_and_given_away_by_admins(api: Api) -> None:
    Dataset.create(id="old", name="Old")
    ada, admin = api.user(), api.admin()
    project = api.project(ada)
    assert ada("GET", "/datasets/old").status_code == 404
    assert admin("GET", "/datasets/old").json["project_id"] is None
    assert admin("PATCH", "/datasets/old", {"project_id": project}).status_code == 200
    assert ada("GET", "/datasets/old").json["project_id"] == project


def test_a_dataset_is_moved_only_by_who_owns_both_projects(api: Api) -> None:
    ada, bob = api.user(), api.user("b@x.org")
    mine, other = api.project(ada), api.project(bob, editor=ada)
    dataset = Filled(api, mine).id
    assert ada("PATCH", f"/datasets/{dataset}", {"project_id": other}).status_code == 403
    assert ada("PATCH", f"/datasets/{dataset}", {"project_id": 999}).status_code == 404
    second = api.project(ada, "Second")
    assert ada("PATCH", f"/datasets/{dataset}", {"project_id": second}).json["project_id"] == second


def full(api: Api, caller: Caller) -> tuple[Filled, list[Path]]:
    """A dataset with two versions, an index and an export; and all its files and folders."""
    filled = Filled(api, api.project(caller))
    filled.keep(1)
    filled.assemble()
    filled.keep(2)
    filled.assemble()
    workspace = api.services.workspace
    filled.find(3, State.REJECTED, reason="too-small")
    made = caller("POST", f"/datasets/{filled.id}/exports", {"format": "zip"})
    until(lambda: caller("GET", f"/exports/{made.json['id']}").json["status"] == "ready")
    workspace.indexes(filled.id).mkdir(parents=True)
    folder = workspace.dataset(filled.id)
    export = workspace.exports / f"dataset-{filled.id}-{made.json['id']}.zip"
    return filled, [folder, folder.with_name(f"{folder.name}.v1"), export, workspace.indexes(filled.id)]


def test_with_a_dataset_go_all_its_rows_and_files(api: Api) -> None:
    ada = api.user()
    filled, paths = full(api, ada)
    other, others = full(api, api.user("b@x.org"))
    assert all(path.exists() for path in paths)
    assert ada("DELETE", f"/datasets/{filled.id}").status_code == 204
    until(lambda: RemovedDataset.select().count() == 0)
    assert [path for path in paths if path.exists()] == []
    assert Image.select().where(Image.dataset == filled.id).count() == 0
    assert LedgerRow.select().where(LedgerRow.job == filled.ledger.job_id).count() == 0
    assert all(path.exists() for path in others)
    assert Image.select().where(Image.dataset == other.id).count() == 2


def test_files_of_a_removed_dataset_go_when_the_process_was_killed_before(
    api: Api, make_api: MakeApi
) -> None:
    ada = api.user()
    filled, paths = full(api, ada)
    with api.services.catalog.database.atomic():
        RemovedDataset.create(id=filled.id, exports=[paths[2].name])
        Dataset.delete().where(Dataset.id == filled.id).execute()
    again = make_api()
    asyncio.run(again.services.catalog.read(again.services.background.resume))
    until(lambda: RemovedDataset.select().count() == 0)
    assert not any(path.exists() for path in paths)


def test_what_was_made_anew_under_the_id_of_a_removed_dataset_stays(api: Api) -> None:
    filled, paths = full(api, api.user())
    RemovedDataset.create(id=filled.id, exports=[paths[2].name])
    Removals(api.services.workspace).remove(filled.id)
    assert all(path.exists() for path in paths)
    assert RemovedDataset.select().count() == 0


@pytest.mark.parametrize("exports", [["../server.key"], ["/etc/passwd"], [""], [".."], ["."]])
def test_no_file_elsewhere_goes_with_a_dataset(api: Api, exports: list[str]) -> None:
    RemovedDataset.create(id="gone", exports=exports)
    Removals(api.services.workspace).remove("gone")
    assert (api.services.workspace.root / "server.key").exists()
    assert api.services.workspace.exports.exists()


def test_a_dataset_at_work_is_not_removed(api: Api) -> None:
    ada = api.user()
    filled = Filled(api, api.project(ada))
    CrawlJob.update(status=JobStatus.RUNNING).execute()
    assert error_code(ada("DELETE", f"/datasets/{filled.id}")) == "CONFLICT"
    CrawlJob.update(status=JobStatus.COMPLETED).execute()
    with api.services.workspace.lock(filled.id):
        assert error_code(ada("DELETE", f"/datasets/{filled.id}")) == "CONFLICT"
    assert ada("DELETE", f"/datasets/{filled.id}").status_code == 204


def test_the_folder_of_a_dataset_is_told(api: Api) -> None:
    ada = api.user()
    filled = Filled(api, api.project(ada))
    for name in ("statistics", "manifest", "versions"):
        missing = ada("GET", f"/datasets/{filled.id}/{name}")
        assert (missing.status_code, error_code(missing)) == (404, "NOT_ASSEMBLED")
    filled.keep(1)
    filled.assemble()
    filled.keep(2, category="dog")
    filled.assemble()
    told = ada("GET", f"/datasets/{filled.id}/statistics")
    assert (told.json["images"]["count"], told.headers["Content-Type"]) == (2, "application/json")
    assert len(ada("GET", f"/datasets/{filled.id}/manifest").json["images"]) == 2
    assert len(ada("GET", f"/datasets/{filled.id}/manifest", params={"version": 1}).json["images"]) == 1
    versions = ada("GET", f"/datasets/{filled.id}/versions").json["items"]
    assert [(each["number"], each["images"], each["current"]) for each in versions] == [
        (2, 2, True),
        (1, 1, False),
    ]
    diff = ada("GET", f"/datasets/{filled.id}/diff", params={"before": 1, "after": 2}).json
    assert (diff["counts"]["added"], diff["changes"][0]["category"]) == (1, "dog")
    assert ada("GET", f"/datasets/{filled.id}/diff", params={"before": 1, "after": 3}).status_code == 404


def test_the_ledger_tells_what_became_of_each_url(api: Api) -> None:
    ada = api.user()
    filled = Filled(api, api.project(ada))
    filled.keep(1, title="A cat")
    for number in range(2, 5):
        filled.find(number, State.REJECTED, reason="too-small", engine="flickr")
    path = f"/datasets/{filled.id}/ledger"
    page = ada("GET", path, params={"limit": 3}).json
    rest = ada("GET", path, params={"limit": 3, "cursor": page["next_cursor"]}).json
    assert [each["state"] for each in page["items"] + rest["items"]] == ["accepted"] + ["rejected"] * 3
    assert page["items"][0]["title"] == "A cat"
    for query in ({"state": "rejected"}, {"reason": "too-small"}, {"engine": "flickr", "host": "a.example"}):
        assert len(ada("GET", path, params=query).json["items"]) == 3
    assert ada("GET", path, params={"state": "rejected", "engine": "openverse"}).json["items"] == []
    assert api.user("s@x.org")("GET", path).status_code == 404
