"""What tests of all operations need to call each of them: things that somebody owns, and bodies that fit."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from itertools import count
from typing import Any

from tests.server.conftest import Api, Caller

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
        """A new project of the owner."""
        return self.api.project(self.owner, f"P{next(_numbers)}", viewer=self.viewer, editor=self.editor)


IDS: Mapping[str, Callable[[World], object]] = {
    "flag": lambda _: "exports",
    "meter": lambda _: "stripe",
    "project_id": World.project,
    "user_id": lambda world: world.api.user(f"user{next(_numbers)}@example.org").id,
}
"""By the name of a path's field: makes a thing that the owner has, and gives its id."""
OF_NOBODY: frozenset[str] = frozenset({"flag", "meter", "user_id"})
"""Fields of paths that name no thing that somebody owns."""
BODIES: Mapping[str, Callable[[World], dict[str, Any]]] = {
    "POST /api/v1/projects": lambda _: {"json": {"name": f"P{next(_numbers)}"}},
    "PATCH /api/v1/admin/users/{user_id}": lambda _: {"json": {"role": "ADMIN"}},
    "PUT /api/v1/admin/flags/{flag}": lambda _: {"json": {"enabled": True}},
    "POST /api/v1/billing/subscription": lambda _: {"json": {"plan": "pro"}},
    "POST /api/v1/billing/{meter}/webhook": lambda _: {"json": {}},
    "PATCH /api/v1/projects/{project_id}": lambda _: {"json": {"description": "new"}},
}
"""By operation: what is sent with it (arguments of `Caller`)."""
EDITORS_MAY_NOT: frozenset[str] = frozenset({"DELETE /api/v1/projects/{project_id}"})
"""Changes that only the owner may make."""
VIEWERS_MAY: frozenset[str] = frozenset()
"""Operations other than GET that a viewer may call."""
