"""Makes what signs in at a provider from the settings."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime

from pixcrawler_core.errors import ConfigError
from pixcrawler_server.oidc.handshake import Handshakes
from pixcrawler_server.oidc.provider import Provider
from pixcrawler_server.paths import API
from pixcrawler_server.settings import ServerSettings

CALLBACK = f"{API}/auth/oidc/callback"


@dataclass(frozen=True, kw_only=True)
class Oidc:
    """A provider, and what browsers keep on the way there and back."""

    provider: Provider
    handshakes: Handshakes
    issuer: str
    return_url: str
    """Where a browser goes when it is signed in."""


def make_oidc(
    settings: ServerSettings, key: bytes, now: Callable[[], datetime], environment: Mapping[str, str]
) -> Oidc | None:
    """What `[oidc]` asks for; None without an issuer. Raises ConfigError for a secret that is not there."""
    table, base = settings.oidc, settings.server.url
    if not table.issuer:
        return None
    if table.secret_variable not in environment:
        raise ConfigError(
            f"[oidc]: the environment has no variable {table.secret_variable}; set it to the client's secret"
        )
    secret = environment[table.secret_variable]
    return Oidc(
        provider=Provider(table, secret, f"{base}{CALLBACK}", now),
        handshakes=Handshakes(key, now),
        issuer=table.issuer,
        return_url=table.return_url or f"{base}/account",
    )
