"""From which address a request comes, and whether that is in a network that the settings name."""

from __future__ import annotations

from functools import lru_cache
from ipaddress import ip_address, ip_network
from typing import TYPE_CHECKING, Annotated

from pydantic import AfterValidator

if TYPE_CHECKING:
    from falcon.asgi import Request


def client_address(req: Request, proxies: tuple[str, ...]) -> str:
    """The address of the client: the last one that no trusted proxy has, of those that they passed on."""
    here: str = req.remote_addr or ""
    if not is_among(here, proxies):
        return here
    told = (req.get_header("X-Forwarded-For") or "").split(",")
    for each in reversed([each.strip()[:64] for each in told if each.strip()]):
        if not is_among(each, proxies):
            return each
    return here


@lru_cache(maxsize=4096)
def is_among(address: str, networks: tuple[str, ...]) -> bool:
    """Whether an address is one of these, or in one of these networks; False for what is no address."""
    if not networks:
        return False
    try:
        told = ip_address(address)
    except ValueError:
        return False
    told = getattr(told, "ipv4_mapped", None) or told
    return any(told in ip_network(each) for each in networks)


def _network(text: str) -> str:
    try:
        ip_network(text)
    except ValueError:
        raise ValueError(
            f"{text!r} is neither an address nor a network; those look like 10.0.0.7 and 10.0.0.0/8"
        ) from None
    return text


Network = Annotated[str, AfterValidator(_network)]
"""An address, or a network in CIDR notation (RFC 4632)."""
