"""Requests that are done once, however often they are sent: the header `Idempotency-Key` of POST.

The first request with a key does the work, and its answer is kept for a day; the same request again gets that
answer. Where the first one is at work, others are told to wait. As in Stripe's API
(https://docs.stripe.com/api/idempotent_requests), but for what was refused before anything was done, which is
not kept: it may be sent again under the same key.

Answers are kept encrypted, for some of them have secrets in them that the catalog has as hashes alone.
"""

from __future__ import annotations

import hashlib
import logging
import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any
from uuid import UUID

from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from pixcrawler_core.catalog.fields import to_sql_time
from pixcrawler_core.catalog.models import IdempotencyKey
from pixcrawler_core.catalog.sql import Sql
from pixcrawler_core.errors import WorkspaceError
from pixcrawler_server.bodies import read_body
from pixcrawler_server.errors import Conflict, Invalid, KeyReused
from pixcrawler_server.operations import Access, operation_of

if TYPE_CHECKING:
    from falcon.asgi import Request, Response

    from pixcrawler_server.services import Services

HEADER = "Idempotency-Key"
REPLAYED = "Idempotent-Replayed"
PATTERN = "^[!-~]{1,255}$"
KEY = re.compile(r"[!-~]{1,255}", re.ASCII)
KEPT = timedelta(hours=24)
LEASE = timedelta(minutes=2)
"""How long a request may be at work before another one with its key may do it: it was killed, presumably."""
RETRY_AFTER = "1"
REFUSED = frozenset((400, 401, 403, 413, 415, 422, 429, 503))
"""Statuses of requests that did nothing: their answers are not kept."""
HEADERS = ("content-type", "etag", "location")
NONCE = 12
"""Bytes (NIST SP 800-38D, section 8.2)."""
INSERT = (
    "INSERT INTO idempotency_key (user_id, key, digest, owner, lease_until, headers, created_at) "
    "VALUES (?, ?, ?, ?, ?, '{}', ?) ON CONFLICT (user_id, key) DO NOTHING"
)
TAKE_OVER = (
    "UPDATE idempotency_key SET owner = ?, lease_until = ? WHERE id = ? AND owner = ? AND status IS NULL"
)
logger = logging.getLogger(__name__)


@dataclass(frozen=True, kw_only=True, slots=True)
class Claim:
    """A request that is to be done once."""

    user_id: UUID
    key: str
    digest: str
    owner: str


class Idempotency:
    """Falcon middleware that comes after the gate: it sees only requests that may be done."""

    def __init__(self, services: Services) -> None:
        self._catalog = services.catalog
        self._now = services.now
        self._most = services.settings.server.max_upload
        self._cipher = AESGCM(services.keyring.answers)

    async def process_resource(
        self, req: Request, resp: Response, resource: object, params: Mapping[str, Any]
    ) -> None:
        """Claim the key, or answer what was answered before. Raises Conflict, Invalid and KeyReused."""
        if req.method != "POST":
            return
        key, operation = req.get_header(HEADER), operation_of(getattr(resource, "on_post", None))
        if key is None or operation is None or operation.access is Access.PUBLIC:
            return
        if not KEY.fullmatch(key):
            constraint = "1 to 255 visible ASCII characters"
            raise Invalid(
                f"{HEADER}: must be {constraint}", details={"field": HEADER, "constraint": constraint}
            )
        body = await read_body(req, self._most)
        claim = Claim(
            user_id=req.context.principal.user_id,
            key=key,
            digest=_digest(req.relative_uri, body),
            owner=secrets.token_hex(16),
        )
        kept = await self._catalog.write(claimed, claim, self._now())
        if kept is None:
            req.context.claim = claim
            return
        resp.status = kept.status or 200
        resp.set_headers({**kept.headers, REPLAYED: "true"})
        resp.data = self._opened(kept)
        resp.complete = True

    async def process_response(self, req: Request, resp: Response, resource: object, succeeded: bool) -> None:
        """Keep the answer, or give the key free where nothing was done."""
        claim: Claim | None = getattr(req.context, "claim", None)
        if claim is None:
            return
        try:
            if resp.status_code in REFUSED or resp.stream or resp.sse:
                await self._catalog.write(_released, claim)
            else:
                headers = {name: value for name in HEADERS if (value := resp.get_header(name)) is not None}
                sealed = self._sealed(claim, await resp.render_body() or b"")
                await self._catalog.write(_kept, claim, resp.status_code, headers, sealed)
        except WorkspaceError:  # what was asked for is done: that is to be told
            logger.exception("%s: the answer cannot be kept", req.context.request_id)

    def _sealed(self, claim: Claim, body: bytes) -> bytes:
        nonce = secrets.token_bytes(NONCE)
        return nonce + self._cipher.encrypt(nonce, body, _about(claim.user_id, claim.key))

    def _opened(self, kept: IdempotencyKey) -> bytes:
        sealed = bytes(kept.body or b"")
        return self._cipher.decrypt(sealed[:NONCE], sealed[NONCE:], _about(kept.user_id, kept.key))


def claimed(claim: Claim, now: datetime) -> IdempotencyKey | None:
    """Claim a key, in the transaction under way; the row with the answer if there is one already.

    Raises Conflict while another request is at work, and KeyReused where the key stands for another one.
    """
    IdempotencyKey.delete().where(IdempotencyKey.created_at <= now - KEPT).execute()
    sql, until = Sql(IdempotencyKey.bound_to()), to_sql_time(now + LEASE)
    values = (claim.user_id.hex, claim.key, claim.digest, claim.owner, until, to_sql_time(now))
    if sql.run(INSERT, values):
        return None
    found: IdempotencyKey = _row(claim).get()
    if found.digest != claim.digest:
        raise KeyReused(
            f"{HEADER}: this key was used for another request; take a new one", details={"field": HEADER}
        )
    if found.status is not None:
        return found
    if found.lease_until > now or not sql.run(TAKE_OVER, (claim.owner, until, found.id, found.owner)):
        raise Conflict(
            "the first request with this key is still at work; ask again in a moment",
            headers={"Retry-After": RETRY_AFTER},
        )
    return None


def _row(claim: Claim) -> Any:
    return IdempotencyKey.select().where(
        (IdempotencyKey.user == claim.user_id) & (IdempotencyKey.key == claim.key)
    )


def _released(claim: Claim) -> None:
    IdempotencyKey.delete().where(_mine(claim)).execute()


def _kept(claim: Claim, status: int, headers: Mapping[str, str], body: bytes) -> None:
    IdempotencyKey.update(status=status, headers=headers, body=body).where(_mine(claim)).execute()


def _mine(claim: Claim) -> Any:
    """Whether a row is still this request's own: its lease may have ended, and another one may have it."""
    return (
        (IdempotencyKey.user == claim.user_id)
        & (IdempotencyKey.key == claim.key)
        & (IdempotencyKey.owner == claim.owner)
    )


def _digest(place: str, body: bytes) -> str:
    return hashlib.sha256(f"POST {place}\n".encode() + body).hexdigest()


def _about(user_id: UUID, key: str) -> bytes:
    """What an encrypted answer is bound to, so that it cannot be moved to another row."""
    return f"{user_id} {key}".encode()
