"""The stores of the workspace's `storage.toml`, opened when they are asked for first, and kept open."""

from __future__ import annotations

import os
import threading
from contextlib import ExitStack
from functools import cached_property
from typing import TYPE_CHECKING

from pixcrawler_core.components import Storage
from pixcrawler_core.config.load import load_storage
from pixcrawler_core.config.problems import parse_options
from pixcrawler_core.config.storage import VARIABLE, StorageTable
from pixcrawler_core.storage.encryption.store import EncryptedStore
from pixcrawler_core.storage.opening import opened, store_name
from pixcrawler_core.storage.signing import SHORTEST_KEY

if TYPE_CHECKING:
    from collections.abc import Mapping
    from uuid import UUID

    from pixcrawler_core.registry import Registry
    from pixcrawler_core.storage.protocols import Store
    from pixcrawler_core.workspace import Workspace

FILE = "storage.toml"
SIGNING = "filesystem"
"""The store whose objects a server of ours serves, at addresses that the store signs."""


class Stores:
    """Opens stores; any thread may ask. All methods block, and raise ConfigError and the errors of stores."""

    def __init__(
        self, registry: Registry, workspace: Workspace, environment: Mapping[str, str] = os.environ
    ) -> None:
        self._registry = registry
        self._root = workspace.root
        self._environment = environment
        self._stack = ExitStack()
        self._lock = threading.Lock()
        self._open: dict[str, Store] = {}

    @cached_property
    def table(self) -> StorageTable:
        """The table `[storage]`; one without stores where there is no file."""
        path = self._root / FILE
        return load_storage(path, self._registry) if path.exists() else StorageTable()

    def name(self, given: str | None) -> str:
        """The name of the store that is meant: this one, or the only one."""
        return store_name(self.table, given)

    def get(self, name: str) -> Store:
        """The store of a name."""
        with self._lock:
            if name not in self._open:
                store = opened(self._registry, self.table, self._root, name)
                self._open[name] = self._stack.enter_context(store)
            return self._open[name]

    def of_user(self, name: str, user_id: UUID | None) -> Store:
        """The store of a name, in which new objects are encrypted by the user's own data key.

        For nobody, and with one key from the environment, it is the store as it is.
        """
        store = self.get(name)
        if (
            user_id is None
            or not isinstance(store, EncryptedStore)
            or (self.table.keys or "").startswith(VARIABLE)
        ):
            return store
        return store.for_owner(str(user_id))

    @cached_property
    def signing_key(self) -> bytes | None:
        """The key by which the store in folders signs addresses of its objects; None if it does not."""
        if SIGNING not in self.table.stores:
            return None
        component = self._registry.get(Storage, SIGNING)
        if component.options is None:
            return None
        told = parse_options(component.options, self.table.tables.get(SIGNING, {}), f"store {SIGNING!r}")
        options = told.model_dump()
        key = self._environment.get(options["signing_key_env"], "").encode()
        return key if options["base_url"] and len(key) >= SHORTEST_KEY else None

    def close(self) -> None:
        """Let go of the stores."""
        self._stack.close()
