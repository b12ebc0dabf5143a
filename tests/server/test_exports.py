"""Exports: asked for, written in the background, downloaded whole and in parts, and removed."""

from __future__ import annotations

import asyncio
import io
import os
import signal
import zipfile
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from pixcrawler_core.catalog.models import Export, ExportStatus, Image
from tests.conftest import Command, until, wait
from tests.server.conftest import TABLES, Api, Caller, MakeApi, error_code
from tests.server.filled import Filled
from tests.server.test_serve import free_port


@pytest.fixture
def ada(api: Api) -> Caller:
    return api.user()


@pytest.fixture
def filled(api: Api, ada: Caller) -> Filled:
    found = Filled(api, api.project(ada))
    found.keep(1)
    found.keep(2, license="cc-by-nc-4.0")
    found.assemble()
    return found


def written(caller: Caller, filled: Filled, **body: Any) -> dict[str, Any]:
    """An export when it is there, or has failed."""
    made = caller("POST", f"/datasets/{filled.id}/exports", body)
    assert made.status_code == 202, made.json
    place = made.headers["Location"].removeprefix("/api/v1")
    until(lambda: caller("GET", place).json["status"] != "pending")
    found: dict[str, Any] = caller("GET", place).json
    return found


def test_a_format_that_the_server_refuses_is_not_written(make_api: MakeApi) -> None:
    api = make_api(crawl={"refused": ["zip"]})
    ada = api.user()
    filled = Filled(api, api.project(ada))
    filled.assemble()
    refused = ada("POST", f"/datasets/{filled.id}/exports", {"format": "zip"})
    assert (refused.status_code, "not to be used" in refused.json["error"]["message"]) == (422, True)
    assert Export.select().count() == 0


def test_an_export_is_written_and_downloaded(ada: Caller, filled: Filled) -> None:
    export = written(ada, filled, format="zip", options={"compression": "deflate"})
    assert (export["status"], export["images"], export["detail"]) == ("ready", 2, None)
    assert export["progress"] == 100
    whole = ada("GET", f"/exports/{export['id']}/file")
    assert (whole.status_code, len(whole.content)) == (200, export["bytes"])
    assert len(zipfile.ZipFile(io.BytesIO(whole.content)).namelist()) > 2
    assert whole.headers["ETag"] == f'"{export["sha256"]}"'
    assert 'filename="dataset-' in whole.headers["Content-Disposition"]
    again = {"If-None-Match": whole.headers["ETag"]}
    assert ada("GET", f"/exports/{export['id']}/file", headers=again).status_code == 304
    assert [each["id"] for each in ada("GET", f"/datasets/{filled.id}/exports").json["items"]] == [
        export["id"]
    ]


def test_no_export_is_made_while_they_are_switched_off(api: Api, ada: Caller, filled: Filled) -> None:
    api.admin()("PUT", "/admin/flags/exports", {"enabled": False})
    refused = ada("POST", f"/datasets/{filled.id}/exports", {"format": "zip"})
    assert (refused.status_code, error_code(refused)) == (403, "SWITCHED_OFF")
    assert not Export.select().exists()


def test_an_export_is_made_once_under_its_key(ada: Caller, filled: Filled) -> None:
    headers = {"Idempotency-Key": "export-1"}
    made = [
        ada("POST", f"/datasets/{filled.id}/exports", {"format": "zip"}, headers=headers) for _ in range(2)
    ]
    assert made[0].json == made[1].json
    assert Export.select().count() == 1


def test_a_broken_download_goes_on(api: Api, ada: Caller, filled: Filled) -> None:
    path = f"/exports/{written(ada, filled, format='zip')['id']}/file"
    whole = ada("GET", path)
    tag = whole.headers["ETag"]
    begin = ada("GET", path, headers={"Range": "bytes=0-999"}).content
    rest = ada("GET", path, headers={"Range": "bytes=1000-", "If-Range": tag})
    assert (rest.status_code, begin + rest.content) == (206, whole.content)
    known = ada("HEAD", path, headers={"Range": "bytes=1000-"})
    assert (known.status_code, known.headers["Content-Length"]) == (200, str(len(whole.content)))
    assert (known.content, known.headers["ETag"]) == (b"", tag)
    assert sum(api.services.budgets.taken.values()) == 0
    last = ada("GET", path, headers={"Range": "bytes=-10"})
    assert last.content == whole.content[-10:]


@pytest.mark.drill
def test_two_exports_in_one_format_are_two_files(ada: Caller, filled: Filled) -> None:
    every = written(ada, filled, format="zip")
    some = written(ada, filled, format="zip", policy="commercial")
    assert (every["images"], some["images"]) == (2, 1)
    assert len(list(filled.api.services.workspace.exports.glob("*.zip"))) == 2


