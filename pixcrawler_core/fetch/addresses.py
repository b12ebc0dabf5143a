"""Which network addresses may be asked: public ones, and those that the user allows by name."""

from __future__ import annotations

from collections.abc import Iterable
from ipaddress import (
    IPv4Address,
    IPv4Network,
    IPv6Address,
    IPv6Network,
    ip_address,
    ip_network,
)

Address = IPv4Address | IPv6Address

_SPECIAL_4 = tuple(
    IPv4Network(network)
    for network in (
        "0.0.0.0/8",
        "10.0.0.0/8",
        "100.64.0.0/10",
        "127.0.0.0/8",
        "169.254.0.0/16",
        "172.16.0.0/12",
        "192.0.0.0/24",
        "192.0.2.0/24",
        "192.88.99.0/24",
        "192.168.0.0/16",
        "198.18.0.0/15",
        "198.51.100.0/24",
        "203.0.113.0/24",
        "224.0.0.0/4",
        "240.0.0.0/4",
    )
)
"""IANA IPv4 Special-Purpose Address Registry (RFC 6890), with multicast (RFC 5771)."""

_GLOBAL_UNICAST_6 = IPv6Network("2000::/3")
_SPECIAL_6 = tuple(IPv6Network(network) for network in ("2001::/23", "2001:db8::/32", "3fff::/20"))
"""IANA IPv6 Special-Purpose Address Registry within global unicast; Teredo (RFC 4380) is in 2001::/23."""

_6TO4 = IPv6Network("2002::/16")
_NAT64 = IPv6Network("64:ff9b::/96")


def is_public(address: Address) -> bool:
    """Whether an address is one of the public internet.

    An IPv4 address within an IPv6 one (mapped, 6to4 of RFC 3056, NAT64 of RFC 6052) is judged as itself.
    Private, shared, loopback, link-local, multicast, documentation, benchmarking and reserved ranges are
    not public, nor is Teredo, whose relays are gone.
    """
    address = _unwrap(address)
    if isinstance(address, IPv4Address):
        return not any(address in network for network in _SPECIAL_4)
    return address in _GLOBAL_UNICAST_6 and not any(address in network for network in _SPECIAL_6)


def literal(host: str) -> Address | None:
    """The address that a host of a canonical URL is written as; None for a name."""
    bare = host.strip("[]")
    if ":" not in bare and not bare[-1:].isdigit():
        return None
    try:
        return ip_address(bare)
    except ValueError:
        return None


class AddressPolicy:
    """Public addresses, and those that `allow_private_hosts` of the job file adds.

    `allowed` is True for every address, or host names (each with its subdomains), addresses and networks.
    """

    def __init__(self, allowed: bool | Iterable[str] = ()) -> None:
        self._all = allowed is True
        self._names: list[str] = []
        self._networks: list[IPv4Network | IPv6Network] = []
        for entry in () if isinstance(allowed, bool) else allowed:
            try:
                self._networks.append(ip_network(entry, strict=False))
            except ValueError:
                self._names.append(entry.lower().removesuffix("."))

    def permits(self, host: str, address: Address) -> bool:
        """Whether a connection to `address`, asked for under the name `host`, may be made."""
        if self._all or is_public(address):
            return True
        bare = _unwrap(address)
        if any(bare in network for network in self._networks):
            return True
        host = host.lower()
        return any(host == name or host.endswith(f".{name}") for name in self._names)


def _unwrap(address: Address) -> Address:
    if isinstance(address, IPv4Address):
        return address
    if address.ipv4_mapped is not None:
        return address.ipv4_mapped
    if address in _6TO4:
        return IPv4Address(address.packed[2:6])
    if address in _NAT64:
        return IPv4Address(address.packed[-4:])
    return address
