"""Access tokens of those who signed in: `Authorization: Bearer ...`."""

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

DOTS = 2
"""Between the three parts of an access token (RFC 7515, section 3.1)."""


class Tokens:
    """Knows who signed in."""

    def __init__(self, services: Services) -> None:
        self._tokens = services.tokens
        self._principals = services.principals

    async def __call__(self, request: Request, /) -> Principal | None:
        text = bearer(request)
        if text is None:
            return None
        if text.count(".") != DOTS:
            raise Unauthenticated(
                f"neither an API key, which begins with {API_KEY_PREFIX}, nor an access token was sent"
            )
        token = self._tokens.read(text)
        if token is None:
            raise Unauthenticated("the access token is not good any more; refresh it, or sign in again")
        return await self._principals.of_token(token)


@hookimpl
def register_authenticators() -> Iterable[Authenticator]:
    yield Authenticator(name="token", summary="Access tokens of who signed in", build=lambda _: Tokens)
