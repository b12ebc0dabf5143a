"""Looks up who a credential stands for, and remembers it for a moment."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import TypeVar
from uuid import UUID

from pixcrawler_core.catalog.models import ApiKey, LoginSession, User, UserStatus
from pixcrawler_core.service import Principal, Scope
from pixcrawler_server.catalog import Catalog
from pixcrawler_server.clocks import seconds_of
from pixcrawler_server.errors import Unauthenticated
from pixcrawler_server.tokens import AccessToken, hash_of

T = TypeVar("T")

REMEMBERED = 2
"""Seconds for which a credential that was withdrawn may go on working in another process."""
MOST = 10_000
"""Credentials remembered at most; then all are looked up anew."""
NOTED_EVERY = timedelta(minutes=1)
"""How often it is noted that a key was used, so that reading hardly ever writes."""


class Principals:
    """Principals by their credentials."""

    def __init__(self, catalog: Catalog, now: Callable[[], datetime]) -> None:
        self._catalog = catalog
        self._now = now
        self._seconds = seconds_of(now)
        self._known: dict[str, tuple[float, Principal]] = {}

    async def of_token(self, token: AccessToken) -> Principal:
        """Who signed in. Raises Unauthenticated when they signed out since, or may not come in."""
        return await self._remembered(f"session:{token.session_id}", _of_session, token)

    async def of_key(self, key: str) -> Principal:
        """Whose API key it is. Raises Unauthenticated for one that is unknown, revoked or has ended."""
        return await self._remembered(key, _of_key, key, self._now)

    def forget(self) -> None:
        """Look everybody up anew: something about a user, a session or a key was changed."""
        self._known.clear()

    async def _remembered(self, name: str, find: Callable[..., Principal], *given: object) -> Principal:
        known = self._known.get(name)
        if known is not None and known[0] > self._seconds():
            return known[1]
        principal = await self._catalog.read(find, *given)
        if len(self._known) >= MOST:
            self._known.clear()
        self._known[name] = (self._seconds() + REMEMBERED, principal)
        return principal


def _of_session(token: AccessToken) -> Principal:
    session = LoginSession.get_or_none(LoginSession.id == token.session_id)
    if session is None or session.revoked_at is not None or session.user_id != token.user_id:
        raise Unauthenticated("the session has ended; sign in again")
    user = _user(token.user_id, UserStatus.ACTIVE, UserStatus.ERASING)
    return _principal(user, frozenset(Scope), f"session:{session.id}")


def _of_key(given: str, clock: Callable[[], datetime]) -> Principal:
    now = clock()
    key = ApiKey.get_or_none(ApiKey.key_hash == hash_of(given))
    if key is None or key.revoked_at is not None:
        raise Unauthenticated("the API key is not known, or was revoked; make another one")
    if key.expires_at is not None and key.expires_at <= now:
        raise Unauthenticated("the API key has ended; make another one")
    if key.last_used_at is None or now - key.last_used_at >= NOTED_EVERY:
        ApiKey.update(last_used_at=now).where(ApiKey.id == key.id).execute()
    known = {scope.value for scope in Scope}
    scopes = frozenset(Scope(each) for each in key.scopes if each in known)
    return _principal(_user(key.user_id, UserStatus.ACTIVE), scopes, f"api-key:{key.id}")


def _user(user_id: UUID, *welcome: UserStatus) -> User:
    user = User.get_or_none(User.id == user_id)
    if user is None or user.status not in welcome:
        raise Unauthenticated("the account is closed or suspended; ask whoever runs this server")
    return user


def _principal(user: User, scopes: frozenset[Scope], credential: str) -> Principal:
    return Principal(
        user_id=user.id,
        is_admin=user.is_admin(),
        verified=user.email_verified_at is not None,
        scopes=scopes,
        erasing=user.status == UserStatus.ERASING,
        credential=credential,
    )
