"""The API over an empty workspace, asked through ASGI as a server would."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import MappingProxyType
from typing import Any
from uuid import UUID

import pytest
from argon2 import PasswordHasher
from falcon.testing import Result, TestClient
from pixcrawler_server.app import create_app
from pixcrawler_server.passwords import Passwords
from pixcrawler_server.services import Services, make_services
from pixcrawler_server.settings import ServerSettings
from pixcrawler_server.tokens import hash_of, new_api_key

from pixcrawler_core.catalog.models import (
    ApiKey,
    CrawlJob,
    Dataset,
    JobStatus,
    LoginSession,
    Project,
    ProjectMember,
    Role,
    User,
)
from pixcrawler_core.errors import PixCrawlerError
from pixcrawler_core.registry import Registry, load
from pixcrawler_core.service import Scope
from pixcrawler_core.workspace import Workspace

PASSWORD = "correct horse battery"  # noqa: S105  # of users that are not
"""Of all users that tests make."""
HASHER = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)
"""Takes no time."""


TABLES: dict[str, Any] = {"job": {"keywords": ["red panda"], "max_images": 5}}
"""A job that anybody may order."""


class Clock:
    """A clock that stands until it is moved."""

    def __init__(self) -> None:
        self.time = datetime(2026, 1, 15, 12, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.time

    def forward(self, **times: float) -> None:
        """Move it on."""
        self.time += timedelta(**times)


class Caller:
    """Somebody who asks the API: with these headers, whatever they ask."""

    def __init__(self, client: TestClient, headers: dict[str, str], user: User | None) -> None:
        self._client = client
        self.headers = headers
        self.user = user

    def __call__(self, method: str, path: str, json: Any = None, **options: Any) -> Result:
        """Ask below `/api/v1`, or elsewhere with a path that begins with `//`."""
        headers = {**self.headers, **options.pop("headers", {})}
        place = path[1:] if path.startswith("//") else f"/api/v1{path}"
        return self._client.simulate_request(method, place, json=json, headers=headers, **options)

    @property
    def id(self) -> UUID:
        """The user's id."""
        assert self.user is not None
        return self.user.id


class Api:
    """A server in this process, and people who ask it."""

    def __init__(self, services: Services, clock: Clock) -> None:
        self.services = services
        self.clock = clock
        self.app = create_app(services)
        self.client = TestClient(self.app)
        self.anonymous = Caller(self.client, {}, None)

    def user(self, email: str = "ada@example.org", *, role: Role = Role.USER, **fields: Any) -> Caller:
        """A new user who signed in."""
        fields = {"email_verified_at": self.clock(), "password_hash": HASHER.hash(PASSWORD), **fields}
        user = User.create(email=email, role=role, **fields)
        session = LoginSession.create(user=user)
        token = self.services.tokens.sign(user.id, session.id)
        return Caller(self.client, {"Authorization": f"Bearer {token}"}, user)

    def again(self, caller: Caller) -> Caller:
        """The same user, who signed in anew."""
        session = LoginSession.create(user=caller.id, created_at=self.clock(), used_at=self.clock())
        token = self.services.tokens.sign(caller.id, session.id)
        return Caller(self.client, {"Authorization": f"Bearer {token}"}, caller.user)

    def admin(self, email: str = "root@example.org") -> Caller:
        """A new admin who signed in."""
        return self.user(email, role=Role.ADMIN)

    def key(self, caller: Caller, *scopes: Scope) -> Caller:
        """The same user, with an API key that has these scopes."""
        key = new_api_key()
        ApiKey.create(
            user=caller.id, name="test", key_hash=hash_of(key), scopes=[str(each) for each in scopes]
        )
        return Caller(self.client, {"Authorization": f"Bearer {key}"}, caller.user)

    def project(self, owner: Caller, name: str = "Cats", **members: Caller) -> int:
        """A new project; members by their roles: `editor=bob`."""
        project = Project.create(owner=owner.id, name=name)
        for role, member in members.items():
            ProjectMember.create(project=project, user=member.id, role=role)
        return int(project.id)

    def dataset(self, project: int, name: str | None = None) -> str:
        """A new dataset of a project."""
        key = f"ds-{Dataset.select().count() + 1}"
        return str(Dataset.create(id=key, name=name or key, project=project).id)

    def job(self, dataset: str, status: JobStatus = JobStatus.DRAFT, **fields: Any) -> int:
        """A new job of a dataset, as if it had come to that status."""
        fields = {"tables": TABLES, "keywords": ["red panda"], "max_images": 5, **fields}
        return int(CrawlJob.create(dataset=dataset, status=status, **fields).id)


@pytest.fixture(scope="session")
def registry() -> Registry:
    """All plugins."""
    return load()


@pytest.fixture
def clock() -> Clock:
    """The server's clock."""
    return Clock()


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request: pytest.FixtureRequest) -> str | None:
    """Where the catalog is: a file in the workspace, or a server of our own."""
    return request.getfixturevalue("postgres_url") if request.param == "postgresql" else None


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.drill)])
def catalog_url(request: pytest.FixtureRequest) -> str | None:
    """The database of the catalog: the workspace's own file, or a schema on a real server."""
    return None if request.param == "sqlite" else str(request.getfixturevalue("postgres_url"))


MakeApi = Callable[..., Api]


@pytest.fixture
def make_api(tmp_path: Path, registry: Registry, clock: Clock, catalog_url: str | None) -> Iterator[MakeApi]:
    """Makes the server, with other settings than the defaults: `make_api(server={"max_body": 2048})`."""
    made: list[Services] = []

    def make(
        environment: Mapping[str, str] = MappingProxyType({}),
        hasher: PasswordHasher = HASHER,
        **tables: Any,
    ) -> Api:
        place = Workspace(tmp_path / "workspace", catalog_url)
        settings, guard = ServerSettings.model_validate(tables), Passwords(2, hasher)
        try:
            services = make_services(
                settings, registry, place, now=clock, passwords=guard, environment=environment
            )
        except PixCrawlerError:
            place.close()
            raise
        made.append(services)
        return Api(services, clock)

    yield make
    for services in made:
        asyncio.run(services.close())


@pytest.fixture
def api(make_api: MakeApi) -> Api:
    """The server with its defaults."""
    return make_api()


def error_code(result: Result) -> str:
    """The code of an error, whose body must be the one that all errors have."""
    error = result.json["error"]
    assert set(error) == {"code", "message", "details", "request_id", "timestamp", "documentation_url"}
    assert error["request_id"] == result.headers["X-Request-ID"]
    return str(error["code"])
