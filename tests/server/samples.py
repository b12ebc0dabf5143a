"""What tests of all operations need to call each of them: things that somebody owns, and bodies that fit."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from itertools import count
from typing import Any
from uuid import UUID

from pixcrawler_server.page import Page

from pixcrawler_core.catalog.models import (
    ApiKey,
    Avatar,
    Export,
    Image,
    JobStatus,
    LoginSession,
    ProjectMember,
    Schedule,
    Task,
    User,
)
from tests.conftest import PHOTOGRAPHS
from tests.server.conftest import PASSWORD, TABLES, Api, Caller
from tests.server.filled import Filled, picture

PICTURE = next(PHOTOGRAPHS.glob("*/*.jpg"))
_numbers = count()


@dataclass(frozen=True)
class World:
    """A server, and who is there: the owner of everything, members of their projects, and others."""

    api: Api
    owner: Caller
    viewer: Caller
    editor: Caller
    other: Caller
    admin: Caller

    def project(self) -> int:
        """A new project of the owner, with one more member."""
        project = self.api.project(self.owner, f"P{next(_numbers)}", viewer=self.viewer, editor=self.editor)
        ProjectMember.create(project=project, user=self.member(), role="viewer")
        return project

    def member(self) -> UUID:
        """A member of all projects who does nothing."""
        address = "member@example.org"
        found = User.get_or_none(User.email == address) or self.api.user(address)
        return UUID(str(found.id))

    def filled(self) -> Filled:
        """A new dataset with an image, as the folder has it."""
        found = Filled(self.api, self.project())
        found.keep()
        found.assemble()
        return found

    def image(self) -> int:
        """An image of a new dataset."""
        return int(self.filled().keep(2).id)

    def export(self) -> int:
        """An export of a new dataset."""
        filled = self.filled()
        path = self.api.services.workspace.exports / f"dataset-{filled.id}.zip"
        path.write_bytes(b"PK")
        return int(Export.create(dataset=filled.id, format="zip", path=path.name).id)

    def task(self) -> int:
        """A task on a new dataset."""
        return int(Task.create(dataset=self.filled().id, kind="assembly", status="done").id)

    def session(self) -> object:
        """A new session of the owner."""
        return LoginSession.create(user=self.owner.id).id

    def key(self) -> int:
        """A new API key of the owner."""
        return int(ApiKey.create(user=self.owner.id, name="k", key_hash=f"k{next(_numbers)}").id)

    def job(self, status: JobStatus = JobStatus.CANCELLED) -> int:
        """A new job, in a dataset of its own."""
        return self.api.job(self.dataset(), status)

    def candidate(self) -> int:
        """A URL that a job of a new dataset found."""
        return int(Image.get_by_id(self.image()).row)

    def schedule(self) -> int:
        """A new schedule, of a dataset of its own."""
        times = {"cron": "0 3 * * *", "next_run_at": self.api.clock() + timedelta(days=1)}
        return int(Schedule.create(dataset=self.dataset(), config=TABLES, **times).id)

    def dataset(self) -> str:
        """A new dataset of the owner."""
        return self.api.dataset(self.project())


def _photograph(_: World) -> dict[str, Any]:
    picture = next(iter(sorted(PHOTOGRAPHS.rglob("*.jpg"))))
    return {"body": picture.read_bytes(), "headers": {"Content-Type": "image/jpeg"}}


def _with_avatar(caller: Caller) -> None:
    Avatar.delete().where(Avatar.user == caller.id).execute()
    Avatar.create(user=caller.id, media_type="image/png", data=b"x")


IDS: Mapping[str, Callable[[World], object]] = {
    "file": lambda _: "app.js",
    "candidate_id": World.candidate,
    "flag": lambda _: "exports",
    "place": lambda _: "7",
    "version": lambda _: Page().version,
    "key_id": World.key,
    "meter": lambda _: "stripe",
    "name": lambda _: "terms",
    "project_id": World.project,
    "session_id": World.session,
    "dataset_id": lambda world: world.filled().id,
    "image_id": World.image,
    "export_id": World.export,
    "task_id": World.task,
    "user_id": World.member,
    "key": lambda _: "exports/cats.zip",
    "job_id": World.job,
    "schedule_id": World.schedule,
}
"""By the name of a path's field: makes a thing that the owner has, and gives its id."""
OF_NOBODY: frozenset[str] = frozenset({"file", "flag", "key", "meter", "name", "place", "user_id", "version"})
"""Fields of paths that name no thing that somebody owns."""
BODIES: Mapping[str, Callable[[World], dict[str, Any]]] = {
    "PATCH /api/v1/api-keys/{key_id}": lambda _: {"json": {"name": "new"}},
    "PATCH /api/v1/me": lambda _: {"json": {"full_name": "Ada"}},
    "POST /api/v1/api-keys": lambda _: {"json": {"name": "k", "scopes": ["profile"]}},
    "POST /api/v1/api-keys/{key_id}/rotate": lambda _: {"json": {}},
    "POST /api/v1/auth/login": lambda _: {"json": {"email": "a@example.org", "password": PASSWORD}},
    "POST /api/v1/auth/logout": lambda _: {"json": {}},
    "POST /api/v1/auth/one-time": lambda _: {"json": {"token": "t"}},
    "POST /api/v1/auth/password/change": lambda _: {"json": {"password": "p", "new_password": PASSWORD}},
    "POST /api/v1/auth/password/forgot": lambda _: {"json": {"email": "a@example.org"}},
    "POST /api/v1/auth/password/reset": lambda _: {"json": {"token": "t", "password": PASSWORD}},
    "POST /api/v1/auth/refresh": lambda _: {"json": {"refresh_token": "t"}},
    "POST /api/v1/auth/register": lambda _: {"json": {"email": "a@example.org", "password": PASSWORD}},
    "POST /api/v1/auth/verify": lambda _: {"json": {"token": "t", "password": PASSWORD}},
    "POST /api/v1/me/erasure": lambda _: {"json": {"password": "p"}},
    "PUT /api/v1/me/avatar": _photograph,
    "PUT /api/v1/me/consents/{name}": lambda _: {"json": {"given": True}},
    "POST /api/v1/jobs": lambda world: {"json": {"dataset": world.dataset(), "tables": TABLES}},
    "POST /api/v1/jobs/estimate": lambda world: {"json": {"dataset": world.dataset(), "tables": TABLES}},
    "POST /api/v1/jobs/expansions": lambda _: {"json": {"keywords": ["cat"], "expanders": ["morphology"]}},
    "POST /api/v1/jobs/file": lambda _: {"json": {"tables": TABLES}},
    "POST /api/v1/schedules": lambda world: {
        "json": {"dataset": world.dataset(), "cron": "0 3 * * *", "tables": TABLES}
    },
    "PATCH /api/v1/schedules/{schedule_id}": lambda _: {"json": {"enabled": False}},
    "POST /api/v1/validation/single": lambda _: {
        "body": PICTURE.read_bytes(),
        "headers": {"Content-Type": "image/jpeg"},
    },
    "POST /api/v1/validation/batch": lambda world: {
        "json": {"dataset": world.dataset(), "urls": ["https://example.org/a.jpg"]}
    },
    "PATCH /api/v1/jobs/{job_id}": lambda _: {"json": {"tables": TABLES}},
    "POST /api/v1/projects": lambda _: {"json": {"name": f"P{next(_numbers)}"}},
    "PATCH /api/v1/admin/users/{user_id}": lambda _: {"json": {"role": "ADMIN"}},
    "PUT /api/v1/admin/flags/{flag}": lambda _: {"json": {"enabled": True}},
    "POST /api/v1/billing/subscription": lambda _: {"json": {"plan": "pro"}},
    "POST /api/v1/billing/{meter}/webhook": lambda _: {"json": {}},
    "PATCH /api/v1/projects/{project_id}": lambda _: {"json": {"description": "new"}},
    "POST /api/v1/projects/{project_id}/members": lambda world: {"json": {"email": _new(world)}},
    "PUT /api/v1/projects/{project_id}/members/{user_id}": lambda _: {"json": {"role": "viewer"}},
    "POST /api/v1/datasets": lambda world: {"json": {"name": "Cats", "project_id": world.project()}},
    "PATCH /api/v1/datasets/{dataset_id}": lambda _: {"json": {"name": "Cats"}},
    "GET /api/v1/datasets/{dataset_id}/diff": lambda _: {"params": {"before": 1, "after": 1}},
    "POST /api/v1/datasets/{dataset_id}/exports": lambda _: {"json": {"format": "zip"}},
    "POST /api/v1/exports/{export_id}/url": lambda _: {"json": {"minutes": 5}},
    "PUT /api/v1/images/{image_id}/review": lambda _: {"json": {"decision": "accept"}},
    "POST /api/v1/datasets/{dataset_id}/review": lambda _: {
        "json": {"decisions": [{"decision": "accept", "path": "categories/cat/image_001.jpg"}]}
    },
    "POST /api/v1/datasets/{dataset_id}/storage/push": lambda _: {"json": {}},
    "POST /api/v1/datasets/{dataset_id}/storage/tier": lambda _: {"json": {"tier": "warm"}},
    "POST /api/v1/datasets/{dataset_id}/storage/rehydrate": lambda _: {"json": {}},
    "POST /api/v1/datasets/{dataset_id}/similar": lambda _: {"body": picture()},
    "POST /api/v1/datasets/{dataset_id}/thresholds": lambda _: {"json": {"thresholds": {"sharpness": 0.5}}},
    "POST /api/v1/takedowns": lambda _: {"json": {"domains": ["a.example"], "dry_run": True}},
    "POST /api/v1/images/{image_id}/takedown": lambda _: {"json": {}},
}
"""By operation: what is sent with it (arguments of `Caller`)."""
BEFORE: Mapping[str, Callable[[Caller], None]] = {"GET /api/v1/me/avatar": _with_avatar}
"""By operation: what must be there for whoever calls it."""
EDITORS_MAY_NOT: frozenset[str] = frozenset(
    {
        "DELETE /api/v1/projects/{project_id}",
        "POST /api/v1/projects/{project_id}/members",
        "PUT /api/v1/projects/{project_id}/members/{user_id}",
        "DELETE /api/v1/projects/{project_id}/members/{user_id}",
        "DELETE /api/v1/datasets/{dataset_id}",
        "POST /api/v1/images/{image_id}/takedown",
    }
)
"""Changes that only the owner may make."""
VIEWERS_MAY: frozenset[str] = frozenset(
    {"POST /api/v1/datasets/{dataset_id}/similar", "POST /api/v1/datasets/{dataset_id}/thresholds"}
)
"""Operations other than GET that a viewer may call."""


def _new(world: World) -> str:
    """The address of somebody who is no member yet."""
    address = f"new-{next(_numbers)}@example.org"
    world.api.user(address)
    return address
