"""Keeps the catalog's account of a store: who has how much of what there.

The store is what counts. A row is written from what the store lists, when something was done there; only a
push of a dataset with an owner notes beforehand what it will bring, so that quotas hold.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable
from datetime import datetime
from typing import TYPE_CHECKING

from pixcrawler_core.catalog.accounts import Project, User
from pixcrawler_core.catalog.database import describe, reported
from pixcrawler_core.catalog.datasets import Dataset
from pixcrawler_core.catalog.fields import utc_now
from pixcrawler_core.catalog.quotas import check_quota
from pixcrawler_core.catalog.sql import Sql
from pixcrawler_core.catalog.stored import (
    NOTHING,
    Amounts,
    Noted,
    forget_stored,
    keep_stored,
    stored_amounts,
    stored_owners,
    stored_units,
)
from pixcrawler_core.storage.accounting import usage
from pixcrawler_core.storage.belonging import dataset_of
from pixcrawler_core.storage.protocols import StorageTier
from pixcrawler_core.storage.pushing import stats_of
from pixcrawler_core.storage.reconciling import Difference
from pixcrawler_core.storage.units import Unit, is_ours

if TYPE_CHECKING:
    from peewee import Database

    from pixcrawler_core.storage.accounting import Usage
    from pixcrawler_core.storage.protocols import Store
    from pixcrawler_core.storage.pushing import Push, Sent

ACCOUNTING = "accounting"
"""What is wrong where the catalog says something else than the store."""


class Books:
    """The account of one store, known by its name in `[storage] stores`.

    The database is the one that the models are bound to. Methods raise WorkspaceError and the errors of
    stores.
    """

    def __init__(
        self, database: Database, store: Store, name: str, now: Callable[[], datetime] = utc_now
    ) -> None:
        self._database, self._sql = database, Sql(database)
        self._store, self._name, self._now = store, name, now

    def push(self, push: Push) -> Generator[Sent, None, None]:
        """Run a push within the quota of the dataset's owner, and note what the store has afterwards.

        Raises QuotaExceeded before anything is sent. What a push that is killed would have brought counts
        until the unit is pushed again, or the books are balanced.
        """
        self._reserve(push)
        try:
            yield from push.run()
        finally:
            self.settle(push.name)

    def settle(self, unit: str) -> None:
        """Note what the store has of a unit now: after it was changed, moved or deleted."""
        stats = stats_of(self._store, unit)
        self._write(unit, Noted(self._dataset(unit), _amounts(usage(Unit(name=unit, stats=stats)))))

    def balance(self, found: Iterable[Usage], in_use: Callable[[str], bool]) -> list[Difference]:
        """Note what the store has of all units, `found` there; returns what was noted otherwise.

        Units of datasets that are in use are left alone: they are on their way.
        """
        noted = stored_units(self._sql, self._name)
        ours = [each for each in found if is_ours(each.unit)]
        true = {each.unit: Noted(self._dataset(each.unit), _amounts(each)) for each in ours}
        told = []
        for unit in sorted(noted.keys() | true.keys()):
            before, now = noted.get(unit, NOTHING), true.get(unit, NOTHING)
            dataset = now.dataset or before.dataset
            if before == now or (dataset and in_use(dataset)):
                continue
            self._write(unit, now)
            told.append(Difference(unit, ACCOUNTING, f"noted: {before}; stored: {now}"))
        return told

    def owners(self, units: Iterable[str]) -> dict[str, str | None]:
        """The address of the user for whom each unit counts; None for nobody."""
        known = stored_owners(self._sql, self._name)
        return {unit: known[unit] if unit in known else self._email(unit) for unit in units}

    def _reserve(self, push: Push) -> None:
        dataset = self._dataset(push.name)
        with reported(f"cannot use the catalog {describe(self._database)}"), self._database.atomic():
            owner, noted = self._owner(dataset), stored_amounts(self._sql, self._name, push.name)
            more = push.size - noted.size
            if owner is None or more <= 0:
                return
            check_quota(owner, more)
            objects = max(noted.objects, len(push.files))
            self._write(push.name, Noted(dataset, noted._replace(objects=objects, hot=noted.hot + more)))

    def _write(self, unit: str, noted: Noted) -> None:
        if not noted.amounts.objects:
            forget_stored(self._sql, self._name, unit)
        else:
            keep_stored(self._sql, self._name, unit, noted, self._now())

    def _dataset(self, unit: str) -> str | None:
        return dataset_of(self._sql, unit)

    def _owner(self, dataset: str | None) -> User | None:
        owned = User.select().join(Project).join(Dataset).where(Dataset.id == dataset)
        return owned.first()  # type: ignore[no-any-return]  # peewee's stub

    def _email(self, unit: str) -> str | None:
        owner = self._owner(self._dataset(unit))
        return None if owner is None else owner.email


def _amounts(found: Usage) -> Amounts:
    return Amounts(found.whole.objects, *(found.sizes[tier] for tier in StorageTier))
