"""API keys: `Authorization: Bearer pxc_...`, or `X-API-Key`."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from pixcrawler_core.hookspecs import hookimpl
from pixcrawler_core.service import Authenticator, Principal
from pixcrawler_server.authenticators.bearer import bearer
from pixcrawler_server.errors import Unauthenticated
from pixcrawler_server.tokens import API_KEY_PREFIX

if TYPE_CHECKING:
    from falcon.asgi import Request

    from pixcrawler_server.services import Services


class ApiKeys:
    """Knows whose a key is."""

    def __init__(self, services: Services) -> None:
        self._principals = services.principals

    async def __call__(self, request: Request, /) -> Principal | None:
        shown = request.get_header("X-API-Key")
        for key in (shown, bearer(request)):
            if key and key.startswith(API_KEY_PREFIX):
                return await self._principals.of_key(key)
        if shown and not request.get_header("Authorization"):  # beside that it is for somebody between
            raise Unauthenticated(f"X-API-Key is no API key: one begins with {API_KEY_PREFIX}")
        return None


@hookimpl
def register_authenticators() -> Iterable[Authenticator]:
    yield Authenticator(
        name="api_key", summary="API keys, in the header Authorization or X-API-Key", build=lambda _: ApiKeys
    )
