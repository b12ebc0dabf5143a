"""The token in the header Authorization (RFC 6750, section 2.1)."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from falcon.asgi import Request


def bearer(request: Request) -> str | None:
    """The token that a request shows; None if it shows none."""
    scheme, _, token = (request.get_header("Authorization") or "").partition(" ")
    return token.strip() if scheme.lower() == "bearer" else None
