"""Signs what is sent to a webhook, and checks it: Standard Webhooks, version 1, with HMAC-SHA256.

https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md: what is signed is
`ID.TIMESTAMP.BODY`, so that neither the body nor the time can be changed, and an old request is known as one.
"""

from __future__ import annotations

import base64
import binascii
import hmac
import re
from collections.abc import Mapping
from datetime import datetime, timedelta

ID, TIMESTAMP, SIGNATURE = "webhook-id", "webhook-timestamp", "webhook-signature"
"""Names of the headers."""
VERSION = "v1"
ENCODED = "whsec_"
"""What stands before a secret in base64."""
SHORTEST_SECRET = 24
"""Bytes of a secret at least: Standard Webhooks asks for 24 to 64."""
TOLERANCE = timedelta(minutes=5)
"""How far the time of a request may be from that of its receiver."""
SECONDS = re.compile(r"[0-9]{1,12}", re.ASCII)


def secret_of(text: str) -> bytes:
    """The bytes of a secret: `whsec_` and base64, or any other text as it is. Raises ValueError."""
    try:
        encoded = text.startswith(ENCODED)
        secret = base64.b64decode(text[len(ENCODED) :], validate=True) if encoded else text.encode()
    except binascii.Error:
        raise ValueError(f"what stands behind {ENCODED} is not base64") from None
    if len(secret) < SHORTEST_SECRET:
        raise ValueError(f"it has {len(secret)} bytes; {SHORTEST_SECRET} are the least")
    return secret


def headers(secret: bytes, message: str, at: datetime, body: bytes) -> dict[str, str]:
    """The headers of a request with the id `message`; `at` is aware."""
    timestamp = str(int(at.timestamp()))
    return {ID: message, TIMESTAMP: timestamp, SIGNATURE: _signature(secret, message, timestamp, body)}


def is_valid(
    secret: bytes, given: Mapping[str, str], body: bytes, now: datetime, tolerance: timedelta = TOLERANCE
) -> bool:
    """Whether a request comes from who has the secret, and is new; `given` are headers, in small letters.

    Of several signatures, parted by spaces, one must fit. All but the secret may come from a stranger.
    """
    timestamp = given.get(TIMESTAMP, "")
    if not SECONDS.fullmatch(timestamp):
        return False
    if abs(now.timestamp() - int(timestamp)) > tolerance.total_seconds():
        return False
    wanted = _signature(secret, given.get(ID, ""), timestamp, body).encode()
    signatures = given.get(SIGNATURE, "").encode("utf-8", "surrogatepass").split(b" ")
    return any(hmac.compare_digest(wanted, each) for each in signatures)


def _signature(secret: bytes, message: str, timestamp: str, body: bytes) -> str:
    text = f"{message}.{timestamp}.".encode("utf-8", "surrogatepass") + body
    return f"{VERSION},{base64.b64encode(hmac.digest(secret, text, 'sha256')).decode()}"
