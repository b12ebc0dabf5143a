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
        address: neither password is good, and whoever opens the link sets theirs.
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
        return [self._first_proof(user)]

    def again(self, user_id: UUID) -> list[int]:
        """Send the link anew to who has not verified their address."""
        user = User.get_by_id(user_id)
        return [] if user.email_verified_at else [self._first_proof(user)]

    def wish(self, user_id: UUID, address: str) -> list[int]:
        """Begin to change a user's address; one that others have is told to them alone."""
        audit.record("address change asked for", entity="user", entity_id=user_id, actor=user_id)
        other: User | None = User.get_or_none(User.email == address)
        if other is not None:
            return [self.outbox.put(self.letters.registered_already(address), other.id)]
        hours = self.settings.verify_hours
        token = self._proving(user_id, address)
        return [self.outbox.put(self.letters.confirm(address, token, hours), user_id)]

    def newcomer(self, token: str) -> User | None:
        """Whose first address a token proves; None where it proves another one. Raises BadRequest."""
        proof = one_time.find(token, Purpose.VERIFY, self.now())
        user: User = User.get_by_id(proof.user_id)
        return user if user.email == proof.address and user.email_verified_at is None else None

    def verify(self, token: str, password_hash: str | None) -> list[int]:
        """The address to which a token was sent is its user's. Raises BadRequest, Conflict.

        `password_hash` is of whoever opened the link, where it is another password than that of whoever
        registered: these may be two people, and the first one is signed out of everything.
        """
        now = self.now()
        proof = one_time.take(token, Purpose.VERIFY, now)
        user = User.get_by_id(proof.user_id)
        if user.email == proof.address:
            kept = user.password_hash
            if password_hash is not None:
                take_from_others(user.id, now)
                kept = password_hash
            User.update(password_hash=kept, email_verified_at=now, updated_at=now).where(
                User.id == user.id
            ).execute()
            audit.record("address verified", entity="user", entity_id=user.id, actor=user.id)
            return []
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

    def _first_proof(self, user: User) -> int:
        token = self._proving(user.id, user.email)
        return self.outbox.put(self.letters.verify(user.email, token, self.settings.verify_hours), user.id)

    def _proving(self, user_id: UUID, address: str) -> str:
        lifetime = timedelta(hours=self.settings.verify_hours)
        return one_time.give(user_id, Purpose.VERIFY, lifetime, self.now(), address=address)


def addresses_of(services: Services) -> Addresses:
    """What a server does about addresses."""
    return Addresses(
        letters=services.letters,
        outbox=services.outbox,
        settings=services.settings.auth,
        plan=services.settings.plan(None),
        now=services.now,
    )