def test_exports_that_are_folders_are_read_file_by_file(ada: Caller, filled: Filled) -> None:
    path = f"/exports/{written(ada, filled, format='coco')['id']}/file"
    assert error_code(ada("GET", path)) in ("VALIDATION_ERROR", "CONFLICT")
    names = [each for each in filled.api.services.workspace.exports.iterdir() if each.is_dir()]
    (folder,) = names
    (file, *_) = sorted(each for each in folder.rglob("*") if each.is_file())
    name = file.relative_to(folder).as_posix()
    assert ada("GET", path, params={"name": name}).content == file.read_bytes()
    (folder / "link").symlink_to("/etc/passwd")
    (folder / "up").symlink_to("/etc")
    for hostile in ("../../catalog.db", "/etc/passwd", "link", "up/passwd", "a/../../x", ".", "x" * 300):
        refused = ada("GET", path, params={"name": hostile})
        assert (refused.status_code, error_code(refused)) == (404, "NOT_FOUND")


@pytest.mark.parametrize(
    "body",
    [
        {"format": "rar"},
        {"format": "zip", "options": {"compression": "best"}},
        {"format": "zip", "options": {"path": "/etc"}},
        {"format": "zip", "policy": "/etc/passwd"},
        {"format": "zip", "policy": "any,../../server.toml"},
        {"format": "zip", "size": 10},
        {"format": "zip", "formats": ["tar_gz"]},
        {"format": "zip", "quality": 101},
        {"format": "zip", "tar_gz": {}},
    ],
)
def test_exports_that_do_not_fit(ada: Caller, filled: Filled, body: dict[str, Any]) -> None:
    refused = ada("POST", f"/datasets/{filled.id}/exports", body)
    assert (refused.status_code, error_code(refused)) == (422, "VALIDATION_ERROR")
    assert Export.select().count() == 0


def test_an_export_that_fails_says_why_without_telling_places(ada: Caller, filled: Filled) -> None:
    workspace = filled.api.services.workspace
    next((workspace.dataset(filled.id) / "categories" / "cat").iterdir()).unlink()
    export = written(ada, filled, format="zip")
    assert export["status"] == "failed"
    assert "image_" in export["detail"]
    assert str(workspace.root) not in export["detail"]
    assert error_code(ada("GET", f"/exports/{export['id']}/file")) == "CONFLICT"


def test_exports_go_on_in_the_next_process(ada: Caller, filled: Filled, make_api: MakeApi) -> None:
    row = Export.create(
        dataset=filled.id, format="zip", status=ExportStatus.PENDING, options={"formats": ["zip"]}
    )
    again = make_api()
    asyncio.run(again.services.catalog.read(again.services.background.resume))
    until(lambda: Export.get_by_id(row.id).status == ExportStatus.READY)
    told = Caller(again.client, ada.headers, ada.user)("GET", f"/exports/{row.id}/file")
    assert told.content.startswith(b"PK")


def test_an_export_waits_until_nobody_else_uses_the_dataset(ada: Caller, filled: Filled) -> None:
    with filled.api.services.workspace.lock(filled.id):
        made = ada("POST", f"/datasets/{filled.id}/exports", {"format": "zip"})
        path = f"/exports/{made.json['id']}"
        assert ada("GET", path).json["status"] == "pending"
    until(lambda: ada("GET", path).json["status"] == "ready")


def test_an_export_is_removed(ada: Caller, filled: Filled) -> None:
    export = written(ada, filled, format="zip")
    assert ada("DELETE", f"/exports/{export['id']}").status_code == 204
    assert ada("GET", f"/exports/{export['id']}").status_code == 404
    assert list(filled.api.services.workspace.exports.iterdir()) == []


@pytest.mark.parametrize("path", ["/etc/hosts", "../server.key", "..", "", "link"])
def test_an_export_elsewhere_is_neither_served_nor_removed(ada: Caller, filled: Filled, path: str) -> None:
    workspace = filled.api.services.workspace
    (workspace.exports / "link").symlink_to(workspace.root / "server.key")
    row = Export.create(dataset=filled.id, format=".x", path=path)
    assert error_code(ada("GET", f"/exports/{row.id}/file")) == "NOT_AVAILABLE"
    assert ada("DELETE", f"/exports/{row.id}").status_code == 204
    assert (workspace.root / "server.key").exists()
    assert workspace.dataset(filled.id).exists()


