"""Rules of addresses: who registers, and who wants another one, shows that an address is theirs."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING
from uuid import UUID

from pixcrawler_core.catalog import audit
from pixcrawler_core.catalog.models import Purpose, Role, User
from pixcrawler_server import one_time
from pixcrawler_server.accounts import make_user
from pixcrawler_server.claiming import take_from_others
from pixcrawler_server.errors import Conflict
from pixcrawler_server.mail.letters import Letters
from pixcrawler_server.mail.outbox import Outbox
from pixcrawler_server.plan_settings import PlanTable
from pixcrawler_server.settings import AuthTable

if TYPE_CHECKING:
    from pixcrawler_server.services import Services


@dataclass(frozen=True, kw_only=True)
class Addresses:
    """Each method is for the transaction under way, and returns the ids of letters to send after it."""

    letters: Letters
    outbox: Outbox
    settings: AuthTable
    plan: PlanTable
    """Of new users."""
    now: Callable[[], datetime]

    def register(self, address: str, password_hash: str, name: str) -> list[int]:
        """Make a user whose address is to be verified; who has one already is told so, by e-mail alone.

        Where somebody registered it before and has not verified it, nobody knows who of both owns the
        address: neither password is good, and whoever opens the link gets another one to set theirs.
        """
        user: User | None = User.get_or_none(User.email == address)
        if user is not None and user.email_verified_at is not None:
            audit.record("registered again", entity="user", entity_id=user.id)
            return [self.outbox.put(self.letters.registered_already(address), user.id)]
        if user is None:
            user = make_user(address, password_hash, plan=self.plan, role=Role.USER, name=name)
        else:
            take_from_others(user.id, self.now())
            audit.record("registered again", entity="user", entity_id=user.id)
        return [self._verification(user.id, address)]

    def again(self, user_id: UUID) -> list[int]:
        """Send the link anew to who has not verified their address."""
        user = User.get_by_id(user_id)
        return [] if user.email_verified_at else [self._verification(user.id, user.email)]

    def wish(self, user_id: UUID, address: str) -> list[int]:
        """Begin to change a user's address; one that others have is told to them alone."""
        audit.record("address change asked for", entity="user", entity_id=user_id, actor=user_id)
        other: User | None = User.get_or_none(User.email == address)
        if other is not None:
            return [self.outbox.put(self.letters.registered_already(address), other.id)]
        return [self._verification(user_id, address)]

    def verify(self, token: str) -> list[int]:
        """The address to which a token was sent is its user's. Raises BadRequest, Conflict."""
        now = self.now()
        proof = one_time.take(token, Purpose.VERIFY, now)
        user = User.get_by_id(proof.user_id)
        if user.email == proof.address:
            User.update(email_verified_at=now, updated_at=now).where(User.id == user.id).execute()
            audit.record("address verified", entity="user", entity_id=user.id, actor=user.id)
            return [] if user.password_hash else [self.reset(user)]
        if User.select().where(User.email == proof.address).exists():
            raise Conflict("another account has this address by now")
        one_time.cancel(user.id, Purpose.RESET, Purpose.SIGN_IN)
        User.update(email=proof.address, email_verified_at=now, updated_at=now).where(
            User.id == user.id
        ).execute()
        audit.record("address changed", entity="user", entity_id=user.id, actor=user.id)
        return [self.outbox.put(self.letters.address_changed(user.email), user.id)]

    def reset(self, user: User) -> int:
        """Send a user the link by which they set a new password."""
        minutes = self.settings.reset_minutes
        lifetime = timedelta(minutes=minutes)
        token = one_time.give(user.id, Purpose.RESET, lifetime, self.now(), address=user.email)
        return self.outbox.put(self.letters.reset(user.email, token, minutes), user.id)

    def _verification(self, user_id: UUID, address: str) -> int:
        hours = self.settings.verify_hours
        token = one_time.give(user_id, Purpose.VERIFY, timedelta(hours=hours), self.now(), address=address)
        return self.outbox.put(self.letters.verify(address, token, hours), user_id)


def addresses_of(services: Services) -> Addresses:
    """What a server does about addresses."""
    return Addresses(
        letters=services.letters,
        outbox=services.outbox,
        settings=services.settings.auth,
        plan=services.settings.plan(None),
        now=services.now,
    )
