from __future__ import annotations

from ipaddress import IPv4Address, IPv6Address, ip_address

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pixcrawler_core.fetch.addresses import AddressPolicy, is_public, literal


@pytest.mark.parametrize(
    "text",
    [
        "0.0.0.0", "0.1.2.3", "10.255.255.255", "100.64.0.1", "100.127.255.255", "127.0.0.1", "127.255.0.1",  # noqa: S104
        "169.254.169.254", "172.16.0.1", "172.31.255.255", "192.0.0.8", "192.0.2.1", "192.88.99.1",
        "192.168.0.1", "198.18.0.1", "198.19.255.255", "198.51.100.1", "203.0.113.1", "224.0.0.1",
        "239.255.255.255", "240.0.0.1", "255.255.255.255",
        "::", "::1", "::127.0.0.1", "::ffff:10.0.0.1", "::ffff:0:7f00:1", "64:ff9b::10.0.0.1",
        "64:ff9b:1::1", "100::1", "2001::1", "2001:0:4136:e378:8000:63bf:3fff:fdd2", "2001:2::1",
        "2001:db8::1", "2002:a00:1::", "2002:7f00:1::1", "3fff::1", "5f00::1", "fc00::1", "fd12::1",
        "fe80::1", "fe80::1%eth0", "fec0::1", "ff02::1", "4000::1",
    ],
)  # fmt: skip
def test_not_public(text: str) -> None:
    assert not is_public(ip_address(text))


@pytest.mark.parametrize(
    "text",
    ["1.1.1.1", "8.8.8.8", "100.63.255.255", "100.128.0.0", "172.15.0.1", "172.32.0.1", "223.255.255.255",
     "2606:4700::1111", "2a00:1450:4001::1", "::ffff:8.8.8.8", "64:ff9b::8.8.8.8", "2002:808:808::1"],
)  # fmt: skip
def test_public(text: str) -> None:
    assert is_public(ip_address(text))


@settings(max_examples=100, deadline=None)
@given(st.integers(0, 2**32 - 1).map(IPv4Address))
def test_no_wrapping_makes_an_address_public(address: IPv4Address) -> None:
    number = int(address)
    wrapped = (
        IPv6Address(0xFFFF << 32 | number),
        IPv6Address(0x64FF9B << 96 | number),
        IPv6Address(0x2002 << 112 | number << 80),
    )
    assert {is_public(each) for each in wrapped} == {is_public(address)}
    if not address.is_global:
        assert not is_public(address)


@settings(max_examples=100, deadline=None)
@given(
    st.integers(0, 2**128 - 1).map(IPv6Address)
    | st.integers(0, 2**125 - 1).map(lambda n: IPv6Address(1 << 125 | n))
)
def test_never_laxer_than_the_standard_library(address: IPv6Address) -> None:
    if is_public(address):
        assert address.is_global
        assert not address.is_multicast


def test_literal() -> None:
    assert literal("[::1]") == IPv6Address("::1")
    assert literal("::1") == IPv6Address("::1")
    assert literal("127.0.0.1") == IPv4Address("127.0.0.1")
    assert literal("example.com") is None
    assert literal("example1") is None


def test_policy() -> None:
    private, public = ip_address("10.1.2.3"), ip_address("8.8.8.8")
    assert AddressPolicy().permits("a.example", public)
    assert not AddressPolicy().permits("a.example", private)
    assert not AddressPolicy(allowed=False).permits("a.example", private)
    assert AddressPolicy(allowed=True).permits("a.example", private)
    assert AddressPolicy(["10.1.0.0/16"]).permits("a.example", private)
    assert AddressPolicy(["10.1.0.0/16"]).permits("a.example", ip_address("::ffff:10.1.2.3"))
    assert AddressPolicy(["fd00::/8"]).permits("a.example", ip_address("fd00::1"))
    assert not AddressPolicy(["10.2.0.0/16", "fd00::/8"]).permits("a.example", private)


@pytest.mark.parametrize(
    ("host", "permitted"),
    [
        ("photos.lan", True),
        ("PHOTOS.lan", True),
        ("a.photos.lan", True),
        ("notphotos.lan", False),
        ("lan", False),
    ],
)
def test_names_of_a_policy(host: str, *, permitted: bool) -> None:
    assert AddressPolicy(["Photos.lan."]).permits(host, ip_address("10.1.2.3")) is permitted
