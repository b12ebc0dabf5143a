from __future__ import annotations

import hashlib
from collections.abc import Iterator
from datetime import timedelta
from multiprocessing import get_context
from multiprocessing.synchronize import Barrier
from pathlib import Path

import pytest
from pixcrawler_server.archives import Archives
from pixcrawler_server.dataset_erasing import DatasetEraser
from pixcrawler_server.erasing import Erased, Eraser

from pixcrawler_core.catalog.audit import verify
from pixcrawler_core.catalog.models import (
    ActivityLog,
    BillingAccount,
    CrawlJob,
    DataArchive,
    Dataset,
    Image,
    LedgerRow,
    Project,
    ProjectMember,
    StoredUnit,
    User,
    UserStatus,
)
from pixcrawler_core.catalog.sql import Sql
from pixcrawler_core.config.load import load_storage
from pixcrawler_core.config.storage import StorageTable
from pixcrawler_core.registry import load
from pixcrawler_core.service import Scope
from pixcrawler_core.storage.bookkeeping import Books
from pixcrawler_core.storage.encryption.keyfile import KeyFile
from pixcrawler_core.storage.opening import opened
from pixcrawler_core.workspace import Workspace
from tests.server.belongings import fill
from tests.server.conftest import PASSWORD, Api, Caller
from tests.server.mailbox import Mailbox
from tests.server.test_registration import ADDRESS, login

STORAGE = """
[storage]
stores = ["filesystem"]
keys = "keys.json"

[storage.filesystem]
path = "{root}"
"""


@pytest.fixture
def ada(api: Api) -> Caller:
    return api.user(ADDRESS)


@pytest.fixture
def table(api: Api, tmp_path: Path) -> StorageTable:
    root = api.services.workspace.root
    KeyFile.create(root / "keys.json")
    path = root / "storage.toml"
    path.write_text(STORAGE.format(root=tmp_path / "store"))
    return load_storage(path, api.services.registry)


def wish(ada: Caller, password: str | None = PASSWORD) -> int:
    return int(ada("POST", "/me/erasure", {} if password is None else {"password": password}).status_code)


def erasing(api: Api, table: StorageTable | None = None) -> Iterator[Erased]:
    workspace = api.services.workspace
    archives = Archives(api.services.catalog.database, workspace.root, api.clock)
    return Eraser(workspace, api.services.registry, table, archives, api.clock).erase_due()


def erased(api: Api, table: StorageTable | None = None) -> list[Erased]:
    return list(erasing(api, table))


def push(api: Api, table: StorageTable, dataset: str, unit: str) -> None:
    workspace = api.services.workspace
    with opened(api.services.registry, table, workspace.root) as store:
        store.put(f"{unit}/1.jpg", workspace.dataset(dataset) / "1.jpg")
        Books(api.services.catalog.database, store, "filesystem").settle(unit)


def test_a_wish_signs_out_and_can_be_taken_back(api: Api, ada: Caller) -> None:
    key = api.key(ada, Scope.PROFILE)
    assert wish(ada) == 202
    assert [each("GET", "/me").status_code for each in (ada, key)] == [401, 401]
    (letter,) = Mailbox(api.services.workspace.root).all(1)
    assert "2026-02-14 12:00" in letter.get_content()
    back = {"Authorization": f"Bearer {login(api).json['access_token']}"}
    assert api.anonymous("GET", "/me", headers=back).json["status"] == "erasing"
    refused = api.anonymous("GET", "/projects", headers=back)
    assert (refused.status_code, "me/erasure" in refused.text) == (403, True)
    assert api.anonymous("DELETE", "/me/erasure", headers=back).status_code == 204
    assert api.anonymous("GET", "/projects", headers=back).status_code == 200
    assert key("GET", "/me").json["erase_after"] is None
    assert api.anonymous("DELETE", "/me/erasure", headers=back).status_code == 409
    api.clock.forward(days=31)
    assert erased(api) == []


@pytest.mark.parametrize("password", ["wrong", None])
def test_it_needs_the_password(ada: Caller, password: str | None) -> None:
    assert wish(ada, password) == 403
    assert ada("GET", "/me").status_code == 200


