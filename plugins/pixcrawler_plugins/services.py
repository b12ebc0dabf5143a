"""Options of all parts that ask a service by HTTP: how long, how often, where a key may be sent."""

from __future__ import annotations

from ipaddress import ip_address
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field, ValidationInfo, field_validator


class ServiceOptions(BaseModel):
    """How a service is asked; a subclass has its `url`, which is None where no service is asked."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    allow_http: bool = Field(
        default=False, description="Send requests, and the key, without encryption to other machines too."
    )
    timeout: float = Field(default=60, gt=0, le=600, description="Seconds to wait for an answer.")
    retries: int = Field(
        default=3,
        ge=0,
        le=10,
        description="Times a request is sent again that was not answered, or not well (429, 5xx).",
    )

    @field_validator("url", check_fields=False)
    @classmethod
    def _is_safe(cls, url: str | None, info: ValidationInfo) -> str | None:
        if url is not None:
            _check_address(url, allow_http=info.data.get("allow_http", False))
        return url


def _check_address(url: str, *, allow_http: bool) -> None:
    """Raise ValueError for an address by which keys would be told to others."""
    parts = urlsplit(url)
    if parts.scheme == "http" and not allow_http and not is_here(parts.hostname or ""):
        raise ValueError(f"url {url!r} sends the key without encryption; use https, or set allow_http = true")
    if parts.username or parts.password:
        raise ValueError("url has a user or a password; give the key by the environment variable")


def is_here(host: str) -> bool:
    """Whether a host of an address is this machine."""
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
