"""The seam of meters: what they are told of usage, and what they answer."""

from __future__ import annotations

import enum
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol, runtime_checkable
from uuid import UUID

from pixcrawler_core.errors import PixCrawlerError


class Kind(enum.StrEnum):
    """What is used."""

    IMAGES = "images"
    """Accepted images."""
    STORAGE = "storage"
    """Bytes kept for an hour, here and in stores."""
    REQUESTS = "requests"
    """Requests that the API answered."""
    COMPUTE = "compute"
    """Seconds for which jobs ran."""


UNITS: Mapping[Kind, str] = {
    Kind.IMAGES: "images",
    Kind.STORAGE: "byte hours",
    Kind.REQUESTS: "requests",
    Kind.COMPUTE: "seconds",
}
"""What amounts count."""


class MeterRefused(PixCrawlerError):
    """A meter does not take a usage record, and never will; the message says why."""


class MeterUnavailable(PixCrawlerError):
    """A meter does not answer now; it is told again later.

    `untold` is True where it certainly was not told, so that telling it again is safe at any time.
    """

    def __init__(self, message: str, *, untold: bool = False) -> None:
        super().__init__(message)
        self.untold = untold


@dataclass(frozen=True, kw_only=True, slots=True)
class Usage:
    """An amount that a user has used, as a meter is told of it."""

    id: int
    """Of the row: a meter that is told of the same one again charges nothing more."""
    source: str
    """What it is charged for, such as `job:42:images:100`; as unique as the id."""
    user: UUID
    kind: Kind
    amount: int
    unit: str
    at: datetime
    project: int = 0
    """Id of the project; 0 for none."""
    customer: str = ""
    """What the provider of payments calls the user; empty for one who pays nothing."""
    since: datetime | None = None
    """When the user's subscription began; None without one."""


class Charger(Protocol):
    """Is told what was used, and charges for it, once for each row."""

    def charge(self, usage: Usage, /) -> str:
        """What it calls the charge, which is the same for the same row; empty where it charges nothing.

        Raises MeterRefused and MeterUnavailable.
        """
        ...

    def close(self) -> None:
        """Let go of files and connections."""
        ...


@dataclass(frozen=True, kw_only=True, slots=True)
class Buyer:
    """A user who pays, or wants to."""

    user: UUID
    email: str
    customer: str = ""
    """What the provider calls them; empty before they first paid."""
    subscription: str = ""
    """Their subscription there; empty for none."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Subscription:
    """A subscription as the provider has it now."""

    id: str
    customer: str
    status: str
    """In the provider's words."""
    active: bool
    """Whether the user may use the plan."""
    plan: str | None
    """The plan; None for one that is not ours."""
    since: datetime
    pay_at: str = ""
    """Page on which the user pays for its beginning; empty where nothing is to be paid."""


@dataclass(frozen=True, kw_only=True, slots=True)
class BillingNews:
    """An event of the provider: `subscription` is how that stands now, None where it is about none."""

    id: str
    kind: str
    subscription: Subscription | None = None


@runtime_checkable
class Seller(Protocol):
    """A meter by which users pay for plans, too; what it raises is as for `Charger`."""

    def sells(self, plan: str, /) -> bool:
        """Whether there is a price for a plan."""
        ...

    def subscribe(self, buyer: Buyer, plan: str, /) -> Subscription:
        """Subscribe to a plan, or change to it; the same again changes nothing."""
        ...

    def cancel(self, buyer: Buyer, /) -> Subscription:
        """Let the subscription end when what is paid for ends."""
        ...

    def news(self, body: bytes, headers: Mapping[str, str], /) -> BillingNews:
        """What an event says that the provider sent and signed; names of `headers` are in small letters.

        Raises MeterRefused for what the provider did not sign.
        """
        ...
