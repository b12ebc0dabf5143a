"""Erases users: what is theirs alone goes with them, what others work on is handed to one of those."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING
from uuid import UUID

from pixcrawler_core.catalog import audit
from pixcrawler_core.catalog.models import (
    BillingAccount,
    Dataset,
    LabelReview,
    MemberRole,
    Project,
    ProjectMember,
    Review,
    StoredUnit,
    User,
    UserStatus,
)
from pixcrawler_core.catalog.wiping import leaving_nothing
from pixcrawler_core.errors import PixCrawlerError, WorkspaceError
from pixcrawler_server.archives import Archives
from pixcrawler_server.dataset_erasing import DatasetEraser
from pixcrawler_server.key_erasing import erase_key
from pixcrawler_server.owned import RANKS

if TYPE_CHECKING:
    from pixcrawler_core.config.storage import StorageTable
    from pixcrawler_core.registry import Registry
    from pixcrawler_core.workspace import Workspace


PAID_NO_MORE = ("canceled", "incomplete_expired")
"""https://docs.stripe.com/api/subscriptions/object#subscription_object-status"""


@dataclass(frozen=True, kw_only=True)
class Erased:
    """A user, and why they are there yet; None if they are gone."""

    user_id: UUID
    why_not: str | None = None


class Eraser:
    """Erases users for good (GDPR, article 17). `table` is that of `storage.toml`, if there is one."""

    def __init__(
        self,
        workspace: Workspace,
        registry: Registry,
        table: StorageTable | None,
        archives: Archives,
        now: Callable[[], datetime],
    ) -> None:
        self._workspace, self._table, self._archives, self._now = workspace, table, archives, now
        self._registry = registry
        self._datasets = DatasetEraser(workspace, registry, table)

    def erase_due(self) -> Iterator[Erased]:
        """Erase all users whose time of grace has passed; what stands in the way of one stops no other."""
        due = (User.status == UserStatus.ERASING) & (User.erase_after <= self._now())
        for user in list(User.select().where(due).order_by(User.erase_after, User.id)):
            if not User.select().where(due & (User.id == user.id)).exists():
                continue  # taken back, or erased by another process meanwhile
            try:
                self.erase(user.id)
            except PixCrawlerError as error:
                yield Erased(user_id=user.id, why_not=str(error))
            else:
                yield Erased(user_id=user.id)

    def erase(self, user_id: UUID) -> None:
        """Erase a user; killed on the way, the next call goes on.

        The record of who did what stays: it has their id alone. Raises WorkspaceError, ConfigError, and the
        errors of stores; the user is there then.
        """
        _check_subscription(user_id)
        with leaving_nothing(User.bound_to()):
            self._erase(user_id)
        self._archives.clean()

    def _erase(self, user_id: UUID) -> None:
        for project in list(Project.select().where(Project.owner == user_id)):
            if not self._handed_over(project.id, user_id):
                self._erase_project(project)
        left = StoredUnit.select().where((StoredUnit.owner == user_id) & StoredUnit.dataset.is_null())
        self._datasets.erase_stored(left)
        if self._table is not None:
            erase_key(self._workspace, self._registry, self._table, user_id)
        with User.bound_to().atomic():
            self._erase_row(user_id)

    def _handed_over(self, project_id: int, user_id: UUID) -> bool:
        """Hand a project over to a member; nothing is on its way to a store for its owner meanwhile."""
        datasets = list(Dataset.select().where(Dataset.project == project_id))
        with ExitStack() as locks:
            for each in datasets if ProjectMember.get_or_none(project=project_id) else ():
                locks.enter_context(self._workspace.lock(each.id))
            return self._hand_over(project_id, user_id)

    def _hand_over(self, project_id: int, user_id: UUID) -> bool:
        with Project.bound_to().atomic():
            project = _owned(project_id, user_id)
            if project is None:
                return True  # by another process
            in_project = ProjectMember.project == project.id
            active = User.status == UserStatus.ACTIVE
            members = list(ProjectMember.select().join(User).where(in_project & active))
            if not members:
                return False
            heir = min(members, key=_seniority)
            Project.update(owner=heir.user_id, name=_free_name(project.name, heir.user_id)).where(
                Project.id == project.id
            ).execute()
            datasets = Dataset.select(Dataset.id).where(Dataset.project == project.id)
            StoredUnit.update(owner=heir.user_id).where(StoredUnit.dataset.in_(datasets)).execute()
            ProjectMember.delete().where(
                (ProjectMember.project == project.id) & (ProjectMember.user == heir.user_id)
            ).execute()
            details = {"owner": str(heir.user_id)}
            audit.record("project handed over", entity="project", entity_id=project.id, details=details)
        return True

    def _erase_project(self, project: Project) -> None:
        for dataset in list(Dataset.select().where(Dataset.project == project.id)):
            self._datasets.erase(dataset.id)
            audit.record("dataset erased", entity="dataset", entity_id=dataset.id)
        Project.delete().where((Project.id == project.id) & (Project.owner == project.owner_id)).execute()

    def _erase_row(self, user_id: UUID) -> None:
        user: User | None = User.get_or_none(User.id == user_id)
        if user is None:
            return  # another process was quicker
        names = [user.email, str(user.id)]
        for table in (Review, LabelReview):
            table.update(reviewer=None).where(table.reviewer.in_(names)).execute()
        User.delete().where(User.id == user_id).execute()
        audit.record("user erased", entity="user", entity_id=user_id)


def _check_subscription(user_id: UUID) -> None:
    """Raise WorkspaceError for who still pays: nobody could end that when the user is gone."""
    account = BillingAccount.get_or_none(BillingAccount.user == user_id)
    if account is not None and account.subscription and account.status not in PAID_NO_MORE:
        raise WorkspaceError(
            f"the subscription {account.subscription} at {account.meter} goes on; end it there first"
        )


def _owned(project_id: int, user_id: UUID) -> Project | None:
    """A project, if it is the user's yet; nobody else changes it until the transaction ends."""
    query = Project.select().where((Project.id == project_id) & (Project.owner == user_id))
    found: Project | None = (query.for_update() if Project.bound_to().for_update else query).first()
    return found


def _seniority(member: ProjectMember) -> tuple[int, datetime]:
    return -RANKS.index(MemberRole(member.role)), member.created_at


def _free_name(name: str, owner_id: UUID) -> str:
    taken = {each.name for each in Project.select(Project.name).where(Project.owner == owner_id)}
    number, free = 2, name
    while free in taken:
        number, free = number + 1, f"{name} ({number})"
    return free
