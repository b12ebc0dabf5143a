"""`/takedowns` and `/images/{id}/takedown`: images that must go for good, and stay away."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, Self

from pydantic import Field, model_validator

from pixcrawler_core import hookimpl
from pixcrawler_core.catalog.models import Dataset, Image, MemberRole, Project, Task, TaskKind
from pixcrawler_core.service import Principal, Route, Scope
from pixcrawler_core.takedown.rules import MOST, RADIUS, Kind, rule
from pixcrawler_server.bodies import Input
from pixcrawler_server.errors import NotFound
from pixcrawler_server.operations import Access, Budget, operation
from pixcrawler_server.owned import image_of
from pixcrawler_server.paths import API, LARGEST_BIG
from pixcrawler_server.replies import send
from pixcrawler_server.resources.images import ITEM
from pixcrawler_server.takedowns import Takedowns
from pixcrawler_server.tasks import TaskView, new_task, task_view

if TYPE_CHECKING:
    from falcon.asgi import Request, Response

    from pixcrawler_server.services import Services

AT_ONCE = 1000
"""Rules of a takedown at most."""
NOTE = Field(default=None, max_length=2000, description="Why; kept with the rules.")


class TakedownOrder(Input):
    """What is to be taken down: whatever one of these means, and all copies of it."""

    urls: list[str] = Field(default=[], max_length=AT_ONCE, description="Of images, or pages with them.")
    domains: list[str] = Field(default=[], max_length=AT_ONCE, description="Hosts, with those below them.")
    sha256s: list[str] = Field(default=[], max_length=AT_ONCE, description="Digests of bytes, in hex.")
    creators: list[str] = Field(default=[], max_length=AT_ONCE, description="Names or addresses.")
    image_ids: list[int] = Field(default=[], max_length=AT_ONCE)
    radius: int = Field(
        default=RADIUS, ge=0, le=MOST, description="Bits of perceptual hashes by which copies may differ."
    )
    note: str | None = NOTE
    dry_run: bool = Field(default=False, description="Only tell what would go.")

    @model_validator(mode="after")
    def _means_something(self) -> Self:
        if not (self.urls or self.domains or self.sha256s or self.creators or self.image_ids):
            raise ValueError("name something: urls, domains, sha256s, creators or image_ids")
        return self

    @property
    def rules(self) -> list[tuple[str, str]]:
        """Kinds and values of the rules, but for images. Raises ConfigError for what cannot be one."""
        given = (
            (Kind.URL, self.urls),
            (Kind.HOST, self.domains),
            (Kind.SHA256, self.sha256s),
            (Kind.CREATOR, self.creators),
        )
        return [(kind.value, rule(kind, text).value) for kind, texts in given for text in texts]


class ImageTakedown(Input):
    """Why an image is to go."""

    note: str | None = NOTE


class Removing:
    """Base of what takes images down."""

    def __init__(self, services: Services) -> None:
        self._catalog = services.catalog
        self._tasks = services.tasks
        work = Takedowns(
            workspace=services.workspace,
            registry=services.registry,
            stores=services.stores,
            database=services.catalog.database,
        )
        self._tasks.add(TaskKind.TAKEDOWN, work.carry_out)

    def _begin(self, resp: Response, task: Task) -> None:
        self._tasks.begin(task)
        send(resp, task_view(task), 202, location=f"{API}/tasks/{task.id}")


class TakedownsResource(Removing):
    """Takedowns of the whole workspace."""

    @operation(
        access=Access.ADMIN,
        scope=Scope.ADMIN,
        budget=Budget.WRITE,
        tag="takedowns",
        body=TakedownOrder,
        answers={202: TaskView},
        errors=(404,),
    )
    async def on_post(self, req: Request, resp: Response, principal: Principal, body: TakedownOrder) -> None:
        """Take images down in all datasets: rows, files, versions, exports. They never come back.

        It begins when nothing else uses the workspace.
        """
        self._begin(resp, await self._catalog.write(_ordered, principal, body))


class ImageTakedownResource(Removing):
    """The takedown of an image by the owner of its dataset."""

    @operation(
        access=Access.USER,
        scope=Scope.DATASETS_WRITE,
        budget=Budget.WRITE,
        tag="takedowns",
        body=ImageTakedown,
        answers={202: TaskView},
        errors=(403, 404),
    )
    async def on_post(
        self, req: Request, resp: Response, principal: Principal, image_id: int, body: ImageTakedown
    ) -> None:
        """Take an image of your dataset down, with all copies; it never comes back.

        The task fails when a dataset of somebody else has the picture, too.
        """
        self._begin(resp, await self._catalog.write(_of_image, principal, image_id, body))


def _ordered(principal: Principal, body: TakedownOrder) -> Task:
    rules = body.rules + [(Kind.SHA256.value, _digest(each)) for each in body.image_ids]
    options = {
        "rules": rules,
        "radius": body.radius,
        "note": body.note,
        "dry_run": body.dry_run,
        "only_of": None,
    }
    return new_task(TaskKind.TAKEDOWN, None, options, principal.user_id, "takedown ordered")


def _digest(image_id: int) -> str:
    image = Image.get_or_none(Image.id == image_id) if 0 < image_id <= LARGEST_BIG else None
    if image is None:
        raise NotFound("image", image_id)
    return str(image.hash)


def _of_image(principal: Principal, image_id: int, body: ImageTakedown) -> Task:
    image = image_of(principal, image_id, MemberRole.OWNER)
    owner = Project.select(Project.owner).join(Dataset).where(Dataset.id == image.dataset_id).scalar()
    options: dict[str, Any] = {
        "rules": [(Kind.SHA256.value, image.hash)],
        "radius": RADIUS,
        "note": body.note,
        "dry_run": False,
        "only_of": None if principal.is_admin else str(owner),
    }
    return new_task(TaskKind.TAKEDOWN, image.dataset_id, options, principal.user_id, "takedown ordered")


@hookimpl
def register_routes() -> Iterator[Route]:
    yield Route(name="takedowns", summary="Takedowns", path=f"{API}/takedowns", build=TakedownsResource)
    yield Route(
        name="image-takedown",
        summary="The takedown of an image",
        path=f"{ITEM}/takedown",
        build=ImageTakedownResource,
    )
