"""Charges usage by Stripe, and sells plans there: https://docs.stripe.com/billing."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from datetime import timedelta
from importlib.util import find_spec
from typing import TYPE_CHECKING

from pydantic import BaseModel, ConfigDict, Field

from pixcrawler_core import hookimpl
from pixcrawler_core.errors import ConfigError
from pixcrawler_core.metering import Kind
from pixcrawler_core.service import Meter

if TYPE_CHECKING:
    from pixcrawler_plugins.meters.stripe_meter import StripeMeter

KEY_ENV, SECRET_ENV = "PIXCRAWLER_STRIPE_KEY", "PIXCRAWLER_STRIPE_SIGNING_SECRET"
REMEMBERS = timedelta(hours=23)
"""Identifiers of meter events are unique for a day at least: https://docs.stripe.com/api/billing/meter-event/create"""


class StripeOptions(BaseModel):
    """What is called how at Stripe."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    events: Mapping[Kind, str] = Field(
        default={}, description="Event names of the meters at Stripe by kind; other kinds are not charged."
    )
    prices: Mapping[str, str] = Field(
        default={}, description="Ids of the prices at Stripe by plan; other plans are not sold."
    )
    key_env: str = Field(
        default=KEY_ENV, description="Variable of the environment that holds the secret key."
    )
    signing_secret_env: str = Field(
        default=SECRET_ENV, description="Variable of the environment that holds the secret of the webhook."
    )
    api_base: str = Field(default="https://api.stripe.com", description="Where Stripe answers.")
    timeout: float = Field(default=20, gt=0, le=80, description="Seconds to wait for an answer.")
    retries: int = Field(
        default=2, ge=0, le=10, description="Times a request is sent again at once that was not answered."
    )


def build(options: StripeOptions) -> StripeMeter:
    """The meter with its options. Raises ConfigError where the library, the key or the secret is missing."""
    if find_spec("stripe") is None:
        raise ConfigError("the meter stripe needs its library: pip install 'pixcrawler[stripe]'")
    from pixcrawler_plugins.meters.stripe_meter import StripeMeter

    return StripeMeter(options, _secret(options.key_env), _secret(options.signing_secret_env))


def _secret(name: str) -> str:
    if not os.environ.get(name):
        raise ConfigError(f"the meter stripe needs {name}: set it in the environment")
    return os.environ[name]


@hookimpl
def register_meters() -> Iterator[Meter]:
    """The meter `stripe`."""
    yield Meter(
        name="stripe",
        summary="Stripe: meter events, customers and subscriptions",
        options=StripeOptions,
        build=build,
        remembers=REMEMBERS,
    )
