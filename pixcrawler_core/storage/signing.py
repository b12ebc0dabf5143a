"""Signs addresses of objects that are valid for a time, and checks them (HMAC-SHA256, RFC 2104).

What is signed is the key and the second at which the address ends; so it is good for reading that object
and nothing else, as long as the signing key is not changed. Where another object may come to have the same
key, a `mark` is signed with it, which tells the two apart.
"""

from __future__ import annotations

import hmac
import re
from datetime import datetime
from urllib.parse import quote, urlencode

SHORTEST_KEY = 32
"""Bytes of a signing key at least, as many as the digest has: RFC 2104, section 3."""
PURPOSE = b"pixcrawler object 1"
EXPIRES, SIGNATURE = "expires", "signature"
"""Names in the query of an address."""
SECONDS = re.compile(r"[0-9]{1,12}", re.ASCII)


def signed(base_url: str, signing_key: bytes, key: str, until: datetime, mark: str = "") -> str:
    """The address of an object below `base_url`, valid up to the second `until`, which is aware."""
    expires = str(int(until.timestamp()))
    query = urlencode({EXPIRES: expires, SIGNATURE: _signature(signing_key, key, expires, mark)})
    return f"{base_url.rstrip('/')}/{quote(key, safe='/')}?{query}"


def is_valid(
    signing_key: bytes, key: str, expires: str, signature: str, now: datetime, mark: str = ""
) -> bool:
    """Whether an address with this key (decoded), time and signature is one of ours, and has not ended.

    All but the signing key and the mark may come from a stranger.
    """
    if not SECONDS.fullmatch(expires) or not signature.isascii():
        return False
    wanted = _signature(signing_key, key, expires, mark)
    return hmac.compare_digest(wanted, signature) and now.timestamp() < int(expires)


def _signature(signing_key: bytes, key: str, expires: str, mark: str) -> str:
    told = [PURPOSE, expires.encode(), key.encode("utf-8", "surrogatepass")]
    if mark:
        told.append(mark.encode())
    return hmac.digest(signing_key, b"\0".join(told), "sha256").hex()
