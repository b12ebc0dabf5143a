"""Tiers, lists, copies and addresses of `azure`, with answers that only Azure itself would give."""

from __future__ import annotations

import urllib.error
import urllib.request
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from azure.storage.blob import BlobServiceClient, StandardBlobTier

from pixcrawler_core.storage.errors import ObjectArchived, ObjectMissing, StoreUnavailable
from pixcrawler_core.storage.protocols import Availability, Priority, StorageTier
from tests.plugins.stores.azure_stores import filed, new_container, opened, read
from tests.plugins.stores.azurite import connection_string
from tests.plugins.stores.conftest import Spoilt
from tests.plugins.stores.proxy import Asked, Reply

MANY = 260
"""More than one batch takes."""


def rehydrating(asked: Asked, reply: Reply) -> None:
    """As Azure tells of a blob on its way out of the archive; Azurite has it out at once."""
    if asked.method == "HEAD" and reply.status == 200:
        reply.headers["x-ms-access-tier"] = "Archive"
        reply.headers["x-ms-archive-status"] = "rehydrate-pending-to-hot"
        reply.headers["x-ms-rehydrate-priority"] = "Standard"


def test_a_rehydration_is_told_and_hurried(spoilt: Spoilt, tmp_path: Path) -> None:
    with opened(spoilt.login) as store:
        store.put("a", filed(tmp_path, 0.1), tier=StorageTier.COLD)
        with pytest.raises(ObjectArchived, match=r"rehydrate it first.*15 hours"):
            read(store, "a")
        with pytest.raises(ObjectArchived, match="rehydrate it first"):
            store.copy("a", "b")
        with pytest.raises(ObjectArchived, match="rehydrate it first"):
            store.url("a", timedelta(minutes=1))
        spoilt.proxy.change = rehydrating
        stat = store.stat("a")
        assert stat
        assert (stat.tier, stat.availability) == (StorageTier.COLD, Availability.REHYDRATING)
        for priority, hours, batches in ((Priority.STANDARD, 15, 0), (Priority.HIGH, 1, 1)):
            now = datetime.now(UTC)
            (told,) = store.rehydrate(["a"], priority)
            assert told.ready_at
            assert told.priority is priority
            assert timedelta(0) <= told.ready_at - now - timedelta(hours=hours) < timedelta(minutes=1)
            assert spoilt.proxy.count("POST", "comp=batch") == batches
        store.set_tier(["a"], StorageTier.WARM)
        with pytest.raises(ObjectArchived, match="on its way out"):
            store.set_tier(["a"], StorageTier.COLD)
        assert spoilt.proxy.count("POST", "comp=batch") == 1


def test_one_that_was_rehydrated_meanwhile_does_no_harm(spoilt: Spoilt, tmp_path: Path) -> None:
    """Another process may have been quicker."""
    with opened(spoilt.login) as store:
        store.put("a", filed(tmp_path, 0.1), tier=StorageTier.COLD)

        def change(asked: Asked, reply: Reply) -> None:
            if asked.method == "POST":
                reply.body = reply.body.replace(b"HTTP/1.1 202 Accepted", b"HTTP/1.1 409 Conflict").replace(
                    b"x-ms-request-id", b"x-ms-error-code: BlobBeingRehydrated\r\nx-ms-request-id", 1
                )

        spoilt.proxy.change = change
        assert len(store.rehydrate(["a"])) == 1
        assert spoilt.proxy.count("POST", "comp=batch") == 1


