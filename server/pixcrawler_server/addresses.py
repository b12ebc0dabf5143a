"""From which address a request comes."""

from __future__ import annotations

from collections.abc import Collection
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from falcon.asgi import Request


def client_address(req: Request, proxies: Collection[str]) -> str:
    """The address of the client: the last one that no trusted proxy has, of those that they passed on."""
    here: str = req.remote_addr or ""
    if here not in proxies:
        return here
    told = (req.get_header("X-Forwarded-For") or "").split(",")
    for each in reversed([each.strip() for each in told if each.strip()]):
        if each not in proxies:
            return each[:64]
    return here
