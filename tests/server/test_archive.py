from __future__ import annotations

import io
import json
import zipfile
from typing import Any

import pytest
from peewee import ForeignKeyField
from pixcrawler_server import archive_parts
from pixcrawler_server.archive_parts import LEFT_OUT, PARTS

from pixcrawler_core.catalog.models import MODELS, Avatar, DataArchive, LedgerRow, UsageRecord, User
from pixcrawler_core.service import Scope
from tests.conftest import until
from tests.server.belongings import fill
from tests.server.conftest import Api, Caller

NAMES = {"README.txt", *(f"{part.name}.jsonl" for part in PARTS)}


@pytest.fixture
def ada(api: Api) -> Caller:
    return api.user()


def fetched(caller: Caller) -> dict[str, list[Any]]:
    """What is in the archive, by the names of its files."""
    assert caller("POST", "/me/export").status_code == 202
    until(lambda: caller("GET", "/me/export").json["status"] != "pending")
    state = caller("GET", "/me/export").json
    assert state["status"] == "ready"
    answer = caller("GET", "/me/export/archive")
    assert (answer.headers["Content-Type"], len(answer.content)) == ("application/zip", state["size"])
    assert answer.headers["Cache-Control"] == "no-store"
    end = caller("GET", "/me/export/archive", headers={"Range": "bytes=-10"})
    assert (end.status_code, end.content) == (206, answer.content[-10:])
    with zipfile.ZipFile(io.BytesIO(answer.content)) as file:
        assert file.testzip() is None
        return {
            name: [json.loads(line) for line in file.read(name).splitlines()]
            for name in file.namelist()
            if name.endswith(".jsonl")
        }


def test_all_that_is_known_of_a_user_and_nothing_else(api: Api, ada: Caller) -> None:
    eve, workspace = api.user("eve@example.org"), api.services.workspace
    fill(workspace, "cats", api.project(ada, viewer=eve), b"one", b"two")
    fill(workspace, "dogs", api.project(eve, "Dogs", editor=ada), b"three")
    UsageRecord.create(user=ada.id, kind="images", amount=3, unit="images", source="test")
    Avatar.create(user=ada.id, media_type="image/png", data=b"png")
    ada("POST", "/api-keys", {"name": "laptop", "scopes": ["profile"]})
    found = fetched(ada)
    assert set(found) == NAMES - {"README.txt"}
    assert [each["email"] for each in found["profile.jsonl"]] == ["ada@example.org"]
    assert [each["id"] for each in found["datasets.jsonl"]] == ["cats"]
    assert (len(found["images.jsonl"]), len(found["ledger.jsonl"]), len(found["jobs.jsonl"])) == (2, 2, 1)
    assert [each["role"] for each in found["memberships.jsonl"]] == ["editor"]
    assert [each["name"] for each in found["api_keys.jsonl"]] == ["laptop"]
    assert [each["amount"] for each in found["usage.jsonl"]] == [3]
    assert [each["action"] for each in found["activity.jsonl"]] == ["API key created", "archive asked for"]
    assert all(found[f"{name}.jsonl"] for name in ("sessions", "projects", "exports"))


def test_nothing_in_it_opens_anything(api: Api, ada: Caller) -> None:
    ada("POST", "/api-keys", {"name": "laptop", "scopes": ["profile"]})
    text = json.dumps(fetched(ada))
    for word in ("password_hash", "key_hash", "token", "argon2"):
        assert word not in text


def test_it_is_read_page_by_page_in_the_order_of_an_index(api: Api, ada: Caller) -> None:
    dataset = fill(api.services.workspace, "cats", api.project(ada), *(bytes([each]) for each in range(9)))
    (part,) = [each for each in PARTS if each.name == "ledger"]
    whole = {each["id"] for each in part.rows(ada.id)}
    assert whole == {each.id for each in LedgerRow.select()}
    query, order = next(iter(part.queries(ada.id)))
    told = [each["id"] for each in archive_parts.paged(query, order, 2)]
    assert (len(told), set(told), dataset.id) == (9, whole, "cats")


def test_every_model_of_users_is_in_it_or_left_out_for_a_reason() -> None:
    theirs = {
        model
        for model in MODELS
        for field in model._meta.sorted_fields  # noqa: SLF001  # peewee's own way
        if isinstance(field, ForeignKeyField) and field.rel_model is User
    }
    assert theirs - {part.model for part in PARTS} - LEFT_OUT.keys() == set()


def test_files_of_nobody_are_cleaned_away(api: Api, ada: Caller) -> None:
    folder = api.services.workspace.root / "archives"
    folder.mkdir()
    DataArchive.create(user=ada.id, file="known.zip", created_at=api.clock())
    for name in ("known.zip.part", "left.zip", "left.zip.part"):
        (folder / name).touch()
    api.services.housekeeper.tend()
    assert [path.name for path in folder.iterdir()] == ["known.zip.part"]


def test_an_archive_is_there_for_a_day(api: Api, ada: Caller) -> None:
    fetched(ada)
    (path,) = (api.services.workspace.root / "archives").iterdir()
    assert path.stat().st_mode & 0o077 == 0
    api.clock.forward(days=1)
    ada = api.again(ada)
    assert ada("GET", "/me/export").status_code == ada("GET", "/me/export/archive").status_code == 404
    assert ada("POST", "/me/export").status_code == 202
    until(lambda: ada("GET", "/me/export").json["status"] == "ready")
    api.services.archives.clean()
    (new,) = (api.services.workspace.root / "archives").iterdir()
    assert new != path


def test_asking_twice_makes_one(api: Api, ada: Caller) -> None:
    DataArchive.create(user=ada.id, file="x.zip", created_at=api.clock())
    assert ada("POST", "/me/export").json["status"] == "pending"
    assert ada("GET", "/me/export/archive").status_code == 404
    api.clock.forward(minutes=14)
    assert DataArchive.get().file == "x.zip"
    api.clock.forward(hours=1)
    ada = api.again(ada)
    assert ada("POST", "/me/export").status_code == 202
    until(lambda: ada("GET", "/me/export").json["status"] == "ready")


def test_archives_are_for_who_signed_in_and_limited(api: Api, ada: Caller) -> None:
    assert api.key(ada, *Scope)("POST", "/me/export").status_code == 403
    assert ada("GET", "/me/export").status_code == 404
    statuses = [ada("POST", "/me/export").status_code for _ in range(6)]
    assert statuses == [202] * 5 + [429]
