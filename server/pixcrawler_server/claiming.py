"""Takes an account from whoever registered in another's name, once somebody shows whose address it is."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from pixcrawler_core.catalog.models import ApiKey, Purpose, User
from pixcrawler_server import one_time, sign_ins


def take_from_others(user_id: UUID, now: datetime) -> None:
    """End all by which those could come back who had the account so far: password, sessions, links and keys.

    In the transaction under way.
    """
    User.update(password_hash=None, updated_at=now).where(User.id == user_id).execute()
    sign_ins.end(user_id, now)
    one_time.cancel(user_id, *Purpose)
    revoke_keys(user_id, now)


def revoke_keys(user_id: UUID, now: datetime) -> None:
    """Let no API key of a user be good."""
    ApiKey.update(revoked_at=now).where((ApiKey.user == user_id) & ApiKey.revoked_at.is_null()).execute()
