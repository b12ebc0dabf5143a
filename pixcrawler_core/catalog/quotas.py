"""How much users have, here and in stores, and whether more fits into what they may have.

A dataset is a user's when its project is. All functions go to the database that
`pixcrawler_core.catalog.models.bind` gave, and raise WorkspaceError.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from pixcrawler_core.catalog.accounts import Project, User
from pixcrawler_core.catalog.database import describe, reported
from pixcrawler_core.catalog.datasets import Dataset
from pixcrawler_core.catalog.sql import Sql
from pixcrawler_core.errors import QuotaExceeded
from pixcrawler_core.storage.protocols import StorageTier

_OWN = (
    "WITH own AS ("
    "SELECT s.* FROM project p JOIN dataset d ON d.project_id = p.id "
    "JOIN stored_unit s ON s.dataset_id = d.id WHERE p.owner_id = ? "
    "UNION ALL "
    "SELECT s.* FROM stored_unit s LEFT JOIN dataset d ON d.id = s.dataset_id "
    "WHERE s.owner_id = ? AND d.project_id IS NULL) "
)
_STORED = f"{_OWN} SELECT COALESCE(SUM(hot + warm + cold), 0) FROM own"  # noqa: S608  # all of it is above
_STORED_BY_DATASET = (
    f"{_OWN} SELECT dataset_id, SUM(objects), SUM(hot), SUM(warm), SUM(cold) "  # noqa: S608  # as above
    "FROM own GROUP BY dataset_id"
)
_IMAGES = (
    "FROM image i JOIN dataset d ON d.id = i.dataset_id JOIN project p ON p.id = d.project_id "
    "WHERE p.owner_id = ?"
)
_LOCAL = f"SELECT COALESCE(SUM(i.file_size), 0) {_IMAGES}"
_EXPORTS = (
    "FROM export e JOIN dataset d ON d.id = e.dataset_id JOIN project p ON p.id = d.project_id "
    "WHERE p.owner_id = ?"
)
_EXPORTED = f"SELECT COALESCE(SUM(e.size), 0) {_EXPORTS}"
_EXPORTED_BY_DATASET = f"SELECT d.id, COALESCE(SUM(e.size), 0) {_EXPORTS} GROUP BY d.id"
_PENDING = (
    "SELECT COALESCE(SUM(i.file_size), 0) FROM export e JOIN image i ON i.dataset_id = e.dataset_id "
    "JOIN dataset d ON d.id = e.dataset_id JOIN project p ON p.id = d.project_id "
    "WHERE p.owner_id = ? AND e.status = 'pending'"
)
_LOCAL_BY_DATASET = f"SELECT d.id, COUNT(*), COALESCE(SUM(i.file_size), 0) {_IMAGES} GROUP BY d.id"


@dataclass(kw_only=True)
class DatasetUsage:
    """What a user has of one dataset."""

    dataset: str | None
    """Its id; None for what is stored of datasets that are gone."""
    images: int = 0
    """Images that it keeps."""
    local: int = 0
    """Bytes of these."""
    exported: int = 0
    """Bytes of its exports in the workspace, whether runs or the server wrote them."""
    objects: int = 0
    """Objects in stores, its exports' too."""
    stored: Mapping[StorageTier, int]
    """Bytes of these by tier."""


def stored_bytes(user: User) -> int:
    """Bytes that stores have of a user's datasets and their exports, in all tiers. One query.

    What a push under way is about to bring is counted. So is what was stored of a dataset that is gone, as
    long as the store has it.
    """
    return _number(_STORED, user.id.hex, user.id.hex)


def local_bytes(user: User) -> int:
    """Bytes of the images that a user's datasets keep. One query."""
    return _number(_LOCAL, user.id.hex)


def exported_bytes(user: User) -> int:
    """Bytes of the exports of a user's datasets in the workspace. One query."""
    return _number(_EXPORTED, user.id.hex)


def pending_bytes(user: User) -> int:
    """About what the exports will take up that are to be written: as much as the images. One query."""
    return _number(_PENDING, user.id.hex)


def used_bytes(user: User) -> int:
    """What counts against a user's quota: images and exports here, and what stores have. Three queries."""
    return local_bytes(user) + exported_bytes(user) + stored_bytes(user)


def usage_of(user: User) -> list[DatasetUsage]:
    """What a user has by dataset, by ascending id, what is of none last. Three queries."""
    sql, key = Sql(User.bound_to()), user.id.hex
    found: dict[str | None, DatasetUsage] = {}
    for dataset, images, size in sql.all(_LOCAL_BY_DATASET, (key,)):
        found[dataset] = _nothing(dataset)
        found[dataset].images, found[dataset].local = images, int(size)
    for dataset, size in sql.all(_EXPORTED_BY_DATASET, (key,)):
        usage = found.setdefault(dataset, _nothing(dataset))
        usage.exported = int(size)
    for dataset, objects, *sizes in sql.all(_STORED_BY_DATASET, (key, key)):
        stored = dict(zip(StorageTier, map(int, sizes), strict=True))
        usage = found.setdefault(dataset, _nothing(dataset))
        usage.objects, usage.stored = int(objects), stored
    return sorted(found.values(), key=lambda each: (each.dataset is None, each.dataset or ""))


def _nothing(dataset: str | None) -> DatasetUsage:
    return DatasetUsage(dataset=dataset, stored=dict.fromkeys(StorageTier, 0))


def quota_of(dataset: str) -> tuple[int, int] | None:
    """The quota of a dataset's owner and what they use of it, in bytes; None where there is no limit."""
    with reported(f"cannot use the catalog {describe(User.bound_to())}"):
        owner = User.select().join(Project).join(Dataset).where(Dataset.id == dataset).first()
    quota = owner.get_storage_quota() if owner else None
    return None if quota is None else (quota, used_bytes(owner))


def check_quota(user: User, more_bytes: int, counted: Callable[[User], int] = used_bytes) -> None:
    """Raise QuotaExceeded unless so many more bytes fit into a user's quota.

    It is called inside of `database.atomic()`, before anything else there, and what takes the bytes is
    written in the same transaction: until that ends, others who ask for the same user wait. So two at once
    cannot both get the last room. `counted` says what the user has so far, in this same transaction. The
    quota is read anew from the user's row. Raises RuntimeError outside of a transaction, and
    User.DoesNotExist for a user who is gone.
    """
    database = User.bound_to()
    if not database.in_transaction():
        raise RuntimeError("check_quota needs a transaction: with database.atomic()")
    query = User.select().where(User.id == user.id)
    if database.for_update:
        # Rows that refer to the user may be written meanwhile, as they may not under FOR UPDATE.
        query = query.for_update("FOR NO KEY UPDATE")  # type: ignore[arg-type]  # peewee's stub
    with reported(f"cannot use the catalog {describe(database)}"):
        quota = query.get().get_storage_quota()
    used = 0 if quota is None else counted(user)
    if quota is not None and used + more_bytes > quota:
        raise QuotaExceeded(used=used, quota=quota, asked=more_bytes)


def _number(statement: str, *values: str) -> int:
    (found,) = Sql(User.bound_to()).all(statement, values)
    return int(found[0])
