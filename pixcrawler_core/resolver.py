"""Scrapy's resolver with the fetch stage's rule: spiders, too, reach only addresses that are permitted."""

from __future__ import annotations

from ipaddress import ip_address
from typing import TYPE_CHECKING, Any

from scrapy.resolver import CachingThreadedResolver
from twisted.internet.defer import Deferred, succeed
from twisted.internet.error import DNSLookupError

from pixcrawler_core.fetch.addresses import AddressPolicy

if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Self

    from scrapy.crawler import Crawler
    from scrapy.settings import BaseSettings
    from twisted.internet.base import ReactorBase


class PublicResolver(CachingThreadedResolver):
    """Fails for a name or literal whose address is not permitted; Twisted connects to the checked answer."""

    def __init__(self, reactor: ReactorBase, cache_size: int, timeout: float, policy: AddressPolicy) -> None:
        super().__init__(reactor, cache_size, timeout)
        self.policy = policy

    @classmethod
    def from_crawler(cls, crawler: Crawler, reactor: ReactorBase) -> Self:
        """Read the settings of a crawler (the `scrapy` command)."""
        return cls.from_settings(crawler.settings, reactor)

    @classmethod
    def from_settings(cls, settings: BaseSettings, reactor: ReactorBase) -> Self:
        """Read DNSCACHE_SIZE, DNS_TIMEOUT and PIXCRAWLER_ALLOW_PRIVATE_HOSTS."""
        allowed = settings["PIXCRAWLER_ALLOW_PRIVATE_HOSTS"]
        policy = AddressPolicy(
            allowed if allowed is True else settings.getlist("PIXCRAWLER_ALLOW_PRIVATE_HOSTS")
        )
        return cls(reactor, settings.getint("DNSCACHE_SIZE"), settings.getfloat("DNS_TIMEOUT"), policy)

    def getHostByName(self, name: str, timeout: Sequence[int] = ()) -> Deferred[str]:  # noqa: N802  # Twisted's
        """The checked address of a name; names under `.localhost` are loopback (RFC 6761)."""
        if name == "localhost" or name.endswith(".localhost"):
            found: Deferred[str] = succeed("127.0.0.1")
        else:
            found = super().getHostByName(name, timeout)
        return found.addCallback(self._checked, name)

    def _checked(self, address: Any, name: str) -> str:
        if not self.policy.permits(name, ip_address(str(address))):
            raise DNSLookupError(
                f"{name} has the address {address}, which is not public; "
                "allow it with allow_private_hosts if you trust it"
            )
        return str(address)
