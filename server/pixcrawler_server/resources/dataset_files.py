"""`/datasets/{id}/statistics`, `/manifest`, `/versions`, `/diff`: what the folder of a dataset tells."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from typing import TYPE_CHECKING, TypeVar

from pydantic import Field

from pixcrawler_core import hookimpl
from pixcrawler_core.assembly.manifest import MANIFEST
from pixcrawler_core.assembly.names import STATISTICS
from pixcrawler_core.service import Principal, Route, Scope
from pixcrawler_server.bodies import Input
from pixcrawler_server.files import Content, file_content
from pixcrawler_server.folders import (
    DiffView,
    VersionsView,
    assembled,
    difference,
    file_tag,
    folder_of,
    versions,
)
from pixcrawler_server.operations import Access, Budget, operation
from pixcrawler_server.owned import dataset_of
from pixcrawler_server.paths import LARGEST
from pixcrawler_server.replies import JSON, send
from pixcrawler_server.resources.datasets import ROOT

if TYPE_CHECKING:
    from falcon.asgi import Request, Response

    from pixcrawler_server.services import Services

T = TypeVar("T")
ANSWERS = {200: JSON, 206: JSON, 304: None}


class ManifestQuery(Input):
    """Which manifest is wanted."""

    version: int | None = Field(default=None, ge=1, le=LARGEST, description="Default: the current one.")


class DiffQuery(Input):
    """Which versions are compared."""

    before: int = Field(ge=1, le=LARGEST)
    after: int = Field(ge=1, le=LARGEST)
    most: int = Field(default=1000, ge=0, le=10_000, description="Changes that are listed at most.")


class DatasetFiles:
    """Base of what reads a dataset's folder."""

    def __init__(self, services: Services) -> None:
        self._catalog = services.catalog
        self._readers = services.readers
        self._workspace = services.workspace

    async def _found(self, principal: Principal, dataset_id: str, work: Callable[[], T]) -> T:
        """What work on a dataset finds, if the principal may see it; in a thread that reads files."""
        await self._catalog.read(dataset_of, principal, dataset_id)
        return await self._readers.run(work)


class StatisticsResource(DatasetFiles):
    """The statistics of a dataset."""

    @operation(
        access=Access.USER,
        scope=Scope.DATASETS_READ,
        budget=Budget.DOWNLOAD,
        tag="datasets",
        answers=ANSWERS,
        errors=(404, 416),
    )
    async def on_get(self, req: Request, resp: Response, principal: Principal, dataset_id: str) -> None:
        """Count a dataset's images by stage, reason, source and category, as its `statistics.json` does."""
        content = await self._found(principal, dataset_id, partial(self._content, dataset_id))
        await self._readers.send(req, resp, content)

    def _content(self, dataset_id: str) -> Content:
        path = assembled(self._workspace, dataset_id, STATISTICS)
        return file_content(path, tag=file_tag(path), media_type=JSON, name=STATISTICS)


class ManifestResource(DatasetFiles):
    """The manifest of a dataset."""

    @operation(
        access=Access.USER,
        scope=Scope.DATASETS_READ,
        budget=Budget.DOWNLOAD,
        tag="datasets",
        query=ManifestQuery,
        answers=ANSWERS,
        errors=(404, 416),
    )
    async def on_get(
        self, req: Request, resp: Response, principal: Principal, dataset_id: str, query: ManifestQuery
    ) -> None:
        """Download the manifest of a dataset, or of one of its versions."""
        content = await self._found(principal, dataset_id, partial(self._content, dataset_id, query.version))
        await self._readers.send(req, resp, content)

    def _content(self, dataset_id: str, version: int | None) -> Content:
        path = assembled(self._workspace, dataset_id)
        if version is not None:
            path = folder_of(self._workspace, dataset_id, version) / MANIFEST
        return file_content(path, tag=file_tag(path), media_type=JSON, name=MANIFEST)


class VersionsResource(DatasetFiles):
    """The versions of a dataset."""

    @operation(
        access=Access.USER,
        scope=Scope.DATASETS_READ,
        tag="datasets",
        answers={200: VersionsView},
        errors=(404,),
    )
    async def on_get(self, req: Request, resp: Response, principal: Principal, dataset_id: str) -> None:
        """List the versions of a dataset, newest first."""
        work = partial(versions, self._workspace, dataset_id)
        send(resp, await self._found(principal, dataset_id, work))


class DiffResource(DatasetFiles):
    """How versions of a dataset differ."""

    @operation(
        access=Access.USER,
        scope=Scope.DATASETS_READ,
        tag="datasets",
        query=DiffQuery,
        answers={200: DiffView},
        errors=(404,),
    )
    async def on_get(
        self, req: Request, resp: Response, principal: Principal, dataset_id: str, query: DiffQuery
    ) -> None:
        """Compare two versions of a dataset: which images came, went, moved or changed."""
        work = partial(difference, self._workspace, dataset_id, query.before, query.after, query.most)
        send(resp, await self._found(principal, dataset_id, work))


@hookimpl
def register_routes() -> Iterator[Route]:
    place = f"{ROOT}/{{dataset_id}}"
    yield Route(
        name="statistics",
        summary="Statistics of a dataset",
        path=f"{place}/statistics",
        build=StatisticsResource,
    )
    yield Route(
        name="manifest", summary="The manifest of a dataset", path=f"{place}/manifest", build=ManifestResource
    )
    yield Route(
        name="versions", summary="Versions of a dataset", path=f"{place}/versions", build=VersionsResource
    )
    yield Route(name="diff", summary="How versions differ", path=f"{place}/diff", build=DiffResource)
