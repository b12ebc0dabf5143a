"""Rules of datasets: how they are called, how many there may be, and who has them for themselves."""

from __future__ import annotations

import secrets
import string
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from slugify import slugify

from pixcrawler_core.catalog import audit
from pixcrawler_core.catalog.models import Dataset, Export, Project, RemovedDataset
from pixcrawler_server.background import Busy
from pixcrawler_server.errors import Conflict, QuotaExceeded
from pixcrawler_server.jobs.children import remove_logs
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


def forget(dataset: Dataset, workspace: Workspace, actor: UUID) -> None:
    """Remove all rows of a dataset in the transaction under way, and note that its files are to go.

    The logs of its jobs go first.
    """
    remove_logs(workspace.root, dataset.id)
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