def test_nobody_is_erased_before_their_time(api: Api, ada: Caller) -> None:
    wish(ada)
    api.clock.forward(days=29)
    assert erased(api) == []
    api.clock.forward(days=1)
    assert erased(api) == [Erased(user_id=ada.id)]
    assert login(api).status_code == 401


def test_all_that_is_theirs_alone_goes(api: Api, ada: Caller, table: StorageTable, tmp_path: Path) -> None:
    workspace, eve = api.services.workspace, api.user("eve@example.org")
    fill(workspace, "cats", api.project(ada), b"hers", b"common")
    fill(workspace, "dogs", api.project(eve, "Dogs", editor=ada), b"common", b"his")
    workspace.dataset("cats").with_name("dataset-cats.v1").mkdir()
    for content in (b"hers", b"common"):
        workspace.thumbnails.keep(b"small", hashlib.sha256(content).hexdigest(), 128)
    for dataset in ("cats", "dogs"):
        push(api, table, dataset, f"datasets/dataset-{dataset}")
    ada("PATCH", "/me", {"full_name": "Ada"})
    wish(ada)
    api.clock.forward(days=30)
    assert erased(api, table) == [Erased(user_id=ada.id)]
    assert [each.id for each in Dataset.select()] == ["dogs"]
    rows = (*CrawlJob.select(), *Image.select(), *StoredUnit.select())
    assert {each.dataset_id for each in rows} == {"dogs"}
    assert LedgerRow.select().count() == 2
    assert sorted(path.name for path in workspace.datasets.iterdir()) == ["dataset-dogs"]
    assert [path.name for path in workspace.exports.iterdir()] == ["dataset-dogs.zip"]
    contents = {path.read_bytes() for path in workspace.blobs.root.glob("??/*")}
    assert contents == {b"common", b"his"}
    assert len(list(workspace.thumbnails.root.rglob("*.webp"))) == 1
    stored = [path for path in (tmp_path / "store").rglob("*") if "cats" in path.name]
    assert stored == []
    assert (User.select().count(), ProjectMember.select().count()) == (1, 0)
    assert [each.name for each in Project.select()] == ["Dogs"]


def test_nothing_of_them_is_left_in_the_files_of_the_catalog(
    api: Api, ada: Caller, catalog_url: str | None
) -> None:
    if catalog_url is not None:
        pytest.skip("PostgreSQL has no files of ours")
    Sql(api.services.catalog.database).all("PRAGMA secure_delete = OFF")  # which some builds have on
    fill(api.services.workspace, "hers", api.project(ada, "A very private name"), b"hers")
    api.user("eve@example.org")
    wish(ada)
    api.clock.forward(days=30)
    names = [ADDRESS, "A very private name", "dataset-hers.zip"]
    root = api.services.workspace.root
    assert [_in_catalog(root, each) for each in names] == [True, True, True]
    assert erased(api) == [Erased(user_id=ada.id)]
    assert [_in_catalog(root, each) for each in names] == [False, False, False]
    assert _in_catalog(root, "eve@example.org")


def _in_catalog(root: Path, text: str) -> bool:
    return any(text.encode() in path.read_bytes() for path in root.glob("catalog.db*"))


def test_the_record_stays_and_is_proven(api: Api, ada: Caller) -> None:
    ada("PATCH", "/me", {"full_name": "Ada"})
    wish(ada)
    api.clock.forward(days=30)
    erased(api)
    told = [(each.action, each.user, each.actor) for each in ActivityLog.select().order_by(ActivityLog.id)]
    assert told == [
        ("profile changed", None, str(ada.id)),
        ("erasure asked for", None, str(ada.id)),
        ("user erased", None, ""),
    ]
    assert verify(Sql(api.services.catalog.database)) is None


def test_what_others_work_on_is_handed_to_the_first_of_them(api: Api, ada: Caller) -> None:
    viewer, editor = api.user("v@example.org"), api.user("e@example.org")
    project = api.project(ada, viewer=viewer, editor=editor)
    gone = api.user("s@example.org", status="suspended")
    ProjectMember.create(project=project, user=gone.id, role="owner")
    api.project(editor)
    fill(api.services.workspace, "cats", project, b"one")
    wish(ada)
    api.clock.forward(days=30)
    assert erased(api) == [Erased(user_id=ada.id)]
    found = Project.get_by_id(project)
    assert (found.owner_id, found.name) == (editor.id, "Cats (2)")
    assert {each.user_id for each in ProjectMember.select()} == {viewer.id, gone.id}
    assert api.services.workspace.dataset("cats").is_dir()


