"""`/info`: what a page needs to know before anybody has signed in."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from pixcrawler_core import hookimpl
from pixcrawler_core.service import Route
from pixcrawler_core.version import __version__
from pixcrawler_server.bodies import View
from pixcrawler_server.flags import Flag
from pixcrawler_server.operations import Access, operation
from pixcrawler_server.paths import API
from pixcrawler_server.replies import send_tagged

if TYPE_CHECKING:
    from falcon.asgi import Request, Response

    from pixcrawler_server.services import Services


class InfoView(View):
    """The server, as everybody may know it."""

    version: str
    registration: bool
    """Whether anybody may register now."""
    provider: str | None
    """Host of the provider at which users may sign in, at `/auth/oidc/login`; null without one."""
    password_length: int
    """Characters of a password at least."""


class InfoResource:
    """`/info`."""

    def __init__(self, services: Services) -> None:
        self._settings = services.settings
        self._flags = services.flags

    @operation(access=Access.PUBLIC, tag="operations", answers={200: InfoView, 304: None})
    async def on_get(self, req: Request, resp: Response) -> None:
        """Tell how one signs in and registers here."""
        issuer, auth = self._settings.oidc.issuer, self._settings.auth
        info = InfoView(
            version=__version__,
            registration=await self._flags.on(Flag.REGISTRATION),
            provider=urlsplit(issuer).hostname if issuer else None,
            password_length=auth.password_length,
        )
        send_tagged(req, resp, info)


@hookimpl
def register_routes() -> Iterator[Route]:
    yield Route(name="info", summary="The server", path=f"{API}/info", build=InfoResource)
