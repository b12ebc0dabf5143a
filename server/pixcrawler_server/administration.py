"""Rules of administration: what an admin may change of a user, and what follows from it."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from uuid import UUID

from pixcrawler_core.catalog import audit
from pixcrawler_core.catalog.models import LoginSession, Role, User, UserStatus
from pixcrawler_server.errors import Conflict, Invalid, NotFound
from pixcrawler_server.settings import ServerSettings


def user_of(user_id: UUID) -> User:
    """A user. Raises NotFound."""
    found = User.get_or_none(User.id == user_id)
    if found is None:
        raise NotFound("user", user_id)
    return found


def change_user(
    user: User, changes: dict[str, Any], settings: ServerSettings, now: datetime, actor: UUID
) -> User:
    """Change role, status or plan of a user, in the transaction under way.

    Who is suspended is signed out at once. Raises Conflict where nobody would be left to administrate, and
    for a user who is about to be erased, and Invalid for a plan that there is not.
    """
    if "status" in changes and user.status == UserStatus.ERASING:
        raise Conflict("the user asked to be erased; nobody but they can take that back")
    loses = (
        changes.get("role", user.role) != Role.ADMIN
        or changes.get("status", user.status) != UserStatus.ACTIVE
    )
    if user.role == Role.ADMIN and user.status == UserStatus.ACTIVE and loses:
        _check_others(user)
    if "plan" in changes:
        changes |= plan_changes(settings, changes["plan"])
    User.update(**changes, updated_at=now).where(User.id == user.id).execute()
    if changes.get("status") == UserStatus.SUSPENDED:
        end_sessions(user.id, now)
    told: dict[str, Any] = {name: changes[name] for name in ("role", "status", "plan") if name in changes}
    audit.record("user changed", entity="user", entity_id=user.id, details=told, actor=actor)
    return user_of(user.id)


def plan_changes(settings: ServerSettings, name: str | None) -> dict[str, Any]:
    """The fields of a user who gets a plan, None for the default one. Raises Invalid for an unknown one."""
    if name is not None and name not in settings.plans:
        constraint = f"one of {', '.join(settings.plans)}"
        raise Invalid(f"plan: must be {constraint}", details={"field": "plan", "constraint": constraint})
    plan = settings.plan(name)
    return {"plan": name, "max_projects": plan.projects, "storage_quota": plan.storage_bytes}


def note_plans(settings: ServerSettings) -> None:
    """Have the rows of all users say what their plans allow now; one query for each plan."""
    for name in settings.plans:
        of_plan = User.plan == name
        if name == settings.default_plan:
            of_plan |= User.plan.is_null() | User.plan.not_in(list(settings.plans))
        told = plan_changes(settings, name)
        stale = (User.max_projects != told["max_projects"]) | (User.storage_quota != told["storage_quota"])
        told.pop("plan")
        User.update(**told).where(of_plan & stale).execute()


def end_sessions(user_id: UUID, now: datetime) -> None:
    """Sign a user out everywhere."""
    open_ones = (LoginSession.user == user_id) & LoginSession.revoked_at.is_null()
    LoginSession.update(revoked_at=now).where(open_ones).execute()


def _check_others(user: User) -> None:
    """Raise Conflict unless there is another admin; others who ask this at the same time wait."""
    admins = User.select().where((User.role == Role.ADMIN) & (User.status == UserStatus.ACTIVE))
    if User.bound_to().for_update:  # as in `pixcrawler_core.catalog.quotas`
        admins = admins.order_by(User.id).for_update("FOR NO KEY UPDATE")  # type: ignore[arg-type]
    if not [each for each in admins if each.id != user.id]:
        raise Conflict("this is the last admin; make another one first")