def test_an_address_is_good_for_a_time_and_for_one_export(ada: Caller, filled: Filled) -> None:
    api = filled.api
    export, other = written(ada, filled, format="zip"), written(ada, filled, format="tar_gz")
    made = ada("POST", f"/exports/{export['id']}/url", {"minutes": 5})
    assert made.status_code == 201
    parts = urlsplit(made.json["url"])
    whole = api.anonymous("GET", f"/{parts.path}", query_string=parts.query)
    assert (whole.status_code, len(whole.content)) == (200, export["bytes"])
    elsewhere = parts.path.replace(str(export["id"]), str(other["id"]))
    for path, query in (
        (elsewhere, parts.query),
        (parts.path, parts.query[:-1]),
        (parts.path, parts.query.replace("expires=1", "expires=2")),
    ):
        refused = api.anonymous("GET", f"/{path}", query_string=query)
        assert (refused.status_code, error_code(refused)) == (404, "NOT_FOUND")
    api.clock.forward(minutes=5)
    assert api.anonymous("GET", f"/{parts.path}", query_string=parts.query).status_code == 404


def test_exports_count_as_what_their_owner_keeps(make_api: MakeApi) -> None:
    api = make_api(plans={"free": {"storage_bytes": 10**6}})
    ada = api.user()
    filled = Filled(api, api.project(ada))
    filled.keep(1)
    filled.assemble()
    before = ada("GET", "/me/quota").json["used"]["storage_bytes"]
    sizes = [written(ada, filled, format=each)["bytes"] for each in ("zip", "tar_gz")]
    assert ada("GET", "/me/quota").json["used"]["storage_bytes"] == before + sum(sizes)
    told = ada("GET", "/storage/usage").json
    assert (told["used_bytes"], told["datasets"][0]["exported_bytes"]) == (before + sum(sizes), sum(sizes))
    Export.create(dataset=filled.id, format="x", size=10**6)
    refused = ada("POST", f"/datasets/{filled.id}/exports", {"format": "zip", "max_side": 64})
    assert (refused.status_code, error_code(refused)) == (403, "QUOTA_EXCEEDED")
    assert refused.json["error"]["details"]["quota"] == "storage_bytes"
    job = {"dataset": filled.id, "tables": TABLES}
    assert error_code(ada("POST", "/jobs", job)) == "QUOTA_EXCEEDED"


def test_exports_that_wait_count_as_much_as_their_images(make_api: MakeApi) -> None:
    api = make_api(plans={"free": {"storage_bytes": 10_000}})
    ada = api.user()
    filled = Filled(api, api.project(ada))
    filled.keep(1)
    filled.assemble()
    Image.update(file_size=4_000).execute()
    path = f"/datasets/{filled.id}/exports"
    with api.services.workspace.lock(filled.id):
        answers = [ada("POST", path, {"format": "zip", "max_side": 64 + side}) for side in range(3)]
    assert [each.status_code for each in answers] == [202, 202, 403]


def test_an_export_that_is_there_or_comes_is_not_written_again(ada: Caller, filled: Filled) -> None:
    path, body = f"/datasets/{filled.id}/exports", {"format": "zip", "options": {"compression": "deflate"}}
    with filled.api.services.workspace.lock(filled.id):
        waiting = [ada("POST", path, body) for _ in range(3)]
    (key,) = {each.json["id"] for each in waiting}
    until(lambda: ada("GET", f"/exports/{key}").json["status"] == "ready")
    there = ada("POST", path, body)
    assert (there.status_code, there.json["id"], there.json["status"]) == (200, key, "ready")
    assert ada("POST", path, {"format": "zip"}).json["id"] != key
    filled.assemble()
    changed = ada("POST", path, body)
    assert (changed.status_code, changed.json["id"] != key) == (202, True)


def test_exports_are_asked_for_so_often(make_api: MakeApi) -> None:
    api = make_api(limits={"exports_create": "1/hour"})
    ada = api.user()
    path = f"/datasets/{api.dataset(api.project(ada))}/exports"
    assert error_code(ada("POST", path, {"format": "zip"})) == "NOT_ASSEMBLED"
    assert error_code(ada("POST", path, {"format": "zip"})) == "RATE_LIMITED"


def test_an_address_is_not_good_for_the_export_that_gets_the_number_next(ada: Caller, filled: Filled) -> None:
    api = filled.api
    export = written(ada, filled, format="zip")["id"]
    parts = urlsplit(ada("POST", f"/exports/{export}/url", {}).json["url"])
    row = Export.get_by_id(export)
    assert api.anonymous("GET", f"/{parts.path}", query_string=parts.query).status_code == 200
    Export.delete().execute()
    Export.create(id=export, dataset=filled.id, format="zip", path=row.path)
    assert api.anonymous("GET", f"/{parts.path}", query_string=parts.query).status_code == 404


def test_strangers_and_viewers(ada: Caller, filled: Filled) -> None:
    api = filled.api
    export = written(ada, filled, format="zip")["id"]
    stranger = api.user("s@x.org")
    for method, path in (
        ("GET", f"/exports/{export}"),
        ("GET", f"/exports/{export}/file"),
        ("DELETE", f"/exports/{export}"),
        ("GET", f"/datasets/{filled.id}/exports"),
    ):
        assert stranger(method, path).status_code == 404
    assert stranger("POST", f"/datasets/{filled.id}/exports", {"format": "zip"}).status_code == 404


