"""Addresses in pages: the short ways of reading them say what the long ones say."""

from __future__ import annotations

from urllib.parse import urljoin, urlsplit

from hypothesis import example, given, settings
from hypothesis import strategies as st
from pixcrawler_spiders.markup import host_of, resolved

from pixcrawler_core.urls import canonical_url

BASES = ("https://www.zoo.example/a/b?c#d", "http://zoo.example:8080", "http://ann@zoo.example/", "", "/a")
TOLD = st.from_regex(r"/?([a-z0-9.;:@%=?&#]{0,4}/?){0,4}", fullmatch=True)


@settings(max_examples=120, deadline=None)
@given(st.sampled_from(BASES), TOLD)
@example(BASES[0], "/../b.jpg")
@example(BASES[0], "//other.example/b.jpg")
@example(BASES[1], "/b.jpg?c=/./d")
def test_addresses_are_joined_as_the_standard_says(base: str, told: str) -> None:
    try:
        expected = canonical_url(urljoin(base, told)) if told and told[0] != "#" else None
    except ValueError:
        expected = None
    assert resolved(base, told) == expected


@settings(max_examples=120, deadline=None)
@given(st.sampled_from(("http://", "https://", "HTTP://", "//", "")), TOLD.map(lambda told: told.lstrip("/")))
@example("https://", "www.zoo.example")
@example("https://", "ann@zoo.example:80/")
@example("https://", "[::1]/")
def test_hosts(scheme: str, told: str) -> None:
    host = urlsplit(f"{scheme}{told}").hostname or ""
    assert host_of(f"{scheme}{told}") == host.removeprefix("www.")
