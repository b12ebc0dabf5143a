"""What Azure keeps with a blob, as a store tells it."""

from __future__ import annotations

import json
import mimetypes
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from azure.storage.blob import BlobProperties, ContentSettings, StandardBlobTier

from pixcrawler_core.storage.keys import check_metadata
from pixcrawler_core.storage.protocols import Availability, Stat, StorageTier

TO_AZURE = {
    StorageTier.HOT: StandardBlobTier.HOT,
    StorageTier.WARM: StandardBlobTier.COOL,
    StorageTier.COLD: StandardBlobTier.ARCHIVE,
}
FROM_AZURE = {"Cool": StorageTier.WARM, "Cold": StorageTier.WARM, "Archive": StorageTier.COLD}
"""Tiers by Azure's names; all others, such as those of premium accounts, are hot."""
SHA256 = "pixcrawler_sha256"
METADATA = "pixcrawler_metadata"
"""Names of Azure's metadata. Those of a caller are in one value, as JSON in ASCII without spaces: Azure's own
names know no case, and its values no letters beyond ASCII."""
LONGEST = 8 * 1024
"""Bytes of all metadata of a blob: "Setting and retrieving properties and metadata for Blob service"."""
UNSAFE_TYPES = ("image/svg",)
"""Types that a browser would run programs from."""


def packed(sha256: str, metadata: Mapping[str, str]) -> dict[str, str]:
    """What is kept as Azure's metadata. Raises ValueError for metadata that is refused or too long."""
    check_metadata(metadata)
    text = json.dumps(dict(metadata), separators=(",", ":"), sort_keys=True).replace(" ", "\\u0020")
    kept = {SHA256: sha256, METADATA: text}
    if sum(len(name) + len(value) for name, value in kept.items()) > LONGEST:
        raise ValueError(f"the metadata takes more than the {LONGEST} bytes that Azure keeps; give less")
    return kept


def settings(key: str) -> ContentSettings:
    """The type by which a browser shows an image; anything else is only saved by it."""
    kind = mimetypes.guess_type(key)[0] or ""
    shown = kind.startswith("image/") and not kind.startswith(UNSAFE_TYPES)
    return ContentSettings(content_type=kind if shown else "application/octet-stream")


def is_whole(blob: BlobProperties) -> bool:
    """Whether a blob is there to be read: not while it is being copied to, nor after that has failed."""
    return not blob.copy or blob.copy.status in (None, "success")


def stat_of(blob: BlobProperties, key: str) -> Stat:
    """What is known of a blob. One that another program put has the digest \"\" and no metadata."""
    kept = {name.lower(): value for name, value in (blob.metadata or {}).items()}
    tier = FROM_AZURE.get(str(blob.blob_tier), StorageTier.HOT)
    changed = [_utc(time) for time in (blob.last_modified, blob.blob_tier_change_time) if time]
    read = getattr(blob, "last_accessed_on", None)
    return Stat(
        key=key,
        size=int(blob.size or 0),
        sha256=kept.get(SHA256, ""),
        tier=tier,
        availability=_availability(blob, tier),
        modified_at=max(changed),
        accessed_at=_utc(read) if read else None,
        metadata=_metadata(kept.get(METADATA)),
    )


def _availability(blob: BlobProperties, tier: StorageTier) -> Availability:
    if tier is not StorageTier.COLD:
        return Availability.READY
    return Availability.REHYDRATING if blob.archive_status else Availability.ARCHIVED


def _metadata(text: str | None) -> dict[str, str]:
    try:
        found: Any = json.loads(text or "{}")
    except ValueError:
        return {}
    pairs = found.items() if isinstance(found, dict) else ()
    return {name: value for name, value in pairs if isinstance(value, str)}


def _utc(time: datetime) -> datetime:
    return time.astimezone(UTC) if time.tzinfo else time.replace(tzinfo=UTC)
