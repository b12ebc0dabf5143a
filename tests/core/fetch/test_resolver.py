from __future__ import annotations

import socket
from collections.abc import Sequence

import pytest

from pixcrawler_core.fetch.addresses import AddressPolicy
from pixcrawler_core.fetch.resolver import AddressInfo, PrivateAddressError, SafeResolver, UnknownHostError


class Names:
    """A lookup with fixed answers, which counts how often it is asked."""

    def __init__(self, *addresses: str) -> None:
        self.addresses = addresses
        self.asked = 0

    async def __call__(self, host: str, port: int, family: int) -> Sequence[AddressInfo]:
        self.asked += 1
        return [
            (socket.AF_INET6 if ":" in text else socket.AF_INET, socket.SOCK_STREAM, 0, "", (text, port))
            for text in self.addresses
        ]


async def test_loopback_names_are_not_asked_for() -> None:
    names = Names("8.8.8.8")
    resolver = SafeResolver(AddressPolicy(["localhost"]), lookup=names)
    found = await resolver.resolve("a.b.localhost", 80)
    assert [(each["host"], each["port"], each["family"]) for each in found] == [
        ("127.0.0.1", 80, socket.AF_INET),
        ("::1", 80, socket.AF_INET6),
    ]
    assert len(await resolver.resolve("localhost", 80, socket.AF_INET)) == 1
    assert names.asked == 0
    await resolver.close()


async def test_public_answers() -> None:
    resolver = SafeResolver(AddressPolicy(), lookup=Names("8.8.8.8", "2606:4700::1111", "8.8.8.8"))
    found = await resolver.resolve("a.example", 443)
    assert [each["host"] for each in found] == ["8.8.8.8", "2606:4700::1111"]
    assert {each["hostname"] for each in found} == {"a.example"}


@pytest.mark.parametrize("address", ["10.0.0.1", "::1", "fe80::1%2", "::ffff:127.0.0.1"])
async def test_private_answers(address: str) -> None:
    resolver = SafeResolver(AddressPolicy(), lookup=Names("8.8.8.8", address))
    with pytest.raises(PrivateAddressError, match=r"a\.example"):
        await resolver.resolve("a.example", 443)


async def test_no_answer() -> None:
    with pytest.raises(UnknownHostError):
        await SafeResolver(AddressPolicy(), lookup=Names()).resolve("a.example", 443)


async def test_names_that_cannot_be_encoded() -> None:
    resolver = SafeResolver(AddressPolicy())
    with pytest.raises(UnknownHostError):
        await resolver.resolve("a" * 64 + ".example", 80)
    await resolver.close()


async def test_system_lookup() -> None:
    resolver = SafeResolver(AddressPolicy())
    with pytest.raises(PrivateAddressError):
        await resolver.resolve("127.0.0.1", 80)
    await resolver.close()


async def test_checks_are_remembered() -> None:
    names = Names("8.8.8.8")
    resolver = SafeResolver(AddressPolicy(), lookup=names)
    for _ in range(3):
        await resolver.check("a.example", 443)
    assert names.asked == 1
