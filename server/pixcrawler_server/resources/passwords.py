"""`/auth/password`: changed by who knows it, set anew by who reads the account's e-mail."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING
from uuid import UUID

from pydantic import Field

from pixcrawler_core import hookimpl
from pixcrawler_core.catalog import audit
from pixcrawler_core.catalog.models import OneTimeToken, Purpose, User, UserStatus
from pixcrawler_core.service import Principal, Route
from pixcrawler_server import one_time, sign_ins
from pixcrawler_server.accounts import LONGEST_ADDRESS, LONGEST_PASSWORD, check_password, checked_address
from pixcrawler_server.bodies import Input
from pixcrawler_server.claiming import revoke_keys, take_from_others
from pixcrawler_server.confirming import Confirming, account_key, session_of
from pixcrawler_server.operations import Access, Budget, operation
from pixcrawler_server.paths import API
from pixcrawler_server.registering import addresses_of
from pixcrawler_server.replies import send
from pixcrawler_server.resources.registration import LONGEST_TOKEN, Accepted
from pixcrawler_server.tokens import hash_of

if TYPE_CHECKING:
    from falcon.asgi import Request, Response

    from pixcrawler_server.services import Services


class PasswordChange(Input):
    """The password there is, and the one that there is to be."""

    password: str | None = Field(
        default=None, max_length=LONGEST_PASSWORD, description="Left out by who has none yet."
    )
    new_password: str = Field(max_length=LONGEST_PASSWORD)


class Forgotten(Input):
    """Whose password is forgotten."""

    email: str = Field(max_length=LONGEST_ADDRESS)


class PasswordReset(Input):
    """The token from an e-mail, and the password that there is to be."""

    token: str = Field(min_length=1, max_length=LONGEST_TOKEN)
    password: str = Field(max_length=LONGEST_PASSWORD)
    revoke_api_keys: bool = Field(
        default=True, description="False: API keys go on working. Whoever knew the password may have some."
    )


class _Password:
    def __init__(self, services: Services) -> None:
        self._services = services
        self._catalog = services.catalog
        self._settings = services.settings.auth
        self._confirmed = Confirming(services)

    def _set(
        self, user: User, kept: str, how: str, *, but: UUID | None = None, keys: bool = True
    ) -> list[int]:
        now = self._services.now()
        User.update(password_hash=kept, updated_at=now).where(User.id == user.id).execute()
        sign_ins.end(user.id, now, but=but)
        one_time.cancel(user.id, *Purpose)
        audit.record(
            "password changed", entity="user", entity_id=user.id, details={"how": how}, actor=user.id
        )
        letter = self._services.letters.password_changed(user.email, keys=keys)
        return [self._services.outbox.put(letter, user.id)]


class ChangeResource(_Password):
    """`/auth/password/change`."""

    @operation(
        access=Access.SIGNED_IN,
        budget=Budget.LOGIN,
        limit="login",
        tag="auth",
        body=PasswordChange,
        answers={204: None},
    )
    async def on_post(self, req: Request, resp: Response, principal: Principal, body: PasswordChange) -> None:
        """Change your password; you stay signed in here, and are signed out everywhere else."""
        user = await self._confirmed(principal, body.password)
        check_password(body.new_password, self._settings.password_length, user.email)
        kept = await self._services.passwords.hash(body.new_password)
        letters = await self._catalog.write(self._set, user, kept, "change", but=session_of(principal))
        self._services.principals.forget()
        self._services.post.send(letters)
        resp.status = 204


class ForgotResource(_Password):
    """`/auth/password/forgot`."""

    @operation(
        access=Access.PUBLIC,
        budget=Budget.LOGIN,
        limit="registration",
        tag="auth",
        body=Forgotten,
        answers={202: Accepted},
    )
    async def on_post(self, req: Request, resp: Response, body: Forgotten) -> None:
        """Have an e-mail sent with which you set a new password. The answer is the same for who has none."""
        address = checked_address(body.email)
        await self._services.limiter.take("registration", account_key(hash_of(address)))
        self._services.post.send(await self._catalog.write(self._asked, address))
        send(resp, Accepted(message="an e-mail is on its way, if the address has an account"), 202)

    def _asked(self, address: str) -> list[int]:
        user: User | None = User.get_or_none(User.email == address)
        audit.record("new password asked for", entity="user", entity_id=user.id if user else "")
        if user is None or user.status == UserStatus.SUSPENDED:
            return []
        return [addresses_of(self._services).reset(user)]


class ResetResource(_Password):
    """`/auth/password/reset`."""

    @operation(
        access=Access.PUBLIC,
        budget=Budget.LOGIN,
        limit="login",
        tag="auth",
        body=PasswordReset,
        answers={204: None},
        errors=(400,),
    )
    async def on_post(self, req: Request, resp: Response, body: PasswordReset) -> None:
        """Set a new password with the token from an e-mail; you are signed out everywhere, API keys too."""
        check_password(body.password, self._settings.password_length, "")
        kept = await self._services.passwords.hash(body.password)
        letters = await self._catalog.write(self._reset, body, kept)
        self._services.principals.forget()
        self._services.post.send(letters)
        resp.status = 204

    def _reset(self, body: PasswordReset, kept: str) -> list[int]:
        proof: OneTimeToken = one_time.take(body.token, Purpose.RESET, self._services.now())
        user = User.get_by_id(proof.user_id)
        check_password(body.password, self._settings.password_length, user.email)
        if user.email_verified_at is None:
            take_from_others(user.id, self._services.now())
            User.update(email_verified_at=self._services.now()).where(User.id == user.id).execute()
        if body.revoke_api_keys:
            revoke_keys(user.id, self._services.now())
        return self._set(user, kept, "reset", keys=not body.revoke_api_keys)


@hookimpl
def register_routes() -> Iterator[Route]:
    for name, summary, build in (
        ("change", "Change a password", ChangeResource),
        ("forgot", "Ask for a new password", ForgotResource),
        ("reset", "Set a new password", ResetResource),
    ):
        yield Route(name=f"password-{name}", summary=summary, path=f"{API}/auth/password/{name}", build=build)
