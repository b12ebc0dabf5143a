"""Keeps the catalog's account of a store: who has how much of what there.

The store is what counts. A row is written from what the store lists, when something was done there; only a
push of a dataset with an owner notes beforehand what it will bring, so that quotas hold.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterable, Mapping
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
    Seen,
    keep_stored,
    revise_stored,
    stored_owners,
    stored_unit,
    stored_units,
)
from pixcrawler_core.storage.accounting import usage, usages
from pixcrawler_core.storage.belonging import dataset_of
from pixcrawler_core.storage.errors import StoreRefused
from pixcrawler_core.storage.protocols import StorageTier
from pixcrawler_core.storage.pushing import stats_of
from pixcrawler_core.storage.reconciling import Difference
from pixcrawler_core.storage.units import Unit, is_ours, units

if TYPE_CHECKING:
    from peewee import Database

    from pixcrawler_core.storage.accounting import Usage
    from pixcrawler_core.storage.protocols import Store
    from pixcrawler_core.storage.pushing import Push, Sent

ACCOUNTING = "accounting"
"""What is wrong where the catalog says something else than the store."""
TRIES = 5
"""Times that a row is read anew which others change meanwhile; then theirs is as new as ours."""


class Books:
    """The account of one store, known by its name in `[storage] stores`.

    The database is the one that the models are bound to. `in_use` tells whether somebody else has a dataset:
    a push of it may be under way, whose room stays held. Methods raise WorkspaceError and the errors of
    stores.
    """

    def __init__(
        self,
        database: Database,
        store: Store,
        name: str,
        now: Callable[[], datetime] = utc_now,
        in_use: Callable[[str], bool] = lambda _: False,
    ) -> None:
        self._database, self._sql = database, Sql(database)
        self._store, self._name, self._now = store, name, now
        self._in_use = in_use

    def push(self, push: Push) -> Generator[Sent, None, None]:
        """Run a push within the quota of the dataset's owner, and note what the store has afterwards.

        Raises QuotaExceeded before anything is sent, and StoreRefused as `check_there` does. What a push that
        is killed would have brought counts until the unit is pushed again, or the books are balanced.
        """
        if push.is_new:
            self.check_there(besides=push.name)
        self._reserve(push)
        try:
            yield from push.run()
        finally:
            keep_stored(self._sql, self._name, push.name, self._stored(push.name), self._now())

    def settle(self, unit: str) -> None:
        """Note what the store has of a unit now: after it was changed, moved or deleted."""
        for _ in range(TRIES):
            seen, now = stored_unit(self._sql, self._name, unit), self._stored(unit)
            if now.dataset and self._in_use(now.dataset):
                now = _with_room(now, seen.noted.amounts.objects, seen.noted.amounts.size)
            if self._revise(unit, now, seen):
                return

    def check_there(self, besides: str = "") -> None:
        """Raise StoreRefused if the store has nothing of all that was noted, but for a unit: it is another.

        A disk that is not mounted looks like a store that is empty.
        """
        known = [unit for unit in self.noted() if unit != besides]
        if not known or any(self._has(unit) for unit in known):
            return
        raise StoreRefused(
            f"the store {self._name!r} has nothing of what the catalog has noted, such as {known[0]}: is "
            "its disk mounted, and its place the right one? A first pixcrawler storage push that was broken "
            "off can be given again; if all is gone for good, pixcrawler storage usage --verify --emptied "
            "notes it"
        )

    def settle_all(self) -> list[Difference]:
        """Note what the store has of all units now; returns what was noted otherwise."""
        noted = self.noted()
        return self.balance(noted, usages(units(self._store.list())))

    def noted(self) -> Mapping[str, Seen]:
        """What the catalog says of each unit."""
        return stored_units(self._sql, self._name)

    def balance(self, noted: Mapping[str, Seen], found: Iterable[Usage]) -> list[Difference]:
        """Note what the store has of all units; returns what was noted otherwise.

        What is in use, or was noted anew since it was seen in `noted`, is left alone: it is newer than
        `found`, if that was listed afterwards.
        """
        ours = [each for each in found if is_ours(each.unit)]
        true = {each.unit: Noted(self._dataset(each.unit), _amounts(each)) for each in ours}
        told = []
        for unit in sorted(noted.keys() | true.keys()):
            seen, now = noted.get(unit, Seen()), true.get(unit, NOTHING)
            before, dataset = seen.noted, now.dataset or seen.noted.dataset
            if before == now or (dataset and self._in_use(dataset)) or not self._revise(unit, now, seen):
                continue
            told.append(Difference(unit, ACCOUNTING, f"noted: {before}; stored: {now}"))
        return told

    def owners(self, units: Iterable[str]) -> dict[str, str | None]:
        """The address of the user for whom each unit counts; None for nobody."""
        known = stored_owners(self._sql, self._name)
        return {unit: known[unit] if unit in known else self._email(unit) for unit in units}

    def _reserve(self, push: Push) -> None:
        dataset = self._dataset(push.name)
        with reported(f"cannot use the catalog {describe(self._database)}"), self._database.atomic():
            owner, noted = self._owner(dataset), stored_unit(self._sql, self._name, push.name).noted.amounts
            size = push.size
            if owner is None or size <= noted.size:
                return
            check_quota(owner, size - noted.size)
            reserved = _with_room(Noted(dataset, noted), len(push.files), size)
            keep_stored(self._sql, self._name, push.name, reserved, self._now())

    def _has(self, unit: str) -> bool:
        below = f"{unit}/"  # stores in which a list is dear list no other folder then
        return next(iter(self._store.list(below)), None) is not None or self._store.stat(unit) is not None

    def _stored(self, unit: str) -> Noted:
        """What the store has of a unit now."""
        found = usage(Unit(name=unit, stats=stats_of(self._store, unit)))
        return Noted(self._dataset(unit), _amounts(found)) if found.whole.objects else NOTHING

    def _revise(self, unit: str, now: Noted, seen: Seen) -> bool:
        return revise_stored(self._sql, self._name, unit, now, self._now(), seen)

    def _dataset(self, unit: str) -> str | None:
        return dataset_of(self._sql, unit)

    def _owner(self, dataset: str | None) -> User | None:
        owned = User.select().join(Project).join(Dataset).where(Dataset.id == dataset)
        return owned.first()  # type: ignore[no-any-return]  # peewee's stub

    def _email(self, unit: str) -> str | None:
        owner = self._owner(self._dataset(unit))
        return None if owner is None else owner.email


def _with_room(noted: Noted, objects: int, size: int) -> Noted:
    """The same with so many objects and bytes at least: what is on its way will be hot."""
    amounts = noted.amounts
    hot = amounts.hot + max(0, size - amounts.size)
    return noted._replace(amounts=amounts._replace(objects=max(objects, amounts.objects), hot=hot))


def _amounts(found: Usage) -> Amounts:
    return Amounts(found.whole.objects, *(found.sizes[tier] for tier in StorageTier))