@pytest.mark.drill
def test_many_are_listed_moved_and_deleted_with_few_requests(
    spoilt: Spoilt, azure_address: str, tmp_path: Path
) -> None:
    container, path = new_container(), filed(tmp_path, 0.001)
    with opened(spoilt.login, container=container, concurrency=16) as store:
        keys = [f"d/{number:04}" for number in range(MANY)]
        with BlobServiceClient.from_connection_string(connection_string(azure_address)) as service:
            store.put("other", path)
            blobs = service.get_container_client(container)
            for key in keys:
                blobs.upload_blob(key, b"x")
        spoilt.proxy.reset()
        assert [stat.key for stat in store.list("d/")] == keys
        assert spoilt.proxy.count("GET", "comp=list") == 1
        store.set_tier(keys, StorageTier.WARM)
        assert spoilt.proxy.count("POST", "comp=batch") == 2
        assert {stat.tier for stat in store.list("d/")} == {StorageTier.WARM}
        assert store.delete([*keys, *keys, "nowhere"]) == MANY
        assert spoilt.proxy.count("POST", "comp=batch") == 4
        assert [stat.key for stat in store.list()] == ["other"]


def test_what_other_programs_put_is_listed_unless_its_name_is_no_key(azure_address: str) -> None:
    container, login = new_container(), connection_string(azure_address)
    service = BlobServiceClient.from_connection_string(login)
    with opened(login, container=container) as store, service:
        assert list(store.list()) == []
        blobs = service.get_container_client(container)
        for name in ("a//b", "folder/", "good/plain.jpg"):
            blobs.upload_blob(name, b"0123456789", standard_blob_tier=StandardBlobTier.COLD)
        (stat,) = store.list()
        assert (stat.key, stat.size, stat.sha256) == ("good/plain.jpg", 10, "")
        assert stat.tier is StorageTier.WARM
        assert read(store, stat.key) == b"0123456789"


def test_the_order_is_that_of_code_points(azure_address: str, tmp_path: Path) -> None:
    """Whatever that of the service is; units of UTF-16 have another."""
    keys = ["a/\U0001f43c", "a/\U0001f43c\uffee", "a/\uffee", "a/\uffee/\U0001f43c", "a/\uffeeb", "a/b", "b"]
    path = filed(tmp_path, 0.001)
    with opened(connection_string(azure_address)) as store:
        for key in keys:
            store.put(key, path)
        assert [stat.key for stat in store.list()] == sorted(keys)


def test_a_copy_that_is_not_finished_is_not_there(spoilt: Spoilt, tmp_path: Path) -> None:
    """Azure copies much in the background; what has failed stays behind, and is no object."""
    with opened(spoilt.login) as store:
        store.put("a", filed(tmp_path, 0.5), tier=StorageTier.WARM)
        store.copy("a", "b")
        states = ["pending"] * 2

        def change(asked: Asked, reply: Reply) -> None:
            if asked.method in ("HEAD", "GET") and "/b" in asked.target:
                reply.headers["x-ms-copy-status"] = states.pop() if states else "success"

        spoilt.proxy.change = change
        assert store.stat("b") is None
        assert store.copy("a", "b").tier is StorageTier.WARM
        assert not states
        states.extend(["failed"] * 2)
        with pytest.raises(ObjectMissing, match="'b'"):
            read(store, "b")
        with pytest.raises(StoreUnavailable, match="did not finish copying to 'b'"):
            store.copy("a", "b")
        assert store.copy("a", "a") == store.stat("a")


def test_an_address_is_good_for_its_time(azure_address: str, tmp_path: Path) -> None:
    path = filed(tmp_path, 0.1)
    with opened(connection_string(azure_address)) as store:
        store.put("d/ü b.jpg", path)
        address = store.url("d/ü b.jpg", timedelta(minutes=5))
        with urllib.request.urlopen(address) as response:  # noqa: S310  # our own
            assert response.read() == path.read_bytes()
        request = urllib.request.Request(address, method="DELETE")  # noqa: S310  # our own
        with pytest.raises(urllib.error.HTTPError, match="403"):
            urllib.request.urlopen(request)  # noqa: S310  # our own
        brief = store.url("d/ü b.jpg", timedelta(microseconds=1))
        with pytest.raises(urllib.error.HTTPError, match="403"):
            urllib.request.urlopen(brief)  # noqa: S310  # our own
        with pytest.raises(ValueError, match="some time"):
            store.url("d/ü b.jpg", timedelta(0))
        with pytest.raises(ObjectMissing, match="nowhere"):
            store.url("nowhere", timedelta(minutes=5))
