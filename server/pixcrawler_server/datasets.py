"""Rules of datasets: how they are called, and how they go, with all files that they have."""

from __future__ import annotations

import secrets
import shutil
import string
from collections.abc import Iterator
from contextlib import contextmanager
from glob import escape
from pathlib import Path
from typing import TYPE_CHECKING

from slugify import slugify

from pixcrawler_core.catalog import audit
from pixcrawler_core.catalog.models import Dataset, Export, Project, RemovedDataset
from pixcrawler_core.errors import WorkspaceError
from pixcrawler_core.provenance.versions import kept_folder, kept_versions
from pixcrawler_core.takedown.sweeping import remove_exports
from pixcrawler_server.background import Busy, Family
from pixcrawler_server.errors import Conflict, QuotaExceeded
from pixcrawler_server.owned import user_alone

if TYPE_CHECKING:
    from uuid import UUID

    from pixcrawler_core.workspace import Workspace
    from pixcrawler_server.settings import ServerSettings

SIGNS = string.ascii_lowercase + string.digits
RANDOM = 8
"""Random signs of an id: it is a folder's name, and folders are everybody's."""
LONGEST = 80
"""Characters of an id that are taken from a name."""
REMOVALS = "removals"


def new_id(name: str) -> str:
    """An id for a dataset: the slug of its name, and something that nobody can know."""
    random = "".join(secrets.choice(SIGNS) for _ in range(RANDOM))
    return f"{slugify(name, max_length=LONGEST) or 'dataset'}-{random}"


def check_room(project: Project, settings: ServerSettings, but: str = "") -> None:
    """Raise QuotaExceeded where the plan of a project's owner has no room for a dataset beside the others.

    `but` is the id of one that does not count, since it is the one that comes.
    """
    owner = user_alone(project.owner_id)
    most = settings.plan(owner.plan).datasets
    there = Dataset.select().join(Project).where((Project.owner == owner.id) & (Dataset.id != but)).count()
    if not owner.is_admin() and there >= most:
        raise QuotaExceeded(
            f"the plan of the project's owner has {most} datasets, and they are there",
            details={"datasets": most},
        )


def check_idle(dataset: Dataset, workspace: Workspace) -> None:
    """Raise Conflict while a job of a dataset is at work, or anybody else uses it."""
    if not dataset.can_start_job():
        raise Conflict("a job of the dataset is under way; cancel it, or wait until it has ended")
    if workspace.in_use(dataset.id):
        raise Conflict("the dataset is being used; ask again when that is done")


def forget(dataset: Dataset, actor: UUID) -> None:
    """Remove all rows of a dataset in the transaction under way, and note that its files are to go."""
    exports = [each.path for each in Export.select().where(Export.dataset == dataset.id) if each.path]
    RemovedDataset.create(id=dataset.id, exports=exports)
    Dataset.delete().where(Dataset.id == dataset.id).execute()
    audit.record("dataset removed", entity="dataset", entity_id=dataset.id, actor=actor)


def own_export(workspace: Workspace, noted: str) -> Path | None:
    """Where an export lies that is noted under a path; None for one elsewhere: a server leaves it alone."""
    path = workspace.exports / noted
    return path if path.parent == workspace.exports and path.name != ".." else None


@contextmanager
def taken(workspace: Workspace, dataset_id: str) -> Iterator[None]:
    """Have a dataset for oneself. Raises Busy while somebody else has it."""
    if workspace.in_use(dataset_id):
        raise Busy(dataset_id)
    with workspace.lock(dataset_id):
        yield


class Removals:
    """Removes the files of datasets that are gone; killed on the way, the next process goes on."""

    def __init__(self, workspace: Workspace) -> None:
        self._workspace = workspace

    def family(self) -> Family:
        """This work."""
        return Family(name=REMOVALS, left=self._left, work=lambda key: self.remove(str(key)))

    def remove(self, dataset_id: str) -> None:
        """Remove what there is of a dataset. Raises Busy, and WorkspaceError."""
        found = RemovedDataset.get_or_none(RemovedDataset.id == dataset_id)
        if found is None:
            return
        try:
            with taken(self._workspace, dataset_id):
                if not Dataset.select().where(Dataset.id == dataset_id).exists():
                    self._remove_files(dataset_id, found.exports)
        except OSError as error:
            raise WorkspaceError(f"cannot remove {error.filename}: {error.strerror or error}") from error
        RemovedDataset.delete().where(RemovedDataset.id == dataset_id).execute()

    def _left(self) -> list[tuple[str, str]]:
        return [(each.id, each.id) for each in RemovedDataset.select()]

    def _remove_files(self, dataset_id: str, exports: list[str]) -> None:
        folder = self._workspace.dataset(dataset_id)
        inside = [path for name in exports if (path := own_export(self._workspace, name))]
        list(remove_exports(inside))
        for path in (
            *self._leftovers(inside),
            *_versions(folder),
            self._workspace.indexes(dataset_id),
            folder,
        ):
            _remove(path)

    def _leftovers(self, exports: list[Path]) -> Iterator[Path]:
        """What killed processes left beside exports, under hidden names."""
        for path in exports:
            yield from path.parent.glob(f".{escape(path.name)}.*")


def _versions(folder: Path) -> Iterator[Path]:
    yield from (kept_folder(folder, number) for number in kept_versions(folder))
    yield from folder.parent.glob(f".{escape(folder.name)}.*")


def _remove(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)
