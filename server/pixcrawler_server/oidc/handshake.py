"""What a browser keeps between the way to a provider and the way back: encrypted, and only for a while."""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from joserfc import jwe
from joserfc.errors import JoseError
from joserfc.jwk import OctKey
from pydantic import BaseModel, ConfigDict, ValidationError

LIFETIME = timedelta(minutes=10)
HEADER = {"alg": "dir", "enc": "A256GCM"}


class Handshake(BaseModel):
    """Random texts that bind a browser, a request and its answer together."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    state: str
    nonce: str
    verifier: str
    ends_at: datetime

    @property
    def challenge(self) -> str:
        """What the provider is told of the verifier (RFC 7636, section 4.2)."""
        digest = hashlib.sha256(self.verifier.encode()).digest()
        return base64.urlsafe_b64encode(digest).rstrip(b"=").decode()

    def is_of(self, state: str) -> bool:
        """Whether an answer belongs to it."""
        return hmac.compare_digest(self.state.encode(), state.encode())


@dataclass(frozen=True)
class Handshakes:
    """Makes handshakes, and seals and opens them. `key` is 32 bytes."""

    key: bytes
    now: Callable[[], datetime]

    def new(self) -> Handshake:
        """A handshake."""
        state, nonce, verifier = (secrets.token_urlsafe(32) for _ in range(3))
        return Handshake(state=state, nonce=nonce, verifier=verifier, ends_at=self.now() + LIFETIME)

    def sealed(self, handshake: Handshake) -> str:
        """A handshake as a cookie has it."""
        told = handshake.model_dump_json().encode()
        return jwe.encrypt_compact(HEADER, told, OctKey.import_key(self.key))

    def opened(self, text: str) -> Handshake | None:
        """The handshake in a cookie; None for one that is not ours, or has ended."""
        try:
            told = jwe.decrypt_compact(text, OctKey.import_key(self.key)).plaintext
            handshake = Handshake.model_validate_json(told or b"")
        except (JoseError, ValidationError, ValueError):
            return None
        return handshake if handshake.ends_at > self.now() else None
