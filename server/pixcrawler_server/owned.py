"""What whoever asks may see: every row that belongs to somebody is looked up here, and nowhere else.

A stranger's row is not there (404), so that nobody learns which there are. A member whose role is too small
is told so (403).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from peewee import JOIN, ModelSelect

from pixcrawler_core.catalog.models import (
    CrawlJob,
    Dataset,
    Export,
    Image,
    MemberRole,
    Project,
    ProjectMember,
    Schedule,
    Task,
    User,
)
from pixcrawler_core.service import Principal
from pixcrawler_server.errors import Forbidden, NotFound

RANKS: Sequence[MemberRole] = (MemberRole.VIEWER, MemberRole.EDITOR, MemberRole.OWNER)
"""Each may do what those before it may."""


def visible(query: ModelSelect[Any], principal: Principal) -> ModelSelect[Any]:
    """A query over, or joined with, Project: those of its rows that the principal may see.

    Each row has `member_role`, which is null for the owner.
    """
    mine = (ProjectMember.project == Project.id) & (ProjectMember.user == principal.user_id)
    query = query.select_extend(ProjectMember.role.alias("member_role"))
    query = query.join_from(Project, ProjectMember, JOIN.LEFT_OUTER, on=mine)
    if principal.is_admin:
        return query
    return query.where((Project.owner == principal.user_id) | ProjectMember.role.is_null(False))


def user_alone(user_id: UUID) -> User:
    """A user, whose things nobody else counts until the transaction ends; SQLite has one writer anyway."""
    query = User.select().where(User.id == user_id)
    if User.bound_to().for_update:
        query = query.for_update("FOR NO KEY UPDATE")  # type: ignore[arg-type]  # peewee's stub
    found: User = query.get()
    return found


def project_of(principal: Principal, project_id: int, need: MemberRole = MemberRole.VIEWER) -> Project:
    """A project. Raises NotFound, and Forbidden for a member with too small a role."""
    found: Project = _found(Project, Project.select(Project), principal, project_id)
    _check(principal, found, need)
    return found


def dataset_of(principal: Principal, dataset_id: str, need: MemberRole = MemberRole.VIEWER) -> Dataset:
    """A dataset. Raises as `project_of` does."""
    query = Dataset.select(Dataset, Project.owner.alias("owner_id")).join(Project, JOIN.LEFT_OUTER)
    found: Dataset = _found(Dataset, query, principal, dataset_id)
    _check(principal, found, need)
    return found


def image_of(principal: Principal, image_id: int, need: MemberRole = MemberRole.VIEWER) -> Image:
    """An image of a dataset. Raises as `project_of` does."""
    found: Image = _of_dataset(Image, principal, image_id, need)
    return found


def export_of(principal: Principal, export_id: int, need: MemberRole = MemberRole.VIEWER) -> Export:
    """An export of a dataset. Raises as `project_of` does."""
    found: Export = _of_dataset(Export, principal, export_id, need)
    return found


def task_of(principal: Principal, task_id: int) -> Task:
    """A task, of a dataset or, for admins, of the workspace. Raises NotFound."""
    query = Task.select(Task).join(Dataset, JOIN.LEFT_OUTER).join(Project, JOIN.LEFT_OUTER)
    found: Task = _found(Task, query, principal, task_id)
    return found


def job_of(principal: Principal, job_id: int, need: MemberRole = MemberRole.VIEWER) -> CrawlJob:
    """A job. Raises as `project_of` does."""
    query = CrawlJob.select(CrawlJob, Project.owner.alias("owner_id"))
    query = query.join(Dataset).join(Project, JOIN.LEFT_OUTER)
    found: CrawlJob = _found(CrawlJob, query, principal, job_id, "job")
    _check(principal, found, need)
    return found


def schedule_of(principal: Principal, schedule_id: int, need: MemberRole = MemberRole.VIEWER) -> Schedule:
    """A schedule. Raises as `project_of` does."""
    found: Schedule = _of_dataset(Schedule, principal, schedule_id, need)
    return found


def _of_dataset(model: Any, principal: Principal, key: int, need: MemberRole) -> Any:
    query = model.select(model, Project.owner.alias("owner_id"))
    found = _found(model, query.join(Dataset).join(Project, JOIN.LEFT_OUTER), principal, key)
    _check(principal, found, need)
    return found


def _found(model: Any, query: ModelSelect[Any], principal: Principal, key: object, what: str = "") -> Any:
    found = visible(query, principal).where(model.id == key).objects().first()
    if found is None:
        raise NotFound(what or model.__name__.lower(), key)
    return found


def _check(principal: Principal, found: Any, need: MemberRole) -> None:
    if principal.is_admin or found.owner_id == principal.user_id:
        return
    role = found.member_role
    if role is None or RANKS.index(MemberRole(role)) < RANKS.index(need):
        raise Forbidden(
            f"only {'the owner' if need is MemberRole.OWNER else 'an editor'} of the project may do this"
        )
