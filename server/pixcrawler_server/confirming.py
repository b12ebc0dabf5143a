"""Asks who is signed in to show once more that it is them, before what cannot be taken back."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING
from uuid import UUID

from pixcrawler_core.catalog.models import LoginSession, User
from pixcrawler_core.service import Principal
from pixcrawler_server.errors import Forbidden

if TYPE_CHECKING:
    from pixcrawler_server.services import Services

FRESH = timedelta(minutes=10)
"""How old a session of a user without a password may be."""


class Confirming:
    """Checks passwords of who is signed in, as often as others are checked."""

    def __init__(self, services: Services) -> None:
        self._catalog = services.catalog
        self._limiter = services.limiter
        self._passwords = services.passwords
        self._now = services.now

    async def __call__(self, principal: Principal, password: str | None) -> User:
        """The user. Raises Forbidden for another password, and RateLimited.

        Who has none, and signs in elsewhere, must have done so a moment ago.
        """
        user: User = await self._catalog.read(User.get_by_id, principal.user_id)
        if user.password_hash is None:
            session: LoginSession = await self._catalog.read(LoginSession.get_by_id, session_of(principal))
            _check_fresh(session, self._now())
            return user
        await self._limiter.take("login", account_key(user.id))
        if not await self._passwords.check(user.password_hash, password or ""):
            raise Forbidden("that is not your password")
        return user


def session_of(principal: Principal) -> UUID:
    """The session of who is signed in."""
    return UUID(principal.credential.removeprefix("session:"))


def account_key(who: object) -> str:
    """What a limit calls an account."""
    return f"account:{who}"


def _check_fresh(session: LoginSession, now: datetime) -> None:
    if now - session.created_at > FRESH:
        raise Forbidden("sign in again, and repeat this within ten minutes")
