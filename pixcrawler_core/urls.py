"""One spelling for each URL, and a number to look it up by."""

from __future__ import annotations

import hashlib
import re
import socket
from functools import lru_cache
from ipaddress import IPv6Address
from urllib.parse import urlsplit

from yarl import URL

from pixcrawler_core.variants import same_image

MAX_LENGTH = 4096
"""Characters; longer addresses of images are not found on the web in practice."""

_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\ud800-\udfff]")
_HOST_NAME = re.compile(r"[a-z0-9_-]{1,63}(?:\.[a-z0-9_-]{1,63})*")
_NUMBER = re.compile(r"\d+|0x[0-9a-f]*")
_USERINFO = re.compile(r"//[^/?#]*@")
_DEFAULT_PORTS = {"http": 80, "https": 443}
_PLAIN = re.compile(
    r"https?://(?:[a-z0-9_-]{1,40}\.){1,5}[a-z]{2,20}(?::(?!(?:80|443)/)[1-9]\d{0,3})?"
    r"/[\w./~!$&'()*+,;=:@-]*(?:\?[\w./~!$&'()*+,;=:@?-]+)?",
    re.ASCII,
)
"""Most addresses: unless `/.` is in them, their spelling is canonical already, which this tells in a seventh
of the time that reading them would take."""


@lru_cache(maxsize=8192)
def canonical_url(url: str) -> str:
    """The one spelling of a URL by which it is recognised and asked for.

    Scheme and host in lower case, international names in IDNA, no default port, no fragment, dot segments
    resolved, percent-encoding normalised (RFC 3986, section 6.2.2), IPv4 addresses written as four decimal
    numbers (WHATWG URL, section 3.5); the query keeps its order and parts. The function is idempotent.

    Raises ValueError, in a sentence that fits the ledger, for anything that is not an http or https URL with
    a host, and for credentials, control characters and more than `MAX_LENGTH` characters.
    """
    if len(url) <= MAX_LENGTH and "/." not in url and _PLAIN.fullmatch(url):
        return url
    url = url.strip(" ")
    if len(url) > MAX_LENGTH:
        raise ValueError(f"URL is longer than {MAX_LENGTH:,} characters: {_short(url)}")
    if _CONTROL.search(url):
        raise ValueError(f"URL has control characters in it: {_short(url)}")
    try:
        parsed = URL(url)
        canonical = _assemble(parsed, url)
    except ValueError as error:
        if type(error) is _UnfitError:
            raise ValueError(str(error)) from None
        raise ValueError(f"URL cannot be read ({error.__class__.__name__}): {_short(url)}") from error
    if len(canonical) > MAX_LENGTH:
        raise ValueError(f"URL is longer than {MAX_LENGTH:,} characters when encoded: {_short(url)}")
    return canonical


@lru_cache(maxsize=8192)
def url_key(url: str) -> int:
    """A stable number from 0 to 2**63 - 1 for an image's URL: 63 bits of BLAKE2b (RFC 7693).

    Addresses that are known to lead to the same image (see `pixcrawler_core.variants`) share it. Among ten
    million images, the chance that any two others share a number is about one in 180,000. Raises ValueError
    as `canonical_url` does.
    """
    spelling = same_image(canonical_url(url))
    return int.from_bytes(hashlib.blake2b(spelling.encode(), digest_size=8).digest()) >> 1


def host_of(url: str) -> str | None:
    """The host that a URL names, in small letters; None for one that names none, or cannot be read."""
    try:
        return urlsplit(url).hostname
    except ValueError:
        return None


def without_credentials(url: str) -> str:
    """The URL with what stands before `@` in its authority masked."""
    return _USERINFO.sub("//***@", url)


class _UnfitError(ValueError):
    """A URL that could be read but is not for us."""


def _assemble(parsed: URL, url: str) -> str:
    scheme, host = parsed.scheme, parsed.raw_host
    if scheme not in _DEFAULT_PORTS:
        raise _UnfitError(f"URL is not http or https: {_short(url)}")
    if not host:
        raise _UnfitError(f"URL has no host: {_short(url)}")
    if parsed.raw_user is not None or parsed.raw_password is not None:
        raise _UnfitError(f"URL has credentials in it: {_short(url)}")
    authority = _host(host, url)
    port = parsed.explicit_port
    if port is not None and port != _DEFAULT_PORTS[scheme]:
        authority = f"{authority}:{port}"
    path, query = parsed.raw_path or "/", parsed.raw_query_string
    return f"{scheme}://{authority}{path}?{query}" if query else f"{scheme}://{authority}{path}"


def _host(host: str, url: str) -> str:
    if ":" in host:
        if "%" in host:
            raise _UnfitError(f"URL names an IPv6 zone: {_short(url)}")
        return f"[{IPv6Address(host).compressed}]"
    name = host.lower().removesuffix(".")
    if len(name) > 253 or not _HOST_NAME.fullmatch(name):
        raise _UnfitError(f"URL has a host name that cannot exist: {_short(url)}")
    if not _NUMBER.fullmatch(name.rpartition(".")[2]):
        return name
    try:
        return socket.inet_ntoa(socket.inet_aton(name))
    except OSError:
        raise _UnfitError(f"URL has a host of numbers that is no address: {_short(url)}") from None


def _short(url: str) -> str:
    shown = without_credentials(url)
    return repr(shown if len(shown) <= 100 else shown[:99] + "…")
