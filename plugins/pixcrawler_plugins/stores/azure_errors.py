"""Azure's errors in the words of stores. What Azure says is not repeated: it may hold what was signed."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from email.utils import parsedate_to_datetime

from azure.core.exceptions import (
    AzureError,
    ClientAuthenticationError,
    HttpResponseError,
    ServiceRequestError,
    ServiceResponseError,
)

from pixcrawler_core.storage.errors import (
    ObjectArchived,
    ObjectDamaged,
    ObjectMissing,
    StoreError,
    StoreRefused,
    StoreUnavailable,
)

SKEW_SECONDS = 15 * 60
"""From here on Azure takes no signed request: "Authorize with Shared Key" at learn.microsoft.com."""
REHYDRATE = "rehydrate it first, which takes up to 15 hours, or with priority high mostly less than one"
"""learn.microsoft.com, "Blob rehydration from the archive tier"."""
PASSING = frozenset((408, 429, 500, 502, 503, 504))
"""Statuses after which asking again may help."""
OVERTAKEN = frozenset(("BlobAlreadyExists", "ConditionNotMet", "BlobOverwritten", "InvalidBlockList"))
"""Codes that tell of another writer: the object is not as it was, or the blocks sent were thrown away."""
_BY_CODE: dict[str, tuple[type[StoreError], str]] = {
    "BlobNotFound": (ObjectMissing, "there is no object {key!r} in {place}"),
    "CannotVerifyCopySource": (ObjectMissing, "there is no object {key!r} in {place}"),
    "ContainerNotFound": (
        StoreRefused,
        "there is no container at {place}; make it, or set create_container = true",
    ),
    "ContainerBeingDeleted": (StoreUnavailable, "the container {place} is being deleted; try again later"),
    "BlobArchived": (ObjectArchived, f"the object {{key!r}} in {{place}} is archived; {REHYDRATE}"),
    "BlobBeingRehydrated": (
        ObjectArchived,
        "the object {key!r} in {place} is on its way out of the archive, which takes up to 15 hours; "
        "try again later",
    ),
    "Md5Mismatch": (StoreUnavailable, "{key!r} did not reach {place} as it was sent; try again"),
    "ConditionNotMet": (StoreUnavailable, "the object {key!r} in {place} was replaced meanwhile; try again"),
    "SourceConditionNotMet": (
        StoreUnavailable,
        "the object {key!r} in {place} was replaced while it was copied; try again",
    ),
    "PendingCopyOperation": (StoreUnavailable, "something is copied to {key!r} in {place}; try again later"),
    "InvalidBlobOrBlock": (
        StoreRefused,
        "another program began to upload {key!r} to {place} in blocks with other names; delete the "
        "object, or wait a week until Azure forgets them",
    ),
}


def code_of(error: HttpResponseError) -> str:
    """Azure's own name of an error: `BlobNotFound`; empty if it has none."""
    code = getattr(error, "error_code", None) or ""
    return str(getattr(code, "value", code))


@contextmanager
def told(place: str, key: str = "") -> Iterator[None]:
    """Raise what Azure's library raises within as an error of stores.

    The library's own exception is left out: its text has addresses with signatures.
    """
    try:
        yield
    except AzureError as error:
        raise translated(error, place, key) from None


def translated(error: AzureError, place: str, key: str) -> StoreError:
    """The error of stores that says the same."""
    if isinstance(error, ServiceRequestError | ServiceResponseError):
        return StoreUnavailable(f"{place} does not answer ({type(error).__name__}); try again later")
    if isinstance(error, HttpResponseError) and error.response is not None:
        skew = _skew(getattr(error.response, "headers", {}).get("Date"))
        return of_status(int(error.status_code or 0), code_of(error), place, key, skew)
    if isinstance(error, ClientAuthenticationError):
        return StoreRefused(f"no identity is logged in that {place} could be asked with; try az login")
    return ObjectDamaged(f"{key!r} did not come from {place} as it is kept there; read it again")


def of_status(status: int, code: str, place: str, key: str, skew: float = 0.0) -> StoreError:
    """The error for a status and a code of Azure's.

    `skew` is by how many seconds the clock of this machine is ahead of Azure's.
    """
    if code in _BY_CODE:
        kind, text = _BY_CODE[code]
        return kind(text.format(key=key, place=place))
    answer = f"HTTP {status}{f', {code}' if code.isalnum() else ''}"
    if status in PASSING:
        return StoreUnavailable(f"{place} turns us away for now ({answer}); try again later")
    if status in (401, 403) and abs(skew) > SKEW_SECONDS:
        return StoreRefused(
            f"{place} refuses ({answer}), and its clock and that of this machine are {abs(skew) / 60:.0f} "
            "minutes apart; set the clock"
        )
    if status in (401, 403):
        return StoreRefused(f"{place} refuses the login or has no right for it ({answer}); check the secret")
    if status == 404:
        return ObjectMissing(f"there is no object {key!r} in {place}")
    return StoreRefused(f"{place} refuses what was asked of {key!r} ({answer})")


def _skew(date: str | None) -> float:
    try:
        return time.time() - parsedate_to_datetime(date or "").timestamp()
    except ValueError:
        return 0.0
