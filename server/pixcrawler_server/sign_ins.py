"""Rules of signing in: sessions, and the refresh tokens by which they go on, each good once."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from pixcrawler_core.catalog import audit
from pixcrawler_core.catalog.models import LoginSession, RefreshToken, User, UserStatus
from pixcrawler_server.errors import Unauthenticated
from pixcrawler_server.tokens import hash_of, new_token

LONGEST_CLIENT = 200
"""Characters that are kept of what a client calls itself."""
ENDED = "the session has ended; sign in again"
_HIDDEN = re.compile(r"[^\x20-\x7e]")


@dataclass(frozen=True, kw_only=True, slots=True)
class SignedIn:
    """A session, and the refresh token by which it goes on."""

    user_id: UUID
    session_id: UUID
    refresh_token: str


def begin(user: User, client: str, lifetime: timedelta, now: datetime, how: str) -> SignedIn:
    """A new session of a user, in the transaction under way. Raises Unauthenticated for who is suspended."""
    if user.status == UserStatus.SUSPENDED:
        raise Unauthenticated("the account is suspended; ask whoever runs this server")
    session = LoginSession.create(
        user=user.id, client=_HIDDEN.sub("", client)[:LONGEST_CLIENT], created_at=now, used_at=now
    )
    audit.record("signed in", entity="user", entity_id=user.id, details={"how": how}, actor=user.id)
    return SignedIn(
        user_id=user.id, session_id=session.id, refresh_token=_new_token(session.id, lifetime, now)
    )


def go_on(token: str, lifetime: timedelta, longest: timedelta, now: datetime) -> SignedIn | None:
    """Exchange a refresh token for the next one; None where it was exchanged before, which ends the session.

    Whoever holds a used token, or whoever used it, has stolen it (RFC 9700, section 4.14.2). Raises
    Unauthenticated for a token that is unknown or too old, and for a session that has ended, or began
    `longest` ago.
    """
    found: RefreshToken | None = RefreshToken.get_or_none(RefreshToken.token_hash == hash_of(token))
    if found is None:
        raise Unauthenticated(ENDED)
    session = LoginSession.get_by_id(found.session_id)
    if session.revoked_at is not None:
        raise Unauthenticated(ENDED)
    fresh = RefreshToken.update(used_at=now).where(
        (RefreshToken.id == found.id) & RefreshToken.used_at.is_null()
    )
    if not fresh.execute():
        end(session.user_id, now, only=session.id)
        audit.record(
            "refresh token used twice", entity="session", entity_id=session.id, actor=session.user_id
        )
        return None
    last = session.created_at + longest
    if min(found.expires_at, last) <= now or User.get_by_id(session.user_id).status == UserStatus.SUSPENDED:
        raise Unauthenticated(ENDED)
    LoginSession.update(used_at=now).where(LoginSession.id == session.id).execute()
    return SignedIn(
        user_id=session.user_id,
        session_id=session.id,
        refresh_token=_new_token(session.id, min(lifetime, last - now), now),
    )


def holder(token: str, now: datetime) -> User | None:
    """Whose session a refresh token goes on with, or went on; None where there is none any more."""
    found = RefreshToken.get_or_none(
        (RefreshToken.token_hash == hash_of(token)) & (RefreshToken.expires_at > now)
    )
    session = found and LoginSession.get_by_id(found.session_id)
    return User.get_by_id(session.user_id) if session and session.revoked_at is None else None


def end(user_id: UUID, now: datetime, *, only: UUID | None = None, but: UUID | None = None) -> int:
    """End sessions of a user: all, only one, or all but one; returns how many."""
    theirs = (LoginSession.user == user_id) & LoginSession.revoked_at.is_null()
    if only is not None:
        theirs &= LoginSession.id == only
    if but is not None:
        theirs &= LoginSession.id != but
    return int(LoginSession.update(revoked_at=now).where(theirs).execute())


def _new_token(session_id: UUID, lifetime: timedelta, now: datetime) -> str:
    token = new_token()
    RefreshToken.create(
        session=session_id, token_hash=hash_of(token), created_at=now, expires_at=now + lifetime
    )
    return token
