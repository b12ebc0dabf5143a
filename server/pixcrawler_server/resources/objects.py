"""`/objects`: objects of the store in folders, at the addresses that it signs."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from pydantic import Field

from pixcrawler_core import hookimpl
from pixcrawler_core.service import Route
from pixcrawler_core.storage.signing import is_valid
from pixcrawler_server.bodies import Input
from pixcrawler_server.downloads import BINARY
from pixcrawler_server.errors import NotFound
from pixcrawler_server.files import Content
from pixcrawler_server.operations import Access, Budget, operation
from pixcrawler_server.stores import SIGNING

if TYPE_CHECKING:
    from falcon.asgi import Request, Response

    from pixcrawler_core.storage.protocols import Store
    from pixcrawler_server.ranges import Span
    from pixcrawler_server.services import Services


class ObjectQuery(Input):
    """What makes an address good for a time."""

    expires: str = Field(default="", max_length=20)
    signature: str = Field(default="", max_length=200)


class ObjectResource:
    """One object."""

    def __init__(self, services: Services) -> None:
        self._services = services

    @operation(
        access=Access.PUBLIC,
        budget=Budget.DOWNLOAD,
        tag="storage",
        query=ObjectQuery,
        answers={200: BINARY, 206: BINARY, 304: None},
        errors=(404, 409, 416),
    )
    async def on_get(self, req: Request, resp: Response, key: str, query: ObjectQuery) -> None:
        """Download an object at an address that its store made.

        An address that is wrong or has ended is answered as an object that is not there.
        """
        content = await self._services.readers.run(partial(self._content, key, query))
        if content is None:
            raise NotFound("object", key)
        await self._services.readers.send(req, resp, content)

    def _content(self, key: str, query: ObjectQuery) -> Content | None:
        signing_key = self._services.stores.signing_key
        now = self._services.now()
        if signing_key is None or not is_valid(signing_key, key, query.expires, query.signature, now):
            return None
        store = self._services.stores.get(SIGNING)
        stat = store.stat(key)
        if stat is None:
            return None
        return Content(
            size=stat.size,
            tag=f'"{stat.sha256}"',
            media_type=BINARY,
            name=PurePosixPath(key).name,
            read=partial(_read, store, key),
        )


@contextmanager
def _read(store: Store, key: str, span: Span) -> Iterator[Iterator[bytes]]:
    with store.get(key, span.begin, span.length) as chunks:
        yield iter(chunks)


@hookimpl
def register_routes() -> Iterator[Route]:
    yield Route(
        name="objects", summary="Objects of a store", path="/objects/{key:path}", build=ObjectResource
    )
