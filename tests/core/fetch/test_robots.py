from __future__ import annotations

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pixcrawler_core.fetch.robots import MAX_BYTES, Robots, decode, product_token

US = frozenset(("pixcrawler",))


def allows(text: str, path: str = "/a/b.jpg") -> bool:
    return Robots(text, US).allows(f"https://example.com{path}")


@pytest.mark.parametrize(
    ("text", "allowed"),
    [
        ("", True),
        ("<html><body>Not found</body></html>", True),
        ("User-agent: *\nDisallow:", True),
        ("User-agent: *\nDisallow: /", False),
        ("\ufeffUser-agent: *\nDisallow: /", False),
        ("user-agent:*\r\ndisallow:/a/\r\n", False),
        ("User-agent: *\rDisallow: /\r", False),
        ("User-agent: *\nDisallow: /b", True),
        ("User-agent: *\nDisallow: /a/*.jpg$", False),
        ("User-agent: *\nDisallow: /a/*.png$", True),
        ("User-agent: *\nDisallow: /\nAllow: /a/", True),
        ("User-agent: *\nAllow: /\nDisallow: /a/", False),
        ("User-agent: *\nAllow: /a/\nDisallow: /a/", True),
        ("User-agent: googlebot\nDisallow: /", True),
        ("User-agent: PixCrawler\nDisallow: /", False),
        ("User-agent: pixcrawler/1.0 # ours\nDisallow: /", False),
        ("User-agent: pixcrawler\nAllow: /\n\nUser-agent: *\nDisallow: /", True),
        ("User-agent: pixcrawler\nDisallow: /\n\nUser-agent: *\nAllow: /", False),
        ("User-agent: pix\nAllow: /\n\nUser-agent: *\nDisallow: /", False),
        ("User-agent: pixcrawler-news\nAllow: /\n\nUser-agent: *\nDisallow: /", False),
        ("User-agent: a\nUser-agent: pixcrawler\nDisallow: /", False),
        ("User-agent: pixcrawler\nDisallow: /x\n\nUser-agent: pixcrawler\nDisallow: /a", False),
        ("User-agent: *\nDisallow: /%61/b.jpg", False),
        ("User-agent: *\nDisallow: /A/", True),
    ],
)
def test_rules(text: str, *, allowed: bool) -> None:
    assert allows(text) is allowed


def test_queries_and_encodings_count() -> None:
    text = "User-agent: *\nDisallow: /*?size=\nDisallow: /ü/"
    assert not allows(text, "/a.jpg?size=9")
    assert not allows(text, "/%C3%BC/a.jpg")
    assert allows(text, "/a.jpg?w=9")


def test_several_tokens_share_their_groups() -> None:
    robots = Robots(
        "User-agent: mylab\nDisallow: /a\n\nUser-agent: *\nDisallow: /", frozenset(("mylab",)) | US
    )
    assert not robots.allows("https://example.com/a")
    assert robots.allows("https://example.com/b")


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("", 0), ("User-agent: *\nCrawl-delay: 2.5", 2.5), ("User-agent: *\nCrawl-delay: 3600", 60),
     ("User-agent: *\nCrawl-delay: -1", 0), ("User-agent: *\nCrawl-delay: nan", 0),
     ("User-agent: *\nCrawl-delay: 9\n\nUser-agent: pixcrawler\nDisallow: /x", 0)],
)  # fmt: skip
def test_crawl_delay(text: str, seconds: float) -> None:
    assert Robots(text, US).delay == seconds


@pytest.mark.parametrize(
    ("agent", "token"),
    [("PixCrawler/0.1 (+x)", "pixcrawler"), ("My_Lab-bot", "my_lab-bot"), ("42", "pixcrawler")],
)
def test_product_token(agent: str, token: str) -> None:
    assert product_token(agent) == token


def test_bytes_that_are_no_utf8_do_not_hide_the_rest() -> None:
    assert not allows(decode("User-agent: *\nDisallow: /ä\nDisallow: /a/".encode("latin-1")))
    assert len(decode(b"a" * (MAX_BYTES + 1))) == MAX_BYTES


@settings(max_examples=100, deadline=None)
@given(st.text("uUser-agent:*pixcrl\n\rDdisalow /#$%1", max_size=200), st.text("/*a$?%", max_size=20))
def test_anything_is_read(text: str, path: str) -> None:
    robots = Robots(text, US)
    assert robots.allows(f"https://example.com/{path}") in (True, False)
    assert 0 <= robots.delay <= 60


def test_hostile_wildcards_are_no_burden() -> None:
    text = "User-agent: *\n" + f"Disallow: /{'*a' * 200}b\n" * 500
    started = time.perf_counter()
    assert allows(text, "/" + "a" * 4000)
    assert time.perf_counter() - started < 5
