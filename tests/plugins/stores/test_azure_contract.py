"""What holds for every store, for `azure`."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from azure.storage.blob import BlobServiceClient
from pixcrawler_plugins.stores.azure import register_stores

from pixcrawler_core.storage.protocols import Store
from pixcrawler_core.testing.contracts.store import StoreContract
from tests.plugins.stores.azurite import connection_string

VARIABLE = "PIXCRAWLER_TEST_AZURE"


class TestAzure(StoreContract):
    component = next(register_stores())
    options = {"container": "pixcrawler", "connection_string_env": VARIABLE}  # noqa: RUF012  # a test's table

    @pytest.fixture(autouse=True)
    def _login(self, azure_address: str, monkeypatch: pytest.MonkeyPatch) -> None:
        self.string = connection_string(azure_address)
        monkeypatch.setenv(VARIABLE, self.string)

    def table(self, folder: Path) -> Mapping[str, Any]:
        return {
            **self.options,
            "container": f"c{hashlib.sha256(str(folder).encode()).hexdigest()[:40]}",
            "prefix": "some/folder",
            "create_container": True,
            "concurrency": 1,  # one range at once: the library sets aside 8 bytes of list for each
            "block_mib": 1,
        }

    def spoil(self, store: Store, folder: Path, key: str) -> bool:
        with BlobServiceClient.from_connection_string(self.string) as service:
            blob = service.get_blob_client(self.table(folder)["container"], f"some/folder/{key}")
            metadata = blob.get_blob_properties().metadata
            data = bytearray(blob.download_blob().readall())
            data[5] ^= 1
            blob.upload_blob(bytes(data), metadata=metadata, overwrite=True)
        return True
