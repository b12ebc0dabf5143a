"""Access tokens (JWT, RFC 7519), and tokens that are kept as hashes: refresh, one-time, and API keys."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import OctKey

ALGORITHM = "HS256"
RANDOM_BYTES = 32
"""Of tokens that are kept as hashes: 256 bits cannot be guessed, so a plain SHA-256 of them is enough."""
API_KEY_PREFIX = "pxc_"
PREFIX_LENGTH = 8
"""Characters after `pxc_` by which an owner recognises a key."""


@dataclass(frozen=True, slots=True)
class AccessToken:
    """What a good access token says."""

    user_id: UUID
    session_id: UUID


class AccessTokens:
    """Signs and reads access tokens. `key` is 32 bytes, `now` the clock."""

    def __init__(self, key: bytes, lifetime: timedelta, now: Callable[[], datetime]) -> None:
        self._key = OctKey.import_key(key)
        self.lifetime = lifetime
        self._now = now

    def sign(self, user_id: UUID, session_id: UUID) -> str:
        """A token for a user and the session in which they signed in."""
        begin = int(self._now().timestamp())
        claims = {"sub": str(user_id), "sid": str(session_id), "iat": begin, "exp": begin + self._seconds}
        return jwt.encode({"alg": ALGORITHM}, claims, self._key)

    def read(self, text: str) -> AccessToken | None:
        """What a token says; None for one that is not ours, was changed, or has ended."""
        try:
            claims = jwt.decode(text, self._key, algorithms=[ALGORITHM]).claims
            if claims["exp"] <= self._now().timestamp():
                return None
            return AccessToken(UUID(claims["sub"]), UUID(claims["sid"]))
        except (JoseError, ValueError, KeyError, TypeError):
            return None

    @property
    def _seconds(self) -> int:
        return int(self.lifetime.total_seconds())


def new_token() -> str:
    """A random token for URLs and JSON."""
    return secrets.token_urlsafe(RANDOM_BYTES)


def new_api_key() -> str:
    """A random API key, which begins so that it is recognised where it should not be."""
    return f"{API_KEY_PREFIX}{new_token()}"


def hash_of(token: str) -> str:
    """What is kept of a token: SHA-256 in hex."""
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).hexdigest()
