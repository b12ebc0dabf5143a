"""`/auth/login`, `/auth/one-time`, `/auth/refresh` and `/auth/logout`."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Literal

from pydantic import Field

from pixcrawler_core import hookimpl
from pixcrawler_core.catalog import audit
from pixcrawler_core.catalog.models import OneTimeToken, Purpose, User
from pixcrawler_core.service import Principal, Route
from pixcrawler_server import one_time, sign_ins
from pixcrawler_server.accounts import LONGEST_ADDRESS, LONGEST_PASSWORD
from pixcrawler_server.addresses import is_among
from pixcrawler_server.bodies import Input, View
from pixcrawler_server.confirming import account_key, session_of
from pixcrawler_server.cookies import RefreshCookie
from pixcrawler_server.errors import BadRequest, Conflict, Unauthenticated
from pixcrawler_server.operations import Access, Budget, operation
from pixcrawler_server.paths import API
from pixcrawler_server.replies import send
from pixcrawler_server.resources.registration import LONGEST_TOKEN
from pixcrawler_server.sign_ins import SignedIn
from pixcrawler_server.tokens import hash_of

if TYPE_CHECKING:
    from falcon.asgi import Request, Response

    from pixcrawler_server.services import Services

LOOPBACK = ("127.0.0.0/8", "::1")


class Login(Input):
    """Who signs in."""

    email: str = Field(max_length=LONGEST_ADDRESS)
    password: str = Field(max_length=LONGEST_PASSWORD)
    cookie: bool = Field(
        default=False,
        description="Have the refresh token in a cookie that no script reads, and nowhere else.",
    )


class OneTimeLogin(Input):
    """A token that is good for one sign-in."""

    token: str = Field(min_length=1, max_length=LONGEST_TOKEN)
    cookie: bool = Field(default=False, description="As at `/auth/login`.")
    instead: bool = Field(
        default=False, description="Also where the cookie is of somebody else's session, which it replaces."
    )


class Refresh(Input):
    """The token to go on with."""

    refresh_token: str | None = Field(
        default=None, min_length=1, max_length=LONGEST_TOKEN, description="Default: the one in the cookie."
    )


class Logout(Input):
    """What is to end."""

    all: bool = Field(default=False, description="All your sessions, and not this one alone.")


class TokensView(View):
    """What shows who you are."""

    access_token: str
    token_type: Literal["Bearer"] = "Bearer"  # noqa: S105  # the name of a scheme
    expires_in: int
    """Seconds until the access token is not good any more."""
    refresh_token: str | None
    """Good once, for the next tokens; null when it is in the cookie."""


class _SignIn:
    """What all ways to sign in share."""

    def __init__(self, services: Services) -> None:
        self._services = services
        self._catalog = services.catalog
        self._lifetime = timedelta(days=services.settings.auth.refresh_days)
        secure = services.settings.server.url.startswith("https:")
        self._cookie = RefreshCookie(self._lifetime, secure=secure)

    def _answer(self, resp: Response, signed_in: SignedIn, *, cookie: bool) -> None:
        tokens = self._services.tokens
        if cookie:
            self._cookie.put(resp, signed_in.refresh_token)
        view = TokensView(
            access_token=tokens.sign(signed_in.user_id, signed_in.session_id),
            expires_in=int(tokens.lifetime.total_seconds()),
            refresh_token=None if cookie else signed_in.refresh_token,
        )
        send(resp, view)


class LoginResource(_SignIn):
    """`/auth/login`."""

    @operation(
        access=Access.PUBLIC,
        budget=Budget.LOGIN,
        limit="login",
        tag="auth",
        body=Login,
        answers={200: TokensView},
        errors=(401,),
    )
    async def on_post(self, req: Request, resp: Response, body: Login) -> None:
        """Sign in with address and password."""
        address = body.email.strip().casefold()
        await self._services.limiter.take("login", account_key(hash_of(address)))
        user = await self._catalog.read(User.get_or_none, User.email == address)
        kept = user.password_hash if user else None
        if not await self._services.passwords.check(kept, body.password) or kept is None:
            await self._catalog.write(_failed, user)
            raise Unauthenticated("address and password do not fit together")
        outdated = self._services.passwords.is_outdated(kept)
        fresh = await self._services.passwords.hash(body.password) if outdated else kept
        signed_in = await self._catalog.write(self._begin, user, kept, fresh, req.user_agent or "")
        self._answer(resp, signed_in, cookie=body.cookie)

    def _begin(self, user: User, kept: str, fresh: str, client: str) -> SignedIn:
        now = self._services.now()
        still = User.get_or_none((User.id == user.id) & (User.password_hash == kept))
        if still is None:
            raise Unauthenticated("the password was changed a moment ago; sign in with the new one")
        if fresh != kept:
            User.update(password_hash=fresh).where(User.id == user.id).execute()
        return sign_ins.begin(still, client, self._lifetime, now, "password")


class OneTimeResource(_SignIn):
    """`/auth/one-time`."""

    @operation(
        access=Access.PUBLIC,
        budget=Budget.LOGIN,
        limit="login",
        tag="auth",
        body=OneTimeLogin,
        answers={200: TokensView},
        errors=(400, 401, 403, 409),
    )
    async def on_post(self, req: Request, resp: Response, body: OneTimeLogin) -> None:
        """Sign in with a token that is good once: `pixcrawler users link` makes one.

        With `cookie`, 409 where the browser has a session of somebody else: the token stays good, and
        `instead` goes on.
        """
        here = is_among(req.context.address, LOOPBACK)
        kept = self._cookie.read(req) if body.cookie and not body.instead else None
        signed_in = await self._catalog.write(self._begin, body.token, req.user_agent or "", kept, here=here)
        self._answer(resp, signed_in, cookie=body.cookie)

    def _begin(self, token: str, client: str, kept: str | None, *, here: bool) -> SignedIn:
        now = self._services.now()
        user = User.get_by_id(self._proof(token, now, here=here).user_id)
        before = sign_ins.holder(kept, now) if kept else None
        if before is not None and before.id != user.id:
            raise Conflict(f"you are signed in as {before.email} here, and the link is of somebody else")
        return sign_ins.begin(user, client, self._lifetime, now, "one-time link")

    def _proof(self, token: str, now: datetime, *, here: bool) -> OneTimeToken:
        """What the token was given for; that of `pixcrawler serve` is good at this machine alone."""
        try:
            return one_time.take(token, Purpose.SIGN_IN, now)
        except BadRequest:
            if not here:
                raise
            return one_time.take(token, Purpose.LOCAL, now)


class RefreshResource(_SignIn):
    """`/auth/refresh`."""

    @operation(
        access=Access.PUBLIC,
        budget=Budget.LOGIN,
        limit="tokens",
        tag="auth",
        body=Refresh,
        answers={200: TokensView},
        errors=(401, 403),
    )
    async def on_post(self, req: Request, resp: Response, body: Refresh) -> None:
        """Exchange a refresh token for new tokens; one that comes twice ends the session."""
        token = body.refresh_token or self._cookie.read(req)
        if token is None:
            raise Unauthenticated("send a refresh token, in the body or in the cookie")
        now, longest = self._services.now(), timedelta(days=self._services.settings.auth.session_days)
        signed_in = await self._catalog.write(sign_ins.go_on, token, self._lifetime, longest, now)
        if signed_in is None:
            self._services.principals.forget()
            raise Unauthenticated(
                "the refresh token was used before, so the session was ended; sign in again"
            )
        self._answer(resp, signed_in, cookie=body.refresh_token is None)


class LogoutResource(_SignIn):
    """`/auth/logout`."""

    @operation(
        access=Access.SIGNED_IN,
        budget=Budget.WRITE,
        tag="auth",
        body=Logout,
        answers={204: None},
        while_erasing=True,
    )
    async def on_post(self, req: Request, resp: Response, principal: Principal, body: Logout) -> None:
        """Sign out, here or everywhere. API keys go on working."""
        await self._catalog.write(self._end, principal, everywhere=body.all)
        self._services.principals.forget()
        self._cookie.remove(resp)
        resp.status = 204

    def _end(self, principal: Principal, *, everywhere: bool) -> None:
        only = None if everywhere else session_of(principal)
        count = sign_ins.end(principal.user_id, self._services.now(), only=only)
        details = {"sessions": count}
        audit.record(
            "signed out", entity="user", entity_id=principal.user_id, details=details, actor=principal.user_id
        )


def _failed(user: User | None) -> None:
    audit.record("sign-in failed", entity="user", entity_id=user.id if user else "")


@hookimpl
def register_routes() -> Iterator[Route]:
    for name, summary, build in (
        ("login", "Sign in", LoginResource),
        ("one-time", "Sign in once", OneTimeResource),
        ("refresh", "Stay signed in", RefreshResource),
        ("logout", "Sign out", LogoutResource),
    ):
        yield Route(name=name, summary=summary, path=f"{API}/auth/{name}", build=build)
