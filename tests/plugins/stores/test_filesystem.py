"""The store `filesystem`: the contract of all stores, and what only folders have."""

from __future__ import annotations

from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import parse_qs, unquote, urlsplit

import pytest
from pixcrawler_plugins.stores import filesystem

from pixcrawler_core.components import Storage
from pixcrawler_core.errors import PluginError
from pixcrawler_core.registry import load
from pixcrawler_core.storage.errors import ObjectArchived, StoreRefused
from pixcrawler_core.storage.protocols import StorageTier, Store
from pixcrawler_core.storage.signing import is_valid
from pixcrawler_core.testing.contracts import StoreContract
from pixcrawler_core.testing.contracts.store_helping import filed, read


class TestContract(StoreContract):
    component = next(iter(filesystem.register_stores()))

    def spoil(self, store: Store, folder: Path, key: str) -> bool:
        with (folder / "hot" / key).open("r+b") as file:
            byte = file.read(1)
            file.seek(0)
            file.write(bytes([byte[0] ^ 1]))
        return True


def test_addresses_are_signed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OWN_KEY", "k" * 32)
    table = {"path": tmp_path, "base_url": "https://data.example/objects/", "signing_key_env": "OWN_KEY"}
    with closing(load(installed=False).build(Storage, "filesystem", table)) as store:
        address = urlsplit(store.url("a b/ä.jpg", timedelta(minutes=5)))
    key = unquote(address.path.removeprefix("/objects/"))
    query = {name: values[0] for name, values in parse_qs(address.query).items()}
    now = datetime.now(UTC)
    assert (address.netloc, key) == ("data.example", "a b/ä.jpg")
    assert is_valid(b"k" * 32, key, query["expires"], query["signature"], now)
    assert not is_valid(b"k" * 32, key, query["expires"], query["signature"], now + timedelta(minutes=5))


@pytest.mark.parametrize("key", ["", "k" * 31])
def test_a_short_key_signs_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, key: str) -> None:
    monkeypatch.setenv("PIXCRAWLER_SIGNING_KEY", key)
    table = {"path": tmp_path, "base_url": "https://data.example"}
    with pytest.raises(StoreRefused, match="set PIXCRAWLER_SIGNING_KEY to a key of 32 characters at least"):
        load(installed=False).build(Storage, "filesystem", table)


@pytest.mark.parametrize(
    "url", ["data.example", "ftp://data.example", "https://", "https://data.example/?a=b"]
)
def test_a_base_url_must_be_one(tmp_path: Path, url: str) -> None:
    with pytest.raises(PluginError, match=r"base_url.* must be an http or https address"):
        load(installed=False).build(Storage, "filesystem", {"path": tmp_path, "base_url": url})


@pytest.mark.parametrize(
    ("table", "told"),
    [
        ({"path": ""}, r"path.* it is empty; name a folder"),
        ({"path": "a\0b"}, r"path.* has a zero byte"),
        ({"path": "~nobody-is-called-so/x"}, r"path.* begins with a user who is not known"),
        ({"path": "place", "cold_path": ""}, r"cold_path.* it is empty"),
    ],
)
def test_paths_that_cannot_be(table: dict[str, str], told: str) -> None:
    with pytest.raises(PluginError, match=told):
        load(installed=False).build(Storage, "filesystem", table)


@pytest.mark.parametrize("cold", ["place", "place/../place", ".", "place/index", "place/hot/x", "link"])
def test_two_uses_of_a_folder_do_not_mix(tmp_path: Path, cold: str) -> None:
    (tmp_path / "link").symlink_to(tmp_path / "place")
    with pytest.raises(
        StoreRefused, match=r"cold_path .* is a folder that the store .*place uses for something"
    ):
        load(installed=False).build(Storage, "filesystem", {"path": "place", "cold_path": cold}, tmp_path)
    assert [path.name for path in tmp_path.iterdir()] == ["link"]


@pytest.mark.parametrize("table", [{"path": "file"}, {"path": "file/x"}, {"path": "a", "cold_path": "file"}])
def test_a_file_is_no_place(tmp_path: Path, table: dict[str, str]) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(StoreRefused, match=r"file is no folder, so no store can be in .*file"):
        load(installed=False).build(Storage, "filesystem", table, tmp_path)


def test_relative_paths_start_from_the_folder_that_is_given(tmp_path: Path) -> None:
    table = {"path": "place", "cold_path": "place/cold"}
    load(installed=False).build(Storage, "filesystem", table, tmp_path).close()
    assert (tmp_path / "place/hot").is_dir()
    assert (tmp_path / "place/cold/tmp").is_dir()


def test_the_table_is_what_the_job_file_says(tmp_path: Path) -> None:
    table = {"path": tmp_path / "store", "cold_path": tmp_path / "slow", "rehydration_seconds": 3600}
    path = filed(tmp_path, 1000)
    with closing(load(installed=False).build(Storage, "filesystem", table)) as store:
        store.put("a", path, tier=StorageTier.COLD)
        assert store.rehydrate(["a"])[0].ready_at
        with pytest.raises(ObjectArchived, match="on its way"):
            read(store, "a")
    assert len(list((tmp_path / "slow").glob("*.pack"))) == 1
