"""Erases the data key of a user: nothing that was encrypted for them can be read again, whoever has a copy.

What others have by now, since it was handed over to them, is encrypted by their keys before.
"""

from __future__ import annotations

from typing import TYPE_CHECKING
from uuid import UUID

from pixcrawler_core.catalog import audit
from pixcrawler_core.catalog.models import Dataset, Project, StoredUnit
from pixcrawler_core.errors import WorkspaceError
from pixcrawler_core.storage.encryption.keyfile import KeyFile
from pixcrawler_core.storage.encryption.store import EncryptedStore
from pixcrawler_core.storage.errors import ObjectArchived
from pixcrawler_core.storage.opening import keys_of, opened

if TYPE_CHECKING:
    from pixcrawler_core.config.storage import StorageTable
    from pixcrawler_core.registry import Registry
    from pixcrawler_core.workspace import Workspace

UNIT_PARTS = 2
"""Parts of an object's key that name its unit: `datasets/dataset-ID`."""


def erase_key(workspace: Workspace, registry: Registry, table: StorageTable, user_id: UUID) -> None:
    """Erase a user's data key, where there is a file of keys and it has one.

    All stores are listed. Raises ConfigError, WorkspaceError where an archived object is another one's by
    now, and the errors of stores.
    """
    keys = keys_of(table.keys, workspace.root) if table.keys else None
    key_id = keys.ring().data_key(str(user_id)) if isinstance(keys, KeyFile) else None
    if not isinstance(keys, KeyFile) or key_id is None:
        return
    for name in table.stores:
        with opened(registry, table, workspace.root, name) as store:
            if isinstance(store, EncryptedStore):
                _release(store, name, key_id, user_id)
    audit.record("data key erased", entity="user", entity_id=user_id)
    keys.erase(str(user_id))


def _release(store: EncryptedStore, name: str, key_id: str, user_id: UUID) -> None:
    for key in list(store.held_by(key_id)):
        found, owner = _owner(name, key)
        if not found or owner == user_id:
            continue
        heir = store if owner is None else store.for_owner(str(owner))
        try:
            heir.adopt(key)
        except ObjectArchived as error:
            raise WorkspaceError(
                f"{key!r} in the store {name!r} is archived and was handed over: rehydrate it first, so "
                "that it is encrypted for whoever has it now"
            ) from error


def _owner(store: str, key: str) -> tuple[bool, UUID | None]:
    """Whether an object is of a dataset that is there, and who owns that."""
    unit = "/".join(key.split("/")[:UNIT_PARTS])
    found = Dataset.select().join(StoredUnit).where((StoredUnit.store == store) & (StoredUnit.unit == unit))
    dataset: Dataset | None = found.first()
    if dataset is None:
        return False, None
    project: Project | None = Project.get_or_none(Project.id == dataset.project_id)
    return True, project.owner_id if project else None
