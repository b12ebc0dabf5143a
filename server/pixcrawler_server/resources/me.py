"""`/me`: who you are, and what you consented to."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import TYPE_CHECKING, Self
from uuid import UUID

from pydantic import Field, model_validator

from pixcrawler_core import hookimpl
from pixcrawler_core.catalog import audit
from pixcrawler_core.catalog.fields import utc_now
from pixcrawler_core.catalog.models import Role, User, UserStatus
from pixcrawler_core.service import Principal, Route, Scope
from pixcrawler_server.accounts import LONGEST_ADDRESS, LONGEST_PASSWORD, checked_address
from pixcrawler_server.bodies import Input, View
from pixcrawler_server.confirming import Confirming, account_key
from pixcrawler_server.errors import Forbidden, NotFound
from pixcrawler_server.operations import Access, Budget, operation
from pixcrawler_server.paths import API
from pixcrawler_server.registering import addresses_of
from pixcrawler_server.replies import check_match, send, send_tagged
from pixcrawler_server.tokens import hash_of

if TYPE_CHECKING:
    from falcon.asgi import Request, Response

    from pixcrawler_server.services import Services

ROOT = f"{API}/me"


class MeView(View):
    """You, as the server knows you."""

    id: UUID
    email: str
    verified: bool
    """Whether the address was shown to be yours."""
    full_name: str
    avatar_url: str | None
    role: Role
    plan: str
    has_password: bool
    status: UserStatus
    erase_after: datetime | None
    """When you are erased, if you asked for it."""
    created_at: datetime
    updated_at: datetime


class MeChange(Input):
    """What is to be changed; what is left out stays."""

    full_name: str | None = Field(default=None, max_length=200)
    email: str | None = Field(
        default=None,
        max_length=LONGEST_ADDRESS,
        description="Takes the old one's place when you opened the link that is sent there.",
    )
    password: str | None = Field(
        default=None, max_length=LONGEST_PASSWORD, description="Yours, for another address."
    )

    @model_validator(mode="after")
    def _with_reason(self) -> Self:
        if self.password is not None and self.email is None:
            raise ValueError("a password is for another address; /auth/password/change changes it")
        return self


class Consent(View):
    """Whether something was consented to."""

    given: bool
    at: datetime | None
    """When that was said; null when it never was."""


class ConsentsView(View):
    """All that can be consented to, by name."""

    consents: dict[str, Consent]


class ConsentChange(Input):
    """Consent, or its withdrawal."""

    given: bool


class MeResource:
    """`/me`."""

    def __init__(self, services: Services) -> None:
        self._services = services
        self._catalog = services.catalog
        self._settings = services.settings
        self._confirmed = Confirming(services)
        self._addresses = addresses_of(services)

    @operation(
        access=Access.USER,
        scope=Scope.PROFILE,
        tag="me",
        answers={200: MeView, 304: None},
        while_erasing=True,
    )
    async def on_get(self, req: Request, resp: Response, principal: Principal) -> None:
        """Show who you are."""
        user = await self._catalog.read(User.get_by_id, principal.user_id)
        send_tagged(req, resp, self._view(user))

    @operation(
        access=Access.USER,
        scope=Scope.PROFILE,
        budget=Budget.WRITE,
        tag="me",
        body=MeChange,
        answers={200: MeView},
        errors=(403, 412, 429),
    )
    async def on_patch(self, req: Request, resp: Response, principal: Principal, body: MeChange) -> None:
        """Change your name, or begin to change your address: no API key does that."""
        address = None
        if body.email is not None:
            if not principal.signed_in:
                raise Forbidden("no API key changes the address; sign in")
            address = checked_address(body.email)
            await self._confirmed(principal, body.password)
            await self._services.limiter.take("registration", account_key(hash_of(address)))
        wanted = req.get_header("If-Match")
        user, letters = await self._catalog.write(self._changed, principal, body, address, wanted)
        self._services.post.send(letters)
        send_tagged(req, resp, self._view(user))

    def _changed(
        self, principal: Principal, body: MeChange, address: str | None, wanted: str | None
    ) -> tuple[User, list[int]]:
        user = User.get_by_id(principal.user_id)
        check_match(wanted, self._view(user))
        if body.full_name is not None and body.full_name != user.full_name:
            User.update(full_name=body.full_name, updated_at=utc_now()).where(User.id == user.id).execute()
            audit.record(
                "profile changed",
                entity="user",
                entity_id=user.id,
                details={"fields": ["full_name"]},
                actor=user.id,
            )
        wish = address is not None and address != user.email
        letters = self._addresses.wish(user.id, address) if wish and address else []
        return User.get_by_id(user.id), letters

    def _view(self, user: User) -> MeView:
        plan = user.plan if user.plan in self._settings.plans else self._settings.default_plan
        return MeView(
            id=user.id,
            email=user.email,
            verified=user.email_verified_at is not None,
            full_name=user.full_name,
            avatar_url=user.avatar_url,
            role=Role(user.role),
            plan=plan,
            has_password=user.password_hash is not None,
            status=UserStatus(user.status),
            erase_after=user.erase_after,
            created_at=user.created_at,
            updated_at=user.updated_at,
        )


class ConsentsResource:
    """`/me/consents`."""

    def __init__(self, services: Services) -> None:
        self._catalog = services.catalog
        self._names = services.settings.auth.consents

    @operation(access=Access.USER, scope=Scope.PROFILE, tag="me", answers={200: ConsentsView, 304: None})
    async def on_get(self, req: Request, resp: Response, principal: Principal) -> None:
        """Show what you consented to."""
        user = await self._catalog.read(User.get_by_id, principal.user_id)
        known = {name: user.consents.get(name) or {"given": False, "at": None} for name in self._names}
        send_tagged(req, resp, ConsentsView.model_validate({"consents": known}))


class ConsentResource:
    """`/me/consents/{name}`."""

    def __init__(self, services: Services) -> None:
        self._catalog = services.catalog
        self._names = services.settings.auth.consents
        self._now = services.now

    @operation(
        access=Access.USER,
        scope=Scope.PROFILE,
        budget=Budget.WRITE,
        tag="me",
        body=ConsentChange,
        answers={200: Consent},
        errors=(404,),
    )
    async def on_put(
        self, req: Request, resp: Response, principal: Principal, name: str, body: ConsentChange
    ) -> None:
        """Consent to something, or withdraw that."""
        if name not in self._names:
            raise NotFound("consent", name)
        send(resp, await self._catalog.write(self._changed, principal, name, body.given))

    def _changed(self, principal: Principal, name: str, given: bool) -> Consent:
        user = User.get_by_id(principal.user_id)
        consent = Consent(given=given, at=self._now())
        consents = {**user.consents, name: consent.model_dump(mode="json")}
        User.update(consents=consents).where(User.id == user.id).execute()
        verb = "given" if given else "withdrawn"
        audit.record(
            f"consent {verb}", entity="user", entity_id=user.id, details={"consent": name}, actor=user.id
        )
        return consent


@hookimpl
def register_routes() -> Iterator[Route]:
    yield Route(name="me", summary="Who you are", path=ROOT, build=MeResource)
    yield Route(name="consents", summary="Consents", path=f"{ROOT}/consents", build=ConsentsResource)
    yield Route(name="consent", summary="A consent", path=f"{ROOT}/consents/{{name}}", build=ConsentResource)
