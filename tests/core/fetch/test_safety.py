"""No URL, redirect or DNS answer leads the fetch stage to an address that must not be asked."""

from __future__ import annotations

import asyncio
import base64
import socket
from collections.abc import Sequence

import pytest

from pixcrawler_core.blobs.store import BlobStore
from pixcrawler_core.config.fetch import FetchOptions
from pixcrawler_core.fetch.addresses import AddressPolicy
from pixcrawler_core.fetch.fetcher import Fetcher, NotFetched
from pixcrawler_core.fetch.policies import MemoryPolicies
from pixcrawler_core.fetch.resolver import AddressInfo, SafeResolver
from pixcrawler_core.records import Outcome, Stage, State
from tests.core.fetch.conftest import JPEG, Open, Site, candidate


@pytest.mark.parametrize(
    "host",
    [
        "127.0.0.1",
        "127.1",
        "0x7f.1",
        "0x7f000001",
        "2130706433",
        "0177.0.0.1",
        "127.0.0.1.",
        "localhost",
        "a.localhost",
        "LOCALHOST.",
        "0.0.0.0",  # noqa: S104
        "10.0.0.1",
        "100.64.0.1",
        "169.254.169.254",
        "192.168.1.1",
        "224.0.0.1",
        "255.255.255.255",
        "[::1]",
        "[::]",
        "[::ffff:127.0.0.1]",
        "[::ffff:a9fe:a9fe]",
        "[64:ff9b::7f00:1]",
        "[2002:7f00:1::]",
        "[fe80::1]",
        "[fc00::1]",
        "[ff02::1]",
        "１２７.0.0.1",  # noqa: RUF001
    ],
)
@pytest.mark.parametrize("robots", [True, False])
async def test_private_hosts_are_refused(site: Site, opened: Open, host: str, *, robots: bool) -> None:
    fetching = await opened(allow_private_hosts=[], robots=robots, opt_out=robots)
    outcome = await fetching.failure(f"http://{host}:{site.port}/a.jpg")
    assert (outcome.state, outcome.stage) == (State.REFUSED, Stage.CONSENT)
    assert (outcome.reason, outcome.passing) == ("private-address", False)
    assert not site.requests


@pytest.mark.parametrize("target", ["http://10.0.0.1/", "http://169.254.169.254/latest", "http://0x7f.1/"])
async def test_redirects_to_private_addresses_are_refused(site: Site, opened: Open, target: str) -> None:
    site.redirect("/a.jpg", target)
    outcome = await (await opened()).failure(site.url())
    assert (outcome.state, outcome.reason) == (State.REFUSED, "private-address")
    assert outcome.final_url is not None
    assert outcome.final_url.startswith("http://1")


async def test_redirect_to_a_private_name_is_refused(site: Site, opened: Open) -> None:
    site.redirect("/a.jpg", site.url("/b.jpg", "b.localhost"))
    site.serve("/b.jpg")
    outcome = await (await opened(allow_private_hosts=["a.localhost"])).failure(site.url())
    assert (outcome.reason, site.asked("/b.jpg")) == ("private-address", 0)


async def test_robots_that_redirects_to_a_private_address(site: Site, opened: Open) -> None:
    site.redirect("/robots.txt", site.url("/secret", "b.localhost"))
    outcome = await (await opened(allow_private_hosts=["a.localhost"])).failure(site.url())
    assert (outcome.reason, site.asked("/secret")) == ("private-address", 0)


@pytest.mark.parametrize("allowed", [True, ["127.0.0.0/8"], ["127.0.0.1"], ["127.0.0.1", "10.0.0.0/8"]])
async def test_allowed_private_hosts(site: Site, opened: Open, allowed: object) -> None:
    site.serve("/a.jpg")
    fetched = await (await opened(allow_private_hosts=allowed)).fetch(site.url(host="127.0.0.1"))
    assert fetched.size == len(JPEG)


async def test_ports(site: Site, opened: Open) -> None:
    outcome = await (await opened(ports=[80, 443])).failure(site.url())
    assert (outcome.state, outcome.reason) == (State.REFUSED, "port")
    assert not site.requests
    site.serve("/a.jpg")
    assert (await (await opened(ports=[site.port])).fetch(site.url())).size == len(JPEG)


def answers(*addresses: str) -> SafeResolver:
    async def lookup(_: str, port: int, __: int) -> Sequence[AddressInfo]:
        family = {True: socket.AF_INET6, False: socket.AF_INET}
        return [(family[":" in text], socket.SOCK_STREAM, 0, "", (text, port)) for text in addresses]

    return SafeResolver(AddressPolicy(["127.0.0.1"]), lookup=lookup)


async def failure_with(resolver: SafeResolver, url: str, blobs: BlobStore) -> Outcome:
    options = FetchOptions(robots=False, opt_out=False, retries=0, allow_private_hosts=("127.0.0.1",))
    async with Fetcher(options, blobs, policies=MemoryPolicies(), resolver=resolver) as fetcher:
        with pytest.raises(NotFetched) as problem:
            await fetcher.fetch(candidate(url))
    return problem.value.outcome


