"""Sends events to an address, as signed requests with JSON."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import urlsplit

from pydantic import BaseModel, ConfigDict, Field, ValidationInfo, field_validator

from pixcrawler_core import hookimpl
from pixcrawler_core.components import Sink, TakeEvent
from pixcrawler_core.errors import ConfigError
from pixcrawler_core.events.signing import SHORTEST_SECRET, secret_of
from pixcrawler_core.secrets import user_secrets

SECRET_ENV = "PIXCRAWLER_WEBHOOK_SECRET"  # noqa: S105  # the name of a variable


class WebhookOptions(BaseModel):
    """Where events are sent, and how often it is tried."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    allow_private_hosts: bool = Field(
        default=False,
        description="Whether the address may be one outside of the public internet, of this machine or "
        "network. This machine may then be asked by http; all others are asked by https alone.",
    )
    url: str = Field(description="Address to which each event is posted. It has no password.")
    secret_env: str = Field(
        default=SECRET_ENV,
        description="Variable of the environment, or key in the file of secrets, that has the secret with "
        f"which requests are signed: {SHORTEST_SECRET} characters at least, or `whsec_` and base64.",
    )
    timeout: float = Field(default=10, gt=0, le=60, description="Seconds that one request may take.")
    retries: int = Field(
        default=3,
        ge=0,
        le=10,
        description="Times a request is sent again that was not answered, or not well (408, 429, 5xx).",
    )

    @field_validator("url")
    @classmethod
    def _is_safe(cls, url: str, info: ValidationInfo) -> str:
        from pixcrawler_plugins.services import is_here

        parts = urlsplit(url)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise ValueError("url must be an https address")
        if parts.username or parts.password:
            raise ValueError("url has a user or a password; requests are signed instead")
        private = info.data.get("allow_private_hosts", False)
        if parts.scheme == "http" and not (private and is_here(parts.hostname)):
            raise ValueError(
                "url must be an https address; http does for this machine alone, with "
                "allow_private_hosts = true"
            )
        return url


def build(options: WebhookOptions) -> TakeEvent:
    """The sink with its options. Raises ConfigError for a secret that is missing or too short."""
    from pixcrawler_core.fetch.addresses import AddressPolicy
    from pixcrawler_plugins.sinks.webhook_sending import Webhook

    return Webhook(
        options.url,
        _secret(options.secret_env),
        policy=AddressPolicy(options.allow_private_hosts),
        timeout=options.timeout,
        retries=options.retries,
    )


def _secret(name: str) -> bytes:
    secrets = user_secrets()
    value = secrets.get(name)
    if value is None:
        where = f" or in {secrets.file}" if secrets.file else ""
        raise ConfigError(f"sink 'webhook' signs what it sends: set {name} in the environment{where}")
    try:
        return secret_of(value.get_secret_value())
    except ValueError as error:
        raise ConfigError(f"the secret {name} of the sink 'webhook' does not do: {error}") from None


@hookimpl
def register_sinks() -> Iterator[Sink]:
    """The sink `webhook`."""
    yield Sink(
        name="webhook",
        summary="signed requests to an address, one for each event",
        options=WebhookOptions,
        build=build,
    )