def test_what_was_encrypted_for_them_is_unreadable(api: Api, ada: Caller, table: StorageTable) -> None:
    keys = KeyFile(api.services.workspace.root / "keys.json")
    for owner in (ada.id, "somebody else"):
        keys.current(str(owner))
    wish(ada)
    api.clock.forward(days=30)
    erased(api, table)
    assert set(keys.ring().owners) == {"somebody else"}


def test_a_store_that_is_not_named_keeps_the_user(api: Api, ada: Caller, table: StorageTable) -> None:
    fill(api.services.workspace, "cats", api.project(ada), b"one")
    push(api, table, "cats", "datasets/dataset-cats")
    other = api.user("eve@example.org")
    for each in (ada, other):
        wish(each)
    api.clock.forward(days=30)
    told = {each.user_id: each.why_not for each in erased(api)}
    assert "'filesystem'" in str(told[ada.id])
    assert told[other.id] is None
    assert erased(api, table) == [Erased(user_id=ada.id)]
    assert StoredUnit.select().count() == 0


def test_a_dataset_in_use_keeps_the_user_until_the_next_time(api: Api, ada: Caller) -> None:
    workspace = api.services.workspace
    fill(workspace, "cats", api.project(ada), b"one")
    wish(ada)
    api.clock.forward(days=30)
    with workspace.lock("cats"):
        (left,) = erased(api)
    assert "in use" in str(left.why_not)
    assert workspace.blobs.root.exists()
    assert Image.select().count() == 1
    assert erased(api) == [Erased(user_id=ada.id)]


def test_who_pays_yet_is_kept(api: Api, ada: Caller) -> None:
    BillingAccount.create(user=ada.id, meter="stripe", customer="c", subscription="sub_1", status="active")
    wish(ada)
    api.clock.forward(days=30)
    (left,) = erased(api)
    assert "sub_1" in str(left.why_not)
    BillingAccount.update(status="canceled").execute()
    assert erased(api) == [Erased(user_id=ada.id)]


def test_what_became_of_others_meanwhile_is_looked_at(api: Api) -> None:
    users = [api.user(f"{name}@example.org") for name in ("ada", "bob", "eve")]
    for user in users:
        wish(user)
        api.clock.forward(minutes=1)
    api.clock.forward(days=30)
    under_way = erasing(api)
    first = next(under_way)
    User.update(status=UserStatus.ACTIVE, erase_after=None).where(User.id == users[1].id).execute()
    assert (first.user_id, erased(api)) == (users[0].id, [Erased(user_id=users[2].id)])
    assert list(under_way) == []
    assert [each.id for each in User.select()] == [users[1].id]


def test_an_archive_goes_with_its_user(api: Api, ada: Caller) -> None:
    folder = api.services.workspace.root / "archives"
    folder.mkdir()
    (folder / "x.zip").write_bytes(b"zip")
    DataArchive.create(user=ada.id, file="x.zip", created_at=api.clock() + timedelta(days=60))
    wish(ada)
    api.clock.forward(days=30)
    erased(api)
    assert list(folder.iterdir()) == []


def _erase(root: Path, catalog_url: str | None, dataset: str, together: Barrier) -> None:
    with Workspace(root, catalog_url) as workspace:
        eraser = DatasetEraser(workspace, load(), None)
        together.wait()
        eraser.erase(dataset)


@pytest.mark.drill
def test_blobs_that_two_datasets_have_go_with_the_last_of_them(
    api: Api, ada: Caller, catalog_url: str | None
) -> None:
    workspace, project = api.services.workspace, api.project(ada)
    for name in ("cats", "dogs"):
        fill(workspace, name, project, *(b"common %d" % number for number in range(200)))
    spawn = get_context("spawn")
    together = spawn.Barrier(2)
    given = [(workspace.root, catalog_url, name, together) for name in ("cats", "dogs")]
    processes = [spawn.Process(target=_erase, args=each) for each in given]
    for process in processes:
        process.start()
    for process in processes:
        process.join(60)
    assert [process.exitcode for process in processes] == [0, 0]
    assert list(workspace.blobs.root.glob("??/*")) == []
