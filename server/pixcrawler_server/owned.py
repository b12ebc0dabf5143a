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
    found: Project | None = (
        visible(Project.select(Project), principal).where(Project.id == project_id).objects().first()
    )
    if found is None:
        raise NotFound("project", project_id)
    _check(principal, found, need)
    return found


def dataset_of(principal: Principal, dataset_id: str, need: MemberRole = MemberRole.VIEWER) -> Dataset:
    """A dataset. Raises as `project_of` does."""
    query = Dataset.select(Dataset, Project.owner.alias("owner_id")).join(Project, JOIN.LEFT_OUTER)
    found: Dataset | None = visible(query, principal).where(Dataset.id == dataset_id).objects().first()
    if found is None:
        raise NotFound("dataset", dataset_id)
    _check(principal, found, need)
    return found


def image_of(principal: Principal, image_id: int, need: MemberRole = MemberRole.VIEWER) -> Image:
    """An image of a dataset. Raises as `project_of` does."""
    query = Image.select(Image, Project.owner.alias("owner_id"))
    query = query.join(Dataset).join(Project, JOIN.LEFT_OUTER)
    found: Image | None = visible(query, principal).where(Image.id == image_id).objects().first()
    if found is None:
        raise NotFound("image", image_id)
    _check(principal, found, need)
    return found


def export_of(principal: Principal, export_id: int, need: MemberRole = MemberRole.VIEWER) -> Export:
    """An export of a dataset. Raises as `project_of` does."""
    query = Export.select(Export, Project.owner.alias("owner_id"))
    query = query.join(Dataset).join(Project, JOIN.LEFT_OUTER)
    found: Export | None = visible(query, principal).where(Export.id == export_id).objects().first()
    if found is None:
        raise NotFound("export", export_id)
    _check(principal, found, need)
    return found


def task_of(principal: Principal, task_id: int) -> Task:
    """A task, of a dataset or, for admins, of the workspace. Raises NotFound."""
    query = Task.select(Task).join(Dataset, JOIN.LEFT_OUTER).join(Project, JOIN.LEFT_OUTER)
    found: Task | None = visible(query, principal).where(Task.id == task_id).objects().first()
    if found is None:
        raise NotFound("task", task_id)
    return found


def job_of(principal: Principal, job_id: int, need: MemberRole = MemberRole.VIEWER) -> CrawlJob:
    """A job. Raises as `project_of` does."""
    query = CrawlJob.select(CrawlJob, Project.owner.alias("owner_id")).join(Dataset).join(Project)
    found: CrawlJob | None = visible(query, principal).where(CrawlJob.id == job_id).objects().first()
    if found is None:
        raise NotFound("job", job_id)
    _check(principal, found, need)
    return found


def schedule_of(principal: Principal, schedule_id: int, need: MemberRole = MemberRole.VIEWER) -> Schedule:
    """A schedule. Raises as `project_of` does."""
    query = Schedule.select(Schedule, Project.owner.alias("owner_id")).join(Dataset).join(Project)
    found: Schedule | None = visible(query, principal).where(Schedule.id == schedule_id).objects().first()
    if found is None:
        raise NotFound("schedule", schedule_id)
    _check(principal, found, need)
    return found


def _check(principal: Principal, found: Any, need: MemberRole) -> None:
    if principal.is_admin or found.owner_id == principal.user_id:
        return
    role = found.member_role
    if role is None or RANKS.index(MemberRole(role)) < RANKS.index(need):
        raise Forbidden(
            f"only {'the owner' if need is MemberRole.OWNER else 'an editor'} of the project may do this"
        )
