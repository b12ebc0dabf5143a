"""The `[fetch]` table: how images are fetched, how politely and how safely."""

from __future__ import annotations

import ipaddress
import json
import re
from typing import Annotated, Any
from urllib.parse import urlsplit

from pydantic import (
    AfterValidator,
    BeforeValidator,
    ByteSize,
    Field,
    SecretStr,
    TypeAdapter,
    ValidationError,
    WithJsonSchema,
)

from pixcrawler_core.config.table import Table
from pixcrawler_core.version import __version__

VISIBLE = re.compile(r"[\x21-\x7e]+")
PRINTABLE = re.compile(r"[\x20-\x7e]+")
LARGEST_SIZE = 10 * 2**30
HOST_NAME = re.compile(r"(?=.{1,253}\Z)(?!-)[a-z0-9_-]{1,63}(?:\.(?!-)[a-z0-9_-]{1,63})*", re.ASCII)


def _size(value: Any) -> int:
    try:
        return int(TypeAdapter(ByteSize).validate_json(json.dumps(value), strict=True))
    except ValidationError:
        raise ValueError("it should be a number of bytes or a size such as '50 MB' or '20 MiB'") from None


def _header_text(text: str) -> str:
    if not PRINTABLE.fullmatch(text):
        raise ValueError("it goes into a header, so it may have printable ASCII characters only")
    return text


def _comment(text: str) -> str:
    if re.search(r"[()\\]", text):
        raise ValueError("it is sent in brackets, so it may have no brackets and no backslashes")
    return text


def _private_host(text: str) -> str:
    host = text.strip().lower()
    try:
        return (
            str(ipaddress.ip_network(host, strict=False)) if "/" in host else str(ipaddress.ip_address(host))
        )
    except ValueError:
        if HOST_NAME.fullmatch(host) and not host.replace(".", "").isdigit():
            return host
    raise ValueError("it should be a host name, an IP address or a network such as '10.0.0.0/8'")


def _proxy(secret: SecretStr) -> SecretStr:
    """Refuses what is no HTTP proxy; the messages never have the value, which may hold a password."""
    try:
        parts = urlsplit(secret.get_secret_value())
        usable = bool(parts.scheme == "http" and parts.hostname and parts.port != 0)
    except ValueError:
        usable = False
    if not usable or parts.path not in ("", "/") or parts.query or parts.fragment:
        raise ValueError("it should look like 'http://user:password@host:port'")
    if not VISIBLE.fullmatch(secret.get_secret_value()):
        raise ValueError("it may have visible ASCII characters only; write others as %XX")
    return secret


HeaderText = Annotated[str, Field(min_length=1, max_length=200), AfterValidator(_header_text)]
CommentText = Annotated[HeaderText, AfterValidator(_comment)]
Size = Annotated[
    int,
    Field(ge=1, le=LARGEST_SIZE),
    BeforeValidator(_size),
    WithJsonSchema(
        {
            "type": ["integer", "string"],
            "minimum": 1,
            "maximum": LARGEST_SIZE,
            "pattern": r"^\s*\d*\.?\d+\s*\w*\s*$",
        }
    ),
]
PrivateHost = Annotated[str, AfterValidator(_private_host)]
Proxy = Annotated[SecretStr, AfterValidator(_proxy)]
Port = Annotated[int, Field(ge=1, le=65535)]


class FetchOptions(Table):
    """How images are fetched. Times are in seconds."""

    concurrency: int = Field(default=32, ge=1, le=512, description="Images fetched at once, over all hosts.")
    per_host: int = Field(
        default=8, ge=1, le=64, description="Images fetched at once from one host, at most."
    )
    delay: float = Field(
        default=0.0, ge=0, le=60, description="Seconds between the starts of two requests to one host."
    )
    timeout: float = Field(
        default=30.0, gt=0, le=3600, description="Seconds that one attempt may take as a whole."
    )
    connect_timeout: float = Field(
        default=10.0, gt=0, le=600, description="Seconds that connecting may take."
    )
    read_timeout: float = Field(
        default=15.0, gt=0, le=600, description="Seconds of silence allowed while reading."
    )
    max_bytes: Size = Field(
        default=50 * 2**20,
        description="Largest image that is fetched: bytes, or a size such as `20 MiB` (default: 50 MiB).",
    )
    max_redirects: int = Field(
        default=5, ge=0, le=20, description="Redirects that are followed for one image."
    )
    retries: int = Field(
        default=3,
        ge=0,
        le=10,
        description="Further attempts after a failure that may pass (a 503, never a 404).",
    )
    backoff: float = Field(
        default=0.5, ge=0, le=60, description="Seconds before the first retry, doubled for each further one."
    )
    max_wait: float = Field(
        default=60.0, ge=0, le=3600, description="Longest Retry-After, in seconds, that is waited for."
    )
    user_agent: HeaderText = Field(
        default=f"PixCrawler/{__version__}",
        description="How the crawler calls itself; `contact` is added to it.",
    )
    contact: CommentText | None = Field(
        default=None,
        description="Web page or e-mail address under which hosts can reach you; sent in the user agent.",
    )
    proxies: tuple[Proxy, ...] = Field(
        default=(), description="HTTP proxies, as `http://user:password@host:port`; never shown in messages."
    )
    robots: bool = Field(default=True, description="Whether robots.txt is asked and obeyed.")
    opt_out: bool = Field(
        default=True, description="Whether X-Robots-Tag and TDMRep reservations are asked and obeyed."
    )
    allow_private_hosts: bool | tuple[PrivateHost, ...] = Field(
        default=(),
        description="Hosts that may have addresses outside the public internet: names, addresses, networks. "
        "`true` allows all.",
    )
    ports: tuple[Port, ...] | None = Field(
        default=None, min_length=1, description="Ports that may be asked. Not given: any."
    )

    @property
    def agent(self) -> str:
        """The User-Agent header: `user_agent`, and `contact` as a comment (RFC 9110, 10.1.5)."""
        return f"{self.user_agent} (+{self.contact})" if self.contact else self.user_agent
