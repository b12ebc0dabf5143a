"""`/` and what is below it that is no API: the web page, whose script finds its views by the address."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from typing import TYPE_CHECKING

from pixcrawler_core import hookimpl
from pixcrawler_core.service import Route
from pixcrawler_server.bodies import Input
from pixcrawler_server.errors import NotFound
from pixcrawler_server.operations import Access, Budget, operation
from pixcrawler_server.page import POLICY, Page, PageFile
from pixcrawler_server.replies import matches

if TYPE_CHECKING:
    from falcon.asgi import Request, Response

SECTIONS = ("account", "admin", "datasets", "exports", "images", "jobs", "new", "projects", "tasks")
"""Beginnings of addresses that are the page's."""
HTML = "text/html; charset=utf-8"
ASK_AGAIN = "no-cache"
FOREVER = "public, max-age=31536000, immutable"

page_files = cache(Page)


class ViewQuery(Input, extra="ignore"):
    """What an address says to its view, such as filters: the page alone reads it."""


class PageResource:
    """The page, whichever of its views the address names."""

    @operation(
        access=Access.PUBLIC, budget=Budget.FREE, tag="page", query=ViewQuery, answers={200: HTML, 304: None}
    )
    async def on_get(self, req: Request, resp: Response, query: ViewQuery, place: str = "") -> None:
        """Show the web page."""
        resp.set_header("Content-Security-Policy", POLICY)
        _send(req, resp, page_files().index, ASK_AGAIN)


class StaticResource:
    """The page's scripts and styles. They are in memory, and a browser asks for none a second time."""

    @operation(
        access=Access.PUBLIC,
        budget=Budget.FREE,
        tag="page",
        answers={200: "*/*", 304: None},
        errors=(404,),
    )
    async def on_get(self, req: Request, resp: Response, version: str, file: str) -> None:
        """Send a file of the web page."""
        found = page_files().find(version, file)
        if found is None:
            raise NotFound("file", file)
        _send(req, resp, found, FOREVER)


def _send(req: Request, resp: Response, file: PageFile, cached: str) -> None:
    resp.set_headers({"ETag": file.tag, "Cache-Control": cached, "Vary": "Accept-Encoding"})
    if matches(req.get_header("If-None-Match"), file.tag):
        resp.status = 304
        return
    resp.content_type, resp.data = file.content_type, file.data
    if "gzip" in (req.get_header("Accept-Encoding") or ""):
        resp.data = file.squeezed
        resp.set_header("Content-Encoding", "gzip")


@hookimpl
def register_routes() -> Iterator[Route]:
    yield Route(name="page", summary="The web page", path="/", build=lambda _: PageResource())
    yield Route(
        name="page-file",
        summary="A file of the web page",
        path="/static/{version}/{file:path}",
        build=lambda _: StaticResource(),
    )
    for section in SECTIONS:
        summary = f"The web page at {section}"
        yield Route(
            name=f"page-{section}", summary=summary, path=f"/{section}", build=lambda _: PageResource()
        )
        path = f"/{section}/{{place:path}}"
        yield Route(name=f"page-in-{section}", summary=summary, path=path, build=lambda _: PageResource())
