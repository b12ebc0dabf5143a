from __future__ import annotations

import re
import string

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from pixcrawler_core.urls import MAX_LENGTH, canonical_url, url_key

HOSTS = st.from_regex(r"[a-z][a-z0-9-]{0,10}(\.[a-z]{2,5}){0,2}", fullmatch=True)
PATHS = st.text(st.characters(exclude_categories=["Cs", "Cc"], exclude_characters="?#\\"), max_size=30)


@pytest.mark.parametrize(
    ("url", "canonical"),
    [
        ("HTTP://ExAmple.COM:80/a/../b?b=2&a=1#top", "http://example.com/b?b=2&a=1"),
        ("https://example.com:443", "https://example.com/"),
        ("https://example.com:8443/", "https://example.com:8443/"),
        ("http://example.com:80/x", "http://example.com/x"),
        ("https://example.com:443/x?y", "https://example.com/x?y"),
        ("http://example.com./x", "http://example.com/x"),
        ("https://bücher.example/ü", "https://xn--bcher-kva.example/%C3%BC"),
        ("http://a.example/%7euser/%e9%2f", "http://a.example/~user/%E9%2F"),
        ("http://a.example/?q=a%20b+c%2Bd", "http://a.example/?q=a%20b+c%2Bd"),
        ("http://a.example/%2e%2e/x", "http://a.example/x"),
        ("http://[2001:DB8:0::1]:80/", "http://[2001:db8::1]/"),
        ("http://a.example/a b.jpg", "http://a.example/a%20b.jpg"),
        (" http://a.example/ ", "http://a.example/"),
        ("http://１２７.0.0.1/", "http://127.0.0.1/"),  # noqa: RUF001
        ("http://0x7f.1/", "http://127.0.0.1/"),
        ("http://2130706433/", "http://127.0.0.1/"),
        ("http://127.1/", "http://127.0.0.1/"),
        ("http://0177.0.0.01./", "http://127.0.0.1/"),
    ],
)
def test_canonical_spelling(url: str, canonical: str) -> None:
    assert canonical_url(url) == canonical


@pytest.mark.parametrize(
    ("url", "says"),
    [
        ("", "not http or https"),
        ("ftp://a.example/x", "not http or https"),
        ("javascript:alert(1)", "not http or https"),
        ("data:image/png;base64,AAAA", "not http or https"),
        ("file:///etc/passwd", "not http or https"),
        ("//a.example/x", "not http or https"),
        ("http:///x", "no host"),
        ("http:a.example/x", "no host"),
        ("http://name:word@a.example/", "credentials"),
        ("http://name@a.example/", "credentials"),
        ("http://a.example\\@b.example/", "cannot be read"),
        ("http://a.example/\n", "control characters"),
        ("http://a.example/\x00", "control characters"),
        ("http://a.example/\ud800", "control characters"),
        ("http://a.example/" + "x" * MAX_LENGTH, "longer than 4,096"),
        ("http://a.example/" + "ü" * 2000, "when encoded"),
        ("http://a..example/", "cannot exist"),
        ("http://a b.example/", "cannot exist"),
        ("http://a%2eb.example/", "cannot exist"),
        ("http://1.2.3.256/", "no address"),
        ("http://1.2.3.4.5/", "no address"),
        ("http://example.0x/", "no address"),
        ("http://" + "a" * 64 + ".example/", "cannot exist"),
        ("http://[fe80::1%25eth0]/", "IPv6 zone"),
        ("http://[v1.a:b]/", "cannot be read"),
        ("http://[::1/", "cannot be read"),
        ("http://a.example:99999/", "cannot be read"),
    ],
)
def test_what_is_refused(url: str, says: str) -> None:
    with pytest.raises(ValueError, match=re.escape(says)) as refusal:
        canonical_url(url)
    assert "word" not in str(refusal.value)
    assert len(str(refusal.value)) < 200


@settings(max_examples=60, deadline=None)
@given(host=HOSTS, path=PATHS, query=PATHS, upper=st.booleans())
def test_idempotent_and_blind_to_spelling(host: str, path: str, query: str, *, upper: bool) -> None:
    assume(query == query.strip(" "))
    url = canonical_url(f"http://{host}/{path}?{query}")
    assert canonical_url(url) == url
    assert url.isascii()
    again = f"HTTP://{host.upper() if upper else host}:80/{path}?{query}#fragment"
    assert canonical_url(again) == url
    assert url_key(again) == url_key(url)


ALMOST_PLAIN = st.from_regex(
    r"https?://([a-z0-9_-]{1,3}\.){0,2}(org|localhost|0x1|7)(:(80|443|8080|0|9))?"
    r"(/(\.|\.\.|[\w.~!$&'()*+,;=:@-]{0,4}|%[2e][0e])){0,3}(\?[\w./?~!$&'()*+,;=:@%-]{0,6})?",
    fullmatch=True,
)


@settings(max_examples=150, deadline=None)
@given(ALMOST_PLAIN)
def test_addresses_that_need_no_reading_are_spelt_like_those_that_do(url: str) -> None:
    told = []
    for each in (url, f" {url}"):  # the space has the address read part by part
        try:
            told.append(canonical_url(each))
        except ValueError as error:
            told.append(str(error))
    assert told[0] == told[1]


@settings(max_examples=60, deadline=None)
@given(st.text(max_size=60) | st.text(string.printable, max_size=60).map(lambda text: "http://" + text))
def test_any_text_is_either_canonical_or_a_value_error(text: str) -> None:
    try:
        url = canonical_url(text)
    except ValueError:
        return
    assert canonical_url(url) == url


@settings(max_examples=50, deadline=None)
@given(HOSTS)
def test_key_fits_a_signed_64_bit_column(host: str) -> None:
    assert 0 <= url_key(f"https://{host}/") < 2**63


def test_key_is_stable() -> None:
    assert url_key("https://example.com/") == url_key("HTTPS://EXAMPLE.com:443/#x")
    assert url_key("https://example.com/") != url_key("https://example.com/?a")
    assert url_key("https://example.com/") == KNOWN_KEY


KNOWN_KEY = 4308569415453998256
"""Written down, so that ledgers of earlier versions keep their keys."""
