"""Puts files into a container: small ones at once, others in blocks that a later attempt takes up."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import Executor
from dataclasses import dataclass
from functools import cached_property, partial
from typing import Any

from azure.core import MatchConditions
from azure.core.exceptions import HttpResponseError, ResourceNotFoundError
from azure.storage.blob import BlobBlock, BlobClient, BlobProperties

from pixcrawler_core.storage.bodies import Body, bytes_of, digest_of, named, opened
from pixcrawler_core.storage.errors import ObjectDamaged, StoreUnavailable
from pixcrawler_core.storage.protocols import Availability, Stat, StorageTier
from pixcrawler_plugins.stores.azure_blobs import TO_AZURE, is_whole, packed, settings, stat_of
from pixcrawler_plugins.stores.azure_errors import OVERTAKEN, code_of
from pixcrawler_plugins.stores.azure_parallel import in_order

MOST_BLOCKS = 50_000
"""Blocks of a blob: "Scalability and performance targets for Blob storage"."""
ATTEMPTS = 20
"""Times that a put begins anew because another writer was quicker."""
READ = 1 << 20
"""Bytes that are hashed at once."""


Send = Callable[["Upload", BlobClient, BlobProperties | None], tuple[str, int, dict[str, Any]]]
"""Sends a file; tells its digest and size, and Azure's answer."""


@dataclass(frozen=True)
class Upload:
    """A file, or bytes, on the way into a store."""

    key: str
    body: Body
    size: int
    sha256: str | None
    """What its bytes must have."""
    tier: StorageTier
    metadata: Mapping[str, str]

    @cached_property
    def digest(self) -> str:
        """The SHA-256 of the body as it is now. Raises ObjectDamaged if it must be another one."""
        return self.checked(digest_of(self.body))

    def checked(self, digest: str) -> str:
        """The digest; raises ObjectDamaged if it must be another one."""
        if self.sha256 is not None and digest != self.sha256.lower():
            raise ObjectDamaged(
                f"{named(self.body)} has the SHA-256 {digest}, not {self.sha256}; {self.key!r} is not stored"
            )
        return digest

    def is_there(self, blob: BlobProperties) -> bool:
        """Whether a blob has these bytes, this tier and this metadata."""
        stat = stat_of(blob, self.key)
        alike = (stat.size, stat.tier, dict(stat.metadata)) == (self.size, self.tier, dict(self.metadata))
        return alike and is_whole(blob) and stat.sha256 == self.digest


class Uploader:
    """Uploads with so many requests at once, in blocks of so many bytes."""

    def __init__(self, pool: Executor, ahead: int, block: int) -> None:
        self._pool = pool
        self._ahead = ahead
        self._block = block

    def put(self, upload: Upload, blob: BlobClient) -> Stat:
        """Store a file. Raises the library's errors, ObjectDamaged and StoreUnavailable.

        What is archived, and blocks that a killed upload left, can only be replaced by a list of blocks.
        """
        there = None if upload.size <= self._block else properties(blob)
        in_blocks = upload.size > self._block
        for _ in range(ATTEMPTS):
            if there is not None and upload.is_there(there):
                return stat_of(there, upload.key)
            try:
                return self._sent(upload, blob, there, self._in_blocks if in_blocks else self._at_once)
            except HttpResponseError as error:
                if code_of(error) not in OVERTAKEN and not (
                    there is None and code_of(error) == "BlobArchived"
                ):
                    raise
            there = properties(blob)
            in_blocks = in_blocks or there is None or there.blob_tier == "Archive"
        raise StoreUnavailable(f"others put {upload.key!r} all the time; try again later")

    def _sent(self, upload: Upload, blob: BlobClient, there: BlobProperties | None, send: Send) -> Stat:
        """Send it in the place of what is there, and of nothing else."""
        digest, size, answer = send(upload, blob, there)
        return Stat(
            key=upload.key,
            size=size,
            sha256=digest,
            tier=upload.tier,
            availability=Availability.ARCHIVED if upload.tier is StorageTier.COLD else Availability.READY,
            modified_at=answer["last_modified"],
            metadata=dict(upload.metadata),
        )

    def _at_once(
        self, upload: Upload, blob: BlobClient, there: BlobProperties | None
    ) -> tuple[str, int, dict[str, Any]]:
        data = bytes_of(upload.body)
        digest = upload.checked(hashlib.sha256(data).hexdigest())
        answer = blob.upload_blob(
            data, length=len(data), overwrite=there is not None, **self._as_asked(upload, digest, there)
        )
        return digest, len(data), answer

    def _in_blocks(
        self, upload: Upload, blob: BlobClient, there: BlobProperties | None
    ) -> tuple[str, int, dict[str, Any]]:
        whole, sizes = hashlib.sha256(), [0]
        names: list[str] = []
        waiting = _waiting(blob)

        def missing() -> Iterator[Callable[[], object]]:
            for data in self._blocks(upload):
                whole.update(data)
                sizes.append(len(data))
                names.append(name := _name(len(names), whole.digest()))
                if waiting.get(name) != len(data):
                    yield partial(blob.stage_block, name, data, len(data), validate_content=True)

        for _ in in_order(self._pool, missing(), self._ahead):
            pass
        digest = upload.checked(whole.hexdigest())
        blocks = [BlobBlock(name) for name in names]
        answer = blob.commit_block_list(blocks, **self._as_asked(upload, digest, there))
        return digest, sum(sizes), answer

    def _blocks(self, upload: Upload) -> Iterator[bytes]:
        size = max(self._block, -(-upload.size // MOST_BLOCKS))
        with opened(upload.body) as file:
            while data := file.read(size):
                yield data

    def _as_asked(self, upload: Upload, digest: str, there: BlobProperties | None) -> dict[str, Any]:
        return {
            "metadata": packed(digest, upload.metadata),
            "standard_blob_tier": TO_AZURE[upload.tier],
            "content_settings": settings(upload.key),
            "validate_content": True,
            **_condition(there),
        }


def properties(blob: BlobClient) -> BlobProperties | None:
    """What Azure knows of a blob; None if there is none. Raises the library's errors."""
    try:
        return blob.get_blob_properties()
    except ResourceNotFoundError as error:
        if code_of(error) == "BlobNotFound":
            return None
        raise


def _condition(there: BlobProperties | None) -> dict[str, Any]:
    if there is None:
        return {"match_condition": MatchConditions.IfMissing}
    return {"etag": there.etag, "match_condition": MatchConditions.IfNotModified}


def _name(number: int, digest: bytes) -> str:
    """A block's name, from its place and the digest of the file up to its end: the same for the same bytes.

    All have the same length, as Azure wants it ("Put Block").
    """
    return base64.b64encode(number.to_bytes(4, "big") + digest[:20]).decode("ascii")


def _waiting(blob: BlobClient) -> dict[str, int]:
    """Blocks that were sent already and belong to nothing yet: their sizes by their names."""
    try:
        _, uncommitted = blob.get_block_list("uncommitted")
    except ResourceNotFoundError as error:
        if code_of(error) == "BlobNotFound":
            return {}
        raise
    return {str(block.id): int(block.size or 0) for block in uncommitted}
