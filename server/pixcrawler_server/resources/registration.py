"""`/auth/register` and `/auth/verify`: how accounts begin."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from pydantic import Field

from pixcrawler_core import hookimpl
from pixcrawler_core.catalog.models import User
from pixcrawler_core.service import Principal, Route
from pixcrawler_server.accounts import LONGEST_ADDRESS, LONGEST_PASSWORD, check_password, checked_address
from pixcrawler_server.bodies import Input, View
from pixcrawler_server.confirming import account_key
from pixcrawler_server.flags import Flag
from pixcrawler_server.operations import Access, Budget, operation
from pixcrawler_server.paths import API
from pixcrawler_server.registering import addresses_of
from pixcrawler_server.replies import send
from pixcrawler_server.tokens import hash_of

if TYPE_CHECKING:
    from falcon.asgi import Request, Response

    from pixcrawler_server.services import Services

LONGEST_TOKEN = 200


class Registration(Input):
    """Who wants an account."""

    email: str = Field(max_length=LONGEST_ADDRESS)
    password: str = Field(max_length=LONGEST_PASSWORD)
    name: str = Field(default="", max_length=200)


class Verification(Input):
    """A token from an e-mail, and the password of whoever opened it."""

    token: str = Field(min_length=1, max_length=LONGEST_TOKEN)
    password: str | None = Field(
        default=None,
        max_length=LONGEST_PASSWORD,
        description="Needed by who registered: that password, or another one, which takes its place and "
        "signs out whoever chose the first. Left out by who changes their address.",
    )


class Accepted(View):
    """What happens next; the same whoever asks."""

    message: str


class RegisterResource:
    """`/auth/register`."""

    def __init__(self, services: Services) -> None:
        self._services = services
        self._settings = services.settings.auth
        self._addresses = addresses_of(services)

    @operation(
        access=Access.PUBLIC,
        budget=Budget.LOGIN,
        limit="registration",
        tag="auth",
        body=Registration,
        answers={202: Accepted},
        flag=Flag.REGISTRATION,
    )
    async def on_post(self, req: Request, resp: Response, body: Registration) -> None:
        """Register. The answer is the same where the address has an account already."""
        address = checked_address(body.email)
        check_password(body.password, self._settings.password_length, address)
        await self._services.limiter.take("registration", account_key(hash_of(address)))
        kept = await self._services.passwords.hash(body.password)
        letters = await self._services.catalog.write(self._addresses.register, address, kept, body.name)
        self._services.post.send(letters)
        send(resp, Accepted(message="an e-mail says how it goes on; open the link in it"), 202)


class VerifyResource:
    """`/auth/verify`."""

    def __init__(self, services: Services) -> None:
        self._services = services
        self._addresses = addresses_of(services)

    @operation(
        access=Access.PUBLIC,
        budget=Budget.LOGIN,
        limit="tokens",
        tag="auth",
        body=Verification,
        answers={204: None},
        errors=(400, 409),
    )
    async def on_post(self, req: Request, resp: Response, body: Verification) -> None:
        """Show by the token from an e-mail that the address is yours; a new one takes the old one's place."""
        user: User | None = await self._services.catalog.read(self._addresses.newcomer, body.token)
        other = await self._other_password(user, body.password) if user else None
        letters = await self._services.catalog.write(self._addresses.verify, body.token, other)
        self._services.principals.forget()
        self._services.post.send(letters)
        resp.status = 204

    async def _other_password(self, user: User, password: str | None) -> str | None:
        """The hash of a password that is to take the place of whoever registered; None where it is theirs.

        Raises Invalid.
        """
        check_password(password or "", self._services.settings.auth.password_length, user.email)
        passwords = self._services.passwords
        if await passwords.check(user.password_hash, password or ""):
            return None
        return await passwords.hash(password or "")


class VerificationResource:
    """`/auth/verification`."""

    def __init__(self, services: Services) -> None:
        self._services = services
        self._addresses = addresses_of(services)

    @operation(
        access=Access.SIGNED_IN,
        budget=Budget.WRITE,
        limit="registration",
        tag="auth",
        answers={202: Accepted},
    )
    async def on_post(self, req: Request, resp: Response, principal: Principal) -> None:
        """Have the e-mail that verifies your address sent again."""
        letters = await self._services.catalog.write(self._addresses.again, principal.user_id)
        self._services.post.send(letters)
        send(resp, Accepted(message="an e-mail is on its way, unless the address is verified"), 202)


@hookimpl
def register_routes() -> Iterator[Route]:
    yield Route(name="register", summary="Register", path=f"{API}/auth/register", build=RegisterResource)
    yield Route(name="verify", summary="Verify an address", path=f"{API}/auth/verify", build=VerifyResource)
    yield Route(
        name="verification",
        summary="The link again",
        path=f"{API}/auth/verification",
        build=VerificationResource,
    )
