from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from tests.plugins.stores.azurite import azurite, connection_string
from tests.plugins.stores.proxy import Proxy, proxied
from tests.plugins.stores.s3 import s3_server


@pytest.fixture(scope="session")
def azure_address() -> Iterator[str]:
    """Address of an Azurite of this session."""
    with azurite() as address:
        yield address


@dataclass(frozen=True)
class Spoilt:
    """A proxy in front of Azurite, and how to log in through it."""

    proxy: Proxy
    address: str

    @property
    def login(self) -> str:
        """The connection string."""
        return connection_string(self.address)


@pytest.fixture(scope="session")
def running_proxy(azure_address: str) -> Iterator[Spoilt]:
    """The proxy of the session; take `spoilt` in tests."""
    with proxied(azure_address) as (proxy, address):
        yield Spoilt(proxy, address)


@pytest.fixture
def spoilt(running_proxy: Spoilt) -> Spoilt:
    """A proxy in front of Azurite that spoils nothing yet."""
    running_proxy.proxy.reset()
    return running_proxy


@pytest.fixture(scope="session")
def s3_address() -> Iterator[str]:
    """Address of a server that speaks S3, with one bucket, of this session."""
    with s3_server() as address:
        yield address
