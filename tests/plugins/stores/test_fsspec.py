"""The store `fsspec`: options, what goes wrong, what others leave in its place."""

from __future__ import annotations

import json
import os
import time
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from pixcrawler_plugins.stores.fsspec import FsspecOptions, build
from pydantic import ValidationError

from pixcrawler_core.errors import ConfigError
from pixcrawler_core.storage.encryption.keys import new_ring
from pixcrawler_core.storage.encryption.scratch import SMALL
from pixcrawler_core.storage.encryption.store import EncryptedStore
from pixcrawler_core.storage.errors import ObjectDamaged, StoreError, StoreRefused, StoreUnavailable
from pixcrawler_core.storage.protocols import StorageTier, Store
from pixcrawler_core.testing.contracts.store_helping import filed, read


def folder_store(folder: Path) -> Store:
    return build(FsspecOptions(url=f"file://{folder}"))


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ({"url": "/plain/path"}, "url"),
        ({"url": "simplecache::s3://bucket"}, "url"),
        ({"url": "s3://bucket::file:///x"}, "chain"),
        ({"url": "sftp://user:s3cret@host/x"}, "password"),
        ({"url": "s3://b", "filesystem": {"secret": "s3cret"}}, "secret .*secrets"),
        *(
            ({"url": "s3://b", "filesystem": given}, f"{name} does not belong .*secrets")
            for name, given in {
                "password": {"client_kwargs": {"password": "s3cret"}},
                "aws_secret_access_key": {"client_kwargs": {"aws_secret_access_key": "s3cret"}},
                "token": {"token": "s3cret"},
                "aws_session_token": {"client_kwargs": {"config": {"deep": {"aws_session_token": "s3cret"}}}},
                "account_key": {"account_key": "s3cret"},
                "AccountKey": {"AccountKey": "s3cret"},
                "pkey": {"pkey": "s3cret"},
                "Authorization": {"headers": {"Authorization": "Bearer s3cret"}},
                "auth": {"auth": ["user", "s3cret"]},
                "passwd": {"passwd": 5},
                "endpoint_url": {"endpoint_url": "https://user:s3cret@host.example/"},
            }.items()
        ),
    ],
)
def test_options_that_are_refused(options: dict[str, Any], told: str) -> None:
    with pytest.raises(ValidationError, match=told) as caught:
        FsspecOptions(**options)
    assert all("s3cret" not in each["msg"] for each in caught.value.errors())


def test_what_is_no_secret_may_stand_in_a_file() -> None:
    given = {
        "key": "my-key-id",
        "anon": True,
        "token": "google_default",
        "endpoint_url": "https://[::1]:9000",
        "exclude_environment_credential": True,
        "key_filename": "/home/me/.ssh/id_ed25519",
        "client_kwargs": {"aws_access_key_id": "my-key-id", "region_name": "eu-central-1"},
        "odd": "https://[",
    }
    assert FsspecOptions(url="s3://b", filesystem=given).filesystem == given


