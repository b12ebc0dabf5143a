"""Takes images out of stores: their objects, and the datasets, exports and blobs that had them."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from pixcrawler_core.assembly.manifest import MANIFEST
from pixcrawler_core.storage.pushing import Push
from pixcrawler_core.storage.units import BLOBS, DATASETS, EXPORTS, Unit, dataset_ids, units

if TYPE_CHECKING:
    from pixcrawler_core.storage.protocols import Store
    from pixcrawler_core.workspace import Workspace


@dataclass(kw_only=True)
class Reached:
    """What was changed in a store, or would be."""

    store: str
    objects: int = 0
    """Objects that were removed since they are images that were taken down."""
    renewed: list[str] = field(default_factory=list)
    """Datasets and exports that were stored anew, without them."""
    removed: list[str] = field(default_factory=list)
    """Exports that were removed, since there is none here any more."""
    lacking: list[str] = field(default_factory=list)
    """Datasets that lost such images and whose manifest tells of them yet, since they are not here."""
    why: str | None = None
    """What is left to be done there; None if nothing is."""

    @property
    def changed(self) -> bool:
        """Whether anything was."""
        return bool(self.objects or self.renewed or self.removed)


@dataclass(frozen=True, kw_only=True)
class Reach:
    """What is to go: images with these digests, from datasets of the catalog.

    Exports of the datasets that are `affected` go whole, or are stored anew if they were written again: it
    cannot be seen what is in them.
    """

    workspace: Workspace
    known: Collection[str]
    """Ids of all datasets of the catalog; what a store has of others is left alone."""
    affected: Collection[str]
    digests: Collection[str]

    def run(self, store: Store, told: Reached, *, dry_run: bool = False) -> None:
        """Take them out, unit by unit. Raises the errors of stores, and WorkspaceError; goes on if repeated.

        What is archived is deleted where it is. In memory is one unit.
        """
        ids = set(self.known)
        for unit in units(store.list()):
            kind, _, own = unit.name.partition("/")
            dataset = _dataset(unit.name, ids)
            ids |= {dataset} if dataset else set()
            gone = [stat.key for stat in unit.stats if self._is_gone(stat.key, stat.sha256)]
            if not self._is_meant(unit.name, dataset, gone):
                continue
            told.objects += len(gone)
            if gone and not dry_run:
                store.delete(gone)
            if kind == DATASETS:
                self._renew(store, unit, self.workspace.datasets / own, told, dry_run=dry_run)
            elif kind == EXPORTS:
                self._replace(store, unit, self.workspace.exports / own, told, dry_run=dry_run)

    def _is_meant(self, unit: str, dataset: str | None, gone: Sequence[str]) -> bool:
        if unit == BLOBS:
            return bool(gone)
        return dataset in self.known and (bool(gone) or dataset in self.affected)

    def _is_gone(self, key: str, sha256: str) -> bool:
        """Whether an object is an image that goes; blobs are known by their names, too."""
        return sha256 in self.digests or (
            key.startswith(f"{BLOBS}/") and key.rpartition("/")[2].partition(".")[0] in self.digests
        )

    def _renew(self, store: Store, unit: Unit, folder: Path, told: Reached, *, dry_run: bool) -> None:
        if not (folder / MANIFEST).is_file():
            told.lacking.append(unit.name)
            return
        told.renewed.append(unit.name)
        if not dry_run:
            self._push(store, folder, unit.name)

    def _replace(self, store: Store, unit: Unit, path: Path, told: Reached, *, dry_run: bool) -> None:
        if path.exists():
            told.renewed.append(unit.name)
            if not dry_run:
                self._push(store, path, unit.name)
            return
        told.removed.append(unit.name)
        if not dry_run:
            store.delete([stat.key for stat in unit.stats])

    def _push(self, store: Store, path: Path, name: str) -> None:
        for _ in Push(store, path, name, self.digests.__contains__).run():
            pass


def _dataset(unit: str, ids: Collection[str]) -> str | None:
    """The id of the dataset that something stored is, or is an export of.

    `ids` have those that are stored too, and not in the catalog: datasets are listed before exports.
    """
    fitting = dataset_ids(unit)
    if unit.startswith(f"{DATASETS}/"):
        return fitting[0]
    return next((each for each in fitting if each in ids), None)
