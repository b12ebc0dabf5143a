"""`/me/avatar`: your picture."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from typing import TYPE_CHECKING

import falcon

from pixcrawler_core import hookimpl
from pixcrawler_core.catalog import audit
from pixcrawler_core.catalog.fields import utc_now
from pixcrawler_core.catalog.models import Avatar, User
from pixcrawler_core.service import Principal, Route, Scope
from pixcrawler_server.avatars import MAX_BYTES, Picture
from pixcrawler_server.bodies import read_body
from pixcrawler_server.errors import NotFound
from pixcrawler_server.operations import Access, Budget, operation
from pixcrawler_server.paths import API

if TYPE_CHECKING:
    from uuid import UUID

    from falcon.asgi import Request, Response

    from pixcrawler_server.services import Services

PATH = f"{API}/me/avatar"
TAKEN = ("image/avif", "image/gif", "image/jpeg", "image/png", "image/webp", "application/octet-stream")
"""What may be sent; what it is, its bytes tell."""
IMAGE = "image/*"


class AvatarResource:
    """`/me/avatar`."""

    def __init__(self, services: Services) -> None:
        self._catalog = services.catalog
        self._avatars = services.avatars
        self._most = min(MAX_BYTES, services.settings.server.max_upload)

    @operation(
        access=Access.USER, scope=Scope.PROFILE, tag="me", answers={200: IMAGE, 304: None}, errors=(404,)
    )
    async def on_get(self, req: Request, resp: Response, principal: Principal) -> None:
        """Show your picture."""
        found: Avatar | None = await self._catalog.read(Avatar.get_or_none, Avatar.user == principal.user_id)
        if found is None:
            raise NotFound("avatar", "me")
        data = bytes(found.data)
        tag = f'"{hashlib.sha256(data).hexdigest()[:32]}"'
        resp.set_header("ETag", tag)
        resp.set_header("Cache-Control", "private, no-cache")
        if tag in (req.get_header("If-None-Match") or ""):
            resp.status = 304
            return
        resp.content_type, resp.data = found.media_type, data

    @operation(
        access=Access.USER,
        scope=Scope.PROFILE,
        budget=Budget.WRITE,
        tag="me",
        upload=TAKEN,
        answers={204: None},
    )
    async def on_put(self, req: Request, resp: Response, principal: Principal) -> None:
        """Set your picture; it is cut to a square, and written anew.

        The body is the image: JPEG, PNG, WebP, GIF or AVIF; 8 MiB and 40 megapixels at most.
        """
        if (req.content_type or "").partition(";")[0].strip().lower() not in TAKEN:
            raise falcon.HTTPUnsupportedMediaType(description=f"the body must be one of {', '.join(TAKEN)}")
        picture = await self._avatars.make(await read_body(req, self._most))
        await self._catalog.write(_kept, principal.user_id, picture)
        resp.status = 204

    @operation(access=Access.USER, scope=Scope.PROFILE, budget=Budget.WRITE, tag="me", answers={204: None})
    async def on_delete(self, req: Request, resp: Response, principal: Principal) -> None:
        """Remove your picture."""
        await self._catalog.write(_removed, principal.user_id)
        resp.status = 204


def _kept(user_id: UUID, picture: Picture) -> None:
    Avatar.delete().where(Avatar.user == user_id).execute()
    Avatar.create(user=user_id, media_type=picture.media_type, data=picture.data)
    User.update(avatar_url=PATH, updated_at=utc_now()).where(User.id == user_id).execute()
    audit.record("avatar changed", entity="user", entity_id=user_id, actor=user_id)


def _removed(user_id: UUID) -> None:
    Avatar.delete().where(Avatar.user == user_id).execute()
    User.update(avatar_url=None, updated_at=utc_now()).where(User.id == user_id).execute()
    audit.record("avatar removed", entity="user", entity_id=user_id, actor=user_id)


@hookimpl
def register_routes() -> Iterator[Route]:
    yield Route(name="avatar", summary="Your picture", path=PATH, build=AvatarResource)
