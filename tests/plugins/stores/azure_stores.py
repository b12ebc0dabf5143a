"""Stores of the tests of `azure`."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from typing import Any

import pytest
from pixcrawler_plugins.stores.azure import AzureOptions, build

from pixcrawler_core.storage.protocols import Store

VARIABLE = "PIXCRAWLER_TEST_AZURE"
_numbers = count()


def new_container() -> str:
    """A name that no other test has."""
    return f"t{os.getpid()}-{next(_numbers)}"


@contextmanager
def opened(login: str, **options: Any) -> Iterator[Store]:
    """A store with a connection string; in a container of its own unless one is named."""
    table = {"container": new_container(), "create_container": True, "block_mib": 1, **options}
    with pytest.MonkeyPatch.context() as environment:
        environment.setenv(VARIABLE, login)
        store = build(AzureOptions(connection_string_env=VARIABLE, sas_url_env=VARIABLE, **table))
    yield store
    store.close()


def filed(folder: Path, mib: float, name: str = "file") -> Path:
    """A file of random bytes."""
    path = folder / name
    path.write_bytes(os.urandom(int(mib * (1 << 20))))
    return path


def read(store: Store, key: str, begin: int = 0, length: int | None = None) -> bytes:
    """The bytes of an object."""
    with store.get(key, begin, length) as chunks:
        return b"".join(chunks)