def child() -> int | None:
    """The process that writes an export for this one."""
    for children in Path("/proc/self/task").glob("*/children"):
        for each in children.read_text().split():
            if "export_child" in Path(f"/proc/{each}/cmdline").read_text():
                return int(each)
    return None


def test_an_export_that_is_removed_is_not_written_any_more(ada: Caller, filled: Filled) -> None:
    made = ada("POST", f"/datasets/{filled.id}/exports", {"format": "zip"}).json
    until(lambda: child() is not None)
    process = child()
    assert process is not None
    os.kill(process, signal.SIGSTOP)
    assert (ada("GET", f"/exports/{made['id']}").json["status"], made["progress"]) == ("pending", 0)
    assert ada("DELETE", f"/exports/{made['id']}").status_code == 204
    os.kill(process, signal.SIGCONT)
    until(lambda: child() is None)
    assert list(filled.api.services.workspace.exports.iterdir()) == []


def test_an_export_whose_process_is_killed_fails_with_a_sentence(ada: Caller, filled: Filled) -> None:
    made = ada("POST", f"/datasets/{filled.id}/exports", {"format": "zip"}).json
    until(lambda: child() is not None)
    os.kill(child() or 0, signal.SIGKILL)
    until(lambda: ada("GET", f"/exports/{made['id']}").json["status"] == "failed")
    told = ada("GET", f"/exports/{made['id']}").json["detail"]
    assert told == "the process that wrote the export was ended; ask for the export again"


@pytest.mark.drill
def test_an_export_goes_on_when_its_server_was_killed(
    ada: Caller, filled: Filled, pixcrawler: Command, catalog_url: str | None
) -> None:
    for number in range(3, 63):
        filled.keep(number)
    filled.assemble()
    options = {"formats": ["zip"], "encode": "webp", "resize": "keep_ratio", "size": 1024}
    row = Export.create(dataset=filled.id, format="zip", status=ExportStatus.PENDING, options=options)
    serve = ["serve", "--bind", f"127.0.0.1:{free_port()}", "--without-worker", "--quiet"]
    serve += ["--database", catalog_url] if catalog_url else []
    first = pixcrawler.start(*serve)
    until(lambda: 0 < Export.get_by_id(row.id).progress < 100)
    os.killpg(first.pid, signal.SIGKILL)
    wait(first)
    until(lambda: not filled.api.services.workspace.in_use(filled.id))
    assert ada("GET", f"/exports/{row.id}").json["status"] == "pending"
    second = pixcrawler.start(*serve)
    until(lambda: Export.get_by_id(row.id).status != ExportStatus.PENDING)
    assert Export.get_by_id(row.id).status == ExportStatus.READY
    assert ada("GET", f"/exports/{row.id}").json["images"] == 62
    second.terminate()
    assert wait(second).code == 0


def test_the_files_of_an_export_are_listed_page_by_page(api: Api, ada: Caller, filled: Filled) -> None:
    export = written(ada, filled, format="folder")
    (folder,) = api.services.workspace.exports.iterdir()
    (folder / "link").symlink_to("/etc/passwd")
    (folder / "a!").write_bytes(b"x")  # comes before what is in the folder `a`, as a text and part by part
    (folder / "a").mkdir()
    (folder / "a" / "b.txt").write_bytes(b"xy")
    there = {
        each.relative_to(folder).as_posix(): each.stat().st_size
        for each in folder.rglob("*")
        if each.is_file() and not each.is_symlink()
    }
    path, told, cursor = f"/exports/{export['id']}/files", list[dict[str, Any]](), dict[str, str]()
    while True:
        page = ada("GET", path, params={"limit": 1, **cursor}).json
        told += page["items"]
        if not page["has_more"]:
            break
        cursor = {"cursor": page["next_cursor"]}
    assert {each["name"]: each["bytes"] for each in told} == there
    assert len(told) == len(there) > 4
    for each in told:
        assert ada("GET", path[:-1], params={"name": each["name"]}).status_code == 200
    assert api.user("eve@example.org")("GET", path).status_code == 404


def test_the_volumes_of_an_export_are_listed(ada: Caller, filled: Filled) -> None:
    one = written(ada, filled, format="zip")
    (file,) = ada("GET", f"/exports/{one['id']}/files").json["items"]
    assert file["bytes"] == one["bytes"]
    cut = written(ada, filled, format="zip", options={"volume": 65_536})
    names = [each["name"] for each in ada("GET", f"/exports/{cut['id']}/files").json["items"]]
    assert names == [f"{names[0][:-4]}.{number:03}" for number in range(1, len(names) + 1)]
