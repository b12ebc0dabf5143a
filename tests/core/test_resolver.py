from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal

import pytest
from scrapy.resolver import dnscache
from scrapy.settings import Settings
from twisted.internet.defer import Deferred
from twisted.internet.error import DNSLookupError
from twisted.internet.testing import MemoryReactorClock

from pixcrawler_core.fetch.addresses import AddressPolicy
from pixcrawler_core.resolver import PublicResolver

PRIVATE = {
    "loopback.example": "127.0.0.1",
    "house.example": "10.0.0.1",
    "home.example": "192.168.1.1",
    "cloud.example": "169.254.169.254",
    "carrier.example": "100.64.0.1",
    "group.example": "224.0.0.1",
    "10.0.0.1": "10.0.0.1",
}
ADDRESSES = {**PRIVATE, "public.example": "93.184.215.14"}
NEW_REACTOR: Any = MemoryReactorClock


@pytest.fixture(autouse=True)
def names(monkeypatch: pytest.MonkeyPatch) -> None:
    """Names that Scrapy's cache answers, so that no name server is asked."""
    for name, address in ADDRESSES.items():
        monkeypatch.setitem(dnscache, name, address)


def resolver(allowed: Literal[True] | Sequence[str] = ()) -> PublicResolver:
    """A resolver that asks nobody."""
    return PublicResolver(NEW_REACTOR(), cache_size=10_000, timeout=1.0, policy=AddressPolicy(allowed))


def outcome(deferred: Deferred[str]) -> Any:
    """What a Deferred that has fired holds."""
    found: list[Any] = []
    deferred.addBoth(found.append)
    (result,) = found
    return result


@pytest.mark.parametrize("name", ["localhost", "a.localhost", *PRIVATE])
def test_names_of_private_addresses_are_refused(name: str) -> None:
    failure = outcome(resolver().getHostByName(name))
    assert failure.check(DNSLookupError)
    assert f"{name} has the address" in failure.getErrorMessage()
    assert "allow_private_hosts" in failure.getErrorMessage()


def test_public_addresses_are_answered() -> None:
    assert outcome(resolver().getHostByName("public.example")) == "93.184.215.14"


@pytest.mark.parametrize("allowed", [True, ["127.0.0.0/8"], ["127.0.0.1"], ["photos.localhost"]])
def test_allowed_hosts_are_answered(allowed: Literal[True] | Sequence[str]) -> None:
    assert outcome(resolver(allowed).getHostByName("photos.localhost")) == "127.0.0.1"


def test_allowing_one_host_allows_no_other() -> None:
    failure = outcome(resolver(["photos.localhost"]).getHostByName("other.localhost"))
    assert failure.check(DNSLookupError)


@pytest.mark.parametrize(("setting", "permitted"), [([], False), (["localhost"], True), (True, True)])
def test_settings(setting: object, permitted: bool) -> None:
    settings = Settings({"PIXCRAWLER_ALLOW_PRIVATE_HOSTS": setting})
    found = PublicResolver.from_settings(settings, NEW_REACTOR())
    assert (outcome(found.getHostByName("localhost")) == "127.0.0.1") is permitted