def test_a_secret_that_is_not_set(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("TEST_FSSPEC_SECRET", raising=False)
    with pytest.raises(ConfigError, match="TEST_FSSPEC_SECRET"):
        build(FsspecOptions(url="memory://x", secrets={"secret": "TEST_FSSPEC_SECRET"}))


@pytest.mark.parametrize("url", ["nothing-like-that://x", "gs://bucket"])
def test_a_file_system_that_is_not_there(url: str) -> None:
    """Is told with what to install, if there is something."""
    with pytest.raises(ConfigError, match=r"pip install gcsfs|cannot open nothing-like-that"):
        build(FsspecOptions(url=url))


def test_there_are_no_tiers(tmp_path: Path) -> None:
    store = folder_store(tmp_path / "place")
    store.put("a", filed(tmp_path, 10))
    store.set_tier(["a"], StorageTier.HOT)
    for tier in (StorageTier.WARM, StorageTier.COLD):
        with pytest.raises(StoreRefused, match=f"no tier {tier}"):
            store.set_tier(["a"], tier)
        with pytest.raises(StoreRefused, match=f"no tier {tier}"):
            store.put("b", filed(tmp_path, 10), tier=tier)
    (ready,) = store.rehydrate(["a"])
    assert ready.ready_at is None


def test_the_bytes_lie_below_their_key(tmp_path: Path) -> None:
    """With the ending of the key, for other programs; replaced ones go."""
    place = tmp_path / "place"
    store = folder_store(place)
    for size in (10, 20):
        store.put("red-panda/1.jpg", filed(tmp_path, size))
        (data,) = (place / "red-panda" / "1.jpg").glob("*.jpg")
        assert data.read_bytes() == filed(tmp_path, size).read_bytes()


def test_what_a_killed_put_left_is_not_seen_and_goes(tmp_path: Path) -> None:
    """After a day, with the next change of the object."""
    place = tmp_path / "place"
    store = folder_store(place)
    store.put("a.jpg", filed(tmp_path, 10))
    old, new = (place / "a.jpg" / f"{letter * 32}.jpg" for letter in "ab")
    half = place / "b.jpg" / f"{'c' * 32}.jpg"
    half.parent.mkdir()
    for path in (old, new, half):
        path.write_bytes(b"half")
    os.utime(old, (time.time() - 90_000,) * 2)
    assert [stat.key for stat in store.list()] == ["a.jpg"]
    assert store.stat("b.jpg") is None
    store.put("a.jpg", filed(tmp_path, 20))
    assert not old.exists()
    assert new.exists()
    assert read(store, "a.jpg") == filed(tmp_path, 20).read_bytes()


@pytest.mark.parametrize(
    "change",
    [
        {"data": "../../secret"},
        {"data": f"{'a' * 32}/../../secret"},
        {"data": f"{'a' * 32}\n"},
        {"size": -1},
        {"sha256": "x"},
        {"version": 2},
        {"stored_at": "yesterday"},
        {"more": 1},
    ],
)
def test_a_pointer_of_somebody_else_is_damage(tmp_path: Path, change: dict[str, Any]) -> None:
    """It leads nowhere, and the object can be put again, and deleted."""
    store = folder_store(tmp_path / "place")
    store.put("a", filed(tmp_path, 10))
    pointer = tmp_path / "place" / "a" / ".pixcrawler.json"
    pointer.write_text(json.dumps({**json.loads(pointer.read_text()), **change}))
    with pytest.raises(ObjectDamaged, match="'a'"):
        read(store, "a")
    store.put("a", filed(tmp_path, 10))
    assert len(read(store, "a")) == 10
    pointer.write_text("[")
    assert store.delete(["a"]) == 1
    assert store.stat("a") is None


def test_bytes_that_are_gone_or_cut_are_damage(tmp_path: Path) -> None:
    store = folder_store(tmp_path / "place")
    store.put("a.jpg", filed(tmp_path, 10))
    (data,) = (tmp_path / "place" / "a.jpg").glob("*.jpg")
    data.write_bytes(b"cut")
    with pytest.raises(ObjectDamaged, match=r"a\.jpg"):
        read(store, "a.jpg")
    data.unlink()
    with pytest.raises(ObjectDamaged, match=r"a\.jpg"):
        read(store, "a.jpg", 5, 1)


def test_a_file_in_the_way_is_told(tmp_path: Path) -> None:
    """It is not overwritten."""
    place = tmp_path / "place"
    place.mkdir()
    (place / "a").write_text("somebody else's")
    with pytest.raises(StoreRefused, match=r"'a/b'.*move it away"):
        folder_store(place).put("a/b", filed(tmp_path, 10))
    assert (place / "a").read_text() == "somebody else's"


def test_encrypted_objects_go_through(tmp_path: Path) -> None:
    """Small ones, which never lie on a disk, and large ones."""
    store = EncryptedStore(folder_store(tmp_path / "place"), new_ring(), temporary=tmp_path)
    for size in (1000, SMALL + 1):
        path = filed(tmp_path, size)
        store.put("a", path, metadata={"title": "a red panda"})
        assert read(store, "a") == path.read_bytes()
    (stat,) = store.list()
    assert (stat.size, stat.metadata) == (SMALL + 1, {"title": "a red panda"})


def s3_store(address: str, bucket: str, monkeypatch: pytest.MonkeyPatch) -> Store:
    monkeypatch.setenv("TEST_S3_SECRET", "s3cret")
    filesystem = {"endpoint_url": address, "key": "id", "config_kwargs": {"retries": {"max_attempts": 1}}}
    options = {"url": f"s3://{bucket}/x", "filesystem": filesystem, "secrets": {"secret": "TEST_S3_SECRET"}}
    return build(FsspecOptions.model_validate(options))


def test_s3_signs_addresses(tmp_path: Path, s3_address: str, monkeypatch: pytest.MonkeyPatch) -> None:
    store = s3_store(s3_address, "bucket", monkeypatch)
    store.put("a.jpg", filed(tmp_path, 10))
    address = store.url("a.jpg", timedelta(minutes=5))
    assert address.startswith(s3_address)
    assert "s3cret" not in address


def test_a_bucket_that_is_not_there(tmp_path: Path, s3_address: str, monkeypatch: pytest.MonkeyPatch) -> None:
    store = s3_store(s3_address, "no-such-bucket", monkeypatch)
    assert list(store.list()) == []
    with pytest.raises(StoreRefused, match="s3://no-such-bucket/x is not there"):
        store.put("a", filed(tmp_path, 10))


def test_a_server_that_does_not_answer(
    tmp_path: Path, s3_address: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing of a secret is in the message."""
    store = s3_store("http://127.0.0.1:9", "bucket", monkeypatch)
    with pytest.raises(StoreUnavailable, match="try again later") as caught:
        store.stat("a")
    assert isinstance(caught.value, StoreError)
    assert "s3cret" not in str(caught.value)
