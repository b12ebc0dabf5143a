"""Opens the stores that a table `[storage]` names, and finds the keys of a workspace's blobs."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from pydantic import SecretStr

from pixcrawler_core.components import Storage
from pixcrawler_core.errors import ConfigError

if TYPE_CHECKING:
    from pixcrawler_core.blobs.cipher import BlobCipher
    from pixcrawler_core.config.storage import StorageTable
    from pixcrawler_core.registry import Registry
    from pixcrawler_core.storage.encryption.keys import Keys
    from pixcrawler_core.storage.protocols import Store

SETTINGS = "storage.toml"
"""The file of a workspace with a table `[storage]` of its own."""


@contextmanager
def opened(registry: Registry, table: StorageTable, base: Path, name: str | None = None) -> Iterator[Store]:
    """The store of a name, or the only one; it encrypts if the table says so, and is closed afterwards.

    Relative paths start from `base`, that of the file of keys, too. Raises ConfigError where several stores
    are named, or none, and for keys that are not there, PluginError for options, and what the store raises
    when it is opened.
    """
    chosen = store_name(table, name)
    with closing(registry.build(Storage, chosen, table.tables.get(chosen), base)) as store:
        yield _encrypting(store, table, base) if table.keys else store


def store_name(table: StorageTable, name: str | None) -> str:
    """The name of the store that is meant: this one, or the only one. Raises ConfigError."""
    chosen = name or _only(table)
    if chosen not in table.stores:
        there = ", ".join(table.stores) or "none"
        raise ConfigError(f"[storage] stores has no {chosen!r}; it has: {there}")
    return chosen


def blob_cipher(registry: Registry, root: Path) -> BlobCipher | None:
    """What the blobs of the workspace at `root` are encrypted with, by its settings; None without keys.

    Raises ConfigError for settings that do not fit, and keys that are not there.
    """
    path = root / SETTINGS
    if not path.exists():
        return None
    from pixcrawler_core.config.load import load_storage

    table = load_storage(path, registry)
    if table.keys is None:
        return None
    from pixcrawler_core.blobs.cipher import BlobCipher

    return BlobCipher(keys_of(table.keys, root), table.owner, encrypts=table.encrypt_blobs)


def keys_of(text: str, base: Path) -> Keys:
    """The keys in a file, or of `env:NAME` the one in a variable. Raises ConfigError."""
    from pixcrawler_core.config.storage import VARIABLE
    from pixcrawler_core.storage.encryption.keyfile import KeyFile
    from pixcrawler_core.storage.encryption.keys import single_key

    if not text.startswith(VARIABLE):
        return KeyFile(base / Path(text).expanduser())
    name = text.removeprefix(VARIABLE)
    if name not in os.environ:
        raise ConfigError(f"[storage] keys: the environment has no variable {name}; set it to the key")
    return single_key(SecretStr(os.environ[name]))


def _encrypting(store: Store, table: StorageTable, base: Path) -> Store:
    from pixcrawler_core.storage.encryption.store import EncryptedStore

    return EncryptedStore(store, keys_of(table.keys or "", base), owner=table.owner)


def _only(table: StorageTable) -> str:
    if len(table.stores) == 1:
        return table.stores[0]
    if not table.stores:
        raise ConfigError('[storage] stores is empty; name one, such as stores = ["filesystem"]')
    raise ConfigError(f"[storage] has several stores; choose one with --store: {', '.join(table.stores)}")
