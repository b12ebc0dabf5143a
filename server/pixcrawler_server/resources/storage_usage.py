"""`/storage/usage`: how much a user has, here and in stores."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from pixcrawler_core import hookimpl
from pixcrawler_core.catalog.models import User
from pixcrawler_core.catalog.quotas import usage_of
from pixcrawler_core.service import Principal, Route, Scope
from pixcrawler_core.storage.protocols import StorageTier
from pixcrawler_server.bodies import View
from pixcrawler_server.operations import Access, operation
from pixcrawler_server.paths import API
from pixcrawler_server.replies import send

if TYPE_CHECKING:
    from falcon.asgi import Request, Response

    from pixcrawler_server.services import Services


class DatasetUsageView(View):
    """What you have of one dataset."""

    dataset_id: str | None
    """None for what is stored of datasets that are gone."""
    images: int
    local_bytes: int
    exported_bytes: int
    """Of exports that the server wrote."""
    objects: int
    stored_bytes: dict[StorageTier, int]


class StorageUsageView(View):
    """What you have here and in stores, and what you may have."""

    datasets: list[DatasetUsageView]
    used_bytes: int
    quota_bytes: int | None
    """None for admins, who have no limit."""


class UsageResource:
    """What a user has."""

    def __init__(self, services: Services) -> None:
        self._catalog = services.catalog

    @operation(access=Access.USER, scope=Scope.STORAGE_READ, tag="storage", answers={200: StorageUsageView})
    async def on_get(self, req: Request, resp: Response, principal: Principal) -> None:
        """Show how much you have, by dataset: images here, and what stores have."""
        send(resp, await self._catalog.read(_usage, principal))


def _usage(principal: Principal) -> StorageUsageView:
    user = User.get_by_id(principal.user_id)
    found = [
        DatasetUsageView(
            dataset_id=each.dataset,
            images=each.images,
            local_bytes=each.local,
            exported_bytes=each.exported,
            objects=each.objects,
            stored_bytes=dict(each.stored),
        )
        for each in usage_of(user)
    ]
    used = sum(each.local_bytes + each.exported_bytes + sum(each.stored_bytes.values()) for each in found)
    return StorageUsageView(datasets=found, used_bytes=used, quota_bytes=user.get_storage_quota())


@hookimpl
def register_routes() -> Iterator[Route]:
    yield Route(
        name="storage-usage", summary="What you have", path=f"{API}/storage/usage", build=UsageResource
    )
