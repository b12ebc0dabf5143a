"""`/auth/oidc`: the way to a provider of OpenID Connect, and the way back."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import TYPE_CHECKING

from pydantic import BaseModel, ConfigDict, Field

from pixcrawler_core import hookimpl
from pixcrawler_core.service import Route
from pixcrawler_server import sign_ins
from pixcrawler_server.cookies import RefreshCookie
from pixcrawler_server.errors import BadRequest, NotFound, Unauthenticated
from pixcrawler_server.flags import Flag
from pixcrawler_server.oidc.handshake import LIFETIME, Handshake
from pixcrawler_server.oidc.linking import user_of
from pixcrawler_server.oidc.making import CALLBACK, Oidc
from pixcrawler_server.oidc.provider import Claims
from pixcrawler_server.operations import Access, Budget, operation
from pixcrawler_server.paths import API
from pixcrawler_server.sign_ins import SignedIn

if TYPE_CHECKING:
    from falcon.asgi import Request, Response

    from pixcrawler_server.services import Services

ROOT = f"{API}/auth/oidc"
COOKIE = "pixcrawler_oidc"


class Answer(BaseModel):
    """What a provider sends a browser back with; it may say more."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    state: str = Field(default="", max_length=200)
    code: str = Field(default="", max_length=4096)
    error: str = Field(default="", max_length=200)
    iss: str = Field(default="", max_length=2000)


class _Way:
    """What the way there and the way back share."""

    def __init__(self, services: Services) -> None:
        self._services = services
        self._secure = services.settings.server.url.startswith("https:")
        lifetime = timedelta(days=services.settings.auth.refresh_days)
        self._lifetime, self._refresh = lifetime, RefreshCookie(lifetime, secure=self._secure)

    def _configured(self) -> Oidc:
        if self._services.oidc is None:
            raise NotFound("provider", "of OpenID Connect")
        return self._services.oidc

    def _keep(self, resp: Response, value: str, seconds: int) -> None:
        """`Lax`: it must come along when the provider sends the browser back."""
        resp.set_cookie(
            COOKIE, value, max_age=seconds, path=ROOT, secure=self._secure, http_only=True, same_site="Lax"
        )


class ThereResource(_Way):
    """`/auth/oidc/login`."""

    @operation(
        access=Access.PUBLIC,
        budget=Budget.LOGIN,
        limit="login",
        tag="auth",
        answers={303: None},
        errors=(404,),
    )
    async def on_get(self, req: Request, resp: Response) -> None:
        """Send a browser to the provider to sign in, where one is configured."""
        oidc = self._configured()
        handshake = oidc.handshakes.new()
        resp.set_header("Location", await oidc.provider.address(handshake))
        self._keep(resp, oidc.handshakes.sealed(handshake), int(LIFETIME.total_seconds()))
        resp.status = 303


class BackResource(_Way):
    """`/auth/oidc/callback`."""

    @operation(
        access=Access.PUBLIC,
        budget=Budget.LOGIN,
        limit="login",
        tag="auth",
        query=Answer,
        answers={303: None},
        errors=(400, 401, 403, 404),
    )
    async def on_get(self, req: Request, resp: Response, query: Answer) -> None:
        """Sign in a browser that comes back from the provider; the refresh token is in a cookie."""
        oidc = self._configured()
        handshake = self._handshake(req, oidc, query)
        self._keep(resp, "", 0)
        claims = await oidc.provider.who(query.code, handshake)
        registration = await self._services.flags.on(Flag.REGISTRATION)
        user_agent = req.user_agent or ""
        signed_in = await self._services.catalog.write(
            self._begin, oidc, claims, user_agent, registration=registration
        )
        self._services.principals.forget()
        self._refresh.put(resp, signed_in.refresh_token)
        resp.set_header("Location", oidc.return_url)
        resp.status = 303

    def _handshake(self, req: Request, oidc: Oidc, query: Answer) -> Handshake:
        found = (req.get_cookie_values(COOKIE) or [""])[0]
        handshake = oidc.handshakes.opened(found)
        if handshake is None or not handshake.is_of(query.state):
            raise BadRequest("this browser did not begin to sign in, or did too long ago; begin anew")
        if query.iss not in ("", oidc.issuer):  # RFC 9207
            raise BadRequest("the answer is of another provider; begin anew")
        if query.error or not query.code:
            raise Unauthenticated("the provider did not let you sign in")
        return handshake

    def _begin(self, oidc: Oidc, claims: Claims, client: str, *, registration: bool) -> SignedIn:
        now = self._services.now()
        plan = self._services.settings.plan(None)
        user = user_of(oidc.issuer, claims, now, registration=registration, plan=plan)
        return sign_ins.begin(user, client, self._lifetime, now, "OpenID Connect")


@hookimpl
def register_routes() -> Iterator[Route]:
    yield Route(name="oidc-login", summary="To the provider", path=f"{ROOT}/login", build=ThereResource)
    yield Route(name="oidc-callback", summary="Back from it", path=CALLBACK, build=BackResource)
