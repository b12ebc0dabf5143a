"""`/me/erasure`: the wish to be erased, and its withdrawal."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import TYPE_CHECKING
from uuid import UUID

from pydantic import Field

from pixcrawler_core import hookimpl
from pixcrawler_core.catalog import audit
from pixcrawler_core.catalog.models import Purpose, User, UserStatus
from pixcrawler_core.service import Principal, Route
from pixcrawler_server import one_time, sign_ins
from pixcrawler_server.accounts import LONGEST_PASSWORD
from pixcrawler_server.bodies import Input, View
from pixcrawler_server.confirming import Confirming
from pixcrawler_server.errors import Conflict
from pixcrawler_server.jobs.halting import ERASING, halt
from pixcrawler_server.operations import Access, Budget, operation
from pixcrawler_server.paths import API
from pixcrawler_server.replies import send

if TYPE_CHECKING:
    from falcon.asgi import Request, Response

    from pixcrawler_server.services import Services


class Erasure(Input):
    """Who wants to be erased shows once more who they are."""

    password: str | None = Field(
        default=None, max_length=LONGEST_PASSWORD, description="Yours; left out by who has none."
    )


class ErasureView(View):
    """What will happen."""

    erase_after: datetime
    """Until then, sign in and `DELETE /api/v1/me/erasure` to take it back."""


class ErasureResource:
    """`/me/erasure`."""

    def __init__(self, services: Services) -> None:
        self._services = services
        self._catalog = services.catalog
        self._grace = timedelta(days=services.settings.auth.erase_days)
        self._confirmed = Confirming(services)

    @operation(
        access=Access.SIGNED_IN,
        budget=Budget.LOGIN,
        limit="login",
        tag="me",
        body=Erasure,
        answers={202: ErasureView},
    )
    async def on_post(self, req: Request, resp: Response, principal: Principal, body: Erasure) -> None:
        """Have your account erased, with all that is yours alone. You are signed out everywhere at once."""
        user = await self._confirmed(principal, body.password)
        at, letter, halted = await self._catalog.write(self._begin, user)
        self._services.principals.forget()
        for job_id in halted:
            await self._catalog.read(self._services.dispatcher.cancel, job_id)
        self._services.post.send([letter])
        send(resp, ErasureView(erase_after=at), 202)

    @operation(
        access=Access.SIGNED_IN,
        budget=Budget.WRITE,
        tag="me",
        answers={204: None},
        errors=(409,),
        while_erasing=True,
    )
    async def on_delete(self, req: Request, resp: Response, principal: Principal) -> None:
        """Take back the wish to be erased; sign in first."""
        await self._catalog.write(_take_back, principal.user_id)
        self._services.principals.forget()
        resp.status = 204

    def _begin(self, user: User) -> tuple[datetime, int, list[int]]:
        now = self._services.now()
        at = now + self._grace
        erasing = {"status": UserStatus.ERASING, "erase_after": at, "updated_at": now}
        User.update(**erasing).where(User.id == user.id).execute()
        sign_ins.end(user.id, now)
        one_time.cancel(user.id, *Purpose)
        audit.record("erasure asked for", entity="user", entity_id=user.id, actor=user.id)
        letter = self._services.outbox.put(self._services.letters.erasing(user.email, at), user.id)
        return at, letter, halt(user.id, ERASING, now, user.id)


def _take_back(user_id: UUID) -> None:
    erasing = (User.id == user_id) & (User.status == UserStatus.ERASING)
    if not User.update(status=UserStatus.ACTIVE, erase_after=None).where(erasing).execute():
        raise Conflict("you did not ask to be erased")
    audit.record("erasure taken back", entity="user", entity_id=user_id, actor=user_id)


@hookimpl
def register_routes() -> Iterator[Route]:
    yield Route(name="erasure", summary="Be erased", path=f"{API}/me/erasure", build=ErasureResource)
