"""From which address a request comes, and whether that is in a network that the settings name."""

from __future__ import annotations

import re
from functools import lru_cache
from ipaddress import ip_address, ip_network
from typing import TYPE_CHECKING, Annotated

from pydantic import AfterValidator

if TYPE_CHECKING:
    from falcon.asgi import Request


_IPV6_NETWORK = 64
"""Bits of the network that a client of IPv6 has for itself alone (RFC 6177)."""
_WITH_PORT = re.compile(r"(\d+\.\d+\.\d+\.\d+):\d+|\[([^\]]+)\](?::\d+)?", re.ASCII)
_BIND = re.compile(r"unix:.+|fd://\d+|([^:/\s\[\]]*|\[[^]\s]+\]):\d{1,5}", re.ASCII)


def client_address(req: Request, proxies: tuple[str, ...]) -> str:
    """The address of the client: the last one that no trusted proxy has, of those that they passed on."""
    here = _plain(req.remote_addr or "")
    if not is_among(here, proxies):
        return here
    told = (req.get_header("X-Forwarded-For") or "").split(",")
    for each in reversed([_plain(each.strip()[:64]) for each in told if each.strip()]):
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
    return any(told in ip_network(each) for each in networks)


@lru_cache(maxsize=4096)
def counted_as(address: str) -> str:
    """By what limits count a client: the network of 64 bits for IPv6, of which each address is easily had."""
    try:
        told = ip_address(address)
    except ValueError:
        return address
    return address if told.version == 4 else str(ip_network((int(told), _IPV6_NETWORK), strict=False))


def _bind(text: str) -> str:
    if not _BIND.fullmatch(text):
        raise ValueError("it should look like 127.0.0.1:8000, [::1]:8000 or unix:/path")
    return text


Bind = Annotated[str, AfterValidator(_bind)]
"""Where a server listens: `host:port`, or `:port` for all addresses of the machine, or a socket, by path or
number."""


def url_of(bind: str) -> str:
    """Where this machine reaches a server that listens on `host:port`, or on a socket behind a proxy here."""
    if bind.startswith(("unix:", "fd:")):
        return "http://localhost"
    host, _, port = bind.rpartition(":")
    everywhere = host in ("", "0.0.0.0", "[::]")  # noqa: S104  # what is told, not where we listen
    return f"http://{'localhost' if everywhere else host}:{port}"


@lru_cache(maxsize=4096)
def _plain(text: str) -> str:
    """An address without a port, and an IPv4 one as such; what is no address as it came."""
    within = _WITH_PORT.fullmatch(text)
    try:
        told = ip_address(next(filter(None, within.groups())) if within else text)
    except ValueError:
        return text
    return str(getattr(told, "ipv4_mapped", None) or told)


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
