"""Tokens that are good once, for one purpose: given in a transaction, and taken in another one."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from pixcrawler_core.catalog.models import OneTimeToken, Purpose
from pixcrawler_server.errors import BadRequest
from pixcrawler_server.tokens import hash_of, new_token

NOT_GOOD = "the token is not good any more: it was used, or is too old; ask for another one"


def give(user_id: UUID, purpose: Purpose, lifetime: timedelta, now: datetime, *, address: str = "") -> str:
    """A new token of a user; those that they had for this purpose are not good any more."""
    cancel(user_id, purpose)
    token = new_token()
    OneTimeToken.create(
        user=user_id,
        purpose=purpose,
        token_hash=hash_of(token),
        created_at=now,
        expires_at=now + lifetime,
        address=address,
    )
    return token


def find(token: str, purpose: Purpose, now: datetime) -> OneTimeToken:
    """What a token was given for. Raises BadRequest for one that is not good."""
    found: OneTimeToken | None = OneTimeToken.get_or_none(
        (OneTimeToken.token_hash == hash_of(token)) & (OneTimeToken.purpose == purpose) & _good(now)
    )
    if found is None:
        raise BadRequest(NOT_GOOD)
    return found


def take(token: str, purpose: Purpose, now: datetime) -> OneTimeToken:
    """What a token was given for; it is good no more. Raises BadRequest for one that is not good."""
    found = find(token, purpose, now)
    mine = (OneTimeToken.id == found.id) & _good(now)
    if not OneTimeToken.update(used_at=now).where(mine).execute():
        raise BadRequest(NOT_GOOD)
    return found


def cancel(user_id: UUID, *purposes: Purpose) -> None:
    """Let no token of a user for these purposes be good."""
    mine = (OneTimeToken.user == user_id) & OneTimeToken.purpose.in_([str(each) for each in purposes])
    OneTimeToken.delete().where(mine).execute()


def _good(now: datetime) -> Any:
    return OneTimeToken.used_at.is_null() & (OneTimeToken.expires_at > now)
