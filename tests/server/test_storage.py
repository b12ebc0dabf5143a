"""What is done with datasets in stores, and what users have there."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from pixcrawler_core.catalog.models import Task, User
from tests.conftest import until
from tests.server.conftest import Api, Caller, error_code
from tests.server.filled import Filled


@pytest.fixture
def ada(api: Api, tmp_path: Path) -> Caller:
    workspace = api.services.workspace.root
    (workspace / "storage.toml").write_text(
        f'[storage]\nstores = ["filesystem"]\n[storage.filesystem]\npath = {str(tmp_path / "store")!r}\n'
    )
    return api.user()


@pytest.fixture
def filled(api: Api, ada: Caller) -> Filled:
    found = Filled(api, api.project(ada))
    found.keep(1)
    found.assemble()
    return found


def done(caller: Caller, filled: Filled, what: str, **body: Any) -> dict[str, Any]:
    """A task when it has ended."""
    begun = caller("POST", f"/datasets/{filled.id}/storage/{what}", body)
    assert begun.status_code == 202, begun.json
    place = begun.headers["Location"].removeprefix("/api/v1")
    until(lambda: caller("GET", place).json["status"] not in ("pending", "running"))
    found: dict[str, Any] = caller("GET", place).json
    return found


def tiers(caller: Caller, filled: Filled) -> dict[str, int]:
    """Bytes by tier in the only store."""
    told = caller("GET", f"/datasets/{filled.id}/storage")
    assert told.status_code == 200, told.json
    (store,) = told.json["stores"]
    return {tier: size for unit in store["units"] for tier, size in unit["bytes"].items() if size}


def test_a_dataset_is_pushed_archived_and_brought_back(ada: Caller, filled: Filled) -> None:
    other = Filled(filled.api, filled.project, id=f"{filled.id}-2")
    other.keep(5)
    other.assemble()
    assert done(ada, other, "push")["status"] == "done"
    assert tiers(ada, filled) == {}
    told = done(ada, filled, "push")
    assert (told["status"], told["detail"]) == ("done", None)
    assert told["result"][f"datasets/dataset-{filled.id}"]["sent"] > 3
    size = tiers(ada, filled)["hot"]
    assert done(ada, filled, "tier", tier="cold")["status"] == "done"
    assert tiers(ada, filled) == {"cold": size}
    assert done(ada, filled, "rehydrate", priority="high")["result"]["objects"] > 3
    assert tiers(ada, filled) == {"hot": size}
    usage = ada("GET", "/storage/usage").json
    mine = next(each for each in usage["datasets"] if each["dataset_id"] == filled.id)
    assert (mine["images"], mine["stored_bytes"]["hot"]) == (1, size)
    assert ada("GET", f"/datasets/{filled.id}/storage").json["task"]["kind"] == "rehydrate"
    kinds = [each["kind"] for each in ada("GET", f"/datasets/{filled.id}/tasks").json["items"]]
    assert kinds == ["rehydrate", "tier", "push"]


def test_a_push_keeps_within_the_quota(ada: Caller, filled: Filled) -> None:
    User.update(storage_quota=3000).execute()
    told = done(ada, filled, "push")
    assert told["status"] == "failed"
    assert "quota" in told["detail"]
    assert tiers(ada, filled) == {}


def test_one_thing_at_a_time(ada: Caller, filled: Filled) -> None:
    with filled.api.services.workspace.lock(filled.id):
        first = ada("POST", f"/datasets/{filled.id}/storage/push", {})
        second = ada("POST", f"/datasets/{filled.id}/storage/tier", {"tier": "warm"})
        assert (first.status_code, second.status_code) == (202, 409)
        assert ada("GET", f"/tasks/{first.json['id']}").json["status"] == "pending"
    until(lambda: Task.get_by_id(first.json["id"]).status == "done")


def test_what_does_not_fit(ada: Caller, filled: Filled) -> None:
    path = f"/datasets/{filled.id}/storage"
    assert error_code(ada("POST", f"{path}/push", {"store": "azure"})) == "VALIDATION_ERROR"
    assert error_code(ada("POST", f"{path}/push", {"what": ["blobs"]})) == "VALIDATION_ERROR"
    assert error_code(ada("POST", f"{path}/tier", {"tier": "frozen"})) == "VALIDATION_ERROR"
    nothing = done(ada, filled, "tier", tier="cold")
    assert (nothing["status"], "push" in nothing["detail"]) == ("failed", True)
    stranger = filled.api.user("s@x.org")
    assert stranger("GET", path).status_code == 404
    assert stranger("POST", f"{path}/push", {}).status_code == 404
    assert stranger("GET", f"/tasks/{nothing['id']}").status_code == 404
    assert stranger("GET", "/storage/usage").json["datasets"] == []


def test_a_server_without_stores(api: Api) -> None:
    ada = api.user()
    filled = Filled(api, api.project(ada))
    assert ada("GET", f"/datasets/{filled.id}/storage").json == {"stores": [], "task": None}
    refused = ada("POST", f"/datasets/{filled.id}/storage/push", {})
    assert (refused.status_code, error_code(refused)) == (422, "VALIDATION_ERROR")
