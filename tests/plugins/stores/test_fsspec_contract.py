"""The store `fsspec` in memory, in a folder, and on S3: the contract of all stores."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, ClassVar

import fsspec
import pytest
from pixcrawler_plugins.stores.fsspec import register_stores

from pixcrawler_core.storage.protocols import Store
from pixcrawler_core.testing.contracts import StoreContract

(FSSPEC,) = register_stores()


class TestFolder(StoreContract):
    component = FSSPEC
    options: ClassVar[Mapping[str, Any]] = {"url": "file:///tmp"}
    tiers = False

    def table(self, folder: Path) -> Mapping[str, Any]:
        return {"url": f"file://{folder}"}

    def spoil(self, store: Store, folder: Path, key: str) -> bool:
        (data,) = (path for path in (folder / key).iterdir() if path.name[0] != ".")
        data.write_bytes(data.read_bytes()[:-1] + b"?")
        return True


class TestMemory(StoreContract):
    component = FSSPEC
    options: ClassVar[Mapping[str, Any]] = {"url": "memory://place"}
    tiers = False
    processes = False
    memory = None

    def table(self, folder: Path) -> Mapping[str, Any]:
        return {"url": f"memory://{folder}"}

    def spoil(self, store: Store, folder: Path, key: str) -> bool:
        files = fsspec.filesystem("memory")
        (data,) = (path for path in files.find(f"{folder}/{key}") if "/." not in path)
        files.pipe_file(data, files.cat_file(data)[:-1] + b"?")
        return True


@pytest.mark.drill
class TestS3(StoreContract):
    component = FSSPEC
    options: ClassVar[Mapping[str, Any]] = {"url": "s3://bucket"}
    tiers = False
    memory = None

    @pytest.fixture(autouse=True)
    def _server(self, s3_address: str, monkeypatch: pytest.MonkeyPatch) -> None:
        self.address = s3_address
        monkeypatch.setenv("TEST_S3_SECRET", "s3cret")

    def table(self, folder: Path) -> Mapping[str, Any]:
        return {
            "url": f"s3://bucket{folder}",
            "filesystem": {"endpoint_url": self.address, "key": "id"},
            "secrets": {"secret": "TEST_S3_SECRET"},
        }
