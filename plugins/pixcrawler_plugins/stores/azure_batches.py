"""Many blobs with one request: deleting them, and moving them between tiers."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import islice
from typing import Any

from azure.storage.blob import ContainerClient, RehydratePriority, StandardBlobTier

from pixcrawler_plugins.stores.azure_errors import of_status

BATCH = 256
"""Requests in one: "Blob Batch" at learn.microsoft.com."""


def batches(names: Sequence[str]) -> Iterator[list[str]]:
    """The names, each once, in parts of at most 256."""
    rest = iter(dict.fromkeys(names))
    while some := list(islice(rest, BATCH)):
        yield some


def delete(container: ContainerClient, names: Sequence[str], place: str) -> int:
    """Delete blobs with their snapshots; returns how many there were.

    Raises the library's errors, and those of stores.
    """
    count = 0
    for some in batches(names):
        answers = container.delete_blobs(*some, delete_snapshots="include", raise_on_any_failure=False)
        for name, (status, code) in zip(some, map(_told, answers), strict=True):
            if status < 300:
                count += 1
            elif status != 404 or code == "ContainerNotFound":
                raise of_status(status, code, place, name)
    return count


def move(
    container: ContainerClient,
    names: Sequence[str],
    tier: StandardBlobTier,
    place: str,
    priority: str | None = None,
) -> None:
    """Move blobs to a tier; those in the archive with a priority.

    Raises the library's errors, and those of stores.
    """
    urgency = RehydratePriority(priority.capitalize()) if priority else None
    for some in batches(names):
        answers = container.set_standard_blob_tier_blobs(
            tier, *some, rehydrate_priority=urgency, raise_on_any_failure=False
        )
        for name, (status, code) in zip(some, map(_told, answers), strict=True):
            if status >= 300 and not (priority and code == "BlobBeingRehydrated"):
                raise of_status(status, code, place, name)


def _told(answer: Any) -> tuple[int, str]:
    return answer.status_code, answer.headers.get("x-ms-error-code", "")
