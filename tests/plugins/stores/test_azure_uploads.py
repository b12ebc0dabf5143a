"""How `azure` sends files: in blocks that are taken up, once, and against other writers."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from azure.storage.blob import BlobServiceClient

from pixcrawler_core.storage.errors import ObjectDamaged, StoreRefused, StoreUnavailable
from pixcrawler_core.storage.protocols import Stat, StorageTier
from tests.conftest import CHECKOUT, PHOTOGRAPHS, until, wait
from tests.plugins.stores.azure_stores import VARIABLE, filed, new_container, opened, read
from tests.plugins.stores.azurite import connection_string
from tests.plugins.stores.conftest import Spoilt
from tests.plugins.stores.proxy import Asked

MIB = 1 << 20
PUT = """
import sys
from pathlib import Path
from pixcrawler_plugins.stores.azure import AzureOptions, build
options = AzureOptions(
    container=sys.argv[1], block_mib=1, concurrency=2, connection_string_env="PIXCRAWLER_TEST_AZURE"
)
store = build(options)
for name in sys.argv[2:]:
    store.put("large", Path(name))
store.close()
"""
"""A program that puts files under one key, one after the other."""


def putting(login: str, container: str, *paths: Path) -> subprocess.Popen[str]:
    """Another process that puts files."""
    return subprocess.Popen(
        [sys.executable, "-c", PUT, container, *map(str, paths)],
        env={**os.environ, VARIABLE: login},
        cwd=CHECKOUT,
        text=True,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )


def test_a_killed_upload_goes_on(spoilt: Spoilt, tmp_path: Path) -> None:
    """What was sent is not sent again, and nothing is seen before the end."""
    path, container = filed(tmp_path, 24), new_container()
    with opened(spoilt.login, container=container) as store:
        assert store.stat("large") is None
        with putting(spoilt.login, container, path) as process:
            until(lambda: spoilt.proxy.received > 12 * MIB)
            process.send_signal(signal.SIGKILL)
        sent = spoilt.proxy.received
        assert sent < 24 * MIB
        assert store.stat("large") is None
        assert list(store.list()) == []
        spoilt.proxy.reset()
        store.put("large", path)
        assert spoilt.proxy.received < 24 * MIB - sent + 4 * MIB
        assert read(store, "large") == path.read_bytes()


def test_a_file_that_has_changed_takes_up_what_is_the_same(spoilt: Spoilt, tmp_path: Path) -> None:
    path, container = filed(tmp_path, 8), new_container()
    with opened(spoilt.login, container=container) as store:

        def fault(asked: Asked) -> int | None:
            return 0 if "comp=blocklist" in asked.target and asked.method == "PUT" else None

        spoilt.proxy.fault = fault
        with (
            opened(spoilt.login, container=container, retries=0) as hasty,
            pytest.raises(StoreUnavailable),
        ):
            hasty.put("large", path)
        data = bytearray(path.read_bytes())
        data[5 * MIB + 7] ^= 1
        path.write_bytes(data)
        spoilt.proxy.reset()
        store.put("large", path)
        assert spoilt.proxy.count("PUT", "comp=block&") == 3
        assert read(store, "large") == bytes(data)


def test_what_is_there_is_not_sent_again(spoilt: Spoilt, tmp_path: Path) -> None:
    path = filed(tmp_path, 5)
    with opened(spoilt.login) as store:
        stat = store.put("a", path)
        spoilt.proxy.reset()
        assert store.put("a", path) == stat
        assert spoilt.proxy.received == 0
        assert store.put("a", path, tier=StorageTier.WARM).tier is StorageTier.WARM


def test_a_small_one_that_is_there_is_left_as_it_is(spoilt: Spoilt, tmp_path: Path) -> None:
    """It is sent, and refused by Azure."""
    path, container = filed(tmp_path, 0.1), new_container()
    with (
        opened(spoilt.login, container=container) as store,
        BlobServiceClient.from_connection_string(spoilt.login) as service,
    ):
        store.put("a", path)
        blob = service.get_blob_client(container, "a")
        etag = blob.get_blob_properties().etag
        store.put("a", path)
        assert blob.get_blob_properties().etag == etag


@pytest.mark.parametrize(
    ("mib", "at", "there"), [(0.1, 1, False), (0.1, 2, True), (2.5, 1, False), (2.5, 1, True)]
)
def test_one_that_came_between_is_noticed(
    spoilt: Spoilt, azure_address: str, tmp_path: Path, mib: float, at: int, there: bool
) -> None:
    """What was decided by an older state of the object is decided anew; the last one wins."""
    path, between, container = filed(tmp_path, mib), filed(tmp_path, 0.2, "between"), new_container()
    within = "comp=blocklist" if mib > 1 else "/a"
    with (
        opened(spoilt.login, container=container) as store,
        opened(connection_string(azure_address), container=container) as other,
    ):
        assert store.stat("a") is None
        if there:
            other.put("a", between)

        def fault(_: Asked) -> None:
            if spoilt.proxy.count("PUT", within) == at and not came:
                came.append(other.put("a", between, metadata={"came": "between"}))

        came: list[Stat] = []
        spoilt.proxy.reset()
        spoilt.proxy.fault = fault
        store.put("a", path)
        assert came
        assert spoilt.proxy.count("PUT", within) == at + 1
        assert read(store, "a") == path.read_bytes()


def test_a_wrong_file_of_many_blocks_is_not_stored(azure_address: str, tmp_path: Path) -> None:
    path = filed(tmp_path, 5)
    with opened(connection_string(azure_address)) as store:
        with pytest.raises(ObjectDamaged, match="not stored"):
            store.put("a", path, sha256="0" * 64)
        assert store.stat("a") is None


@pytest.mark.drill
def test_processes_that_put_the_same_key_leave_one_of_the_files(spoilt: Spoilt, tmp_path: Path) -> None:
    """Each commit throws away the blocks of the others, which send them again."""
    paths = [filed(tmp_path, 3 + number, f"f{number}") for number in range(2)]
    container = new_container()
    with opened(spoilt.login, container=container) as store:
        assert list(store.list()) == []
        processes = [putting(spoilt.login, container, *(paths[::order] * 2)) for order in (1, -1)]
        assert [wait(process).code for process in processes] == [0, 0]
        assert read(store, "large") in [path.read_bytes() for path in paths]


def test_blocks_of_another_program_are_told(azure_address: str, tmp_path: Path) -> None:
    container = new_container()
    login = connection_string(azure_address)
    service = BlobServiceClient.from_connection_string(login)
    with opened(login, container=container) as store, service:
        assert store.stat("a") is None
        service.get_blob_client(container, "a").stage_block("AAAA", b"of another")
        with pytest.raises(StoreRefused, match="another program began to upload 'a'"):
            store.put("a", filed(tmp_path, 3))


def test_pictures_are_shown_by_browsers_and_nothing_else_is(azure_address: str) -> None:
    """What could run programs in a browser is only saved by it."""
    login, container = connection_string(azure_address), new_container()
    path = next(PHOTOGRAPHS.rglob("*.jpg"))
    wanted = {
        "a.jpg": "image/jpeg",
        "a.svg": "application/octet-stream",
        "a.html": "application/octet-stream",
    }
    service = BlobServiceClient.from_connection_string(login)
    with opened(login, container=container) as store, service:
        for key in wanted:
            store.put(key, path)
        blobs = service.get_container_client(container).list_blobs()
        assert {blob.name: blob.content_settings.content_type for blob in blobs} == wanted
