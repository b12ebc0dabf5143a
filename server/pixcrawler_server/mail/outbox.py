"""Letters that are to be sent: rows written with what they tell of, encrypted, and gone once sent."""

from __future__ import annotations

import json
import logging
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from peewee import Database

from pixcrawler_core.catalog import audit
from pixcrawler_core.catalog.database import describe, reported
from pixcrawler_core.catalog.models import WaitingLetter
from pixcrawler_server.mail.letter import Letter

logger = logging.getLogger(__name__)
BACKOFF = (timedelta(minutes=1), timedelta(minutes=5), timedelta(minutes=30), timedelta(hours=2))
"""How long a letter waits after each time that it was not sent; after one more it is given up."""
LEASE = timedelta(minutes=10)
"""How long a letter is left to whoever sends it: longer than `[mail] timeout` may be."""
GIVEN_UP = "letter given up"
"""The action in the record."""
NONCE = 12
"""Bytes (NIST SP 800-38D, section 8.2)."""
ROUND = 200
"""Letters that are looked at at once."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Taken:
    """A letter that is being sent; None in place of one that cannot be read any more."""

    id: int
    user_id: UUID
    attempts: int
    """This one, too."""
    expires_at: datetime | None
    letter: Letter | None


class Outbox:
    """The letters of a catalog that wait. `key` encrypts them, 32 bytes: they have tokens in them."""

    def __init__(self, database: Database, key: bytes, now: Callable[[], datetime]) -> None:
        self._database, self._now = database, now
        self._cipher = AESGCM(key)
        self._failed = f"cannot use the catalog {describe(database)}"

    def put(self, letter: Letter, user_id: UUID) -> int:
        """Keep a letter about a user, in the transaction under way; returns its id."""
        now, nonce = self._now(), secrets.token_bytes(NONCE)
        told = {"to": letter.to, "subject": letter.subject, "text": letter.text}
        sealed = nonce + self._cipher.encrypt(nonce, json.dumps(told).encode(), user_id.bytes)
        ends = now + letter.lifetime if letter.lifetime else None
        row = WaitingLetter.create(user=user_id, sealed=sealed, next_at=now, expires_at=ends, created_at=now)
        return int(row.id)

    def due(self) -> list[int]:
        """Letters that are to be sent now, those that wait longest first. Raises WorkspaceError."""
        with reported(self._failed):
            found = WaitingLetter.select(WaitingLetter.id).where(WaitingLetter.next_at <= self._now())
            return [each.id for each in found.order_by(WaitingLetter.next_at).limit(ROUND)]

    def take(self, key: int) -> Taken | None:
        """Take a letter that is due; None if another process has it, or sent it. Raises WorkspaceError."""
        now = self._now()
        mine = (WaitingLetter.id == key) & (WaitingLetter.next_at <= now)
        changes = {"next_at": now + LEASE, "attempts": WaitingLetter.attempts + 1}
        with reported(self._failed):
            if not WaitingLetter.update(changes).where(mine).execute():
                return None
            row: WaitingLetter | None = WaitingLetter.get_or_none(WaitingLetter.id == key)
        if row is None:
            return None
        return Taken(
            id=key,
            user_id=row.user_id,
            attempts=row.attempts,
            expires_at=row.expires_at,
            letter=self._opened(row),
        )

    def sent(self, taken: Taken) -> None:
        """Forget a letter. Raises WorkspaceError."""
        with reported(self._failed):
            WaitingLetter.delete().where(WaitingLetter.id == taken.id).execute()

    def fail(self, taken: Taken, why: str) -> None:
        """Let a letter wait for its next time, or give it up: after the last, or if it ends before.

        `why` names no person. Raises WorkspaceError.
        """
        late = taken.attempts > len(BACKOFF) or taken.letter is None
        again = self._now() + (timedelta() if late else BACKOFF[taken.attempts - 1])
        subject = taken.letter.subject if taken.letter else "?"
        if late or (taken.expires_at is not None and again >= taken.expires_at):
            logger.error("the letter %r is given up after %s attempts: %s", subject, taken.attempts, why)
            self._give_up(taken, why)
            return
        logger.warning("the letter %r was not sent, and is tried again at %s: %s", subject, again, why)
        with reported(self._failed):
            WaitingLetter.update(next_at=again).where(WaitingLetter.id == taken.id).execute()

    def _give_up(self, taken: Taken, why: str) -> None:
        details = {"attempts": taken.attempts, "why": why}
        with reported(self._failed), self._database.atomic():
            if WaitingLetter.delete().where(WaitingLetter.id == taken.id).execute():
                audit.record(GIVEN_UP, entity="user", entity_id=taken.user_id, details=details)

    def _opened(self, row: WaitingLetter) -> Letter | None:
        sealed = bytes(row.sealed)
        try:
            told = self._cipher.decrypt(sealed[:NONCE], sealed[NONCE:], row.user_id.bytes)
        except InvalidTag:  # the server has another secret since
            return None
        return Letter(**json.loads(told))
