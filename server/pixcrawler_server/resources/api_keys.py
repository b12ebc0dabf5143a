"""`/api-keys`: keys for programs, each shown once."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

from pydantic import AwareDatetime, Field

from pixcrawler_core import hookimpl
from pixcrawler_core.catalog.models import ApiKey
from pixcrawler_core.service import Principal, Route, Scope
from pixcrawler_server import api_keys
from pixcrawler_server.api_keys import key_of
from pixcrawler_server.bodies import Input, View
from pixcrawler_server.errors import Conflict
from pixcrawler_server.operations import Access, Budget, operation
from pixcrawler_server.pages import Page, PageQuery, page_of
from pixcrawler_server.paths import API, number
from pixcrawler_server.replies import check_tag, send, send_data, tag_of

if TYPE_CHECKING:
    from falcon.asgi import Request, Response

    from pixcrawler_server.services import Services

LIST = "api-keys"
ROOT = f"{API}/api-keys"
DAY = 24


class NewKey(Input):
    """A key to be made."""

    name: str = Field(min_length=1, max_length=100, pattern=r"\S")
    scopes: tuple[Scope, ...] = Field(min_length=1, max_length=len(Scope), description="What it may do.")
    expires_at: AwareDatetime | None = Field(default=None, description="Default: it does not end.")


class KeyChange(Input):
    """What is to be changed; what is left out stays."""

    name: str | None = Field(default=None, min_length=1, max_length=100, pattern=r"\S")
    scopes: tuple[Scope, ...] | None = Field(default=None, min_length=1, max_length=len(Scope))
    expires_at: AwareDatetime | None = None


class Rotation(Input):
    """How a key is replaced."""

    overlap_hours: float = Field(
        default=0, ge=0, le=DAY, description="Hours for which the old key works as well."
    )


class KeyView(View):
    """A key, without what it is."""

    id: int
    name: str
    prefix: str
    """How it begins."""
    scopes: list[str]
    created_at: datetime
    last_used_at: datetime | None
    """To the minute."""
    expires_at: datetime | None


class ShownKey(KeyView):
    """A key that was made now."""

    key: str
    """Shown once; only its hash is kept."""


class KeysResource:
    """`/api-keys`."""

    def __init__(self, services: Services) -> None:
        self._catalog = services.catalog
        self._cursors = services.cursors
        self._now = services.now
        self._most = services.settings.auth.api_keys

    @operation(access=Access.SIGNED_IN, tag="api-keys", query=PageQuery, answers={200: Page[KeyView]})
    async def on_get(self, req: Request, resp: Response, principal: Principal, query: PageQuery) -> None:
        """List your keys, newest first; those that have ended as well."""
        name = f"{LIST} {principal.user_id}"
        before = self._cursors.read(name, query.cursor, 1)[0] if query.cursor else None
        rows = await self._catalog.read(_listed, principal, before, query.limit + 1)
        send(resp, page_of(self._cursors, name, rows, query, _view, lambda row: [row.id]))

    @operation(
        access=Access.SIGNED_IN,
        verified=True,
        budget=Budget.WRITE,
        tag="api-keys",
        body=NewKey,
        answers={201: ShownKey},
    )
    async def on_post(self, req: Request, resp: Response, principal: Principal, body: NewKey) -> None:
        """Make a key. The answer has it, and nothing has it afterwards."""
        key, secret = await self._catalog.write(self._made, principal, body)
        send(resp, _shown(key, secret), 201, location=f"{ROOT}/{key.id}")

    def _made(self, principal: Principal, body: NewKey) -> tuple[ApiKey, str]:
        now = self._now()
        api_keys.check_scopes(principal, body.scopes)
        api_keys.check_end(body.expires_at, now)
        api_keys.check_room(principal, self._most, now)
        key, secret = api_keys.make(principal, body.name, body.scopes, body.expires_at, now)
        api_keys.record(principal, "API key created", key, {"scopes": key.scopes})
        return key, secret


class KeyResource:
    """`/api-keys/{key_id}`."""

    def __init__(self, services: Services) -> None:
        self._services = services
        self._catalog = services.catalog
        self._now = services.now

    @operation(access=Access.SIGNED_IN, tag="api-keys", answers={200: KeyView, 304: None}, errors=(404,))
    async def on_get(self, req: Request, resp: Response, principal: Principal, key_id: int) -> None:
        """Show a key."""
        _send(req, resp, await self._catalog.read(key_of, principal, key_id))

    @operation(
        access=Access.SIGNED_IN,
        budget=Budget.WRITE,
        tag="api-keys",
        body=KeyChange,
        answers={200: KeyView},
        errors=(404, 412),
    )
    async def on_patch(
        self, req: Request, resp: Response, principal: Principal, key_id: int, body: KeyChange
    ) -> None:
        """Change the name, the scopes or the end of a key."""
        wanted = req.get_header("If-Match")
        key = await self._catalog.write(self._changed, principal, key_id, body, wanted)
        self._services.principals.forget()
        _send(req, resp, key)

    @operation(
        access=Access.SIGNED_IN,
        budget=Budget.WRITE,
        tag="api-keys",
        answers={204: None},
        errors=(404, 412),
    )
    async def on_delete(self, req: Request, resp: Response, principal: Principal, key_id: int) -> None:
        """Revoke a key."""
        await self._catalog.write(self._revoked, principal, key_id, req.get_header("If-Match"))
        self._services.principals.forget()
        resp.status = 204

    def _changed(self, principal: Principal, key_id: int, body: KeyChange, wanted: str | None) -> ApiKey:
        key = key_of(principal, key_id)
        check_tag(wanted, _tag(key))
        api_keys.check_scopes(principal, body.scopes or ())
        api_keys.check_end(body.expires_at, self._now())
        if key.expires_at is not None and key.expires_at <= self._now():
            raise Conflict("the key has ended; make another one")
        changes: dict[str, Any] = body.model_dump(mode="python", exclude_none=True)
        if body.scopes is not None:
            changes["scopes"] = sorted(str(each) for each in set(body.scopes))
        if changes:
            ApiKey.update(**changes).where(ApiKey.id == key.id).execute()
            api_keys.record(principal, "API key changed", key, {"fields": sorted(changes)})
        return key_of(principal, key_id)

    def _revoked(self, principal: Principal, key_id: int, wanted: str | None) -> None:
        key = key_of(principal, key_id)
        check_tag(wanted, _tag(key))
        ApiKey.update(revoked_at=self._now()).where(ApiKey.id == key.id).execute()
        api_keys.record(principal, "API key revoked", key, {})


class RotateResource:
    """`/api-keys/{key_id}/rotate`."""

    def __init__(self, services: Services) -> None:
        self._services = services
        self._most = services.settings.auth.api_keys

    @operation(
        access=Access.SIGNED_IN,
        budget=Budget.WRITE,
        tag="api-keys",
        body=Rotation,
        answers={201: ShownKey},
        errors=(404, 409),
    )
    async def on_post(
        self, req: Request, resp: Response, principal: Principal, key_id: int, body: Rotation
    ) -> None:
        """Make a key in the place of this one, with the same name, scopes and lifetime."""
        overlap, now = timedelta(hours=body.overlap_hours), self._services.now()
        key, secret = await self._services.catalog.write(
            api_keys.rotate, principal, key_id, overlap, self._most, now
        )
        self._services.principals.forget()
        send(resp, _shown(key, secret), 201, location=f"{ROOT}/{key.id}")


def _listed(principal: Principal, before: Any, count: int) -> list[ApiKey]:
    query = ApiKey.select().where((ApiKey.user == principal.user_id) & ApiKey.revoked_at.is_null())
    if before is not None:
        query = query.where(ApiKey.id < before)
    return list(query.order_by(ApiKey.id.desc()).limit(count))


def _view(key: ApiKey) -> KeyView:
    return KeyView(
        id=key.id,
        name=key.name,
        prefix=key.prefix,
        scopes=list(key.scopes),
        created_at=key.created_at,
        last_used_at=key.last_used_at,
        expires_at=key.expires_at,
    )


def _send(req: Request, resp: Response, key: ApiKey) -> None:
    send_data(req, resp, _view(key).model_dump_json().encode(), f"W/{_tag(key)}")


def _tag(key: ApiKey) -> str:
    """Weak (RFC 9110, section 8.8.1): a key that is used meanwhile has not changed for whoever changes it."""
    return tag_of(_view(key).model_copy(update={"last_used_at": None}))


def _shown(key: ApiKey, secret: str) -> ShownKey:
    return ShownKey(**_view(key).model_dump(), key=secret)


@hookimpl
def register_routes() -> Iterator[Route]:
    one = f"{ROOT}/{number('key_id', what='API key')}"
    yield Route(name="api-keys", summary="API keys", path=ROOT, build=KeysResource)
    yield Route(name="api-key", summary="An API key", path=one, build=KeyResource)
    yield Route(
        name="rotate", summary="A new API key for an old one", path=f"{one}/rotate", build=RotateResource
    )
