"""Which addresses of services may be sent a key."""

from __future__ import annotations

from ipaddress import ip_address
from urllib.parse import urlsplit


def check_address(url: str, *, allow_http: bool) -> None:
    """Raise ValueError for an address by which keys would be told to others."""
    parts = urlsplit(url)
    if parts.scheme == "http" and not allow_http and not _is_here(parts.hostname or ""):
        raise ValueError(f"url {url!r} sends the key without encryption; use https, or set allow_http = true")
    if parts.username or parts.password:
        raise ValueError("url has a user or a password; give the key by the environment variable")


def _is_here(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
