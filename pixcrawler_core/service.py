"""What plugins of the server are made of: who sends a request, how that is found out, and what answers."""

from __future__ import annotations

import enum
from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, Any, ClassVar, Protocol
from uuid import UUID

from pixcrawler_core.components import Component, Part
from pixcrawler_core.metering import Charger

if TYPE_CHECKING:
    from pixcrawler_core.jobs.queue import Queue


class Scope(enum.StrEnum):
    """What an API key may be used for; whoever signs in may do all that their role allows."""

    PROFILE = "profile"
    PROJECTS_READ = "projects:read"
    PROJECTS_WRITE = "projects:write"
    DATASETS_READ = "datasets:read"
    DATASETS_WRITE = "datasets:write"
    JOBS_READ = "jobs:read"
    JOBS_WRITE = "jobs:write"
    STORAGE_READ = "storage:read"
    STORAGE_WRITE = "storage:write"
    VALIDATION = "validation"
    USAGE_READ = "usage:read"
    AUDIT_READ = "audit:read"
    ADMIN = "admin"


@dataclass(frozen=True, kw_only=True, slots=True)
class Principal:
    """Who sends a request."""

    user_id: UUID
    is_admin: bool = False
    verified: bool = True
    """Whether the e-mail address was verified."""
    scopes: frozenset[Scope] = field(default_factory=lambda: frozenset(Scope))
    erasing: bool = False
    """Whether they asked to be erased: little is open to them but to take that back."""
    credential: str = ""
    """What was shown: `session:ID`, `api-key:ID`, or what a plugin calls its own."""

    @property
    def signed_in(self) -> bool:
        """Whether it is a person who signed in, and no key: only they change passwords and keys."""
        return self.credential.startswith("session:")


class Authenticate(Protocol):
    """Finds out who sends a request."""

    async def __call__(self, request: Any, /) -> Principal | None:
        """Who sends this `falcon.asgi.Request`; None where it shows nothing of this kind.

        Raises `pixcrawler_server.errors.Unauthenticated` for what is of this kind and is not good.
        """
        ...


class MakeAuthenticator(Protocol):
    """Makes an authenticator for a server."""

    def __call__(self, services: Any, /) -> Authenticate:
        """`services` are the server's (`pixcrawler_server.services.Services`)."""
        ...


@dataclass(frozen=True, kw_only=True)
class Authenticator(Part[MakeAuthenticator]):
    """A way to tell who sends a request; `[server] authenticators` says in which order they are asked."""

    hook: ClassVar[str] = "register_authenticators"


@dataclass(frozen=True, kw_only=True)
class Meter(Part[Charger]):
    """Is told what users use, and charges for it; `[billing] meters` says which are told."""

    hook: ClassVar[str] = "register_meters"
    remembers: timedelta | None = None
    """How long it knows what it was told, so that it charges a row once; None for ever."""


@dataclass(frozen=True, kw_only=True)
class Route(Component):
    """A path of the API and the resource that answers there.

    Each responder of the resource (`on_get`, `on_post`) is an `@operation` of `pixcrawler_server.operations`,
    which says who may call it; a server does not start with one that is none.
    """

    hook: ClassVar[str] = "register_routes"
    path: str
    """Falcon's template, below the server's root: `/api/v1/jobs/{job_id:int}`."""
    build: Callable[[Any], object]
    """Makes the resource from the server's services (`pixcrawler_server.services.Services`)."""


class Dispatch(Protocol):
    """Sees to it that ordered jobs are run. A job's row is in the catalog, committed, before it is told of.

    All methods are plain and synchronous, and may be called from any thread, again for the same job.
    """

    def submit(self, job_id: int, /) -> None:
        """Have a job run that is `queued` in the catalog. Raises PixCrawlerError where that cannot be."""
        ...

    def cancel(self, job_id: int, /) -> None:
        """Have the run of a job end that is `paused`, `cancelling` or `cancelled` in the catalog."""
        ...

    def status(self, job_id: int, /) -> str:
        """How the job stands, in a word. Raises PixCrawlerError for one that the dispatcher does not know."""
        ...

    def serve(self, queue: Queue, concurrency: int, /) -> AbstractContextManager[Queue]:
        """What a worker takes its jobs from, as long as the context lasts.

        That is `queue`, or one that gives jobs when the dispatcher says so. Called once in a process.
        """
        ...


@dataclass(frozen=True, kw_only=True)
class Dispatcher(Part[Dispatch]):
    """A way to have jobs run; `[crawl] dispatcher` picks one. It uses the catalog that is open."""

    hook: ClassVar[str] = "register_dispatchers"
