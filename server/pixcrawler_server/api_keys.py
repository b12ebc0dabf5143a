"""Rules of API keys: shown once, kept as hashes, and good for what their owner may do."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from pixcrawler_core.catalog import audit
from pixcrawler_core.catalog.models import ApiKey
from pixcrawler_core.service import Principal, Scope
from pixcrawler_server.errors import Conflict, Forbidden, Invalid, NotFound, QuotaExceeded
from pixcrawler_server.tokens import API_KEY_PREFIX, PREFIX_LENGTH, hash_of, new_api_key

FARTHEST = timedelta(days=36_500)


def key_of(principal: Principal, key_id: int) -> ApiKey:
    """A key of one's own that was not revoked. Raises NotFound for others', also for admins."""
    mine = (ApiKey.id == key_id) & (ApiKey.user == principal.user_id) & ApiKey.revoked_at.is_null()
    found: ApiKey | None = ApiKey.get_or_none(mine)
    if found is None:
        raise NotFound("API key", key_id)
    return found


def check_scopes(principal: Principal, scopes: Iterable[Scope]) -> None:
    """Raise Forbidden for a scope that only admins' keys have."""
    if Scope.ADMIN in scopes and not principal.is_admin:
        raise Forbidden("only an admin's key may have the scope 'admin'")


def check_end(expires_at: datetime | None, now: datetime) -> None:
    """Raise Invalid for an end that has passed, or is too far away to be meant."""
    if expires_at is not None and not timedelta(0) < expires_at - now < FARTHEST:
        constraint = "in the future, and in less than 100 years"
        raise Invalid(
            f"expires_at: must be {constraint}", details={"field": "expires_at", "constraint": constraint}
        )


def make(
    principal: Principal, name: str, scopes: Sequence[Scope], expires_at: datetime | None, now: datetime
) -> tuple[ApiKey, str]:
    """A new key, and what it is; that is kept nowhere."""
    secret = new_api_key()
    key = ApiKey.create(
        user=principal.user_id,
        name=name,
        prefix=secret[: len(API_KEY_PREFIX) + PREFIX_LENGTH],
        key_hash=hash_of(secret),
        scopes=sorted(str(each) for each in set(scopes)),
        created_at=now,
        expires_at=expires_at,
    )
    return key, secret


def check_room(principal: Principal, most: int, now: datetime) -> None:
    """Raise QuotaExceeded where a user has as many keys that work as they may have."""
    works = ApiKey.revoked_at.is_null() & (ApiKey.expires_at.is_null() | (ApiKey.expires_at > now))
    if ApiKey.select().where((ApiKey.user == principal.user_id) & works).count() >= most:
        raise QuotaExceeded(
            f"you have {most} API keys, and may have no more; remove one", details={"api_keys": most}
        )


def rotate(
    principal: Principal, key_id: int, overlap: timedelta, most: int, now: datetime
) -> tuple[ApiKey, str]:
    """A key in the place of another one, which works for the overlap yet, one more than one may have.

    Raises NotFound, Conflict and QuotaExceeded.
    """
    old = key_of(principal, key_id)
    check_room(principal, most + 1, now)
    if old.expires_at is not None and old.expires_at <= now:
        raise Conflict("the key has ended; make another one")
    scopes = [Scope(each) for each in old.scopes if each in set(Scope)]
    check_scopes(principal, scopes)
    lasting = None if old.expires_at is None else now + min(old.expires_at - old.created_at, FARTHEST)
    key, secret = make(principal, old.name, scopes, lasting, now)
    until = now + overlap
    if old.expires_at is None or old.expires_at > until:
        ApiKey.update(expires_at=until).where(ApiKey.id == old.id).execute()
    hours = overlap / timedelta(hours=1)
    record(principal, "API key rotated", old, {"successor": key.id, "overlap_hours": hours})
    return key, secret


def record(principal: Principal, action: str, key: ApiKey, details: dict[str, object]) -> None:
    """Note what was done with a key."""
    audit.record(action, entity="api_key", entity_id=key.id, details=details, actor=principal.user_id)