@pytest.mark.parametrize("addresses", [["10.0.0.1"], ["127.0.0.1", "192.168.0.1"], ["127.0.0.1", "::1"]])
async def test_one_private_answer_refuses_the_name(site: Site, opened: Open, addresses: list[str]) -> None:
    blobs = (await opened()).blobs
    outcome = await failure_with(answers(*addresses), f"http://rebind.example:{site.port}/a.jpg", blobs)
    assert (outcome.state, outcome.reason) == (State.REFUSED, "private-address")
    assert not site.requests


async def test_the_connection_goes_to_the_address_that_was_checked(site: Site, opened: Open) -> None:
    """A name that turns private after the check (DNS rebinding) is not looked up a second time."""
    asked = 0

    async def rebinding(_: str, port: int, __: int) -> Sequence[AddressInfo]:
        nonlocal asked
        asked += 1
        address = "127.0.0.1" if asked == 1 else "10.0.0.1"
        return [(socket.AF_INET, socket.SOCK_STREAM, 0, "", (address, port))]

    site.serve("/a.jpg")
    options = FetchOptions(allow_private_hosts=("127.0.0.1",))
    resolver = SafeResolver(AddressPolicy(["127.0.0.1"]), lookup=rebinding)
    blobs = (await opened()).blobs
    async with Fetcher(options, blobs, policies=MemoryPolicies(), resolver=resolver) as fetcher:
        await fetcher.fetch(candidate(f"http://rebind.example:{site.port}/a.jpg"))
    assert asked == 1


async def test_names_that_cannot_be_looked_up(site: Site, opened: Open) -> None:
    async def unknown(host: str, _: int, __: int) -> Sequence[AddressInfo]:
        code = socket.EAI_NONAME if host == "no.example" else socket.EAI_AGAIN
        raise socket.gaierror(code, "lookup failed")

    async def hanging(_: str, __: int, ___: int) -> Sequence[AddressInfo]:
        await asyncio.sleep(30)
        return []

    blobs = (await opened()).blobs
    resolver = SafeResolver(AddressPolicy(), lookup=unknown)
    outcome = await failure_with(resolver, "http://no.example/a.jpg", blobs)
    assert (outcome.state, outcome.reason, outcome.passing) == (State.FAILED, "unknown-host", False)
    outcome = await failure_with(resolver, "http://later.example/a.jpg", blobs)
    assert (outcome.reason, outcome.passing) == ("dns", True)
    slow = SafeResolver(AddressPolicy(), lookup=hanging, timeout=0.05)
    outcome = await failure_with(slow, "http://slow.example/a.jpg", blobs)
    assert (outcome.reason, outcome.passing) == ("dns", True)


PUBLIC = "93.184.215.14"


def proxy_options(site: Site, *proxies: str, **fields: bool) -> FetchOptions:
    values = {"proxies": list(proxies) or [f"http://me:p%40ss@127.0.0.1:{site.port}"], "retries": 0}
    return FetchOptions.model_validate(values | fields)


async def test_proxies_get_the_requests_and_their_credentials(site: Site, opened: Open) -> None:
    site.serve("/a.jpg")
    blobs = (await opened()).blobs
    resolver = answers(PUBLIC)
    async with Fetcher(proxy_options(site), blobs, policies=MemoryPolicies(), resolver=resolver) as fetcher:
        fetched = await fetcher.fetch(candidate("http://photos.example/a.jpg"))
    assert fetched.final_url == "http://photos.example/a.jpg"
    assert {request.host for request in site.requests} == {"photos.example"}
    credentials = site.requests[-1].headers["Proxy-Authorization"].removeprefix("Basic ")
    assert base64.b64decode(credentials) == b"me:p@ss"


@pytest.mark.parametrize(
    "url", ["http://inside.example/a.jpg", "https://inside.example/", "http://10.0.0.1/"]
)
async def test_targets_are_checked_before_a_proxy_is_asked(site: Site, opened: Open, url: str) -> None:
    blobs = (await opened()).blobs
    resolver = answers("10.0.0.1")
    async with Fetcher(proxy_options(site), blobs, policies=MemoryPolicies(), resolver=resolver) as fetcher:
        with pytest.raises(NotFetched) as problem:
            await fetcher.fetch(candidate(url))
    assert problem.value.outcome.reason == "private-address"
    assert not site.requests


@pytest.mark.parametrize("case", ["tunnel refused", "nobody there", "wants credentials"])
async def test_failures_of_a_proxy_are_not_the_hosts(
    site: Site, opened: Open, closed_port: int, case: str
) -> None:
    site.serve("/a.jpg", b"", status=407)
    port = closed_port if case == "nobody there" else site.port
    options = proxy_options(site, f"http://me:p%40ss@127.0.0.1:{port}", robots=False, opt_out=False)
    url = "https://photos.example/a.jpg" if case == "tunnel refused" else "http://photos.example/a.jpg"
    blobs, resolver = (await opened()).blobs, answers(PUBLIC)
    async with Fetcher(options, blobs, policies=MemoryPolicies(), resolver=resolver) as fetcher:
        for _ in range(6):
            with pytest.raises(NotFetched) as problem:
                await fetcher.fetch(candidate(url))
            outcome = problem.value.outcome
            assert (outcome.reason, outcome.passing) == ("proxy", True)
            assert "p@ss" not in str(problem.value)
            assert "p%40ss" not in str(problem.value)
